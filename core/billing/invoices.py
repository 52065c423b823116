"""Invoices, credit notes and pro formas: the tables, reading them, and what all verbs on them share.

A document is a draft (`invoice_drafts`) until it is issued (`invoice_states`); then it has its number, and all
that it says is frozen. It stands over expenses of one account, names one payer and one company, and an expense is
asked for by one document at most. What of it is paid is what its expenses are covered with: that is looked up and
never written down.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from asyncpg import Record
from piccolo.columns import BigInt, Boolean, Bytea, Date, Integer, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import access, account_parts, clients, payer_documents, rows
from core.actor import Actor
from core.billing import accounts
from core.billing.totals import Totals
from core.errors import NotFound
from core.permissions import Permission

KINDS = ("invoice", "credit_note", "proforma")
STATES = ("draft", "issued", "void")
PAID = """(SELECT coalesce(sum(e.covered_units), 0) FROM invoice_lines l JOIN expenses e ON e.id = l.expense_id
            WHERE l.invoice_id = k.id AND l.is_live)::bigint"""
"""Of a document `k`: how much of what it asks for is paid, in minor units."""
CREDITED = """(SELECT coalesce(sum(t.gross_units), 0) FROM invoices t
            WHERE t.corrects_id = k.id AND t.state = 'issued')::bigint"""
"""Of an invoice `k`: what its credit notes come to."""
WITH_NAMES = (
    f"SELECT k.*, {PAID} AS paid_units, {CREDITED} AS credited_units,"
    """ p.name AS payer_name, o.name AS company_name, c.code AS client_code, c.name AS client_name, a.project_id,
           j.name AS project, r.number AS corrects, n.id AS corrected_by_id, n.number AS corrected_by
    FROM invoices k JOIN clients c ON c.id = k.client_id JOIN payers p ON p.id = k.payer_id
    JOIN companies o ON o.id = k.company_id JOIN client_projects a ON a.id = k.account_id
    JOIN projects j ON j.id = a.project_id LEFT JOIN invoices r ON r.id = k.corrects_id
    LEFT JOIN invoices n ON n.corrects_id = k.id AND k.state = 'void'"""
)

payer_documents.register("invoice", payer_documents.counted("invoices"))


class Invoice(db.Owned, tablename="invoices"):
    """A document. `frozen` is what it says (`invoice_content`), `digest` the SHA-256 of that; amounts are minor
    units of `currency`. `corrects_id`: the invoice that a credit note is about; `payment_id`: the credit by which
    one over parts of it lowers what is owed; `service_credit_id`: the credit of a service that it is about."""

    client_id = BigInt()
    account_id = BigInt()
    payer_id = BigInt()
    company_id = BigInt()
    kind = Text()
    state = Text()
    number = Text()
    language = Text()
    currency = Text()
    issued_on = Date(null=True)
    due_on = Date(null=True)
    discount_units = BigInt()
    net_units = BigInt()
    tax_units = BigInt()
    gross_units = BigInt()
    corrects_id = BigInt(null=True)
    payment_id = BigInt(null=True)
    service_credit_id = BigInt(null=True)
    frozen = Text()
    digest = Text()
    created_at = Timestamptz()
    version = Integer()


class InvoiceLine(db.Owned, tablename="invoice_lines"):
    """An expense as it stands on a document. `is_live`: this document is what asks for it."""

    invoice_id = BigInt()
    position = Integer()
    expense_id = BigInt()
    is_live = Boolean()
    text = Text()
    period_start = Date(null=True)
    period_end = Date(null=True)
    discount_units = BigInt()
    net_units = BigInt()
    tax_rate = Integer()
    tax_category = Text()
    tax_reason = Text()
    tax_units = BigInt()


class InvoiceState(db.Owned, tablename="invoice_states", append_only=True):
    """That a document came into a state: when, by whom, why."""

    invoice_id = BigInt()
    state = Text()
    at = Timestamptz()
    actor_kind = Text()
    actor_name = Text()
    reason = Text()


class InvoiceFile(db.Owned, tablename="invoice_files", append_only=True):
    """The PDF as it was printed when it was issued."""

    invoice_id = BigInt()
    content = Bytea()
    created_at = Timestamptz()


async def get(invoice_id: int, *, by: Actor) -> Record:
    """One document with the names of its parties, `paid_units` (what its expenses are covered with),
    `credited_units` (of them by credit notes), `corrects` and `corrected_by` (numbers; that made it void).

    `NotFound` when there is none that `by` may see.
    """
    policies.require(by, Permission.INVOICE_READ)
    found = await find(invoice_id)
    if not access.may_use_project(found["project_id"], by=by):
        raise NotFound()
    await access.client(found["client_id"], by=by)
    return found


async def find(invoice_id: int) -> Record:
    """The same for verbs that ask for the right themselves."""
    found = await db.row(f"{WITH_NAMES} WHERE k.id = $1", invoice_id) if rows.is_id(invoice_id) else None
    if found is None:
        raise NotFound()
    return found


async def lines(invoice_id: int) -> list[Record]:
    """The lines of a document that the caller may see, in their order, with `covered_units` of each expense."""
    return await db.fetch(
        """SELECT l.*, l.net_units + l.tax_units AS gross_units, l.period_end - 1 AS last_day, e.covered_units,
                  e.reversed_at
             FROM invoice_lines l JOIN expenses e ON e.id = l.expense_id
            WHERE l.invoice_id = $1 ORDER BY l.position""",
        invoice_id,
    )


async def history(invoice_id: int) -> list[Record]:
    """The states that a document, which the caller may see, went through, the first one first."""
    return await db.fetch(
        """SELECT state, at, actor_kind, actor_name, reason FROM invoice_states WHERE invoice_id = $1
           ORDER BY at, id""",
        invoice_id,
    )


async def locked(invoice_id: int, *, by: Actor) -> tuple[Record, Record]:
    """The client and its document, locked in that order; the client has to be open."""
    found = await get(invoice_id, by=by)
    client = await access.client(found["client_id"], by=by, lock=True)
    clients.require_open(client, ["invoice"])
    await accounts.lock([found["account_id"]])
    await rows.locked("invoices", invoice_id)
    return client, await find(invoice_id)


async def insert(values: Mapping[str, Any], sums: Totals) -> int:
    """Write a document with its sums; returns its id. Asks for no right."""
    kept = dict(values) | {
        "discount_units": sums.discount_units,
        "net_units": sums.net_units,
        "tax_units": sums.tax_units,
        "gross_units": sums.gross_units,
        "created_at": clock.now(),
    }
    places = ", ".join(f"${place}" for place in range(1, len(kept) + 1))
    return int(
        await db.value(f"INSERT INTO invoices ({', '.join(kept)}) VALUES ({places}) RETURNING id", *kept.values())
    )


async def note(invoice_id: int, state: str, *, reason: str = "", by: Actor) -> None:
    """Write who brought it into this state, and why."""
    inside = by.impersonator
    await db.execute(
        """INSERT INTO invoice_states (invoice_id, state, at, actor_kind, actor_name, reason)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        invoice_id,
        state,
        clock.now(),
        "staff" if inside else by.kind,
        inside.name if inside else by.name,
        reason,
    )


async def tell(action: str, invoice_id: int, *, new: Mapping[str, Any] | None = None, by: Actor) -> Record:
    """Note in the audit what was done to a document, with its amount; returns it as it is now."""
    row = await find(invoice_id)
    amount = {"amount": accounts.told(row["gross_units"], row["currency"])}
    name = row["number"] or row["payer_name"]
    await audit.record(action, "invoice", invoice_id, by=by, name=name, client_id=row["client_id"],
                       new=amount | dict(new or {}))  # fmt: skip
    return row


async def _count(account_ids: Sequence[int]) -> int:
    sql = "SELECT count(*) FROM invoices WHERE account_id = ANY($1::bigint[])"
    return int(await db.value(sql, list(account_ids)))


async def _carry(pairs: Sequence[account_parts.Pair]) -> None:
    await db.execute(
        """UPDATE invoices k SET account_id = u.stays FROM unnest($1::bigint[], $2::bigint[]) AS u (gone, stays)
            WHERE k.account_id = u.gone""",
        [gone for gone, _stays in pairs],
        [stays for _gone, stays in pairs],
    )


async def _is_used(project_id: int) -> bool:
    sql = """SELECT EXISTS (SELECT FROM invoices k JOIN client_projects a ON a.id = k.account_id
             WHERE a.project_id = $1)"""
    return bool(await db.value(sql, project_id))


account_parts.register("invoices", count=_count, carry=_carry, is_used=_is_used)
