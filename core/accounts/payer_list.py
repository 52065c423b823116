"""The list of all payers of a provider, by name, page by page, with search and filter."""

from typing import Literal

import msgspec
from asyncpg import Record

from core import db, policies
from core.accounts import access, focus, payer_numbers
from core.accounts.focus import Focus
from core.accounts.payer_fields import KINDS
from core.actor import Actor
from core.checks import Checks
from core.errors import Invalid
from core.filters import LAST, Conditions, Cursor, read_cursor
from core.i18n import _
from core.permissions import Permission

PAGE = 50
MOST_WORDS = 8


class PayerFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows. `search` is beginnings of words of the name or the contact person, all of which must
    match, or a whole VAT or registration number. `client` is a client's code."""

    search: str = ""
    kind: Literal["individual", "company", "sole_proprietor"] | None = None
    country: str = ""
    client: int | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Payers with `client_code` and `client_name`, and the cursors of the pages around them (None at an end)."""

    rows: list[Record]
    previous: str | None = None
    next: str | None = None


async def page(
    chosen: PayerFilter,
    *,
    by: Actor,
    after: str = "",
    before: str = "",
    size: int = PAGE,
    within: Focus | None = None,
) -> Page:
    """The page of payers inside a focus that stands after, or before, a cursor; the first one without.

    Raises `Invalid` for a filter or a cursor that cannot be.
    """
    policies.require(by, Permission.PAYER_READ)
    policies.require(by, Permission.CLIENT_READ)
    bound = conditions(chosen, by=by)
    focus.limit(bound, within, column="p.client_id")
    is_back, cursor = bool(before), None
    if text := before or after:
        cursor = read_cursor(text, str)
        if cursor is None:
            raise Invalid({"after": _("This page has gone; begin again from the first one.")})
        place = f"({bound.bind(cursor.value)}, {bound.bind(cursor.id)})"
        bound.add(f"(p.name_folded, p.id) {'<' if is_back else '>'} {place}")
    direction = "DESC" if is_back else "ASC"
    found = await db.fetch(
        f"""SELECT p.*, c.code AS client_code, c.name AS client_name
            FROM payers p JOIN clients c ON c.id = p.client_id WHERE {bound.sql}
            ORDER BY p.name_folded {direction}, p.id {direction} LIMIT {size + 1:d}""",
        *bound.arguments,
    )
    has_more, listed = len(found) > size, found[:size]
    if is_back:
        listed.reverse()
    has_previous, has_next = (has_more, True) if is_back else (cursor is not None, has_more)
    return Page(
        rows=listed,
        previous=_place(listed[0]) if listed and has_previous else None,
        next=_place(listed[-1]) if listed and has_next else None,
    )


def conditions(chosen: PayerFilter, *, by: Actor) -> Conditions:
    """What the filter asks of a payer `p` and its client `c`, inside what `by` may see."""
    _check(chosen)
    conditions = Conditions()
    conditions.add("p.merged_into_id IS NULL")
    conditions.equals("p.kind", chosen.kind, among=frozenset(KINDS))
    conditions.equals("p.country", chosen.country.upper())
    conditions.equals("c.code", chosen.client)
    access.limit_to_visible(conditions, by=by)
    if chosen.search.strip():
        conditions.add(_found_by(chosen.search, conditions))
    return conditions


def _found_by(search: str, conditions: Conditions) -> str:
    """The payers of the words or of the number; each side is an index of its own."""
    number = conditions.bind(payer_numbers.compact(search))
    text, last = conditions.bind(search[:200]), conditions.bind(LAST)
    return f"""(p.id IN (
        SELECT w.payer_id
          FROM (SELECT word COLLATE "C" AS word FROM words_of({text}) AS word LIMIT {MOST_WORDS}) asked
          JOIN payer_words w ON w.word >= asked.word AND w.word < asked.word || {last}
         GROUP BY w.payer_id
        HAVING count(DISTINCT asked.word) = (
            SELECT count(*) FROM (SELECT FROM words_of({text}) LIMIT {MOST_WORDS}) all_of_them)
        UNION ALL SELECT v.id FROM payers v WHERE v.vat_number = {number} AND v.vat_number <> ''
        UNION ALL SELECT r.id FROM payers r
         WHERE r.registration_number = {number} AND r.registration_number <> ''))"""


def _check(chosen: PayerFilter) -> None:
    checks = Checks()
    checks.text("search", chosen.search, longest=200, required=False)
    if chosen.country:
        checks.country("country", chosen.country)
    if chosen.client is not None and not 0 < chosen.client < 2**63:
        checks.error("client", _("There is no client with this code."))
    checks.done()


def _place(payer: Record) -> str:
    return str(Cursor(payer["name_folded"], payer["id"]))
