"""Services: what clients have. Ordering one, reading it; what becomes of it is in `service_states`.

A service keeps the price that it was ordered at, with its trace: a published price list never changes. It is
pending until it begins; then it is charged, and the billing run goes on from there.
"""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import msgspec
from asyncpg import Record
from piccolo.columns import JSONB, BigInt, Boolean, Date, Integer, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import access, clients, fraud_checks, rows
from core.actor import Actor
from core.billing import accounts, fraud_orders, phone_orders, service_prices
from core.billing.quotes import Quote
from core.billing.service_prices import NewService as NewService
from core.catalog import promo_codes, stock
from core.catalog.list_price import Sheet
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import N_, _
from core.permissions import Permission

LONGEST_LABEL = 120
STATE_NAMES = {
    "pending": N_("Pending"),
    "active": N_("Active"),
    "suspended": N_("Suspended"),
    "ended": N_("Ended"),
}
STATES = tuple(STATE_NAMES)
WITH_NAMES = """SELECT s.*, d.periods, d.next_on, d.parked, c.code AS client_code, c.name AS client_name,
           a.project_id, j.name AS project, n.product_id, h.on_day AS change_on, h.name AS change_to,
           h.is_own AS change_is_own
    FROM services s JOIN service_dues d ON d.id = s.id
    JOIN clients c ON c.id = s.client_id JOIN client_projects a ON a.id = s.account_id
    JOIN projects j ON j.id = a.project_id JOIN plans n ON n.id = s.plan_id
    LEFT JOIN service_changes h ON h.service_id = s.id AND h.state = 'planned'"""


class Service(db.Owned, tablename="services"):
    """What a client has. `name` is what it is, `label` which one (a host name). Amounts are minor units of
    `currency`, by the list and for one period; with or without tax, as the provider's list prices are.

    `earlier_periods` of them were billed before `anchor` moved; those since are in `service_dues`. It ends on
    `ends_on`; `is_end_own` when users of the client cancelled it. The discount is for the first `discount_periods`
    from the anchor on, and until `discount_until`, where they are given. It is tried until `trial_until`.
    """

    client_id = BigInt()
    account_id = BigInt()
    payer_id = BigInt(null=True)
    plan_id = BigInt()
    price_id = BigInt()
    key = Text()
    name = Text()
    label = Text()
    state = Text()
    suspended_for = Text()
    billing = Text()
    period_count = Integer()
    period_unit = Text()
    currency = Text()
    full_units = BigInt()
    discount_units = BigInt()
    discount_periods = Integer(null=True)
    discount_until = Date(null=True)
    setup_units = BigInt()
    addons = JSONB()
    trace = JSONB()
    anchor = Date(null=True)
    earlier_periods = Integer()
    ends_on = Date(null=True)
    is_end_own = Boolean()
    trial_days = Integer()
    trial_until = Date(null=True)
    owes_set_up = Boolean()
    held = JSONB(null=True)
    fraud_check_id = BigInt(null=True)
    created_at = Timestamptz()
    created_by = Text()
    version = Integer()


class ServiceState(db.Owned, tablename="service_states"):
    """That a service came into a state: when, by whom, why."""

    service_id = BigInt()
    state = Text()
    at = Timestamptz()
    actor_name = Text()
    reason = Text()


async def get(service_id: int, *, by: Actor) -> Record:
    """One service with `client_code`, `client_name`, `project`, `project_id` and `product_id`.

    `NotFound` when there is none that `by` may see.
    """
    policies.require(by, Permission.SERVICE_READ)
    found = await db.row(f"{WITH_NAMES} WHERE s.id = $1", service_id) if rows.is_id(service_id) else None
    if found is None or not access.may_use_project(found["project_id"], by=by):
        raise NotFound()
    await access.client(found["client_id"], by=by)
    return found


async def history(service_id: int, *, by: Actor) -> list[Record]:
    """The states it went through, the first one first: state, at, actor_name, reason."""
    await get(service_id, by=by)
    return await db.fetch(
        "SELECT state, at, actor_name, reason FROM service_states WHERE service_id = $1 ORDER BY at, id",
        service_id,
    )


async def create(account_id: int, new: NewService, *, key: str = "", by: Actor) -> Record:
    """Order a service into an account; it is pending.

    `Invalid` for what cannot be had there, `Conflict` when there is none left, of a promo code too, or the client
    has all it may. What a fraud check refuses is a `Conflict` too; what people should look at is held.
    `PhoneNeeded` when a program orders for a client that has to verify its number first.
    `key` makes it one, however often it is sent.
    """
    policies.require(by, Permission.SERVICE_CREATE)
    account = await accounts.locked(account_id, by=by)
    clients.require_open(account, ["service"])
    if key and (before := await _made(key)) is not None:
        return await get(before, by=by)
    sheet = await service_prices.sheet_of(new)
    plan = await service_prices.plan_of(account, sheet, by=by)
    await phone_orders.require(account, [plan["product_id"]], by=by)
    quoted = await service_prices.quoted(account, sheet, new, by=by)
    async with fraud_checks.undone_when_stopped(by=by):
        made = await get(await _order(account, plan, sheet, quoted, new, key=key, by=by), by=by)
        await fraud_orders.check(account, [made], by=by)
    return await get(made["id"], by=by)


async def _order(
    account: Mapping[str, Any],
    plan: Mapping[str, Any],
    sheet: Sheet,
    quoted: Quote,
    new: NewService,
    *,
    key: str,
    by: Actor,
) -> int:
    label = label_of(new)
    await require_room(plan, account["client_id"])
    await stock.take(plan["product_id"])
    name = f"{plan['product_name']} {sheet.plan_name}"
    values = values_of(account, sheet, quoted, new) | {"name": name, "label": label, "key": key or uuid4().hex}
    values["trial_days"] = await service_prices.trial_of(plan, sheet, account["client_id"])
    service_id = await insert(values, by=by)
    if new.code.strip():
        day = clock.today(by.tenant.timezone)
        subject = f"service-{service_id}"
        await promo_codes.take(new.code, client_id=account["client_id"], subject=subject, day=day, by=by)
    await note(service_id, "pending", by=by)
    await tell("service:ordered", await get(service_id, by=by), by=by)
    return service_id


async def note(service_id: int, state: str, *, reason: str = "", by: Actor) -> None:
    """Write who brought it into this state, and why."""
    await db.execute(
        "INSERT INTO service_states (service_id, state, at, actor_name, reason) VALUES ($1, $2, $3, $4, $5)",
        service_id,
        state,
        clock.now(),
        by.impersonator.name if by.impersonator else by.name,
        reason,
    )


async def tell(
    action: str, service: Mapping[str, Any], *, new: Mapping[str, Any] | None = None, by: Actor
) -> None:
    """Note in the audit what was done to a service."""
    await audit.record(action, "service", service["id"], by=by, name=title(service),
                       client_id=service["client_id"], new=new)  # fmt: skip


def title(service: Mapping[str, Any]) -> str:
    """What a service is called: what it is, and which one."""
    return f"{service['name']} · {service['label']}" if service["label"] else str(service["name"])


def label_of(new: NewService) -> str:
    """Which one it is; `Invalid` for a label that is too long."""
    checks = Checks()
    label = checks.text("label", new.label, longest=LONGEST_LABEL, required=False)
    checks.done()
    return label


async def require_room(plan: Mapping[str, Any], client_id: int) -> None:
    """Nothing, unless the client has as many of the product as one may: then `Conflict`."""
    most = plan["most_per_client"]
    if most is None:
        return
    has = await db.value(
        """SELECT count(*) FROM services s JOIN plans n ON n.id = s.plan_id
            WHERE s.client_id = $1 AND n.product_id = $2 AND s.state <> 'ended'""",
        client_id,
        plan["product_id"],
    )
    if has >= most:
        raise Conflict(_("The client may have at most %(count)s of this product.") % {"count": most})


def values_of(account: Mapping[str, Any], sheet: Sheet, quoted: Quote, new: NewService) -> dict[str, Any]:
    """A service of this price as it is kept when it is ordered."""
    later = quoted.recurring or quoted.opening
    return {
        "client_id": account["client_id"],
        "account_id": account["id"],
        "plan_id": sheet.plan_id,
        "price_id": sheet.price_id,
        "billing": sheet.billing,
        "period_count": sheet.length.count if sheet.length else 0,
        "period_unit": sheet.length.unit if sheet.length else "",
        "currency": sheet.currency,
        "full_units": later.listed,
        "discount_units": later.lowered,
        "setup_units": quoted.listed.setup_units,
        "addons": dict(new.addons),
        "trace": msgspec.to_builtins(quoted),
    }


async def insert(values: Mapping[str, Any], *, by: Actor) -> int:
    """Write a service with these values; returns its id. Asks for no right."""
    kept = {**values, "created_at": clock.now(), "created_by": by.name}
    places = ", ".join(f"${place}" for place in range(1, len(kept) + 1))
    sql = f"""WITH made AS (INSERT INTO services ({", ".join(kept)}) VALUES ({places}) RETURNING id)
              INSERT INTO service_dues (id) SELECT id FROM made RETURNING id"""
    return int(await db.value(sql, *kept.values()))


async def _made(key: str) -> int | None:
    found: int | None = await db.value("SELECT id FROM services WHERE key = $1", key)
    return found
