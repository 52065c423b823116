"""The list of discounts, the newest first, page by page, with filter and focus."""

from datetime import date
from typing import Literal

import msgspec
from asyncpg import Record

from core import clock, keyset, policies
from core.accounts import focus
from core.accounts.focus import Focus
from core.actor import Actor
from core.catalog import discounts
from core.catalog.discount_rules import Recipient
from core.checks import Checks
from core.filters import Conditions
from core.keyset import Page as Page
from core.permissions import Permission

State = Literal["now", "coming", "over", "ended"]
STATES: tuple[State, ...] = ("now", "coming", "over", "ended")


class DiscountFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows. `name` is the beginning of a name."""

    name: str = ""
    state: State | None = None
    recipient: Recipient | None = None


async def page(
    chosen: DiscountFilter,
    *,
    by: Actor,
    within: Focus | None = None,
    after: str = "",
    before: str = "",
    size: int = keyset.PAGE,
) -> Page:
    """The page of discounts that stands after, or before, a cursor; the first one without.

    The focus on a client shows those for it alone. Raises `Invalid` for a filter or a cursor that cannot be.
    """
    bound = conditions(chosen, by=by, within=within)
    return await keyset.page(discounts.READ, "d", bound, after=after, before=before, size=size)


def conditions(chosen: DiscountFilter, *, by: Actor, within: Focus | None = None) -> Conditions:
    """What the filter asks of a discount `d`, inside what `by` may see."""
    policies.require(by, Permission.DISCOUNT_READ)
    bound = _asked(chosen, by=by)
    if within is not None:
        focus.limit(bound, within, column="d.client_id")
    return bound


def state_of(discount: Record, day: date) -> State:
    """Whether a discount can begin on a day: now, not yet, not any more, or it was ended."""
    if discount["ended_at"] is not None:
        return "ended"
    if discount["from_day"] and discount["from_day"] > day:
        return "coming"
    return "over" if discount["until_day"] and discount["until_day"] < day else "now"


def _asked(chosen: DiscountFilter, *, by: Actor) -> Conditions:
    checks = Checks()
    name = checks.text("name", chosen.name, longest=100, required=False)
    checks.done()
    bound = Conditions()
    bound.equals("d.recipient", chosen.recipient, among=frozenset(("all", "group", "client")))
    if name:
        bound.begins("d.name_folded", name.lower())
    if chosen.state:
        day = f"date '{clock.today(by.tenant.timezone).isoformat()}'"
        not_yet, over = f"(d.from_day IS NOT NULL AND d.from_day > {day})", f"d.until_day < {day}"
        bound.add(
            {
                "ended": "d.ended_at IS NOT NULL",
                "coming": f"d.ended_at IS NULL AND {not_yet}",
                "over": f"d.ended_at IS NULL AND NOT {not_yet} AND {over}",
                "now": f"d.ended_at IS NULL AND NOT {not_yet} AND coalesce(NOT {over}, true)",
            }[chosen.state]
        )
    discounts.visible(bound, by=by)
    return bound
