"""Recurring revenue: what active services bring in a month, whatever period each of them is paid by.

A price of a year counts for a twelfth of it, one of days for as many as a month has (365 days in twelve months).
Prices are as the price list has them, with or without tax; a discount lowers them as long as it lasts. What is
paid once does not recur, and what is suspended brings nothing meanwhile.
"""

import msgspec

from core import clock, db
from core.accounts import access, focus
from core.accounts.focus import Focus
from core.actor import Actor
from core.filters import Conditions

MOST_SUMMED = 20_000
"""So many services are added up for a page; a provider with more is told of the last night."""


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """So many things of one currency, and what they come to in its minor units."""

    currency: str
    number: int
    units: int


def monthly(today: str) -> str:
    """What a service `s` with its dues `d` brings in a month, in SQL; `today` is the placeholder of the day."""
    return f"""round((s.full_units - CASE
            WHEN (s.discount_periods IS NULL OR greatest(d.periods - 1, 0) < s.discount_periods)
             AND (s.discount_until IS NULL OR s.discount_until >= {today}::date) THEN s.discount_units ELSE 0 END)
        * CASE s.period_unit WHEN 'month' THEN 1.0 WHEN 'year' THEN 1 / 12.0 ELSE 365 / 12.0 END
        / greatest(s.period_count, 1))::bigint"""


async def now(*, by: Actor, within: Focus | None = None) -> tuple[list[Sum], bool]:
    """What active services bring in a month, by currency, and whether there are more than MOST_SUMMED."""
    bound = seen("s", by=by, within=within)
    units = monthly(bound.bind(clock.today(by.tenant.timezone)))
    sql = f"""SELECT s.currency, {units} AS units FROM services s JOIN service_dues d ON d.id = s.id
                JOIN client_projects a ON a.id = s.account_id JOIN clients c ON c.id = s.client_id
               WHERE s.state = 'active' AND s.period_unit <> '' AND {bound.sql}"""
    return await added_up(sql, bound, most=MOST_SUMMED)


async def added_up(sql: str, bound: Conditions, *, most: int) -> tuple[list[Sum], bool]:
    """The sums of rows with `currency` and `units`, of the first `most`, and whether there were more."""
    found = await db.fetch(
        f"""SELECT currency, count(*) AS number, sum(units)::bigint AS units
              FROM ({sql} LIMIT {most + 1:d}) listed GROUP BY currency ORDER BY sum(units) DESC, currency""",
        *bound.arguments,
    )
    return [msgspec.convert(dict(row), Sum) for row in found], sum(row["number"] for row in found) > most


def seen(alias: str, *, by: Actor, within: Focus | None) -> Conditions:
    """What of a table, its account `a` and its client `c`, `by` may see inside a focus."""
    bound = Conditions()
    access.limit_to_groups(bound, by=by)
    if by.projects is not None:
        bound.add(f"a.project_id IN ({access.listed(by.projects)})")
    focus.limit(bound, within, column=f"{alias}.client_id")
    return bound
