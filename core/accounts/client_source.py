"""Where a list of clients is read from: a filter in SQL, at a cost that does not grow with the list.

A list is read from one source, in the list's order where the source has it, and each client found is asked the
rest. What few clients have (a rare word, a small group) is a source of its own: in other orders than the usual
one it is fetched and sorted. What many have is asked of each while the list is walked in its order. PostgreSQL
could not choose well here, as it knows how common a value is among all providers and not at one of them. See
docs/decisions/client-list.md.
"""

from collections.abc import Mapping, Sequence

import msgspec

from core import db, places
from core.accounts import (
    access,
    account_source,
    balance_filter,
    client_days,
    client_filter,
    client_joined,
    field_filter,
)
from core.accounts.client_filter import KINDS, MERGED, STATUSES, VERIFIED, ClientFilter
from core.accounts.field_filter import Asked
from core.actor import Actor
from core.filters import LAST, Conditions

FEW = 12_000
"""Up to this many are read for one page: words in the usual order, in other orders the clients of one index."""
FEW_SCATTERED = 3_000
"""Up to this many when each has to be looked up by its id: those with a word, or in a group, in another order."""
FEW_ACCOUNTS = 1_000
"""Up to this many accounts in projects come before words, groups and fields, which are asked of each."""
WORDS_COUNTED = 3
"""So many words are looked up for how many clients have them: the longest, as these are the rarest."""

CLIENTS = ("c.registered_at", "c.id")
"""The columns that a list in its usual order is sorted by, when clients are its source."""

EXACT: Mapping[str, tuple[str, frozenset[str] | None]] = {
    "attitude": ("c.attitude_id", None),
    "country": ("c.country", places.COUNTRIES),
    "kind": ("c.kind", frozenset(KINDS)),
    "language": ("c.language", places.LANGUAGES),
    "phone_verified": ("CASE WHEN c.phone_verified = '' THEN 'no' ELSE 'yes' END", frozenset(VERIFIED)),
    "status": ("c.status", frozenset(STATUSES)),
}
"""Filters with an index of their own, which goes on in the order of registration: column, and possible values."""

COLUMN_OF: Mapping[str, str] = {
    "address": 'c.registered_address COLLATE "C"',
    "email": "c.email_folded",
    "login": "c.login_folded",
    "phone": 'c.phone COLLATE "C"',
}
"""The columns of filters by a beginning; each has an index, which is not in the order of registration."""
PARTIAL = {"address": "c.registered_address <> ''", "phone": "c.phone <> ''"}
"""What the index of such a column leaves out."""

COUNT_WORDS = """
    SELECT w.word, CASE WHEN w.place <= $2 THEN (
               SELECT count(*) FROM (SELECT FROM client_words c
                                     WHERE c.word >= w.word AND c.word < w.word || $3 LIMIT $4 + 1) found) END
      FROM (SELECT word COLLATE "C" AS word, row_number() OVER (ORDER BY length(word) DESC, word) AS place
              FROM words_of($1) AS word) w ORDER BY 2 NULLS LAST
"""


class Source(msgspec.Struct, kw_only=True):
    """A FROM clause in which `c` are the clients, and the conditions.

    `registered` are the columns of that clause that tell when a client was registered, and its id.
    """

    tables: str = "clients c"
    conditions: Conditions
    registered: tuple[str, str] = CLIENTS


async def source_of(
    chosen: ClientFilter,
    *,
    by: Actor,
    direction: str | None = None,
    also: Sequence[ClientFilter] = (),
    with_merged: bool = False,
) -> Source:
    """The filter as a source of clients, limited to what `by` may see. All of `also` must hold too.

    `direction` is ASC or DESC when the list is to be in the order of registration, None in any other order.
    Clients that were merged are left out, but `with_merged` or where the filter asks for them.
    Raises what `client_filter.check` does, and `Invalid` for a segment that is not there.
    """
    found = await client_joined.of(chosen, also, by=by)
    if found is None:
        return _nobody()
    joined, accounts = found.filter, found.accounts
    source = Source(conditions=_plain(joined, by=by))
    if joined.status != MERGED and not with_merged:
        source.conditions.add("c.merged_into_id IS NULL")
    if found.is_scattered and accounts and await account_source.are_few(accounts[0], FEW_ACCOUNTS):
        await _narrow_to_accounts(source, accounts.pop(0), direction)
    if joined.name.strip():
        await _narrow_to_words(source, joined.name, direction)
    for group_id in found.groups:
        await _narrow_to_group(source, group_id, direction)
    if found.asked:
        await _narrow_to_fields(source, found.asked, direction)
    if joined.balance is not None:
        await _narrow_to_balance(source, joined.balance, direction, by=by)
    await _narrow_to_clients(source, joined, accounts, direction, by=by)
    if source.registered != CLIENTS and direction and _exact(joined):
        # Both sides come in the same order then, and PostgreSQL merges them without reading either to its end.
        source.conditions.add(f"c.registered_at = {source.registered[0]}")
        source.registered = CLIENTS
    return source


def _nobody() -> Source:
    conditions = Conditions()
    conditions.add("false")
    return Source(conditions=conditions)


def _plain(chosen: ClientFilter, *, by: Actor) -> Conditions:
    """The conditions that a client's own row answers."""
    conditions = Conditions()
    access.limit_to_groups(conditions, by=by)
    conditions.equals("c.code", chosen.code)
    for condition in _exact(chosen):
        conditions.add(condition)
    for field in client_filter.BEGINNINGS:
        _begins(conditions, field, chosen)
    client_days.limit(conditions, CLIENTS[0], chosen, by=by)
    return conditions


def _begins(conditions: Conditions, field: str, chosen: ClientFilter) -> None:
    if beginning := getattr(chosen, field):
        if field in PARTIAL:
            conditions.add(PARTIAL[field])
        conditions.begins(COLUMN_OF[field], beginning)


def _exact(chosen: ClientFilter) -> list[str]:
    """The conditions of EXACT that are asked for; every value is written out, as `Conditions.equals` explains."""
    found = []
    for field, (column, values) in EXACT.items():
        condition, value = Conditions(), getattr(chosen, field)
        if field == "status" and value == MERGED:
            found.append("c.merged_into_id IS NOT NULL")
            continue
        condition.equals(column, value.upper() if field == "country" else value, among=values)
        if condition:
            found.append(condition.sql)
    return found


async def _is_few(chosen: ClientFilter, direction: str | None, *, by: Actor) -> bool:
    """Whether one of the filters alone leaves few clients: an index counts them.

    In the order of registration the exact filters need no counting, as their indexes go on with it.
    """
    counts, conditions = [], Conditions()
    if chosen.code is not None:
        return True
    for condition in _exact(chosen) if direction is None else ():
        counts.append((condition, FEW))
    for field in client_filter.BEGINNINGS:
        asked = Conditions()
        asked.arguments = conditions.arguments
        _begins(asked, field, chosen)
        if asked:
            counts.append((asked.sql, FEW_SCATTERED))
    asks = [
        f"(SELECT count(*) FROM (SELECT FROM clients c WHERE {condition} LIMIT {most + 1:d}) found) <= {most:d}"
        for condition, most in counts
    ]
    return bool(asks) and bool(await db.value(f"SELECT {' OR '.join(asks)}", *conditions.arguments))


async def _narrow_to_words(source: Source, text: str, direction: str | None) -> None:
    """Read from the clients of the rarest word when they are few; ask the other words of each client."""
    most = FEW if direction else FEW_SCATTERED
    counted = await db.fetch(COUNT_WORDS, text, WORDS_COUNTED, LAST, most)
    if not counted:
        source.conditions.add("false")
    for place, (word, count) in enumerate(counted):
        first, last = source.conditions.bind(word), source.conditions.bind(word + LAST)
        if place == 0 and count <= most and source.registered == CLIENTS:
            order = f"ORDER BY registered_at {direction}, client_id {direction}" if direction else ""
            source.registered = ("w.registered_at", "w.client_id")
            source.tables = f"""(
                SELECT DISTINCT registered_at, client_id FROM client_words WHERE word >= {first} AND word < {last}
                {order}) w JOIN clients c ON c.id = w.client_id"""
        else:
            source.conditions.add(_asked("client_words", f"of_it.word >= {first} AND of_it.word < {last}"))


async def _narrow_to_group(source: Source, group_id: int, direction: str | None) -> None:
    """Read from the members, unless words are the source already or the members are too many to be sorted."""
    is_member = f"of_it.group_id = {group_id:d}"
    members = f"SELECT FROM group_members of_it WHERE {is_member} LIMIT {FEW_SCATTERED + 1:d}"
    if source.registered != CLIENTS or (
        direction is None and await db.value(f"SELECT count(*) FROM ({members}) found") > FEW_SCATTERED
    ):
        source.conditions.add(_asked("group_members", is_member))
        return
    source.tables = "group_members of_it JOIN clients c ON c.id = of_it.client_id"
    source.registered = ("of_it.registered_at", "of_it.client_id")
    source.conditions.add(is_member)


async def _narrow_to_balance(source: Source, balance: str, direction: str | None, *, by: Actor) -> None:
    """Read from the accounts that owe, or are ahead, when they are few; ask each client of the list otherwise."""
    most = FEW if direction else FEW_SCATTERED
    if source.registered != CLIENTS or not await balance_filter.are_few(balance, most):
        source.conditions.add(balance_filter.of_client(balance, by=by))
        return
    listed = balance_filter.clients(balance, direction=direction, by=by)
    source.tables = f"{listed} of_it JOIN clients c ON c.id = of_it.client_id"
    source.registered = ("of_it.registered_at", "of_it.client_id")


async def _narrow_to_clients(
    source: Source, joined: ClientFilter, accounts: Sequence[frozenset[int]], direction: str | None, *, by: Actor
) -> None:
    """Read from the few clients that an index of their own finds; otherwise from the accounts, where asked for."""
    if source.registered == CLIENTS and await _is_few(joined, direction, by=by):
        for project_ids in accounts:
            source.conditions.add(access.has_account(project_ids))
        source.tables = f"(SELECT c.* FROM clients c WHERE {source.conditions.sql} OFFSET 0) c"
        return
    for project_ids in accounts:
        await _narrow_to_accounts(source, project_ids, direction)
    if source.registered != CLIENTS:
        client_days.limit(source.conditions, source.registered[0], joined, by=by)


async def _narrow_to_accounts(source: Source, project_ids: frozenset[int], direction: str | None) -> None:
    """Read from the accounts in one of these projects, as from the members of a group."""
    if source.registered != CLIENTS or (
        direction is None and not await account_source.are_few(project_ids, FEW_SCATTERED)
    ):
        source.conditions.add(access.has_account(project_ids))
        return
    source.tables = f"{account_source.of(project_ids, direction)} of_it JOIN clients c ON c.id = of_it.client_id"
    source.registered = ("of_it.registered_at", "of_it.client_id")


async def _narrow_to_fields(source: Source, asked: Sequence[Asked], direction: str | None) -> None:
    """Read from the clients that fit one of the fields, the one that fewest fit; ask each the others.

    A choice that many have is read in its own order, which is that of registration. What many fit of a range is
    asked of each client of the list.
    """
    most = FEW if direction else FEW_SCATTERED
    rarest, is_few = await _rarest(asked, most) if source.registered == CLIENTS else (None, False)
    for place, one in enumerate(asked):
        if place != rarest or not (is_few or (direction and one.operator == "is")):
            source.conditions.add(field_filter.condition(one.field, one.operator, one.value, source.conditions))
            continue
        fits = field_filter.matching(one.field, one.operator, one.value, source.conditions, table="of_it")
        source.tables = "client_field_values of_it JOIN clients c ON c.id = of_it.client_id"
        if is_few:
            order = f"ORDER BY registered_at {direction}, client_id {direction}" if direction else ""
            source.tables = f"""(
                SELECT registered_at, client_id FROM client_field_values of_it WHERE {fits} {order} OFFSET 0) of_it
                JOIN clients c ON c.id = of_it.client_id"""
        else:
            source.conditions.add(fits)
        source.registered = ("of_it.registered_at", "of_it.client_id")


async def _rarest(asked: Sequence[Asked], most: int) -> tuple[int, bool]:
    """The place of what fewest clients fit, and whether these are at most so many."""
    counting = Conditions()
    counts = [
        f"""(SELECT count(*) FROM (SELECT FROM client_field_values of_it WHERE {
            field_filter.matching(one.field, one.operator, one.value, counting, table="of_it")
        } LIMIT {most + 1:d}) found)"""
        for one in asked
    ]
    found = await db.row(f"SELECT {', '.join(f'{c} AS n{n}' for n, c in enumerate(counts))}", *counting.arguments)
    assert found is not None
    fewest = min(range(len(asked)), key=lambda place: found[place])
    return fewest, found[fewest] <= most


def _asked(table: str, condition: str) -> str:
    """Whether one client has such a row: a sub-select, as PostgreSQL would make a join of all of an EXISTS."""
    return f"(SELECT true FROM {table} of_it WHERE of_it.client_id = c.id AND {condition} LIMIT 1)"
