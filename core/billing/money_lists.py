"""What the lists of expenses and payments share: their order, what every filter of theirs asks, and totals."""

from collections.abc import Mapping
from datetime import date
from typing import Protocol, TypeVar

import msgspec

from core import db
from core.accounts import access, focus, rows
from core.accounts.focus import Focus
from core.actor import Actor
from core.checks import Checks
from core.filters import Conditions
from core.i18n import _
from core.keyset import PAGE as PAGE
from core.keyset import Page as Page
from core.keyset import page as page

MOST_SUMMED = 20_000
"""So many rows are added up for a page. A longer list says that it is longer, and a filter narrows it."""


class MoneyFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The part of a filter that all of these lists have. `client` is a client's code, `project` an id; `day_from`
    and `day_to` are included."""

    client: int | None = None
    project: int | None = None
    day_from: date | None = None
    day_to: date | None = None


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """Sums in minor units of one currency over `count` rows; `is_cut` when there were more than MOST_SUMMED."""

    currency: str
    count: int
    sums: Mapping[str, int]
    is_cut: bool = False


Chosen = TypeVar("Chosen", bound=MoneyFilter, contravariant=True)


class Bounds(Protocol[Chosen]):
    """What a filter asks of the rows of a list, inside what `by` may see."""

    def __call__(self, chosen: Chosen, *, by: Actor, within: Focus | None = None) -> Conditions: ...


class Pages(Protocol[Chosen]):
    """Reads a list page by page: the one after, or before, a cursor; the first one without.

    Raises `Invalid` for a filter or a cursor that cannot be.
    """

    async def __call__(
        self,
        chosen: Chosen,
        *,
        by: Actor,
        within: Focus | None = None,
        after: str = "",
        before: str = "",
        size: int = PAGE,
    ) -> Page: ...


def pages(sql: str, alias: str, bounds: Bounds[Chosen]) -> Pages[Chosen]:
    """The pages of a list, the newest first: what `sql` reads, with its rows `alias`, within these bounds."""

    async def read(
        chosen: Chosen,
        *,
        by: Actor,
        within: Focus | None = None,
        after: str = "",
        before: str = "",
        size: int = PAGE,
    ) -> Page:
        bound = bounds(chosen, by=by, within=within)
        return await page(sql, alias, bound, after=after, before=before, size=size)

    return read


async def totals(tables: str, alias: str, columns: str, sums: Mapping[str, str], bound: Conditions) -> list[Total]:
    """The sums of the newest MOST_SUMMED rows, by currency."""
    counted = ", ".join(f"coalesce({sql}, 0)::bigint AS {name}" for name, sql in sums.items())
    found = await db.fetch(
        f"""SELECT currency, count(*) AS count, {counted} FROM (
                SELECT {columns} FROM {tables} WHERE {bound.sql}
                 ORDER BY {alias}.created_at DESC, {alias}.id DESC LIMIT {MOST_SUMMED + 1:d}) {alias}
            GROUP BY currency ORDER BY currency""",
        *bound.arguments,
    )
    is_cut = sum(row["count"] for row in found) > MOST_SUMMED
    return [
        Total(currency=row["currency"], count=row["count"], sums={name: row[name] for name in sums}, is_cut=is_cut)
        for row in found
    ]


def beginning(field: str, text: str) -> str:
    """The beginning of a text as it is looked for; `Invalid` under the field for one that cannot be."""
    checks = Checks()
    found = checks.text(field, text, longest=200, required=False)
    checks.done()
    return found.lower()


def conditions(
    chosen: MoneyFilter, alias: str, *, by: Actor, within: Focus | None = None, day: str = ""
) -> Conditions:
    """What such a filter asks of a row, its account `a` and its client `c`, in a focus and what `by` may see."""
    checks = Checks()
    rows.check_ids(checks, chosen, "client", "project")
    if chosen.day_from is not None and chosen.day_to is not None and chosen.day_to < chosen.day_from:
        checks.error("day_to", _("The last day is not before the first."))
    checks.done()
    bound = Conditions()
    bound.equals("c.code", chosen.client)
    bound.equals("a.project_id", chosen.project)
    if chosen.day_from is not None:
        bound.add(f"{day or alias + '.day'} >= {bound.bind(chosen.day_from)}")
    if chosen.day_to is not None:
        bound.add(f"{day or alias + '.day'} <= {bound.bind(chosen.day_to)}")
    access.limit_to_groups(bound, by=by)
    if by.projects is not None:
        bound.add(f"a.project_id IN ({access.listed(by.projects)})")
    focus.limit(bound, within, column=f"{alias}.client_id")
    return bound
