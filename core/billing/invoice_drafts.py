"""Drafts of documents: over which expenses, to which payer, by which company. They can be deleted without a trace.

A draft of an invoice asks for its expenses already, so that no other one takes them; a pro forma asks for nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import asyncpg
import msgspec
from asyncpg import Record

from core import db, i18n, policies
from core.accounts import access, clients, contracts
from core.actor import Actor
from core.billing import accounts, expenses, invoices, totals
from core.billing.totals import Line
from core.checks import Checks
from core.errors import Conflict
from core.i18n import _
from core.permissions import Permission

MOST_LINES = 1000
LINE = ("text", "period_start", "period_end", "discount_units", "net_units", "tax_rate", "tax_category",
        "tax_reason", "tax_units")  # fmt: skip
"""What a line has of its expense."""


class NewInvoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draft to be made, by the ids of an account and a payer of the client and of a company that sells to it.

    Over the expenses of these ids, or over all of the account that no document asks for yet.
    """

    account_id: int
    payer_id: int
    company_id: int
    kind: Literal["invoice", "proforma"] = "invoice"
    expense_ids: list[int] | None = None


async def parties(account: Mapping[str, Any], *, by: Actor) -> tuple[list[Record], list[Record]]:
    """The payers and the companies that a document over this account can name, the usual one first."""
    return await contracts.parties({"id": account["client_id"], "project_id": account["project_id"]}, by=by)


async def open_expenses(account_id: int) -> list[Record]:
    """The expenses of an account that no document asks for yet, the oldest first. Asks for no right."""
    return await db.fetch(
        f"""SELECT e.* FROM expenses e WHERE e.account_id = $1 AND e.reversed_at IS NULL AND e.kind <> $2
               AND NOT EXISTS (SELECT FROM invoice_lines l WHERE l.expense_id = e.id AND l.is_live)
            ORDER BY e.day, e.created_at, e.id LIMIT {MOST_LINES + 1:d}""",
        account_id,
        expenses.TRANSFER,
    )


async def create(client_id: int, new: NewInvoice, *, by: Actor) -> Record:
    """Draft a document; returns it. All that is wrong comes back at once as `Invalid`."""
    policies.require(by, Permission.INVOICE_CREATE)
    client = await access.client(client_id, by=by, lock=True)
    clients.require_open(client, ["invoice"])
    account, payer, company_id, chosen = await _checked(new, client, by=by)
    listed = [line_of(row) for row in chosen]
    invoice_id = await invoices.insert(
        {
            "client_id": client_id,
            "account_id": account["id"],
            "payer_id": payer["id"],
            "company_id": company_id,
            "kind": new.kind,
            "state": "draft",
            "language": payer["language"] if payer["language"] in i18n.LOCALES else i18n.DEFAULT_LOCALE,
            "currency": account["currency"],
        },
        totals.of(listed),
    )
    await add_lines(invoice_id, [row["id"] for row in chosen], listed, is_live=new.kind == "invoice")
    await invoices.note(invoice_id, "draft", by=by)
    return await invoices.tell("invoice_draft:created", invoice_id, by=by)


async def delete(invoice_id: int, *, by: Actor) -> None:
    """Remove a draft; `Conflict` for what was issued: that is made void instead."""
    policies.require(by, Permission.INVOICE_CREATE)
    _client, row = await invoices.locked(invoice_id, by=by)
    if row["state"] != "draft":
        raise Conflict(_("What was issued stays. Make it void by a credit note instead."))
    await invoices.tell("invoice_draft:deleted", invoice_id, by=by)
    await db.execute("DELETE FROM invoices WHERE id = $1", invoice_id)


def line_of(row: Mapping[str, Any]) -> Line:
    """The line that an expense, or the line of another document, makes."""
    return Line(**{name: row[name] for name in LINE})


async def add_lines(invoice_id: int, expense_ids: Sequence[int], listed: Sequence[Line], *, is_live: bool) -> None:
    """Write the lines of a draft; `Conflict` when another document asks for one of the expenses meanwhile."""
    columns = [[getattr(line, name) for line in listed] for name in LINE]
    try:
        async with db.savepoint():
            await db.execute(
                f"""INSERT INTO invoice_lines (invoice_id, is_live, position, expense_id, {", ".join(LINE)})
                    SELECT $1, $2, u.position, u.expense_id, {", ".join(f"u.{name}" for name in LINE)}
                      FROM unnest($3::bigint[], $4::text[], $5::date[], $6::date[], $7::bigint[], $8::bigint[],
                                  $9::int[], $10::text[], $11::text[], $12::bigint[])
                           WITH ORDINALITY AS u (expense_id, {", ".join(LINE)}, position)""",
                invoice_id,
                is_live,
                list(expense_ids),
                *columns,
            )
    except asyncpg.UniqueViolationError as error:
        raise Conflict(_("Another document asks for one of these expenses already.")) from error


async def _checked(new: NewInvoice, client: Record, *, by: Actor) -> tuple[Record, Record, int, Sequence[Record]]:
    """The account, the payer, the company's id and the expenses; `Invalid` with all that is wrong."""
    checks = Checks()
    held = [
        row for row in await accounts.held_by(client["id"]) if access.may_use_project(row["project_id"], by=by)
    ]
    account = next((row for row in held if row["id"] == new.account_id), None)
    if account is None:
        checks.error("account_id", _("This is not one of the choices."))
    payers, sellers = await parties(account or held[0], by=by) if held else ([], [])
    payer = next((row for row in payers if row["id"] == new.payer_id), None)
    if payer is None:
        checks.error("payer_id", _("This is not one of the choices."))
    if new.company_id not in [row["id"] for row in sellers]:
        checks.error("company_id", _("This is not one of the choices."))
    checks.done()
    assert account is not None
    assert payer is not None
    await accounts.lock([account["id"]])
    return account, payer, new.company_id, await _chosen(new, account["id"])


async def _chosen(new: NewInvoice, account_id: int) -> list[Record]:
    """The expenses that the draft is over."""
    checks = Checks()
    found = await open_expenses(account_id)
    if new.expense_ids is not None:
        wanted = set(new.expense_ids)
        found = [row for row in found if row["id"] in wanted]
        if len(found) < len(wanted):
            checks.error("expense_ids", _("Some of these were reversed, or another document asks for them."))
    else:
        found = [row for row in found if row["payer_id"] in (None, new.payer_id)]
    if any(row["payer_id"] not in (None, new.payer_id) for row in found):
        checks.error("payer_id", _("One of these expenses is for another payer."))
    if not found:
        checks.error("expense_ids", _("There is no expense that is not on a document yet."))
    if len(found) > MOST_LINES:
        checks.error("expense_ids", _("At most %(count)s lines, please.") % {"count": MOST_LINES})
    checks.done()
    return found
