"""Invoices over JSON: of all clients, drafting, issuing, making void, their files, and how a company bills."""

from datetime import date
from typing import Annotated, Any

import msgspec
from asyncpg import Record
from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Meta

from core import db
from core.accounts import clients, companies
from core.billing import (
    invoice_drafts,
    invoice_files,
    invoice_list,
    invoice_states,
    invoice_terms,
    invoice_zip,
    invoices,
    money_lists,
)
from core.billing.invoice_drafts import NewInvoice
from core.billing.invoice_list import InvoiceFilter, Kind, State
from core.billing.invoice_terms import Terms
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks, part
from web.kit import downloads
from web.kit.pages import AnyRequest
from web.kit.visit import By

MOST = 200


class Invoice(msgspec.Struct, kw_only=True):
    """A document to the client with the code `client`. Amounts are whole numbers of the currency's smallest unit.

    `number`, `issued_on` and `digest` (SHA-256 of what it says) come when it is issued; from then on nothing of it
    changes. `paid_units` is what its expenses are covered with, by payments and credits; `credited_units` what
    its credit notes come to. `corrects_id`: what a credit note is about; `corrected_by_id`: of a void one.
    """

    id: int
    client: int
    account_id: int
    payer_id: int
    payer_name: str
    company_id: int
    company_name: str
    kind: Kind
    state: State
    number: str
    language: str
    currency: str
    issued_on: date | None
    due_on: date | None
    discount_units: int
    net_units: int
    tax_units: int
    gross_units: int
    paid_units: int
    credited_units: int
    corrects_id: int | None
    corrected_by_id: int | None
    digest: str
    created_at: Moment


class Line(msgspec.Struct, kw_only=True):
    """One expense as it stands on the document. `period_end` is the first day after; `tax_rate` is in thousandths
    of a percent, `tax_category` a code of UNTDID 5305."""

    position: int
    expense_id: int
    text: str
    period_start: date | None
    period_end: date | None
    discount_units: int
    net_units: int
    tax_rate: int
    tax_category: str
    tax_reason: str
    tax_units: int
    gross_units: int


class Step(msgspec.Struct, kw_only=True):
    """That it came into a state: when, by whom, why."""

    state: State
    at: Moment
    actor_kind: str
    actor_name: str
    reason: str


class WholeInvoice(Invoice, kw_only=True):
    """A document with its lines and what became of it."""

    lines: list[Line]
    history: list[Step]


class InvoicePage(msgspec.Struct, kw_only=True):
    """A page of documents, the newest first. `next` and `previous` are cursors for `after` and `before`."""

    items: list[Invoice]
    next: str | None
    previous: str | None


class InvoiceQuery(InvoiceFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of the list and its place."""

    after: Annotated[str, Meta(description="The cursor `next` of the page before")] = ""
    before: Annotated[str, Meta(description="The cursor `previous` of the page after")] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="Documents on a page")] = money_lists.PAGE


class Voiding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it becomes void. `takes_back`: its expenses are reversed too, so that the client owes them no more."""

    reason: str
    takes_back: bool = False


class Packing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which documents: all without a filter."""

    filter: InvoiceFilter | None = None


class Packed(msgspec.Struct, kw_only=True):
    """The task that gathers the files: `/tasks/{task_id}` tells how far it is."""

    task_id: int


class KeptTerms(msgspec.Struct, kw_only=True):
    """How a company bills. `version` 0: as usual."""

    due_days: int
    operations: str
    is_vat_on_debits: bool
    is_manual: bool
    version: int


class TermsEdit(Terms, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it, and the version that was read."""

    version: int


@get("/v1/invoices", **asks(Permission.INVOICE_READ, query=InvoiceQuery))
async def index(request: AnyRequest, by: By, asked: NamedDependency[InvoiceQuery]) -> Response[InvoicePage]:
    """List invoices, credit notes and pro formas of all clients, the newest first."""
    if asked.after and asked.before:
        raise Invalid({"before": _("Either after or before, not both.")})
    page = await invoice_list.page(asked, after=asked.after, before=asked.before, size=asked.limit, by=by)
    found = InvoicePage(items=[one(row) for row in page.rows], next=page.next, previous=page.previous)
    return answers.listed(request, found, following=page.next, previous=page.previous)


@post("/v1/invoices/zip", status_code=202, **asks(Permission.INVOICE_READ, body=Packing))
async def pack(by: By, sent: NamedDependency[Packing]) -> Packed:
    """Gather the PDF files of all issued documents that the filter fits; asks for client:export too."""
    return Packed(task_id=await invoice_zip.start(sent.filter or InvoiceFilter(), by=by))


@get("/v1/invoices/zip/{task_id:int}", **asks(Permission.INVOICE_READ))
async def send_packed(by: By, task_id: FromPath[int]) -> Stream:
    """Get the ZIP of such a task once it is done; 404 before."""
    ids = await invoice_zip.ready(task_id, by=by)
    await db.scope().close(commit=True)
    return downloads.packed(await invoice_zip.written(ids, by.tenant.id), "invoices.zip")


@post("/v1/clients/{code:int}/invoices", **asks(Permission.INVOICE_CREATE, body=NewInvoice))
async def create(by: By, code: FromPath[int], sent: NamedDependency[NewInvoice]) -> Response[WholeInvoice]:
    """Draft a document over expenses of a client; over all that no document asks for without `expense_ids`."""
    client = await clients.get(code, by=by)
    made = await invoice_drafts.create(client["id"], sent, by=by)
    return answers.created(await whole(made), f"/invoices/{made['id']}")


@get("/v1/invoices/{invoice_id:int}", **asks(Permission.INVOICE_READ))
async def show(by: By, invoice_id: FromPath[int]) -> WholeInvoice:
    """Get one document with its lines and what became of it."""
    return await whole(await invoices.get(invoice_id, by=by))


@delete("/v1/invoices/{invoice_id:int}", **asks(Permission.INVOICE_CREATE))
async def remove(by: By, invoice_id: FromPath[int]) -> None:
    """Delete a draft; 409 for everything else."""
    await invoice_drafts.delete(invoice_id, by=by)


@post("/v1/invoices/{invoice_id:int}/issue", status_code=200, **asks(Permission.INVOICE_ISSUE))
async def issue(by: By, invoice_id: FromPath[int]) -> WholeInvoice:
    """Give it its number and freeze it; 409 says what is missing."""
    return await whole(await invoice_states.issue(invoice_id, by=by))


@post("/v1/invoices/{invoice_id:int}/void", status_code=200, **asks(Permission.INVOICE_VOID, body=Voiding))
async def void(by: By, invoice_id: FromPath[int], sent: NamedDependency[Voiding]) -> WholeInvoice:
    """Make an issued invoice void; answers with its credit note, of a pro forma with itself."""
    made = await invoice_states.void(invoice_id, sent.reason, takes_back=sent.takes_back, by=by)
    return await whole(made)


@get("/v1/invoices/{invoice_id:int}/pdf", **asks(Permission.INVOICE_READ))
async def pdf(by: By, invoice_id: FromPath[int]) -> Response[bytes]:
    """Get the document as PDF: Factur-X once it is issued, else marked as a draft."""
    return downloads.file(await invoice_files.of(invoice_id, by=by))


@get("/v1/companies/{company_id:int}/invoice-terms", **asks(Permission.COMPANY_READ))
async def terms(by: By, company_id: FromPath[int]) -> KeptTerms:
    """Get how a company bills."""
    await companies.get(company_id, by=by)
    return KeptTerms(**await invoice_terms.of(company_id))


@put("/v1/companies/{company_id:int}/invoice-terms", **asks(Permission.COMPANY_UPDATE, body=TermsEdit))
async def set_terms(by: By, company_id: FromPath[int], sent: NamedDependency[TermsEdit]) -> KeptTerms:
    """Change how a company bills; 409 when somebody else did since `version` was read."""
    asked = part(Terms, sent)
    return KeptTerms(**await invoice_terms.update(company_id, asked, version=sent.version, by=by))


def one(row: Record, struct: Any = Invoice, **more: Any) -> Any:
    """A document as the API tells it."""
    return answers.of(struct, row, client=row["client_code"], **more)


async def whole(row: Record) -> WholeInvoice:
    """The same with its lines and what became of it."""
    lines = [answers.of(Line, line) for line in await invoices.lines(row["id"])]
    steps = [answers.of(Step, step) for step in await invoices.history(row["id"])]
    made: WholeInvoice = one(row, WholeInvoice, lines=lines, history=steps)
    return made


ROUTES = [index, pack, send_packed, create, show, remove, issue, void, pdf, terms, set_terms]
