"""The list of all services of a provider, the newest first, page by page, with filter, focus and totals."""

from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from asyncpg import Record

from core import policies
from core.accounts import access
from core.accounts.focus import Focus
from core.actor import Actor
from core.billing import money_lists, services
from core.billing.money_lists import MoneyFilter, Total
from core.filters import Conditions
from core.periods import first_moment
from core.permissions import Permission

State = Literal["pending", "active", "suspended", "ended"]
JOINED = "JOIN clients c ON c.id = s.client_id JOIN client_projects a ON a.id = s.account_id"
SUMS = {"period": "sum(s.full_units - s.discount_units)"}


class ServiceFilter(MoneyFilter, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows. `label` is the beginning of one, in whatever case; the days are those on which the next
    period begins. `ordered_from` and `ended_from` ask for those that were ordered, or have ended, since a day;
    `waits` for those that the billing run has not charged for want of money."""

    label: str = ""
    state: State | None = None
    plan: int | None = None
    ordered_from: date | None = None
    ended_from: date | None = None
    waits: Literal["funds"] | None = None


async def totals(chosen: ServiceFilter, *, by: Actor, within: Focus | None = None) -> list[Total]:
    """By currency, how many services there are and what one period of each comes to; see `money_lists`."""
    bound = conditions(chosen, by=by, within=within)
    tables = f"services s JOIN service_dues d ON d.id = s.id {JOINED}"
    return await money_lists.totals(tables, "s", "s.currency, s.full_units, s.discount_units", SUMS, bound)


async def of_client(client_id: int, *, by: Actor, size: int = money_lists.PAGE) -> list[Record]:
    """The newest services of one client that `by` may see."""
    policies.require(by, Permission.SERVICE_READ)
    await access.client(client_id, by=by)
    bound = conditions(ServiceFilter(), by=by)
    bound.add(f"s.client_id = {client_id:d}")
    return (await money_lists.page(services.WITH_NAMES, "s", bound, size=size)).rows


async def of_check(check_id: int, *, by: Actor) -> list[Record]:
    """The services that were ordered under a fraud check, as far as `by` may see them."""
    bound = conditions(ServiceFilter(), by=by)
    bound.add(f"s.fraud_check_id = {check_id:d}")
    return (await money_lists.page(services.WITH_NAMES, "s", bound)).rows


def conditions(chosen: ServiceFilter, *, by: Actor, within: Focus | None = None) -> Conditions:
    """What the filter asks of a service `s`, its account `a` and its client `c`, inside what `by` may see."""
    policies.require(by, Permission.SERVICE_READ)
    policies.require(by, Permission.CLIENT_READ)
    label = money_lists.beginning("label", chosen.label)
    bound = money_lists.conditions(chosen, "s", by=by, within=within, day="d.next_on")
    bound.equals("s.state", chosen.state, among=frozenset(services.STATES))
    bound.begins("s.label_folded", label)
    if chosen.plan is not None:
        bound.add(f"s.plan_id = {bound.bind(max(0, min(chosen.plan, 2**63 - 1)))}")
    if chosen.ordered_from is not None:
        begin = first_moment(chosen.ordered_from, ZoneInfo(by.tenant.timezone))
        bound.add(f"s.created_at >= {bound.bind(begin)} AND s.state <> 'pending'")
    if chosen.ended_from is not None:
        bound.add(f"s.state = 'ended' AND s.ends_on >= {bound.bind(chosen.ended_from)}")
    if chosen.waits is not None:
        bound.add("s.state = 'active' AND d.parked <> ''")
    return bound


page = money_lists.pages(services.WITH_NAMES, "s", conditions)
"""The list page by page, see `money_lists.Pages`."""
