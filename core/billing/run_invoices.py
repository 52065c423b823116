"""The invoices that a billing run issues: one for each account and payer that was charged, hundreds at a time.

Begun by what services were charged of late and no document asks for; whatever else is open in the same account
comes along. An account whose payer or company is incomplete waits, and the run says why: every run tries it again.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

import asyncpg
import msgspec
from asyncpg import Record

from core import arrays, audit, clock, db, i18n
from core.accounts import numbering, project_companies
from core.actor import Actor
from core.audit import Subject
from core.billing import accounts, brought_lines, invoice_content, invoice_drafts, invoice_making, service_notes
from core.billing.brought_lines import Brought
from core.billing.expenses import TRANSFER
from core.billing.invoice_content import Content
from core.billing.invoice_making import Seller
from core.errors import Conflict
from core.filters import cursor_at, moment_of, read_cursor
from core.i18n import _
from core.task_kinds import Result

AT_ONCE = 1_000
"""Charges whose accounts are invoiced in one transaction."""
LOOKED_BACK = timedelta(days=45)
"""What a service was charged within these days begins an invoice. What is older waits for the next one."""
COLUMNS = ("id", "client_id", "account_id", "payer_id", "currency", "day", "created_at", "gross_units", "kind",
           "service_id", *invoice_drafts.LINE)  # fmt: skip
NO_DOCUMENT = "NOT EXISTS (SELECT FROM invoice_lines l WHERE l.expense_id = e.id AND l.is_live)"
BEGINS = f"""
    FROM (SELECT * FROM expenses WHERE created_at >= $1 {{behind}} ORDER BY created_at, id OFFSET 0) e
   CROSS JOIN LATERAL (
        SELECT a.project_id FROM client_projects a JOIN clients c ON c.id = a.client_id AND c.status = 'active'
         WHERE a.id = e.account_id OFFSET 0) a
   WHERE a.project_id = ANY($2::bigint[]) AND e.service_id IS NOT NULL
     AND e.reversed_at IS NULL AND e.gross_units > 0 AND {NO_DOCUMENT}
"""
"""What begins an invoice, in the order of time: read from the index of time, as far as it is asked for."""
OPEN = f"""
    SELECT e.*, c.code, c.name AS client_name, a.project_id, coalesce(e.payer_id, p.id) AS buyer_id
      FROM unnest($1::bigint[]) AS asked (id)
     CROSS JOIN LATERAL (
           SELECT {", ".join(f"e.{name}" for name in COLUMNS)} FROM expenses e
            WHERE e.account_id = asked.id AND e.kind <> '{TRANSFER}' AND e.reversed_at IS NULL AND {NO_DOCUMENT}
           OFFSET 0) e
      JOIN clients c ON c.id = e.client_id JOIN client_projects a ON a.id = e.account_id
      LEFT JOIN payers p ON p.client_id = e.client_id AND p.is_default
     ORDER BY e.account_id, buyer_id, e.currency, e.day, e.created_at, e.id
"""
WRITE = f"""
    WITH asked AS MATERIALIZED (
        SELECT * FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::bigint[], $4::text::bigint[],
            $5::text::bigint[], $6::text[], $7::text[], $8::text::bigint[], $9::text::bigint[],
            $10::text::bigint[], $11::text[], $12::date[], $13::text[], $14::text[]) AS u (id, client_id,
                account_id, payer_id, company_id, language, currency, discount_units, net_units, tax_units, number,
                due_on, frozen, digest)),
    made AS (
        INSERT INTO invoices (id, client_id, account_id, payer_id, company_id, kind, state, language, currency,
               discount_units, net_units, tax_units, gross_units, number, issued_on, due_on, frozen, digest,
               created_at)
        SELECT id, client_id, account_id, payer_id, company_id, 'invoice', 'issued', language, currency,
               discount_units, net_units, tax_units, net_units + tax_units, number, $18, due_on, frozen, digest,
               $19
          FROM asked),
    lines AS (
        INSERT INTO invoice_lines (invoice_id, is_live, position, expense_id, {", ".join(invoice_drafts.LINE)})
        SELECT u.invoice_id, true, u.position, e.id, {", ".join(f"e.{name}" for name in invoice_drafts.LINE)}
          FROM unnest($15::text::bigint[], $16::text::int[], $17::text::bigint[])
               AS u (invoice_id, position, expense_id)
         CROSS JOIN LATERAL (SELECT * FROM expenses e WHERE e.id = u.expense_id OFFSET 0) e)
    INSERT INTO invoice_states (invoice_id, state, at, actor_kind, actor_name)
    SELECT id, 'issued', $19, $20, $21 FROM asked
"""
"""Documents with their lines in one statement: what is issued gets no line later."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a part: so many invoices, for so many charges; who waits, and why; where to go on, None at
    the end."""

    invoices: int = 0
    charges: int = 0
    waiting: list[Result] = []
    after: str | None = None


class _Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A document that will be: its expenses, both sides, and what `invoice_making.put_together` asks of it."""

    expenses: list[Record]
    seller: Seller
    payer: Record
    head: Mapping[str, Any]


async def count(since: datetime) -> int:
    """How many charges wait for a document that a run would issue."""
    projects = list(await _sellers())
    return int(await db.value(f"SELECT count(*) {BEGINS.format(behind='')}", since - LOOKED_BACK, projects))


async def brought(*, size: int = 50, by: Actor) -> list[Brought]:
    """What plugins would bring to the first accounts that wait for an invoice; nothing is written."""
    if not brought_lines.is_heard(by=by):
        return []
    found = await db.fetch(
        f"SELECT DISTINCT e.account_id {BEGINS.format(behind='')} ORDER BY e.account_id LIMIT {size:d}",
        clock.now() - LOOKED_BACK,
        list(await _sellers()),
    )
    listed = await db.fetch(OPEN, [row["account_id"] for row in found])
    return await brought_lines.look(brought_lines.by_account(listed), by=by)


async def some(since: datetime, day: date, *, after: str = "", by: Actor) -> Made:
    """Issue the invoices of the next accounts, behind a cursor, for what was charged up to a moment and before.

    In the transaction of the caller: a number is given as its invoice is written, or not at all.
    """
    cursor = read_cursor(after, int) if after else None
    behind = "" if cursor is None else "AND (created_at, id) > ($3, $4)"
    place = () if cursor is None else (moment_of(cursor), cursor.id)
    companies = await _sellers()
    found = await db.fetch(
        f"SELECT e.id, e.created_at, e.account_id, e.client_id {BEGINS.format(behind=behind)} LIMIT {AT_ONCE:d}",
        since - LOOKED_BACK,
        list(companies),
        *place,
    )
    if not found:
        return Made()
    await accounts.lock_with_clients(found)
    listed = await db.fetch(OPEN, sorted({row["account_id"] for row in found}))
    late: dict[int, str] = {}
    if brought_lines.is_heard(by=by):
        late = await brought_lines.bring(brought_lines.by_account(listed), day, by=by)
        listed = await db.fetch(OPEN, sorted({row["account_id"] for row in found}))
    drafts, waiting = await _drafts([row for row in listed if row["account_id"] not in late], companies)
    by_account = brought_lines.by_account(listed)
    waiting += [_waits(rows[0], late[key]) for key, rows in by_account.items() if key in late]
    if drafts:
        await _issue(drafts, day, by=by)
    last = found[-1]
    return Made(
        invoices=len(drafts),
        charges=len(found),
        waiting=waiting,
        after=cursor_at(last["created_at"], last["id"]) if len(found) == AT_ONCE else None,
    )


async def _sellers() -> dict[int, int]:
    """The projects whose company lets the run issue its invoices, with that company."""
    by_hand = {row["company_id"] for row in await db.fetch("SELECT company_id FROM invoice_terms WHERE is_manual")}
    sellers = await project_companies.sellers()
    return {key: row["id"] for key, row in sellers.items() if row["id"] not in by_hand}


async def _drafts(listed: Sequence[Record], companies: Mapping[int, int]) -> tuple[list[_Draft], list[Result]]:
    """The documents over these expenses, and the results of the accounts that lack something.

    `companies` are those of the projects.
    """
    known = {key: await _seller(key) for key in sorted({companies[row["project_id"]] for row in listed})}
    sellers = {project_id: known[key] for project_id, key in companies.items() if key in known}
    payers = {
        row["id"]: row
        for row in await db.fetch(
            "SELECT * FROM payers WHERE id = ANY($1::bigint[]) ORDER BY id FOR SHARE",
            sorted({row["buyer_id"] for row in listed if row["buyer_id"] is not None}),
        )
    }
    drafts, waiting = [], []
    for _key, group in groupby(listed, key=lambda row: (row["account_id"], row["buyer_id"], row["currency"])):
        rows = list(group)
        for first in range(0, len(rows), invoice_drafts.MOST_LINES):
            chosen = rows[first : first + invoice_drafts.MOST_LINES]
            if not any(row["gross_units"] for row in chosen):
                continue
            seller, payer = sellers[chosen[0]["project_id"]], payers.get(chosen[0]["buyer_id"])
            why = _missing(seller, payer, chosen)
            if why or payer is None:
                waiting.append(_waits(chosen[0], why))
            else:
                drafts.append(_Draft(expenses=chosen, seller=seller, payer=payer, head=_head(chosen[0], payer)))
    return drafts, waiting


async def _seller(company_id: int) -> Seller:
    company = await db.row("SELECT * FROM companies WHERE id = $1 FOR SHARE", company_id)
    assert company is not None
    return await invoice_making.seller(company)


def _missing(seller: Seller, payer: Record | None, listed: Sequence[Record]) -> str:
    if payer is None:
        return _("There is nobody to name on the invoice: the client has no payer.")
    return invoice_making.payer_lacks(payer, listed) or seller.lacks


def _waits(row: Record, why: str) -> Result:
    return Result(outcome="skipped", reason=why, id=row["client_id"], code=row["code"], name=row["client_name"])


def _head(row: Record, payer: Record) -> dict[str, Any]:
    language = payer["language"] if payer["language"] in i18n.LOCALES else i18n.DEFAULT_LOCALE
    return {"kind": "invoice", "language": language, "currency": row["currency"], "client_code": row["code"]}


async def _issue(drafts: Sequence[_Draft], day: date, *, by: Actor) -> None:
    """Number, write and freeze them; behind them, what was given back. A company's numbers follow each other."""
    ordered = sorted(drafts, key=lambda one: one.seller.company["id"])
    said: list[Content] = []
    for _id, group in groupby(ordered, key=lambda one: one.seller.company["id"]):
        ours = list(group)
        numbers = await numbering.give(ours[0].seller.company, "invoice", on=day, count=len(ours))
        said += [_content(one, number, day) for one, number in zip(ours, numbers, strict=True)]
    try:
        async with db.savepoint():
            ids = await _write(ordered, said, by=by)
    except asyncpg.UniqueViolationError as error:
        raise Conflict(_("A number was given already. Change the company's pattern of numbers.")) from error
    services = [{row["service_id"] for row in one.expenses} - {None} for one in ordered]
    await service_notes.behind(dict(zip(ids, services, strict=True)), by=by)


def _content(one: _Draft, number: str, day: date) -> Content:
    listed = tuple(invoice_drafts.line_of(row) for row in one.expenses)
    return invoice_making.put_together(one.head, one.seller, one.payer, listed, number=number, on=day)


async def _write(drafts: Sequence[_Draft], said: Sequence[Content], *, by: Actor) -> list[int]:
    ids = [row["id"] for row in await db.fetch("SELECT new_id() AS id FROM generate_series(1, $1)", len(drafts))]
    first = [one.expenses[0] for one in drafts]
    frozen = [invoice_content.kept(content) for content in said]
    placed = [
        (invoice_id, position, row["id"])
        for invoice_id, one in zip(ids, drafts, strict=True)
        for position, row in enumerate(one.expenses, 1)
    ]
    await db.execute(
        WRITE,
        arrays.of(ids),
        arrays.of(row["client_id"] for row in first),
        arrays.of(row["account_id"] for row in first),
        arrays.of(one.payer["id"] for one in drafts),
        arrays.of(one.seller.company["id"] for one in drafts),
        [content.language for content in said],
        [content.currency for content in said],
        arrays.of(content.totals.discount_units for content in said),
        arrays.of(content.totals.net_units for content in said),
        arrays.of(content.totals.tax_units for content in said),
        [content.number for content in said],
        [content.due_on for content in said],
        [text.decode() for text in frozen],
        [invoice_making.digest(text) for text in frozen],
        *(arrays.of(column) for column in zip(*placed, strict=True)),
        said[0].issued_on,
        clock.now(),
        by.kind,
        by.name,
    )
    await audit.record_each("invoice:issued", "invoice", _subjects(ids, first, said), by=by)
    return ids


def _subjects(ids: Sequence[int], first: Sequence[Record], said: Sequence[Content]) -> list[Subject]:
    return [
        Subject(
            id=invoice_id,
            name=content.number,
            client_id=row["client_id"],
            new={"amount": accounts.told(content.totals.gross_units, content.currency)},
        )
        for invoice_id, row, content in zip(ids, first, said, strict=True)
    ]
