"""The list of all contracts of a provider, the newest first, page by page, with filter and focus."""

from typing import Literal

import msgspec
from asyncpg import Record

from core import db, policies
from core.accounts import access, contracts, focus, rows
from core.accounts.focus import Focus
from core.actor import Actor
from core.checks import Checks
from core.errors import Invalid
from core.filters import Conditions, cursor_at, moment_of, read_cursor
from core.i18n import _
from core.permissions import Permission

PAGE = 50
State = Literal["draft", "requested", "sent", "signed", "cancelled"]


class ContractFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows. `number` is the beginning of a number, `company` an id, `client` a client's code."""

    number: str = ""
    state: State | None = None
    company: int | None = None
    client: int | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Contracts with the names of their parties, and the cursors of the pages around them (None at an end)."""

    rows: list[Record]
    previous: str | None = None
    next: str | None = None


async def page(
    chosen: ContractFilter,
    *,
    by: Actor,
    within: Focus | None = None,
    after: str = "",
    before: str = "",
    size: int = PAGE,
) -> Page:
    """The page of contracts that stands after, or before, a cursor; the first one without.

    Raises `Invalid` for a filter or a cursor that cannot be.
    """
    policies.require(by, Permission.CONTRACT_READ)
    policies.require(by, Permission.CLIENT_READ)
    bound = conditions(chosen, by=by)
    focus.limit(bound, within)
    is_back, cursor = bool(before), None
    if text := before or after:
        cursor = read_cursor(text, int)
        if cursor is None:
            raise Invalid({"after": _("This page has gone; begin again from the first one.")})
        place = f"({bound.bind(moment_of(cursor))}, {bound.bind(cursor.id)})"
        bound.add(f"(k.created_at, k.id) {'>' if is_back else '<'} {place}")
    direction = "ASC" if is_back else "DESC"
    found = await db.fetch(
        f"""{contracts.WITH_NAMES} WHERE {bound.sql}
            ORDER BY k.created_at {direction}, k.id {direction} LIMIT {size + 1:d}""",
        *bound.arguments,
    )
    has_more, listed = len(found) > size, found[:size]
    if is_back:
        listed.reverse()
    has_previous, has_next = (has_more, True) if is_back else (cursor is not None, has_more)
    return Page(
        rows=listed,
        previous=cursor_at(listed[0]["created_at"], listed[0]["id"]) if listed and has_previous else None,
        next=cursor_at(listed[-1]["created_at"], listed[-1]["id"]) if listed and has_next else None,
    )


async def of_client(client_id: int, *, by: Actor) -> list[Record]:
    """The contracts of one client, the newest first; at most 200, as a client has a few."""
    policies.require(by, Permission.CONTRACT_READ)
    await access.client(client_id, by=by)
    return await db.fetch(
        f"{contracts.WITH_NAMES} WHERE k.client_id = $1 ORDER BY k.created_at DESC, k.id DESC LIMIT 200", client_id
    )


def conditions(chosen: ContractFilter, *, by: Actor) -> Conditions:
    """What the filter asks of a contract `k` and its client `c`, inside what `by` may see."""
    checks = Checks()
    number = checks.text("number", chosen.number, longest=60, required=False)
    for field in ("company", "client"):
        value = getattr(chosen, field)
        if value is not None and not rows.is_id(value):
            checks.error(field, _("This is not one of the choices."))
    checks.done()
    bound = Conditions()
    bound.equals("k.state", chosen.state, among=frozenset(contracts.STATES))
    bound.equals("k.company_id", chosen.company)
    bound.equals("c.code", chosen.client)
    if number:
        bound.add("k.number <> ''")
        bound.begins("k.number", number)
    access.limit_to_visible(bound, by=by)
    return bound
