"""The list of all tickets that somebody sees, page by page, with filter, queues and focus."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from core import db, keyset, policies
from core.accounts import focus, rows
from core.accounts.focus import Focus
from core.actor import Actor
from core.checks import Checks
from core.filters import Conditions
from core.i18n import N_, _
from core.keyset import Page
from core.permissions import Permission
from core.support import ticket_statuses, tickets
from core.support.ticket_statuses import State
from core.support.tickets import Priority

Queue = Literal["open", "mine", "unassigned", "waiting", "watched"]
QUEUES: Mapping[str, str] = {
    "open": N_("Not closed"),
    "mine": N_("Mine"),
    "unassigned": N_("Nobody’s"),
    "waiting": N_("Waiting longest"),
    "watched": N_("Watched by me"),
}
LONGEST_SEARCH = 200
_NUMBER = 15
"""So many digits are looked for as a number."""
FEW = 2_000
"""Up to so many tickets whose subject begins as asked are fetched and sorted; of more the list is walked."""
BEGINS = "{0}.subject_folded >= (SELECT fold({1})) AND {0}.subject_folded < (SELECT fold({1})) || chr(1114111)"
LOOKED_THROUGH = 1_000
"""So many tickets, the first ones that the rest of a filter finds, are looked through for words."""
MOST_WORDS = 5
SAID = """(strpos(fold(r.subject), fold({word})) > 0 OR EXISTS (SELECT FROM ticket_messages m
    WHERE m.ticket_id = r.id AND strpos(fold(m.text), fold({word})) > 0))"""


class TicketFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows. `search` is a number, or the beginning of a subject; `words` stand in the subject or in
    what was said, of the LOOKED_THROUGH tickets that the rest finds first; `client` is a client's code, the others
    are ids. A queue shows what is not closed: that of `waiting` has first who waits longest."""

    search: str = ""
    words: str = ""
    queue: Queue | None = None
    state: State | None = None
    priority: Priority | None = None
    category: int | None = None
    department: int | None = None
    assignee: int | None = None
    client: int | None = None
    project: int | None = None


async def page(
    chosen: TicketFilter,
    *,
    by: Actor,
    within: Focus | None = None,
    after: str = "",
    before: str = "",
    size: int = keyset.PAGE,
) -> Page:
    """The page of tickets that stands after, or before, a cursor; the first one without. The latest come first.

    Raises `Invalid` for a filter or a cursor that cannot be.
    """
    bound = conditions(chosen, by=by, within=within)
    if await _is_rare(chosen.search):
        bound = conditions(chosen, by=by, within=within, is_rare=True)
    moment, is_oldest_first = _order(chosen)
    return await keyset.page(
        tickets.WITH_NAMES, "t", bound, after=after, before=before, size=size, moment=moment,
        is_oldest_first=is_oldest_first,
    )  # fmt: skip


async def totals(chosen: TicketFilter, *, by: Actor, within: Focus | None = None) -> list[object]:
    """None: there is nothing to add up."""
    return []


def conditions(
    chosen: TicketFilter, *, by: Actor, within: Focus | None = None, is_rare: bool = False
) -> Conditions:
    """What the filter asks of a ticket `t` and its client `c`, inside what `by` may see; `is_rare`: few subjects
    begin as is asked."""
    policies.require(by, Permission.TICKET_READ)
    policies.require(by, Permission.CLIENT_READ)
    checks = Checks()
    search, words = (
        checks.text(field, getattr(chosen, field), longest=LONGEST_SEARCH, required=False)
        for field in ("search", "words")
    )
    rows.check_ids(checks, chosen, "category", "department", "assignee", "client", "project")
    if len(words.split()) > MOST_WORDS:
        checks.error("words", _("At most %(count)s words, please.") % {"count": MOST_WORDS})
    checks.done()
    bound = Conditions()
    tickets.limit_to_visible(bound, by=by)
    bound.equals("t.state", chosen.state, among=frozenset(ticket_statuses.STATES))
    bound.equals("t.priority", chosen.priority, among=frozenset(tickets.PRIORITIES))
    for field in ("category", "department", "assignee", "project"):
        bound.equals(f"t.{field}_id", getattr(chosen, field))
    bound.equals("c.code", chosen.client)
    _search(bound, search, is_rare=is_rare)
    _limit_to_queue(bound, chosen.queue, by=by)
    focus.limit(bound, within, column="t.client_id")
    _limit_to_words(bound, words.split(), *_order(chosen))
    return bound


def _order(chosen: TicketFilter) -> tuple[str, bool]:
    """The moment that the list is sorted by, and whether the oldest come first."""
    by_waiting = chosen.queue == "waiting"
    return ("waiting_since" if by_waiting else "changed_at"), by_waiting


async def _is_rare(search: str) -> bool:
    """Whether few subjects begin so. PostgreSQL could not know, and would walk the whole list for what is rare."""
    kept = Checks().text("search", search, longest=LONGEST_SEARCH, required=False)
    if not kept or _number(kept) is not None:
        return False
    begun = f"SELECT FROM tickets t WHERE {BEGINS.format('t', '$1')} LIMIT {FEW + 1:d}"
    return int(await db.value(f"SELECT count(*) FROM ({begun}) found", kept)) <= FEW


def _search(bound: Conditions, search: str, *, is_rare: bool) -> None:
    number = _number(search)
    if number is not None:
        bound.add(f"t.number = {bound.bind(number)}")
    elif search and is_rare:
        word = bound.bind(search)
        bound.add(f"t.id = ANY(ARRAY(SELECT s.id FROM tickets s WHERE {BEGINS.format('s', word)}))")
    elif search:
        bound.add(BEGINS.format("t", bound.bind(search)))


def _number(search: str) -> int | None:
    """The number that is looked for, if it is one."""
    digits = search.strip().removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= _NUMBER else None


def _limit_to_queue(bound: Conditions, queue: str | None, *, by: Actor) -> None:
    me = by.staff_id or 0
    if queue == "waiting":
        bound.add("t.waiting_since IS NOT NULL")
    elif queue is not None:
        bound.add("t.closed_at IS NULL")
    if queue == "mine":
        bound.add(f"t.assignee_id = {me:d}")
    elif queue == "unassigned":
        bound.add("t.assignee_id IS NULL")
    elif queue == "watched":
        bound.add(f"t.id = ANY(ARRAY(SELECT w.ticket_id FROM ticket_watchers w WHERE w.staff_id = {me:d}))")


def _limit_to_words(bound: Conditions, words: Sequence[str], moment: str, is_oldest_first: bool) -> None:
    """Each word stands somewhere in the ticket. The rest of the filter is what is looked through: it comes before.

    Under the wall no index could find a word in a text: what is looked through is bounded instead.
    """
    if not words:
        return
    order, rest = "ASC" if is_oldest_first else "DESC", bound.sql
    said = " AND ".join(SAID.format(word=bound.bind(word)) for word in words)
    bound.add(
        f"""t.id = ANY(ARRAY(SELECT r.id FROM (SELECT t.id, t.subject FROM tickets t
            JOIN clients c ON c.id = t.client_id WHERE {rest} ORDER BY t.{moment} {order}, t.id {order}
            LIMIT {LOOKED_THROUGH:d}) r WHERE {said}))"""
    )
