"""What becomes of a document: it is issued, and made void by a credit note. Each is a row: who, when and why.

Issuing gives an invoice its number in the same transaction: one that is undone gives it back, so that none is ever
missing. What it says is frozen then, and the database refuses to change it.
"""

from asyncpg import Record

from core import clock, db, policies
from core.actor import Actor
from core.billing import (
    billing_notices,
    expenses,
    invoice_content,
    invoice_files,
    invoice_issuing,
    invoice_making,
    invoices,
    service_notes,
)
from core.billing.billing_kinds import INVOICE_ISSUED
from core.checks import Checks
from core.errors import Conflict
from core.i18n import _
from core.permissions import Permission


async def issue(invoice_id: int, *, by: Actor) -> Record:
    """Number a draft and freeze it; `Conflict` says what is missing. A pro forma gets no number."""
    policies.require(by, Permission.INVOICE_ISSUE)
    _client, row = await invoices.locked(invoice_id, by=by)
    if row["state"] != "draft":
        raise Conflict(_("It was issued before."))
    if reason := await invoice_making.why_not_issued(row):
        raise Conflict(reason)
    day = clock.today(by.tenant.timezone)
    number = await invoice_issuing.number(row, day) if row["kind"] == "invoice" else ""
    content = await invoice_making.content(row, number=number, on=day)
    await invoice_issuing.freeze(invoice_id, content)
    await invoices.note(invoice_id, "issued", by=by)
    issued = await invoices.tell(f"{row['kind']}:issued", invoice_id, by=by)
    await invoice_files.keep(issued)
    if row["kind"] == "invoice":
        await billing_notices.documents(INVOICE_ISSUED, [invoice_id], by=by)
    if row["kind"] == "invoice" and await service_notes.behind(await _services(invoice_id), by=by):
        return await invoices.find(invoice_id)
    return issued


async def _services(invoice_id: int) -> dict[int, set[int]]:
    """The services that its lines are about, as `service_notes.behind` asks for them."""
    found = await db.fetch(
        """SELECT DISTINCT e.service_id FROM invoice_lines l JOIN expenses e ON e.id = l.expense_id
            WHERE l.invoice_id = $1 AND e.service_id IS NOT NULL""",
        invoice_id,
    )
    return {invoice_id: {row["service_id"] for row in found}}


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
    told = checks.text("reason", reason, longest=invoice_issuing.LONGEST_REASON)
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
    return await invoice_issuing.correct(row, list(zip(of, lines, strict=True)), reason, by=by)


async def _take_back(invoice_id: int, reason: str, *, by: Actor) -> None:
    for line in await invoices.lines(invoice_id):
        if line["reversed_at"] is None:
            await expenses.reverse(line["expense_id"], reason, by=by)
