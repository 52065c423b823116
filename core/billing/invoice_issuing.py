"""How a document is issued, whichever verb does it: its number, what is frozen of it, and credit notes at once.

Nothing here asks for a right; the callers did, and hold the invoice and its account.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import asyncpg
import msgspec
from asyncpg import Record

from core import clock, db
from core.accounts import numbering
from core.actor import Actor
from core.billing import (
    billing_notices,
    invoice_content,
    invoice_drafts,
    invoice_files,
    invoice_making,
    invoices,
    totals,
)
from core.billing.invoice_content import Content, Origin
from core.billing.totals import Line
from core.errors import Conflict
from core.i18n import _

LONGEST_REASON = 500


async def correct(
    row: Record,
    parts: Sequence[tuple[int, Line]],
    reason: str,
    *,
    service_credit_id: int | None = None,
    by: Actor,
) -> Record:
    """A credit note over lines of an invoice, each with its expense, issued at once; returns it.

    It is to whom and by whom the invoice says. `service_credit_id`: the credit of a service whose document it is.
    """
    was = invoice_content.read(row["frozen"])
    shared = ("client_id", "account_id", "payer_id", "company_id", "language", "currency")
    values = {name: row[name] for name in shared} | {"kind": "credit_note", "state": "draft"}
    listed = tuple(line for _expense_id, line in parts)
    sums = totals.of(listed)
    made_id = await invoices.insert(
        values | {"corrects_id": row["id"], "service_credit_id": service_credit_id}, sums
    )
    await invoice_drafts.add_lines(made_id, [expense_id for expense_id, _line in parts], listed, is_live=False)
    day = clock.today(by.tenant.timezone)
    content = msgspec.structs.replace(
        was,
        kind="credit_note",
        number=await number(await invoices.find(made_id), day),
        issued_on=day,
        due_on=None,
        accounts=(),
        lines=listed,
        totals=sums,
        origin=Origin(number=was.number, issued_on=was.issued_on),
        reason=reason,
    )
    await freeze(made_id, content)
    await invoices.note(made_id, "issued", reason=reason, by=by)
    issued = await invoices.tell("credit_note:issued", made_id, new={"reason": reason}, by=by)
    await invoice_files.keep(issued)
    await billing_notices.corrected(made_id, by=by)
    return issued


async def number(row: Mapping[str, Any], day: date) -> str:
    """The next number of its company and kind. Nobody else gets one until the transaction ends."""
    company = await db.row("SELECT * FROM companies WHERE id = $1 FOR SHARE", row["company_id"])
    assert company is not None
    (number,) = await numbering.give(company, row["kind"], on=day)
    return number


async def freeze(invoice_id: int, content: Content) -> None:
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
