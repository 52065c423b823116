"""Invoices of the demo, over what its clients were charged: issued ones, drafts, void and partly credited ones."""

from asyncpg import Record

from core import db, i18n
from core.actor import Actor
from core.billing import credit_notes, credited_lines, invoice_drafts, invoice_making, invoice_states
from core.billing.credit_notes import NewCreditNote, Portion
from core.billing.invoice_drafts import NewInvoice
from core.i18n import _
from tenants.demo.cast import DemoProvider
from tenants.demo.contracts import ADDRESS

BECOMES = ("issued", "credited", "draft", "issued", "void", "issued")
"""What becomes of the invoice to each client in turn."""


async def furnish(provider: DemoProvider, *, by: Actor) -> None:
    """Bill every account with expenses that lacks nothing, the whole of it in one document."""
    found = await db.fetch(
        """SELECT a.id, a.client_id, a.project_id FROM client_projects a WHERE EXISTS (
               SELECT FROM expenses e WHERE e.account_id = a.id AND e.reversed_at IS NULL) ORDER BY a.id"""
    )
    with i18n.speaking(provider.locale):
        for place, account in enumerate(found):
            await _bill(account, BECOMES[place % len(BECOMES)], by=by)


async def _bill(account: Record, becomes: str, *, by: Actor) -> None:
    await db.execute(
        """UPDATE payers SET kind = 'individual', street = $2, postcode = $3, city = $4, country = 'FR',
               region = '' WHERE client_id = $1 AND is_default AND city = ''""",
        account["client_id"],
        *ADDRESS,
    )
    payers, companies = await invoice_drafts.parties(account, by=by)
    listed = await invoice_drafts.open_expenses(account["id"])
    if not listed:
        return
    new = NewInvoice(account_id=account["id"], payer_id=payers[0]["id"], company_id=companies[0]["id"])
    made = await invoice_drafts.create(account["client_id"], new, by=by)
    if becomes == "draft" or await invoice_making.why_not_issued(made):
        return
    await invoice_states.issue(made["id"], by=by)
    if becomes == "void":
        await invoice_states.void(made["id"], _("Sent to the wrong payer"), by=by)
    elif becomes == "credited":
        await _credit(made["id"], by=by)


async def _credit(invoice_id: int, *, by: Actor) -> None:
    """Credit a fifth of the first line."""
    for row in [one for one in await credited_lines.left(invoice_id) if one["net_units"]][:1]:
        lines = [Portion(position=row["position"], units=max(1, row["net_units"] // 5))]
        new = NewCreditNote(reason=_("The service could not be reached for six days"), lines=lines)
        await credit_notes.create(invoice_id, new, by=by)
