"""The list of all users of a provider's clients: one line for each person and client, page by page.

It is read along the people in the order of their names, and each is asked the rest, as long as many fit. What few
fit (a rare word or role, a small project, the focus) is read first and sorted. PostgreSQL cannot know which it is,
so an index counts up to FEW; see docs/decisions/client-list.md. What is searched for hangs together with the name,
so a walk in its order could be long: those with a common word are listed along that word, and a search for an
address lists along the addresses.
"""

from typing import Literal

import msgspec
from asyncpg import Record

from core import db, policies
from core.accounts import access, focus
from core.accounts.focus import Focus
from core.actor import Actor
from core.checks import Checks
from core.errors import Invalid
from core.filters import LAST, Conditions, Cursor, read_cursor
from core.i18n import _
from core.permissions import Permission

PAGE = 50
FEW = 3_000
MOST_WORDS = 8
ROLES = {
    "owner": "m.is_owner",
    "billing": "m.is_billing",
    "technical": "m.is_technical",
    "read-only": "m.is_read_only",
}
PERSON = """p.id AS person_id, p.name, p.name_folded, p.email, p.is_disabled, p.signed_in_at,
    p.password_hash IS NOT NULL AS has_password"""
SEAT = """m.client_id, m.roles, m.is_owner, m.created_at, c.code AS client_code, c.name AS client_name,
    c.status AS client_status,
    ARRAY(SELECT o.name FROM membership_roles l JOIN client_roles o ON o.id = l.role_id
        WHERE l.client_id = m.client_id AND l.person_id = m.person_id
        ORDER BY o.name_folded, o.id) AS role_names"""


class UserFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows. `search` is the beginning of an address (with an @), or beginnings of words of the
    name, all of which must match. `client` is a client's code, `status` that of the client."""

    search: str = ""
    role: Literal["owner", "billing", "technical", "read-only"] | None = None
    status: Literal["active", "closed"] | None = None
    client: int | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Users with their clients (PERSON and SEAT), and the cursors of the pages around them (None at an end)."""

    rows: list[Record]
    previous: str | None = None
    next: str | None = None


ALONG_WORDS = """person_words w CROSS JOIN LATERAL (SELECT * FROM people p WHERE p.id = w.person_id OFFSET 0) p"""
ORDERS = {
    "name": ("people p", "p.name_folded", "p.id"),
    "email": ("people p", 'p.email_folded COLLATE "C"', "p.id"),
    "word": (ALONG_WORDS, "w.word", "w.person_id"),
}
"""In what order the list is read: along which rows, by which column, and which tells the person."""


class Asked(msgspec.Struct, frozen=True):
    """One thing that is asked of a person `p`, or of a membership `m` and its client `c`.

    `ids` reads those who fit from an index, "" when most do; `column` is what they are the ids of. `order` is the
    one of ORDERS that it can be read in, and `along` the condition that stands for it then.
    """

    condition: str
    ids: str = ""
    column: Literal["m.person_id", "m.client_id"] = "m.client_id"
    is_of_person: bool = False
    order: str = ""
    along: str = ""


class Source(msgspec.Struct, frozen=True):
    """A FROM and WHERE with a person `p` and a seat `s`, and the key of ORDERS that it is read in."""

    sql: str
    order: str


async def page(
    chosen: UserFilter,
    *,
    by: Actor,
    after: str = "",
    before: str = "",
    size: int = PAGE,
    within: Focus | None = None,
) -> Page:
    """The page of users that stands after, or before, a cursor, inside a focus; the first one without.

    Raises `Invalid` for a filter or a cursor that cannot be.
    """
    policies.require(by, Permission.USER_READ)
    policies.require(by, Permission.CLIENT_READ)
    bound = Conditions()
    asked = [*await _filtered(chosen, bound), *_limited(by, within)]
    source = await _source(asked, bound)
    is_back, cursor = bool(before), _cursor(before or after, source.order)
    found = await _read(source, bound, cursor, "DESC" if is_back else "ASC", size + 1)
    has_more, listed = len(found) > size, found[:size]
    if is_back:
        listed.reverse()
    has_previous, has_next = (has_more, True) if is_back else (cursor is not None, has_more)
    return Page(
        rows=listed,
        previous=_place(listed[0], source.order) if listed and has_previous else None,
        next=_place(listed[-1], source.order) if listed and has_next else None,
    )


async def conditions(chosen: UserFilter, *, by: Actor, within: Focus | None = None) -> Conditions:
    """What the filter asks of a membership `m`, its person `p` and its client `c`, inside what `by` may see."""
    bound = Conditions()
    for one in [*await _filtered(chosen, bound), *_limited(by, within)]:
        bound.add(one.condition)
    return bound


async def _filtered(chosen: UserFilter, bound: Conditions) -> list[Asked]:
    """What the filter asks; values are bound in `bound`."""
    checks = Checks()
    search = checks.text("search", chosen.search, longest=200, required=False)
    if chosen.client is not None and not 0 < chosen.client < 2**63:
        checks.error("client", _("There is no client with this code."))
    checks.done()
    asked = []
    if "@" in search:
        begins = Conditions()
        begins.arguments = bound.arguments
        begins.begins('p.email_folded COLLATE "C"', search.lower())
        found = f"SELECT p.id FROM people p WHERE {begins.sql}"
        asked.append(Asked(begins.sql, found, "m.person_id", True, "email", begins.sql))
    elif search:
        asked += await _words(search, bound)
    if chosen.role:
        column = ROLES[chosen.role]
        found = f"SELECT m.person_id FROM memberships m WHERE {column}" if chosen.role != "owner" else ""
        asked.append(Asked(column, found, "m.person_id"))
    if chosen.status:
        condition = f"c.status = '{chosen.status}'"
        asked.append(Asked(condition, f"SELECT c.id FROM clients c WHERE {condition}"))
    if chosen.client is not None:
        condition = f"c.code = {chosen.client:d}"
        asked.append(Asked(condition, f"SELECT c.id FROM clients c WHERE {condition}"))
    return asked


async def _words(search: str, bound: Conditions) -> list[Asked]:
    words = await db.fetch(
        "SELECT word FROM words_of($1) AS word ORDER BY length(word) DESC LIMIT $2", search, MOST_WORDS
    )
    if not words:
        return [Asked("false", is_of_person=True)]
    asked = []
    for row in words:
        first, last = bound.bind(row["word"]), bound.bind(row["word"] + LAST)
        begins = f"word >= {first} AND w.word < {last}"
        of_person = f"FROM person_words w WHERE w.person_id = p.id AND w.{begins}"
        asked.append(
            Asked(
                f"(SELECT true {of_person} LIMIT 1)",
                f"SELECT w.person_id FROM person_words w WHERE w.{begins}",
                "m.person_id",
                True,
                "word",
                f"w.{begins} AND w.word = (SELECT min(w.word) {of_person})",
            )
        )
    return asked


def _limited(by: Actor, within: Focus | None) -> list[Asked]:
    """What `by` may see, and the focus."""
    asked, limits, focused = [], Conditions(), Conditions()
    access.limit_to_visible(limits, by=by)
    if by.groups is not None:
        groups = access.listed(by.groups)
        members = f"SELECT g.client_id FROM group_members g WHERE g.group_id IN ({groups})"
        asked.append(Asked(limits.sql, members))
    elif by.projects is not None:
        asked.append(Asked(limits.sql, f"SELECT c.id FROM clients c WHERE {limits.sql}"))
    focus.limit(focused, within)
    if focused:
        asked.append(Asked(focused.sql, f"SELECT c.id FROM clients c WHERE {focused.sql}"))
    return asked


async def _source(asked: list[Asked], bound: Conditions) -> Source:
    """Along the people, or from those who fit what few do."""
    of_seat = " AND ".join(one.condition for one in asked if not one.is_of_person) or "true"
    few = await _fewest(asked, bound)
    led = next((one for one in asked if one.order and (few is None or one.order == "email")), None)
    order = led.order if led else "name"
    people = [one.along if one is led and few is None else one.condition for one in asked if one.is_of_person]
    of_person = " AND ".join(people) or "true"
    if few is None:
        return Source(
            f"""{ORDERS[order][0]} CROSS JOIN LATERAL (
            SELECT {SEAT} FROM memberships m JOIN clients c ON c.id = m.client_id
            WHERE m.person_id = p.id AND {of_seat} OFFSET 0) s WHERE {of_person}""",
            order,
        )
    return Source(
        f"""(SELECT m.person_id, {SEAT} FROM memberships m JOIN clients c ON c.id = m.client_id
            WHERE {few.column} = ANY(ARRAY({few.ids} LIMIT {FEW:d})) AND {of_seat} OFFSET 0) s
        JOIN people p ON p.id = s.person_id WHERE {of_person}""",
        order,
    )


async def _fewest(asked: list[Asked], bound: Conditions) -> Asked | None:
    """What fewest fit, when these are few."""
    countable = [one for one in asked if one.ids]
    if not countable:
        return None
    counts = [f"(SELECT count(*) FROM ({one.ids} LIMIT {FEW + 1:d}) n)" for one in countable]
    found = await db.row(f"SELECT {', '.join(f'{c} AS n{n}' for n, c in enumerate(counts))}", *bound.arguments)
    assert found is not None
    fewest = min(range(len(countable)), key=lambda place: found[place])
    return countable[fewest] if found[fewest] <= FEW else None


async def _read(
    source: Source, bound: Conditions, cursor: tuple[str, int, int] | None, direction: str, most: int
) -> list[Record]:
    place, (_along, key, person) = "true", ORDERS[source.order]
    if cursor is not None:
        value, person_id, client_id = (bound.bind(value) for value in cursor)
        way = ">" if direction == "ASC" else "<"
        place = f"""({key}, {person}) {way}= ({value}, {person_id})
            AND ({key}, {person}, s.client_id) {way} ({value}, {person_id}, {client_id})"""
    return await db.fetch(
        f"""SELECT {PERSON}, {key} AS sorted_by, s.client_id, s.roles, s.is_owner, s.created_at, s.client_code,
                s.client_name, s.client_status, s.role_names
            FROM {source.sql} AND {place}
            ORDER BY {key} {direction}, {person} {direction}, s.client_id {direction} LIMIT {most:d}""",
        *bound.arguments,
    )


def _cursor(text: str, order: str) -> tuple[str, int, int] | None:
    """What a page in this order ended with. Raises `Invalid` for what was made up, or is of another order."""
    if not text:
        return None
    cursor = read_cursor(text, str)
    number, _space, rest = str(cursor.value).partition(" ") if cursor else ("", "", "")
    kind, _space, value = rest.partition(" ")
    if cursor is None or kind != order or not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise Invalid({"after": _("This page has gone; begin again from the first one.")})
    return value, int(number), cursor.id


def _place(row: Record, order: str) -> str:
    return str(Cursor(f"{row['person_id']} {order} {row['sorted_by']}", row["client_id"]))
