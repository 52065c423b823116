"""What users of a client do with its services: renewing early, changing, cancelling; where the provider lets them.

    quoted = await own_services.renewal(service_id, by=by)
    await own_services.renew(service_id, quoted.gross, quoted.period.start, by=by)

Prices are those of staff. What costs money asks also for the right to order, and for a verified telephone number
where the provider wants one (`PhoneNeeded`). What staff planned for a service is
not taken back here, and nothing is done to one that is suspended for abuse.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

import msgspec
from asyncpg import Record

from core import clock, db
from core.accounts import memberships, portal_settings, rows
from core.accounts.rights import Right
from core.actor import Actor
from core.billing import (
    accounts,
    change_terms,
    early_renewals,
    phone_orders,
    service_changes,
    service_dues,
    service_states,
    services,
)
from core.billing.accounts import TooLittle
from core.billing.change_quotes import ChangeQuote
from core.billing.early_renewals import Renewal
from core.billing.service_changes import NewChange
from core.catalog.list_price import Sheet
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import _

CHANGE, END = ("change_on", "change_is_own"), ("ends_on", "is_end_own")
"""The day of what is planned for a service, and whether users of the client planned it."""


class Acts(msgspec.Struct, frozen=True, kw_only=True):
    """What the user can do with a service now."""

    renew: bool
    change: bool
    withdraw: bool
    cancel: bool
    keep: bool


async def get(service_id: int, *, by: Actor) -> Record:
    """One service of the client that the user acts for; `NotFound` for anybody else's."""
    return await _own(service_id, memberships.require(by, Right.SERVICES_READ).id)


async def acts(service: Mapping[str, Any], *, by: Actor) -> Acts:
    """What the user can do with it: with his rights, by the provider's decisions, in the state that it is in."""
    manages = memberships.may(by, Right.SERVICES_MANAGE) and not memberships.require(by).is_closed
    orders = manages and memberships.may(by, Right.ORDERS_PLACE)
    decided, today = await portal_settings.in_force(), clock.today(by.tenant.timezone)
    return Acts(
        renew=orders and not _why_not_renew(service, decided, today),
        change=orders and not _why_not_change(service, decided),
        withdraw=manages and not _why_not_withdraw(service, decided),
        cancel=manages and not _why_not_cancel(service, decided),
        keep=manages and not _why_not_keep(service, decided),
    )


async def renewal(service_id: int, *, by: Actor) -> Renewal:
    """What the next period costs now; `Conflict` when it cannot be renewed."""
    service = await _ordering(service_id, by=by)
    _check(_why_not_renew(service, await portal_settings.in_force(), clock.today(by.tenant.timezone)))
    return await early_renewals.quoted(await accounts.find(service["account_id"]), service, by=by)


async def renew(service_id: int, expected_units: int, expected_start: date, *, by: Actor) -> None:
    """Charge the next period now, which begins on `expected_start`: the same sent twice charges one.

    `Conflict` when it cannot be renewed or costs something else, with tax; `TooLittle` when the account may not
    owe that much.
    """
    await _ordering(service_id, by=by)
    account, service = await _locked(service_id, by=by)
    await phone_orders.require(account, [service["product_id"]], by=by)
    _check(_why_not_renew(service, await portal_settings.in_force(), clock.today(by.tenant.timezone)))
    with _told_of_money(account):
        await early_renewals.make(account, service, expected_units, expected_start, by=by)


async def targets(service_id: int, *, by: Actor) -> list[tuple[str, Sheet]]:
    """What it can be changed to, each with its name: its own price, and what is on sale of its product."""
    service = await _ordering(service_id, by=by)
    _check(_why_not_change(service, await portal_settings.in_force()))
    return await change_terms.targets(service, hidden=False, by=by)


async def change_quote(service_id: int, new: NewChange, *, by: Actor) -> ChangeQuote:
    """What a change costs, now or at renewal as the product has it; `Invalid` for what cannot be had."""
    service = await _ordering(service_id, by=by)
    _check(_why_not_change(service, await portal_settings.in_force()))
    account = await accounts.find(service["account_id"])
    return await service_changes.reckon(account, service, _usual(new), hidden=False, by=by)


async def change(service_id: int, new: NewChange, *, by: Actor) -> Record:
    """Change it, or plan that for its next period; returns the service.

    `Invalid` for what cannot be had; `Conflict` when it cannot be changed or costs something else than expected;
    `TooLittle` when the account may not owe that much.
    """
    await _ordering(service_id, by=by)
    account, service = await _locked(service_id, by=by)
    await phone_orders.require(account, [service["product_id"]], by=by)
    _check(_why_not_change(service, await portal_settings.in_force()))
    with _told_of_money(account):
        await service_changes.make(account, service, _usual(new), is_own=True, by=by)
    return await get(service_id, by=by)


async def withdraw(service_id: int, *, by: Actor) -> None:
    """Take a change back that the client's users planned; `Conflict` when there is none."""
    _account, service = await _locked(service_id, by=by)
    _check(_why_not_withdraw(service, await portal_settings.in_force()))
    await service_changes.take_back(service, by=by)


async def may_cancel(service_id: int, *, by: Actor) -> Record:
    """The service, when it can be cancelled; else `Conflict`."""
    service = await _managing(service_id, by=by)
    _check(_why_not_cancel(service, await portal_settings.in_force()))
    return service


async def cancel(service_id: int, reason: str = "", *, by: Actor) -> None:
    """End it with the period that is paid for; `Conflict` when that is done already, or cannot be."""
    _account, service = await _locked(service_id, by=by)
    _check(_why_not_cancel(service, await portal_settings.in_force()))
    checks = Checks()
    told = checks.text("reason", reason, longest=service_states.LONGEST_REASON, required=False)
    checks.done()
    await service_states.stop(service, "period_end", told, is_own=True, by=by)


async def keep(service_id: int, *, by: Actor) -> None:
    """Take a cancelling of the client's users back; `Conflict` when there is none."""
    _account, service = await _locked(service_id, by=by)
    _check(_why_not_keep(service, await portal_settings.in_force()))
    await service_states.go_on(service, by=by)


async def _managing(service_id: int, *, by: Actor) -> Record:
    return await _own(service_id, memberships.require(by, Right.SERVICES_MANAGE).id)


async def _ordering(service_id: int, *, by: Actor) -> Record:
    memberships.require(by, Right.ORDERS_PLACE)
    return await _managing(service_id, by=by)


async def _locked(service_id: int, *, by: Actor) -> tuple[Record, Record]:
    """The account and its service, which nobody else changes until the transaction ends."""
    service = await _managing(service_id, by=by)
    client_id = service["client_id"]
    if await db.value("SELECT status FROM clients WHERE id = $1 FOR NO KEY UPDATE", client_id) != "active":
        raise Conflict(_("Your client account is closed."))
    await accounts.lock([service["account_id"]])
    await service_dues.locked(service_id)
    return await accounts.find(service["account_id"]), await _own(service_id, client_id)


async def _own(service_id: int, client_id: int) -> Record:
    found = None
    if rows.is_id(service_id):
        found = await db.row(f"{services.WITH_NAMES} WHERE s.id = $1 AND s.client_id = $2", service_id, client_id)
    if found is None:
        raise NotFound()
    return found


def _usual(new: NewChange) -> NewChange:
    """A client does not choose when: that is the product's policy."""
    return msgspec.structs.replace(new, when=None)


@contextmanager
def _told_of_money(account: Mapping[str, Any]) -> Iterator[None]:
    """Say to the client what is missing in the account, and not what staff would do about it."""
    try:
        yield
    except TooLittle as refusal:
        amounts = {
            "balance": accounts.told(account["balance"], account["currency"]),
            "missing": accounts.told(refusal.missing, account["currency"]),
        }
        text = _("Your account has %(balance)s. Please pay %(missing)s first; then this can be done.") % amounts
        raise TooLittle(text, refusal.missing) from refusal


def _check(reason: str) -> None:
    if reason:
        raise Conflict(reason)


def _closed(service: Mapping[str, Any], is_on: bool) -> str:
    if not is_on:
        return _("This cannot be done here. Please ask us.")
    return _("It is suspended for abuse. Please ask us.") if service["suspended_for"] == "abuse" else ""


def _ours(service: Mapping[str, Any], *columns: tuple[str, str]) -> str:
    """Why staff have to be asked, when one of these was decided by them."""
    is_ours = any(service[day] is not None and not service[is_own] for day, is_own in columns)
    return _("We have planned something for this service. Please ask us.") if is_ours else ""


def _why_not_renew(service: Mapping[str, Any], decided: Mapping[str, Any], today: date) -> str:
    closed = _closed(service, decided["may_renew"]) or _ours(service, CHANGE, END)
    return closed or early_renewals.why_not(service, today)


def _why_not_change(service: Mapping[str, Any], decided: Mapping[str, Any]) -> str:
    closed = _closed(service, decided["may_change"]) or _ours(service, CHANGE, END)
    return closed or service_changes.why_not(service)


def _why_not_withdraw(service: Mapping[str, Any], decided: Mapping[str, Any]) -> str:
    if service["change_on"] is None:
        return _("No change of this service is planned.")
    return _closed(service, decided["may_change"]) or _ours(service, CHANGE)


def _why_not_cancel(service: Mapping[str, Any], decided: Mapping[str, Any]) -> str:
    if service["ends_on"] is not None:
        return _("This service is cancelled already.")
    if service["state"] not in ("active", "suspended") or service["next_on"] is None:
        return _("It has no next period.")
    return _closed(service, decided["may_cancel"])


def _why_not_keep(service: Mapping[str, Any], decided: Mapping[str, Any]) -> str:
    if service["ends_on"] is None or service["state"] not in ("active", "suspended"):
        return _("This service is not cancelled.")
    return _closed(service, decided["may_cancel"]) or _ours(service, END)
