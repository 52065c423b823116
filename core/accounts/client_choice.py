"""Clients chosen for something: by their codes, or all that a filter lets through, counted and put into parts."""

import msgspec

from core import db, policies
from core.accounts import access
from core.accounts.client_filter import ClientFilter
from core.accounts.client_source import Source, source_of
from core.actor import Actor
from core.errors import Invalid
from core.filters import Conditions
from core.i18n import _
from core.permissions import Permission

MOST_CODES = 10_000


class Choice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One of the two: codes of clients, or a filter (one that lets everybody through is a filter too).

    `within` is a saved filter that the filter's clients must fit besides, such as that of a focus.
    """

    codes: tuple[int, ...] = ()
    filter: ClientFilter | None = None
    within: int | None = None


async def source(choice: Choice, *, by: Actor) -> Source:
    """The clients of the choice that `by` may see. `Invalid` unless exactly one of the two is given."""
    policies.require(by, Permission.CLIENT_READ)
    if bool(choice.codes) == (choice.filter is not None):
        raise Invalid({"": _("Choose clients by their codes or by a filter.")})
    if choice.filter is not None:
        besides = [ClientFilter(segment=choice.within)] if choice.within is not None else []
        return await source_of(choice.filter, by=by, also=besides)
    if len(choice.codes) > MOST_CODES:
        raise Invalid({"codes": _("At most %(most)s, please.") % {"most": MOST_CODES}})
    conditions = Conditions()
    conditions.add(
        f"c.code = ANY({conditions.bind([code for code in choice.codes if 0 < code < 2**63])}::bigint[])"
    )
    access.limit_to_visible(conditions, by=by)
    return Source(conditions=conditions)


async def count(choice: Choice, *, by: Actor) -> int:
    """How many clients it is about, exactly."""
    found = await source(choice, by=by)
    sql = f"SELECT count(*) FROM {found.tables} WHERE {found.conditions.sql}"
    return int(await db.value(sql, *found.conditions.arguments))


async def parts(choice: Choice, size: int, *, by: Actor) -> list[list[int]]:
    """The codes of the clients in their order, `size` of them at a time."""
    found = await source(choice, by=by)
    listed = await db.fetch(
        f"""SELECT array_agg(code ORDER BY code) AS codes FROM (
                SELECT c.code, (row_number() OVER (ORDER BY c.code) - 1) / {size:d} AS part
                FROM {found.tables} WHERE {found.conditions.sql}) chosen
            GROUP BY part ORDER BY part""",
        *found.conditions.arguments,
    )
    return [row["codes"] for row in listed]
