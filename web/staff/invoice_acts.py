"""What becomes of invoices: issuing, making void, and their files in one ZIP; and how a company bills."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from core import clock, db
from core.accounts import companies
from core.billing import invoice_states, invoice_terms, invoice_zip
from core.billing.invoice_list import InvoiceFilter
from core.billing.invoice_terms import Terms
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from core.tasks import Task
from web.kit import downloads, filtered, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By, visit_of
from web.staff import edits
from web.staff.invoices import HERE, show_page
from web.staff.tasks import LEADS, Lead

OPERATIONS = {"services": N_("Services"), "goods": N_("Goods"), "mixed": N_("Goods and services")}


class Voiding(msgspec.Struct, frozen=True, kw_only=True):
    """Why it becomes void, and whether the client owes its expenses no more."""

    reason: str
    takes_back: bool = False


@post("/invoices/{invoice_id:int}/issue", status_code=200, **requires(Permission.INVOICE_ISSUE))
async def issue(request: AnyRequest, by: By, invoice_id: FromPath[int]) -> Response[Any]:
    """Number it and freeze it."""
    try:
        issued = await invoice_states.issue(invoice_id, by=by)
    except Conflict as refusal:
        return await show_page(request, invoice_id, by=by, refused=refusal.message, status=409)
    told = _("The invoice is number %(number)s now.") % {"number": issued["number"]}
    return redirect(request, f"{HERE}/{invoice_id}", toast=told if issued["number"] else _("It was issued."))


@post("/invoices/{invoice_id:int}/void", status_code=200, **requires(Permission.INVOICE_VOID))
async def void(request: AnyRequest, by: By, invoice_id: FromPath[int]) -> Response[Any]:
    """Make it void, and go to its credit note."""
    form = await forms.read(request)
    try:
        asked = form.into(Voiding)
        made = await invoice_states.void(invoice_id, asked.reason, takes_back=asked.takes_back, by=by)
    except Invalid as refusal:
        return await show_page(request, invoice_id, by=by, form=form.refused(refusal), status=422)
    except Conflict as refusal:
        return await show_page(request, invoice_id, by=by, refused=refusal.message, status=409)
    told = _("The invoice is void; this is its credit note.") if made["number"] else _("It is void.")
    return redirect(request, f"{HERE}/{made['id']}", toast=told)


@post("/invoices/zip", status_code=200, **requires(Permission.INVOICE_READ))
async def pack(request: AnyRequest, by: By) -> Response[Any]:
    """Gather the files of all documents of the list, with the filter in the address, and go on to the progress."""
    chosen = forms.fill(InvoiceFilter, forms.query(request, ignore=filtered.PAGING))
    task_id = await invoice_zip.start(chosen, by=by, within=visit_of(request).focus)
    return redirect(request, f"/staff/tasks/{task_id}", toast=_("The files are being gathered."))


@get("/invoices/zip/{task_id:int}", **requires(Permission.INVOICE_READ))
async def send_packed(by: By, task_id: FromPath[int]) -> Stream:
    """The ZIP of a task that is done."""
    ids = await invoice_zip.ready(task_id, by=by)
    await db.scope().close(commit=True)
    return downloads.packed(await invoice_zip.written(ids, by.tenant.id), f"invoices-{clock.now():%Y-%m-%d}.zip")


@get("/companies/{company_id:int}/terms", **requires(Permission.COMPANY_UPDATE))
async def edit_terms(request: AnyRequest, by: By, company_id: FromPath[int]) -> Response[str]:
    """How this company bills."""
    company = await companies.get(company_id, by=by)
    return _form(request, Form(await invoice_terms.of(company_id)), company)


@post("/companies/{company_id:int}/terms", status_code=200, **requires(Permission.COMPANY_UPDATE))
async def update_terms(request: AnyRequest, by: By, company_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    company = await companies.get(company_id, by=by)
    form = edits.settled(await forms.read(request), await invoice_terms.of(company_id))
    try:
        terms = form.into(Terms, ignore=edits.VERSION)
        await invoice_terms.update(company_id, terms, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), company, status=422)
    except EditConflict as refusal:
        both = edits.conflict(form, refusal.current, _labels())
        return _form(request, form, company, conflict=both, status=409)
    return redirect(request, f"/staff/companies/{company_id}", toast=_("The company was saved."))


def _labels() -> dict[str, str]:
    return {
        "due_days": _("Days to pay"),
        "operations": _("What is sold"),
        "is_vat_on_debits": _("VAT on debits"),
        "is_manual": _("Invoices are issued by hand"),
    }


def _form(
    request: AnyRequest, form: Form, company: Any, *, conflict: Any = None, status: int = 200
) -> Response[str]:
    return page(
        request,
        "staff/companies/terms.html",
        status=status,
        form=form,
        company=company,
        conflict=conflict,
        operations=[(key, _(label)) for key, label in OPERATIONS.items()],
    )


def _lead(task: Task) -> Lead:
    return f"/staff/invoices/zip/{task.id}", _("Download the ZIP")


LEADS |= {invoice_zip.KIND: _lead}
ROUTES = [issue, void, pack, send_packed, edit_terms, update_terms]
