"""Charging periods of services, any number of them by one statement: what the billing run is made of.

What is due is priced (the service's own price, its discount as long as it lasts, the tax of its payer on the
day), written as expenses with their ledger entries, and the service moves on to its next period. A period's
expense has a key of its own, so that it is made once; all of it is one statement, made whole or not at all.

An account that may not owe so much is charged for its oldest periods as far as they fit; the rest waits, and the
service says so (`parked`).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from asyncpg import Record

from core import arrays, clock, db
from core.accounts import project_companies
from core.actor import Actor
from core.billing import accounts, allocations, charge_statement, planned_changes, trials
from core.catalog import price_words, tax_rules, taxes
from core.catalog.tax_rules import Tax
from core.periods import first_moment

MOST_PERIODS = 400
"""So many periods of one service are charged at once: a year of days after an outage, not a run gone mad."""


class Charged(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: so many services and expenses, so many services that wait, and the account of each."""

    services: int = 0
    expenses: int = 0
    parked: int = 0
    units: Mapping[str, int] = {}


Place = tuple[date, int]
"""Where a run is: the next day and the id of the last service that it looked at."""
START: Place = (date.min, 0)

DUE = """
    SELECT d.id, d.next_on, s.client_id, s.account_id, s.plan_id, a.project_id, p.payer_id, p.country, p.kind,
           p.vat_number
      FROM ({chosen}) d
     CROSS JOIN LATERAL (SELECT s.client_id, s.account_id, s.plan_id, s.payer_id FROM services s
                          WHERE s.id = d.id AND s.state = 'active' OFFSET 0) s
     CROSS JOIN LATERAL (SELECT FROM clients c WHERE c.id = s.client_id AND c.status = 'active' OFFSET 0) c
     CROSS JOIN LATERAL (SELECT a.project_id FROM client_projects a WHERE a.id = s.account_id OFFSET 0) a
     CROSS JOIN LATERAL (
           SELECT p.id AS payer_id, p.country, p.kind, p.vat_number FROM payers p
            WHERE p.client_id = s.client_id
              AND CASE WHEN s.payer_id IS NULL THEN p.is_default ELSE p.id = s.payer_id END OFFSET 0) p
"""
"""Active services with what their tax depends on, in the order in which `chosen` has them (id, next_on)."""
BY_DAY = """
    SELECT id, next_on FROM service_dues WHERE next_on <= $1 AND (next_on, id) > ($2, $3)
     ORDER BY next_on, id OFFSET 0
"""
"""Whose next period begins by a day, behind a place: the index of days from there on."""


GONE = """
    SELECT asked.id
      FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::bigint[]) AS asked (id, client_id, account_id)
      LEFT JOIN LATERAL (SELECT s.client_id, s.account_id FROM services s
                          WHERE s.id = asked.id AND s.state = 'active' OFFSET 0) s ON true
      LEFT JOIN LATERAL (SELECT true AS is_active FROM clients c
                          WHERE c.id = s.client_id AND c.status = 'active' OFFSET 0) c ON true
     WHERE c.is_active IS NULL OR s.client_id <> asked.client_id OR s.account_id <> asked.account_id
"""
"""Which of these services are active no more, or of another client or account, or of one that was closed."""


async def lock_due(day: date, *, after: Place = START, size: int) -> list[Record]:
    """Services that are due on the day, the longest due first, behind a place. Nobody charges them meanwhile.

    Clients and accounts are locked as verbs of people lock them, clients first, so that none waits for another.
    """
    found = await due(day, after=after, size=size)
    if found:
        await accounts.lock_with_clients(found)
    return found


async def due(day: date, *, after: Place = START, size: int) -> list[Record]:
    """The same, and none is locked."""
    async with _by_keys():
        return await db.fetch(f"{DUE.format(chosen=BY_DAY)} LIMIT {size:d}", day, *after)


def place(row: Record) -> Place:
    """Where one is behind this service."""
    return (row["next_on"], row["id"])


async def charge(found: Sequence[Record], day: date, *, by: Actor) -> Charged:
    """Charge these services, whose accounts are locked, for every period that has begun by the day.

    Not those that were suspended, closed or moved to another account while the locks were waited for.
    """
    found = await _still(found)
    if not found:
        return Charged()
    await planned_changes.perform(_ids(found), day, by=by)
    await trials.charge_set_ups(_ids(found), day, by=by)
    account_ids = sorted({row["account_id"] for row in found})
    books = await _books(account_ids)
    if not all(row["is_open"] for row in books):
        await open_ledger(account_ids)
        books = await _books(account_ids)
    asked = await _asked(found, books, day)
    at = first_moment(day, ZoneInfo(by.tenant.timezone))
    now: datetime = clock.now()
    async with _by_keys():
        done = await db.row(charge_statement.CHARGE, *asked, at, now, by.name)
    assert done is not None
    await allocations.cover(account_ids, at=now)
    return Charged(
        services=done["services"],
        expenses=done["expenses"],
        parked=done["parked"],
        units=done["units"] or {},
    )


async def _still(found: Sequence[Record]) -> Sequence[Record]:
    """Those that are due now as they were when they were found: asked for behind the locks."""
    told = [arrays.of(row[name] for row in found) for name in ("id", "client_id", "account_id")]
    async with _by_keys():
        gone = {row["id"] for row in await db.fetch(GONE, *told)}
    return [row for row in found if row["id"] not in gone] if gone else found


def _ids(found: Sequence[Record]) -> list[int]:
    return [row["id"] for row in found]


async def look(found: Sequence[Record], day: date) -> list[Record]:
    """What charging them would do, by currency: services, expenses, units. It is the statement that charges, over
    services as their planned changes will have made them.

    Of these, parked and parked_units do not fit into what their accounts may owe.
    """
    if not found:
        return []
    books = await _books(sorted({row["account_id"] for row in found}))
    return await db.fetch(charge_statement.LOOK, *await _asked(found, books, day))


@asynccontextmanager
async def _by_keys() -> AsyncIterator[None]:
    """What is asked inside is planned by `BY_KEYS`. An error ends the transaction, and so does this.

    Not inside of another one, nor of anything else that sets how to plan: behind it the usual settings hold.
    """
    await db.execute("; ".join(f"SET LOCAL {one}" for one in charge_statement.BY_KEYS))
    yield
    await db.execute(
        "; ".join(f"SET LOCAL {one.partition(' =')[0]} TO DEFAULT" for one in charge_statement.BY_KEYS)
    )


async def _books(account_ids: Sequence[int]) -> list[Record]:
    async with _by_keys():
        return await db.fetch(charge_statement.BOOKS, list(account_ids))


async def _asked(found: Sequence[Record], books: Sequence[Record], day: date) -> tuple[Any, ...]:
    """The arguments of PARTS: each service with its payer, tax and account, the day, and how list prices are."""
    held = {row["id"]: (row["room"], row["owing_id"]) for row in books}
    book = await taxes.book(day, found)
    sellers = await project_companies.sellers()
    places: dict[tuple[Any, ...], int] = {}
    decided: list[Tax] = []
    tax_at = []
    for row in found:
        kind = (row["project_id"], row["country"], row["kind"], row["vat_number"])
        key = (*kind, book.sold.get(row["plan_id"]), book.treatments.get(row["client_id"]))
        if key not in places:
            decided.append(book.tax(row, sellers[row["project_id"]], plan_id=row["plan_id"]))
            places[key] = len(decided)
        tax_at.append(places[key])
    rooms = [held[row["account_id"]] for row in found]
    return (
        arrays.of(row["id"] for row in found),
        arrays.of(row["payer_id"] for row in found),
        arrays.of(tax_at),
        arrays.of(room for room, _owing_id in rooms),
        arrays.of(owing_id for _room, owing_id in rooms),
        [tax.rate for tax in decided],
        [tax_rules.inside(tax) for tax in decided],
        [tax.category for tax in decided],
        [price_words.kept_reason(tax) for tax in decided],
        day,
        book.decided.includes_tax,
        MOST_PERIODS,
    )


async def open_ledger(account_ids: Sequence[int]) -> None:
    """The ledger accounts that are posted to, where there are none yet."""
    await db.execute(
        """WITH held AS (SELECT a.id, j.currency FROM client_projects a JOIN projects j ON j.id = a.project_id
                         WHERE a.id = ANY($1::bigint[]))
           INSERT INTO ledger_accounts (kind, currency, holder_id, opened_at)
           SELECT 'client', h.currency, h.id, $2::timestamptz FROM held h
            WHERE (SELECT l.id FROM ledger_accounts l
                    WHERE l.kind = 'client' AND l.currency = h.currency AND l.holder_id = h.id) IS NULL
            UNION ALL
           SELECT k.kind, h.currency, NULL, $2
             FROM (SELECT DISTINCT currency FROM held) h CROSS JOIN (VALUES ('revenue'), ('tax')) k (kind)
            WHERE NOT EXISTS (SELECT FROM ledger_accounts l
                               WHERE l.holder_id IS NULL AND l.kind = k.kind AND l.currency = h.currency)
           ON CONFLICT DO NOTHING""",
        list(account_ids),
        clock.now(),
    )
