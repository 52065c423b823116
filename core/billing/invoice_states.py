"""What becomes of a document: it is issued, and made void by a credit note. Each is a row: who, when and why.

Issuing gives an invoice its number in the same transaction: one that is undone gives it back, so that none is ever
missing. What it says is frozen then, and the database refuses to change it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import asyncpg
import msgspec
from asyncpg import Record

from core import clock, db, policies
from core.accounts import numbering
from core.actor import Actor
from core.billing import (
    expenses,
    invoice_content,
    invoice_drafts,
    invoice_files,
    invoice_making,
    invoices,
    totals,
)
from core.billing.invoice_content import Content, Origin
from core.billing.totals import Line
from core.checks import Checks
from core.errors import Conflict
from core.i18n import _
from core.permissions import Permission

LONGEST_REASON = 500


async def issue(invoice_id: int, *, by: Actor) -> Record:
    """Number a draft and freeze it; `Conflict` says what is missing. A pro forma gets no number."""
    policies.require(by, Permission.INVOICE_ISSUE)
    _client, row = await invoices.locked(invoice_id, by=by)
    if row["state"] != "draft":
        raise Conflict(_("It was issued before."))
    if reason := await invoice_making.why_not_issued(row):
        raise Conflict(reason)
    day = clock.today(by.tenant.timezone)
    number = await _number(row, day) if row["kind"] == "invoice" else ""
    content = await invoice_making.content(row, number=number, on=day)
    await _freeze(invoice_id, content)
    await invoices.note(invoice_id, "issued", by=by)
    issued = await invoices.tell(f"{row['kind']}:issued", invoice_id, by=by)
    await invoice_files.keep(issued)
    return issued


async def void(invoice_id: int, reason: str, *, takes_back: bool = False, by: Actor) -> Record:
    """Make an issued invoice void by a credit note over all of it, and return that; a pro forma is void alone.

    Its expenses can stand on another invoice then. `takes_back` reverses them as well: the client owes them no
    more, and what was paid for them is free. `Invalid` under "reason" when none is given.
    """
    policies.require(by, Permission.INVOICE_VOID)
    if takes_back:
        policies.require(by, Permission.EXPENSE_REVERSE)
    _client, row = await invoices.locked(invoice_id, by=by)
    checks = Checks()
    told = checks.text("reason", reason, longest=LONGEST_REASON)
    checks.done()
    if row["state"] != "issued" or row["kind"] == "credit_note":
        raise Conflict(_("Only an invoice that was issued can be made void."))
    if row["credited_units"]:
        raise Conflict(_("Parts of it are credited already. Credit the rest instead."))
    await db.execute("UPDATE invoices SET state = 'void', version = version + 1 WHERE id = $1", invoice_id)
    await db.execute("UPDATE invoice_lines SET is_live = false WHERE invoice_id = $1 AND is_live", invoice_id)
    await invoices.note(invoice_id, "void", reason=told, by=by)
    await invoices.tell(f"{row['kind']}:void", invoice_id, new={"reason": told}, by=by)
    made = await _credit(row, told, by=by) if row["kind"] == "invoice" else await invoices.find(invoice_id)
    if takes_back:
        await _take_back(invoice_id, told, by=by)
    return made


async def _credit(row: Record, reason: str, *, by: Actor) -> Record:
    """A credit note over all of an invoice."""
    of = [line["expense_id"] for line in await invoices.lines(row["id"])]
    lines = invoice_content.read(row["frozen"]).lines
    return await correct(row, list(zip(of, lines, strict=True)), reason, by=by)


async def correct(row: Record, parts: Sequence[tuple[int, Line]], reason: str, *, by: Actor) -> Record:
    """A credit note over lines of an invoice, each with its expense, issued at once; returns it.

    It is to whom and by whom the invoice says. Asks for no right; the caller has locked the invoice.
    """
    was = invoice_content.read(row["frozen"])
    shared = ("client_id", "account_id", "payer_id", "company_id", "language", "currency")
    values = {name: row[name] for name in shared} | {"kind": "credit_note", "state": "draft"}
    listed = tuple(line for _expense_id, line in parts)
    sums = totals.of(listed)
    made_id = await invoices.insert(values | {"corrects_id": row["id"]}, sums)
    await invoice_drafts.add_lines(made_id, [expense_id for expense_id, _line in parts], listed, is_live=False)
    day = clock.today(by.tenant.timezone)
    content = msgspec.structs.replace(
        was,
        kind="credit_note",
        number=await _number(await invoices.find(made_id), day),
        issued_on=day,
        due_on=None,
        accounts=(),
        lines=listed,
        totals=sums,
        origin=Origin(number=was.number, issued_on=was.issued_on),
        reason=reason,
    )
    await _freeze(made_id, content)
    await invoices.note(made_id, "issued", reason=reason, by=by)
    issued = await invoices.tell("credit_note:issued", made_id, new={"reason": reason}, by=by)
    await invoice_files.keep(issued)
    return issued


async def _number(row: Mapping[str, Any], day: date) -> str:
    """The next number of its company and kind. Nobody else gets one until the transaction ends."""
    company = await db.row("SELECT * FROM companies WHERE id = $1 FOR SHARE", row["company_id"])
    assert company is not None
    (number,) = await numbering.give(company, row["kind"], on=day)
    return number


async def _freeze(invoice_id: int, content: Content) -> None:
    """Issue it: from here on nothing of it changes."""
    frozen = invoice_content.kept(content)
    try:
        async with db.savepoint():
            await db.execute(
                """UPDATE invoices SET state = 'issued', number = $2, issued_on = $3, due_on = $4, language = $5,
                       frozen = $6, digest = $7, version = version + 1 WHERE id = $1""",
                invoice_id,
                content.number,
                content.issued_on,
                content.due_on,
                content.language,
                frozen.decode(),
                invoice_making.digest(frozen),
            )
    except asyncpg.UniqueViolationError as error:
        message = _("The number %(number)s was given already. Change the company's pattern of numbers.")
        raise Conflict(message % {"number": content.number}) from error


async def _take_back(invoice_id: int, reason: str, *, by: Actor) -> None:
    for line in await invoices.lines(invoice_id):
        if line["reversed_at"] is None:
            await expenses.reverse(line["expense_id"], reason, by=by)
