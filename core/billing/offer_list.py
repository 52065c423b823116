"""The list of all quotes of a provider, the newest first, page by page, with filter and focus."""

from typing import Literal

from core import policies
from core.accounts.focus import Focus
from core.actor import Actor
from core.billing import money_lists, offers
from core.billing.money_lists import MoneyFilter, Total
from core.filters import Conditions
from core.permissions import Permission

State = Literal["draft", "sent", "accepted", "declined", "withdrawn"]


class OfferFilter(MoneyFilter, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows. The days are those on which quotes were sent."""

    number: str = ""
    state: State | None = None


async def totals(chosen: OfferFilter, *, by: Actor, within: Focus | None = None) -> list[Total]:
    """None: what a quote comes to depends on how long its services stay."""
    return []


def conditions(chosen: OfferFilter, *, by: Actor, within: Focus | None = None) -> Conditions:
    """What the filter asks of a quote `o`, its account `a` and its client `c`, inside what `by` may see."""
    policies.require(by, Permission.SERVICE_READ)
    policies.require(by, Permission.CLIENT_READ)
    bound = money_lists.conditions(chosen, "o", by=by, within=within, day="o.sent_on")
    bound.equals("o.state", chosen.state, among=frozenset(offers.STATES))
    if number := money_lists.beginning("number", chosen.number):
        is_one = number.isascii() and number.isdecimal() and len(number) < 10
        bound.add(f"o.number = {bound.bind(int(number))}" if is_one else "false")
    return bound


page = money_lists.pages(offers.WITH_NAMES, "o", conditions)
"""The list page by page, see `money_lists.Pages`."""
