"""Services: what clients have. Ordering one, reading it; what becomes of it is in `service_states`.

A service keeps the price that it was ordered at, with its trace: a published price list never changes. It is
pending until it begins; then it is charged, and the billing run goes on from there.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import uuid4

import msgspec
from asyncpg import Record
from piccolo.columns import JSONB, BigInt, Date, Integer, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import access, clients, payer_keeping, project_companies, rows
from core.actor import Actor
from core.billing import accounts, quotes
from core.billing.quotes import Quote
from core.catalog import price_sheets, shelf, stock, taxes
from core.catalog.list_price import Sheet
from core.checks import Checks
from core.errors import Conflict, Invalid, NotFound
from core.i18n import _
from core.permissions import Permission

LONGEST_LABEL = 120
STATES = ("pending", "active", "suspended", "ended")
WITH_NAMES = """SELECT s.*, c.code AS client_code, c.name AS client_name, a.project_id, j.name AS project,
           n.product_id
    FROM services s JOIN clients c ON c.id = s.client_id JOIN client_projects a ON a.id = s.account_id
    JOIN projects j ON j.id = a.project_id JOIN plans n ON n.id = s.plan_id"""


class Service(db.Owned, tablename="services"):
    """What a client has. `name` is what it is, `label` which one (a host name). Amounts are minor units of
    `currency`, by the list and for one period; with or without tax, as the provider's list prices are.

    `periods` of them are billed, counted from `anchor`; the next begins on `next_on`. It ends on `ends_on`. The
    discount is for the first `discount_periods`, and until `discount_until`, where they are given.
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
    periods = Integer()
    next_on = Date(null=True)
    ends_on = Date(null=True)
    parked = Text()
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


class NewService(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is ordered: a price (a way to pay for a plan) with so many of each addon, by its id as a text.

    `label` says which one it is, such as a host name. It begins when it is activated.
    """

    price_id: int
    addons: dict[str, int] = {}
    label: str = ""


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


async def offered(account: Mapping[str, Any], *, by: Actor) -> list[shelf.Offered]:
    """The plans that can be ordered into an account today, also those that only staff sells."""
    day = clock.today(by.tenant.timezone)
    return await shelf.every(
        account["client_id"], account["project_id"], day=day, currency=account["currency"], hidden=True, by=by
    )


async def quote(account_id: int, new: NewService, *, by: Actor) -> Quote:
    """What this would cost if it began today; `Invalid` for what cannot be had. Nothing is kept."""
    policies.require(by, Permission.SERVICE_CREATE)
    return await _quoted(await accounts.get(account_id, by=by), await _sheet(new), new, by=by)


async def create(account_id: int, new: NewService, *, key: str = "", by: Actor) -> Record:
    """Order a service into an account; it is pending.

    `Invalid` for what cannot be had there, `Conflict` when there is none left, or the client has all it may.
    `key` makes it one, however often it is sent.
    """
    policies.require(by, Permission.SERVICE_CREATE)
    account = await accounts.locked(account_id, by=by)
    clients.require_open(account, ["service"])
    if key and (before := await _made(key)) is not None:
        return await get(before, by=by)
    sheet = await _sheet(new)
    plan = await _plan(account, sheet, by=by)
    quoted = await _quoted(account, sheet, new, by=by)
    label = _label(new)
    await _require_room(plan, account["client_id"])
    await stock.take(plan["product_id"])
    name = f"{plan['product_name']} {sheet.plan_name}"
    values = _values(account, sheet, quoted, new) | {"name": name, "label": label, "key": key or uuid4().hex}
    service_id = await _insert(values, by=by)
    await note(service_id, "pending", by=by)
    await tell("service:ordered", await get(service_id, by=by), by=by)
    return await get(service_id, by=by)


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


async def requoted(account: Mapping[str, Any], service: Mapping[str, Any], day: date, *, by: Actor) -> Quote:
    """What an ordered service costs when it begins on this day: its price list never changes."""
    sheet = await price_sheets.of_price(service["price_id"])
    assert sheet is not None
    new = NewService(price_id=service["price_id"], addons=service["addons"])
    return await _priced(account, sheet, new, service["product_id"], day, payer_id=service["payer_id"], by=by)


async def tax_of(account: Mapping[str, Any], day: date, *, payer_id: int | None = None) -> tuple[Any, bool]:
    """The tax of what is sold to an account on a day, and whether list prices have it inside."""
    payer = await db.row("SELECT * FROM payers WHERE id = $1", payer_id) if payer_id else None
    payer = payer or await payer_keeping.default(account["client_id"])
    book = await taxes.book(day, [payer])
    (company, *_others) = await project_companies.selling(account["project_id"])
    return book.tax(payer, company), book.decided.includes_tax


async def _sheet(new: NewService) -> Sheet:
    sheet = await price_sheets.of_price(new.price_id) if rows.is_id(new.price_id) else None
    if sheet is None:
        raise Invalid({"price_id": _("This is not one of the choices.")})
    return sheet


async def _plan(account: Mapping[str, Any], sheet: Sheet, *, by: Actor) -> Record:
    """The plan of a sheet, if it can be ordered into this account by this price today."""
    for one in await offered(account, by=by):
        if any(found.price_id == sheet.price_id for found in one.sheets):
            return one.plan
    raise Invalid({"price_id": _("This is not offered to this client today.")})


async def _quoted(account: Mapping[str, Any], sheet: Sheet, new: NewService, *, by: Actor) -> Quote:
    plan = await _plan(account, sheet, by=by)
    return await _priced(account, sheet, new, plan["product_id"], clock.today(by.tenant.timezone), by=by)


async def _priced(
    account: Mapping[str, Any],
    sheet: Sheet,
    new: NewService,
    product_id: int,
    day: date,
    *,
    payer_id: int | None = None,
    by: Actor,
) -> Quote:
    tax, includes_tax = await tax_of(account, day, payer_id=payer_id)
    client = quotes.Client(id=account["client_id"])
    return quotes.quote(
        sheet, _addons(new), day, tax, includes_tax=includes_tax, client=client, product_id=product_id
    )


def _addons(new: NewService) -> dict[int, int]:
    """So many of each addon, by its id; `Invalid` for a name that is no id."""
    if any(not key.isascii() or not key.isdecimal() or len(key) > 18 for key in new.addons):
        raise Invalid({"addons": _("This is not one of the choices.")})
    return {int(key): wanted for key, wanted in new.addons.items()}


def _label(new: NewService) -> str:
    checks = Checks()
    label = checks.text("label", new.label, longest=LONGEST_LABEL, required=False)
    checks.done()
    return label


async def _require_room(plan: Record, client_id: int) -> None:
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


def _values(account: Mapping[str, Any], sheet: Sheet, quoted: Quote, new: NewService) -> dict[str, Any]:
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


async def _insert(values: Mapping[str, Any], *, by: Actor) -> int:
    kept = {**values, "created_at": clock.now(), "created_by": by.name}
    places = ", ".join(f"${place}" for place in range(1, len(kept) + 1))
    sql = f"INSERT INTO services ({', '.join(kept)}) VALUES ({places}) RETURNING id"
    return int(await db.value(sql, *kept.values()))


async def _made(key: str) -> int | None:
    found: int | None = await db.value("SELECT id FROM services WHERE key = $1", key)
    return found
