"""Credit notes over parts of an invoice, over JSON: what is left, how one would look, and issuing it."""

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.billing import credit_notes, credited_lines, invoices
from core.billing.credit_notes import NewCreditNote
from core.permissions import Permission
from web.api import answers
from web.api.invoices import Invoice, WholeInvoice, one, whole
from web.api.reading import asks
from web.kit.visit import By


class LeftOfLine(msgspec.Struct, kw_only=True):
    """What of a line of the invoice can be credited yet, before tax and as tax."""

    position: int
    text: str
    net_units: int
    tax_units: int
    left_net_units: int
    left_tax_units: int


class Credited(msgspec.Struct, kw_only=True):
    """The credit notes of an invoice, the first first; what can be credited yet, with tax and line by line."""

    items: list[Invoice]
    left_units: int
    lines: list[LeftOfLine]


class LineSeen(msgspec.Struct, kw_only=True):
    """A line as it would stand on the credit note."""

    text: str
    net_units: int
    tax_rate: int
    tax_category: str
    tax_units: int


class Seen(msgspec.Struct, kw_only=True):
    """How the credit note would look. `gross_units` is what to send as `expected_units`; `left_units` could be
    credited after it."""

    lines: list[LineSeen]
    net_units: int
    tax_units: int
    gross_units: int
    left_units: int


@get("/v1/invoices/{invoice_id:int}/credit-notes", **asks(Permission.INVOICE_READ))
async def index(by: By, invoice_id: FromPath[int]) -> Credited:
    """List the credit notes of an invoice, with what of it is left to be credited."""
    invoice = await invoices.get(invoice_id, by=by)
    found = await credit_notes.of_invoice(invoice_id, by=by)
    listed = [] if credit_notes.why_not(invoice) else await credited_lines.left(invoice_id)
    return Credited(
        items=[one(row) for row in found],
        left_units=credit_notes.units_of(listed),
        lines=[answers.of(LeftOfLine, row) for row in listed],
    )


@post(
    "/v1/invoices/{invoice_id:int}/credit-notes/preview",
    status_code=200,
    **asks(Permission.INVOICE_VOID, body=NewCreditNote),
)
async def preview(by: By, invoice_id: FromPath[int], sent: NamedDependency[NewCreditNote]) -> Seen:
    """Tell how a credit note would look; nothing is written."""
    seen = await credit_notes.look(invoice_id, sent, by=by)
    lines = [answers.of(LineSeen, line) for line in seen.lines]
    sums = {name: getattr(seen.totals, name) for name in ("net_units", "tax_units", "gross_units")}
    return Seen(lines=lines, left_units=seen.left_units, **sums)


@post("/v1/invoices/{invoice_id:int}/credit-notes", **asks(Permission.INVOICE_VOID, body=NewCreditNote))
async def create(
    by: By, invoice_id: FromPath[int], sent: NamedDependency[NewCreditNote]
) -> Response[WholeInvoice]:
    """Credit an invoice in part: a credit note over so much of these lines, over all that is left without."""
    made = await credit_notes.create(invoice_id, sent, by=by)
    return answers.created(await whole(made), f"/invoices/{made['id']}")


ROUTES = [index, preview, create]
