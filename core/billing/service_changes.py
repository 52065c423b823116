"""Changing a service: another plan of its product, another period, other addons; now or with its next period.

    quoted = await service_changes.quote(service_id, NewChange(price_id=pro), by=by)
    await service_changes.change(service_id, NewChange(price_id=pro, expected_units=quoted.units), by=by)

What a change costs is reckoned in `change_quotes`, and that is charged. One that is planned stands on the service
until its next period, can be taken back until then, and is performed where that period is charged
(`planned_changes`).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec
from asyncpg import Record
from piccolo.columns import JSONB, BigInt, Boolean, Date, Integer, Text, Timestamptz

from core import clock, db, policies
from core.accounts import clients
from core.actor import Actor
from core.billing import (
    accounts,
    change_charges,
    change_terms,
    phone_orders,
    service_dues,
    service_states,
    services,
)
from core.billing.change_quotes import ChangeQuote, When
from core.catalog import discount_book
from core.catalog.discount_book import Begun
from core.catalog.list_price import Sheet
from core.errors import Conflict
from core.i18n import _
from core.permissions import Permission

PRICE = ("plan_id", "price_id", "name", "addons", "period_count", "period_unit", "full_units", "discount_units",
         "discount_periods", "discount_until")  # fmt: skip
"""What a service has of its change."""


class ServiceChange(db.Owned, tablename="service_changes"):
    """A change of a service: what it has from `on_day` on. `trace` is the quote (`change_quotes.ChangeQuote`).

    `is_own`: users of the client asked for it.
    """

    service_id = BigInt()
    state = Text()
    on_day = Date()
    plan_id = BigInt()
    price_id = BigInt()
    old_name = Text()
    name = Text()
    addons = JSONB()
    period_count = Integer()
    period_unit = Text()
    full_units = BigInt()
    discount_units = BigInt()
    discount_periods = Integer(null=True)
    discount_until = Date(null=True)
    discount_id = BigInt(null=True)
    discount_number = Integer()
    trace = JSONB()
    created_at = Timestamptz()
    created_by = Text()
    ended_at = Timestamptz(null=True)
    is_own = Boolean()


class NewChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The price that a service is to have, with so many of each addon by its id; those it has without.

    `when`: now or at renewal, else as the product has it. `expected_units` is what was quoted (`units` of the
    quote); when it would be something else by now, nothing is done.
    """

    price_id: int
    addons: dict[str, int] | None = None
    when: When | None = None
    expected_units: int | None = None


async def targets(service: Mapping[str, Any], *, by: Actor) -> list[tuple[str, Sheet]]:
    """What a service can be changed to, each with its name: its own price, and what is offered of its product."""
    policies.require(by, Permission.SERVICE_UPDATE)
    policies.require(by, Permission.PRODUCT_READ)
    return await change_terms.targets(service, by=by)


async def quote(service_id: int, new: NewChange, *, by: Actor) -> ChangeQuote:
    """What a change would cost now; `Invalid` for what cannot be had, `Conflict` when it cannot be changed."""
    policies.require(by, Permission.SERVICE_UPDATE)
    policies.require(by, Permission.PRODUCT_READ)
    service = await services.get(service_id, by=by)
    return await reckon(await accounts.get(service["account_id"], by=by), service, new, by=by)


async def reckon(
    account: Mapping[str, Any], service: Mapping[str, Any], new: NewChange, *, hidden: bool = True, by: Actor
) -> ChangeQuote:
    """The same of a service in its account, for who has asked whether it may be changed.

    `hidden`: also to plans that only staff sells.
    """
    if stays := why_not(service):
        raise Conflict(stays)
    wanted = await change_terms.target(service, new.price_id, hidden=hidden, by=by)
    quoted, _asked = await change_terms.quoted(account, service, wanted, new.addons, new.when or "", by=by)
    return quoted


async def change(service_id: int, new: NewChange, *, by: Actor) -> Record:
    """Change a service, or plan it for its next period; returns the service. What `quote` says is charged.

    `Invalid` for what cannot be had; `Conflict` when the service is not active, a change is planned already, the
    price is not the expected one any more, or the account may not owe that much. `PhoneNeeded` as with any order.
    """
    policies.require(by, Permission.PRODUCT_READ)
    account, service = await service_states.locked(service_id, ("active",), by=by)
    await phone_orders.require(account, [service["product_id"]], by=by)
    clients.require_open(account, ["service"])
    await make(account, service, new, by=by)
    return await services.get(service_id, by=by)


async def make(account: Record, service: Record, new: NewChange, *, is_own: bool = False, by: Actor) -> None:
    """The same of a service that the caller has locked with its account. Asks for no right.

    `is_own`: users of the client ask for it, among what is sold to them.
    """
    if stays := why_not(service):
        raise Conflict(stays)
    wanted = await change_terms.target(service, new.price_id, hidden=not is_own, by=by)
    quoted, asked = await change_terms.quoted(account, service, wanted, new.addons, new.when or "", by=by)
    if new.expected_units not in (None, quoted.units):
        raise Conflict(_("The price has changed meanwhile. Here is the new one."))
    await _make(account, service, quoted, asked, is_own=is_own, by=by)


async def move(service_id: int, sheet: Sheet, *, by: Actor) -> Record:
    """Plan that a service has its plan's price of another list from its next period on; returns the service.

    Its addons stay; `Invalid` or `Conflict` when the list has them otherwise, or it cannot be changed.
    """
    account, service = await service_states.locked(service_id, ("active",), by=by)
    clients.require_open(account, ["service"])
    if stays := why_not(service):
        raise Conflict(stays)
    if lacks := change_terms.why_not_kept(service, sheet):
        raise Conflict(lacks)
    quoted, asked = await change_terms.quoted(account, service, (service["name"], sheet), None, "renewal", by=by)
    await _make(account, service, quoted, asked, by=by)
    return await services.get(service_id, by=by)


async def _make(
    account: Record,
    service: Record,
    quoted: ChangeQuote,
    asked: change_terms.Asked,
    *,
    is_own: bool = False,
    by: Actor,
) -> None:
    values = await _values(service, quoted, asked)
    if _is_the_same(service, values):
        raise Conflict(_("The service has this already."))
    change_id = await _insert(service, quoted, values | {"is_own": is_own}, by=by)
    if quoted.when == "now":
        accounts.require_within(account, quoted.units)
        begun = {price.won for price in (quoted.recurring, *(part.price for part in quoted.parts))}
        await apply(service, values, quoted.on_day, [one for one in begun if one is not None], by=by)
        await change_charges.make(account, service, quoted, str(values["name"]), change_id, by=by)
    await tell("changed" if quoted.when == "now" else "change_planned", service, values, quoted.on_day, by=by)


def why_not(service: Mapping[str, Any]) -> str:
    """Why a service cannot be changed now, "" when it can."""
    if service["state"] != "active":
        return _("Only an active service is changed.")
    if service["billing"] == "once":
        return _("What is paid once is not changed. End it, and order something else.")
    if service["ends_on"] is not None:
        return _("This service is cancelled. Take that back first.")
    if service["change_on"] is not None:
        return _("A change is planned already. Take that back first.")
    return ""


async def withdraw(service_id: int, *, by: Actor) -> Record:
    """Take a planned change back; `Conflict` when there is none."""
    _account, service = await service_states.locked(service_id, ("active", "suspended"), by=by)
    await take_back(service, by=by)
    return await services.get(service_id, by=by)


async def take_back(service: Mapping[str, Any], *, by: Actor) -> None:
    """The same of a service that the caller has locked. Asks for no right."""
    if service["change_on"] is None:
        raise Conflict(_("No change of this service is planned."))
    await db.execute(
        """UPDATE service_changes SET state = 'withdrawn', ended_at = $2
            WHERE service_id = $1 AND state = 'planned'""",
        service["id"],
        clock.now(),
    )
    await services.tell("service:change_withdrawn", service, new={"plan": service["change_to"]}, by=by)


async def of_service(service_id: int, *, by: Actor) -> list[Record]:
    """The changes of a service, the newest first."""
    await services.get(service_id, by=by)
    return await db.fetch(
        "SELECT * FROM service_changes WHERE service_id = $1 ORDER BY created_at DESC, id DESC LIMIT 50",
        service_id,
    )


async def apply(
    service: Mapping[str, Any], values: Mapping[str, Any], day: date, begun: Iterable[int], *, by: Actor
) -> None:
    """Give the service what the change says. Where the length of a period changes, they count from `day` on."""
    kept = {name: values[name] for name in PRICE}
    if (kept["period_count"], kept["period_unit"]) != (service["period_count"], service["period_unit"]):
        earlier = service["earlier_periods"] + service["periods"]
        kept |= {"anchor": day, "periods": 0, "earlier_periods": earlier}
    await service_dues.save(service, kept)
    await services.note(service["id"], "active", reason=f"{service['name']} → {values['name']}", by=by)
    await discount_book.begin(
        Begun(
            discount_id=one,
            client_id=service["client_id"],
            subject=f"service-{service['id']}",
            number=values["discount_number"],
            day=day,
        )
        for one in begun
    )


async def _values(service: Mapping[str, Any], quoted: ChangeQuote, asked: change_terms.Asked) -> dict[str, Any]:
    """What the service will have, as both tables keep it."""
    length = asked.sheet.length
    assert length is not None
    keeps_length = (length.count, length.unit) == (service["period_count"], service["period_unit"])
    before = asked.held.shift if keeps_length else asked.held.shift + asked.held.periods
    return {
        "plan_id": asked.sheet.plan_id,
        "price_id": asked.sheet.price_id,
        "name": asked.name,
        "addons": asked.addons,
        "period_count": length.count,
        "period_unit": length.unit,
        "full_units": quoted.recurring.listed,
        "discount_units": quoted.recurring.lowered,
        "discount_id": quoted.recurring.won,
        "discount_number": asked.number,
    } | await change_terms.lasting(quoted.recurring.won, asked, before)


def _is_the_same(service: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    return all(service[name] == values[name] for name in ("price_id", "addons", "full_units", "discount_units"))


async def _insert(service: Mapping[str, Any], quoted: ChangeQuote, values: Mapping[str, Any], *, by: Actor) -> int:
    now = clock.now()
    is_planned = quoted.when == "renewal"
    kept = dict(values) | {
        "service_id": service["id"],
        "state": "planned" if is_planned else "done",
        "on_day": quoted.on_day,
        "old_name": service["name"],
        "trace": msgspec.to_builtins(quoted),
        "created_at": now,
        "created_by": by.name,
        "ended_at": None if is_planned else now,
    }
    places = ", ".join(f"${place}" for place in range(1, len(kept) + 1))
    sql = f"INSERT INTO service_changes ({', '.join(kept)}) VALUES ({places}) RETURNING id"
    return int(await db.value(sql, *kept.values()))


async def tell(
    action: str, service: Mapping[str, Any], values: Mapping[str, Any], day: date, *, by: Actor
) -> None:
    """Note in the audit what a change did, or will do on its day."""
    words = {"plan": values["name"], "on_day": day.isoformat()}
    await services.tell(f"service:{action}", service, new=words, by=by)
