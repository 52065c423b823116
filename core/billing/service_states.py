"""What becomes of a service: it begins, is suspended and goes on, is cancelled and ends; with who, when and why.

A service that was suspended for abuse goes on only when somebody says so; money does not wake it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

from asyncpg import Record

from core import clock, db, policies
from core.accounts import clients
from core.actor import Actor
from core.billing import (
    accounts,
    billing_notices,
    dunning_settings,
    expenses,
    fraud_orders,
    going_on,
    missed,
    service_dues,
    service_prices,
    services,
    trials,
)
from core.billing.expenses import Charge, Tax
from core.billing.missed import Missed
from core.billing.quotes import Quote
from core.catalog import discount_book, price_words, promo_codes, stock
from core.catalog.discount_book import Begun
from core.catalog.pricing import Price
from core.checks import Checks
from core.errors import Conflict
from core.i18n import _
from core.permissions import Permission

LONGEST_REASON = 500
Cause = Literal["abuse", "unpaid", "request"]
When = Literal["period_end", "now"]


async def activate(service_id: int, *, by: Actor) -> Record:
    """Let a pending service begin today: it is charged, and moves on to its next period; or its trial begins.

    `Conflict` when it is not pending or is held, or its account may not owe that much: then nothing is done.
    """
    account, service = await locked(service_id, ("pending",), by=by)
    clients.require_open(account, ["service"])
    await begin(account, service, by=by)
    return await services.get(service_id, by=by)


async def begin(account: Record, service: Mapping[str, Any], *, by: Actor) -> None:
    """The same of a service in an account that the caller has locked. Asks for no right."""
    await fraud_orders.require_released(service)
    today = clock.today(by.tenant.timezone)
    quoted = await service_prices.requoted(account, service, today, by=by)
    accounts.require_within(account, quoted.at_once)
    if quoted.trial_until is not None:
        await trials.begin(service, quoted, today)
    else:
        await _begin(service, quoted, today)
    await services.note(service["id"], "active", by=by)
    for made in [] if quoted.trial_until else _charges(service, quoted, today):
        await expenses.charge(account, made, by=by)
    await services.tell("service:activated", service, by=by)


async def _begin(service: Mapping[str, Any], quoted: Quote, today: date) -> None:
    is_counted = service["billing"] in ("period", "daily")
    later = quoted.recurring or quoted.opening
    values = {
        "state": "active",
        "anchor": quoted.anchor if quoted.first else None,
        "periods": 1 if is_counted else 0,
        "next_on": quoted.first.end if quoted.first else None,
        "full_units": later.listed,
        "discount_units": later.lowered,
    }
    values |= await _begin_discount(service, quoted, today, is_counted=is_counted)
    await service_dues.save(service, values)


async def _begin_discount(
    service: Mapping[str, Any], quoted: Quote, day: date, *, is_counted: bool
) -> dict[str, Any]:
    """Write down which discounts the service got, and until when the one of its later periods lasts."""
    won = {price.won: None for price in (quoted.opening, quoted.recurring) if price and price.won is not None}
    await discount_book.begin(
        Begun(
            discount_id=one, client_id=service["client_id"], subject=f"service-{service['id']}", number=0, day=day
        )
        for one in won
    )
    last = quoted.recurring.won if quoted.recurring else None
    row = await db.row("SELECT lasts, periods, until_day FROM discounts WHERE id = $1", last) if last else None
    if row is None:
        return {}
    return {
        "discount_periods": row["periods"] - (not is_counted) if row["lasts"] == "periods" else None,
        "discount_until": row["until_day"] if row["lasts"] == "days" else None,
    }


async def suspend(service_id: int, cause: str, reason: str, *, by: Actor) -> Record:
    """Stop an active service; it is charged no more until it goes on.

    One that dunning suspended stays suspended for what is said here: money does not wake it any more.
    """
    _account, service = await locked(service_id, ("active", "suspended"), by=by)
    if service["state"] == "suspended" and service["suspended_for"] != "dunning":
        raise Conflict(_("The service is not in a state for that any more."))
    checks = Checks()
    checks.choice("cause", cause, ("abuse", "unpaid", "request"))
    told = checks.text("reason", reason, longest=LONGEST_REASON)
    checks.done()
    await service_dues.save(service, {"state": "suspended", "suspended_for": cause})
    await services.note(service_id, "suspended", reason=told, by=by)
    await services.tell("service:suspended", service, new={"reason": told}, by=by)
    if service["state"] == "active":
        await billing_notices.stopped([service_id], told, by=by)
    return await services.get(service_id, by=by)


async def resume(service_id: int, *, missed_time: Missed | None = None, by: Actor) -> Record:
    """Let a suspended service go on. What it missed is charged by the next billing run, or it goes on from today.

    Without a choice it is what is usual for what it was suspended for.
    """
    _account, service = await locked(service_id, ("suspended",), by=by)
    decided = await dunning_settings.decided()
    chosen = missed_time or missed.usual(service["suspended_for"], charges_missed=decided.charges_missed)
    await going_on.go_on(service, chosen, by=by)
    return await services.get(service_id, by=by)


async def cancel(service_id: int, when: str, reason: str, *, by: Actor) -> Record:
    """End a service now, or with the period that is paid for. What was charged stays charged."""
    _account, service = await locked(service_id, ("pending", "active", "suspended"), by=by)
    checks = Checks()
    checks.choice("when", when, ("period_end", "now"))
    told = checks.text("reason", reason, longest=LONGEST_REASON, required=False)
    checks.done()
    await stop(service, when, told, by=by)
    return await services.get(service_id, by=by)


async def stop(service: Mapping[str, Any], when: str, reason: str, *, is_own: bool = False, by: Actor) -> None:
    """The same of a service that the caller has locked. Asks for no right.

    `is_own`: users of the client cancel it.
    """
    today = clock.today(by.tenant.timezone)
    ends_on = service["next_on"] if when == "period_end" else None
    if ends_on is None or ends_on <= today or service["state"] == "pending":
        await end_each([service], reason, today, by=by)
    else:
        await service_dues.save(service, {"ends_on": ends_on, "is_end_own": is_own})
        await services.note(service["id"], service["state"], reason=reason, by=by)
    new = {"reason": reason, "ends_on": (ends_on or today).isoformat()}
    await services.tell("service:cancelled", service, new=new, by=by)


async def keep(service_id: int, *, by: Actor) -> Record:
    """Take a cancelling back before the service has ended; `Conflict` when it is not cancelled."""
    _account, service = await locked(service_id, ("active", "suspended"), by=by)
    await go_on(service, by=by)
    return await services.get(service_id, by=by)


async def go_on(service: Mapping[str, Any], *, by: Actor) -> None:
    """The same of a service that the caller has locked. Asks for no right."""
    if service["ends_on"] is None:
        raise Conflict(_("This service is not cancelled."))
    values = {"ends_on": None, "is_end_own": False, "next_on": service["next_on"] or service["ends_on"]}
    await service_dues.save(service, values)
    await services.tell("service:kept", service, by=by)


async def end_due(day: date, *, size: int, by: Actor) -> int:
    """End so many services whose last day is over; returns how many there were.

    Clients and accounts are locked first, as verbs of people lock them. Then products are, until the transaction
    ends: it goes on to no other account.
    """
    where = "s.state IN ('active', 'suspended') AND s.ends_on <= $1"
    sql = f"SELECT s.id, s.client_id, s.account_id FROM services s WHERE {where} ORDER BY s.id LIMIT $2"
    due = await db.fetch(sql, day, size)
    if not due:
        return 0
    await accounts.lock_with_clients(due)
    found = await db.fetch(
        f"""SELECT s.*, n.product_id FROM services s JOIN plans n ON n.id = s.plan_id
            WHERE {where} AND s.id = ANY($2::bigint[]) ORDER BY s.id FOR UPDATE OF s""",
        day,
        [row["id"] for row in due],
    )
    await end_each(found, "", day, by=by)
    for service in found:
        await services.tell("service:ended", service, by=by)
    return len(found)


async def end_each(found: Sequence[Mapping[str, Any]], reason: str, day: date, *, by: Actor) -> None:
    """End these services, which the caller has locked, each with its `product_id`. Asks for no right."""
    await db.execute(
        """UPDATE services SET state = 'ended', suspended_for = '',
               ends_on = least(coalesce(ends_on, $2), $2), version = version + 1 WHERE id = ANY($1::bigint[])""",
        [service["id"] for service in found],
        day,
    )
    await db.execute(
        "UPDATE service_dues SET next_on = NULL, parked = '' WHERE id = ANY($1::bigint[])",
        [service["id"] for service in found],
    )
    await db.execute(
        """UPDATE service_changes SET state = 'withdrawn', ended_at = $2
            WHERE service_id = ANY($1::bigint[]) AND state = 'planned'""",
        [service["id"] for service in found],
        clock.now(),
    )
    for service in sorted(found, key=lambda one: (one["product_id"], one["id"])):
        await services.note(service["id"], "ended", reason=reason, by=by)
        await stock.give_back(service["product_id"])
        await promo_codes.give_back(f"service-{service['id']}")


async def locked(service_id: int, states: Sequence[str], *, by: Actor) -> tuple[Record, Record]:
    """The account and its service, both locked; `Conflict` when it is in none of these states."""
    policies.require(by, Permission.SERVICE_UPDATE)
    account = await accounts.locked((await services.get(service_id, by=by))["account_id"], by=by)
    await service_dues.locked(service_id)
    service = await services.get(service_id, by=by)
    if service["state"] not in states:
        raise Conflict(_("The service is not in a state for that any more."))
    return account, service


def _charges(service: Mapping[str, Any], quoted: Quote, today: date) -> list[Charge]:
    """What is charged when it begins: setting up, and the first period."""
    made = [_charge(service, quoted.opening, "start", services.title(service), today, quoted)]
    if quoted.setup is not None:
        text = _("Set-up: %(name)s") % {"name": services.title(service)}
        made.insert(0, _charge(service, quoted.setup, "setup", text, today, None))
    return made


def _charge(
    service: Mapping[str, Any], price: Price, what: str, text: str, today: date, quoted: Quote | None
) -> Charge:
    first = quoted.first if quoted else None
    tax = price.tax
    return Charge(
        key=f"service-{service['id']}-{what}",
        kind="service",
        text=text[: expenses.LONGEST_TEXT],
        day=today,
        net_units=price.net,
        discount_units=price.discount,
        tax=Tax(rate=tax.rate, category=tax.category, reason=price_words.kept_reason(tax)),
        tax_units=price.tax_units,
        period_start=first.start if first else None,
        period_end=first.end if first else None,
        payer_id=service["payer_id"],
        service_id=service["id"],
    )
