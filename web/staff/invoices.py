"""Invoices: the list of all, those of a client, one of them with its file, drafting and deleting drafts."""

from collections.abc import Mapping
from typing import Any

from asyncpg import Record
from litestar import Response, get, post
from litestar.params import FromPath

from core import clock, policies
from core.accounts import access, clients, companies
from core.actor import Actor
from core.billing import (
    accounts,
    credit_notes,
    invoice_drafts,
    invoice_files,
    invoice_list,
    invoice_making,
    invoices,
)
from core.billing.invoice_drafts import NewInvoice
from core.billing.invoice_list import InvoiceFilter
from core.errors import Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import downloads, filtered, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import client_tabs, list_saving, money_lists
from web.staff.money_lists import MoneyList

HERE = "/staff/invoices"
KINDS = {"invoice": N_("Invoice"), "credit_note": N_("Credit note"), "proforma": N_("Pro forma")}
STATES = {"draft": N_("Draft"), "issued": N_("Issued"), "void": N_("Void")}
PAID = {"open": N_("Not paid"), "overdue": N_("Overdue"), "due_today": N_("Due today"), "paid": N_("Paid in full")}
LABELS = dict(money_lists.LABELS) | {
    "number": N_("Number of the document"),
    "kind": N_("Kind"),
    "state": N_("State"),
    "paid": N_("Payment"),
    "company": N_("Company"),
    "day_from": N_("Issued from"),
    "day_to": N_("Issued to"),
}


async def words(*, by: Actor) -> dict[str, dict[str, str]]:
    """What the values of the filter are called: {parameter: {value: name}}."""
    sees = policies.allows(by, Permission.COMPANY_READ)
    sellers = {str(row["id"]): row["name"] for row in await companies.every(by=by)} if sees else {}
    named = {"kind": KINDS, "state": STATES, "paid": PAID}
    told = {name: {key: _(label) for key, label in known.items()} for name, known in named.items()}
    return told | {"company": sellers if len(sellers) > 1 else {}}


LIST = MoneyList(name="invoices", filter=InvoiceFilter, listed=invoice_list, labels=LABELS, words=words)


@get("/invoices", **requires(Permission.INVOICE_READ))
async def index(request: AnyRequest, by: By) -> Response[Any]:
    """The list: filtered and paged by the address alone, so that a link shows the same."""
    if (opening := await list_saving.opening(request, LIST.name, by=by)) is not None:
        return opening
    found = await money_lists.read(request, LIST, by=by)
    sums = [("gross", _("Billed")), ("open", _("Not paid"))]
    today = clock.today(by.tenant.timezone)
    return page(
        request,
        "staff/invoices/index.html",
        sums=sums,
        today=today,
        zip_action=filtered.link(f"{HERE}/zip", forms.query(request, ignore=filtered.PAGING)),
        **found,
    )


@get("/clients/{code:int}/invoices", **requires(Permission.INVOICE_READ))
async def show_of_client(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The newest documents of one client."""
    client = await clients.get(code, by=by)
    found = await invoice_list.of_client(client["id"], by=by)
    return await client_tabs.show(
        request, client, "invoices", by=by, rows=found, today=clock.today(by.tenant.timezone)
    )


@get("/clients/{code:int}/invoices/new", **requires(Permission.INVOICE_CREATE))
async def new(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """Over which expenses of which account, to whom and by whom."""
    client = await clients.get(code, by=by)
    clients.require_open(client, ["invoice"])
    form = Form({"account_id": request.query_params.get("account", ""), "kind": "invoice"})
    return await _form(request, form, client, by=by, is_begun=True)


@post("/clients/{code:int}/invoices", status_code=200, **requires(Permission.INVOICE_CREATE))
async def create(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Draft it, and go on to it."""
    client = await clients.get(code, by=by)
    form = await forms.read(request)
    try:
        asked = Form({"expense_ids": []} | form.values).into(NewInvoice)
        made = await invoice_drafts.create(client["id"], asked, by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), client, by=by, status=422)
    return redirect(request, f"{HERE}/{made['id']}", toast=_("The draft was made. Look at it, then issue it."))


@get("/invoices/{invoice_id:int}", **requires(Permission.INVOICE_READ))
async def show(request: AnyRequest, by: By, invoice_id: FromPath[int]) -> Response[str]:
    """One document, its lines, and what can become of it."""
    return await show_page(request, invoice_id, by=by)


@get("/invoices/{invoice_id:int}/pdf", **requires(Permission.INVOICE_READ))
async def pdf(by: By, invoice_id: FromPath[int]) -> Response[bytes]:
    """The file: as it was issued, or as it would be."""
    return downloads.file(await invoice_files.of(invoice_id, by=by))


@get("/invoices/{invoice_id:int}/delete", **requires(Permission.INVOICE_CREATE))
async def confirm(request: AnyRequest, by: By, invoice_id: FromPath[int]) -> Response[str]:
    """Ask, or say why it stays."""
    invoice = await invoices.get(invoice_id, by=by)
    here = f"{HERE}/{invoice_id}"
    is_draft = invoice["state"] == "draft"
    return page(
        request,
        "staff/confirm.html",
        title=_("Delete the draft?"),
        text=_("Its expenses can stand on another document then. The client never saw it."),
        refused="" if is_draft else _("What was issued stays. Make it void by a credit note instead."),
        action=f"{here}/delete",
        ok=_("Delete the draft"),
        back=here,
        crumbs=[(_("Invoices"), HERE), (name_of(invoice), here)],
    )


@post("/invoices/{invoice_id:int}/delete", **requires(Permission.INVOICE_CREATE))
async def delete(request: AnyRequest, by: By, invoice_id: FromPath[int]) -> Response[None]:
    """Delete a draft, back to its client."""
    invoice = await invoices.get(invoice_id, by=by)
    await invoice_drafts.delete(invoice_id, by=by)
    place = f"/staff/clients/{invoice['client_code']}/invoices"
    return redirect(request, place, toast=_("The draft was deleted."))


async def show_page(
    request: AnyRequest,
    invoice_id: int,
    *,
    by: Actor,
    form: Form | None = None,
    refused: str = "",
    status: int = 200,
) -> Response[str]:
    """The page of a document, with the form or the act that was refused."""
    invoice = await invoices.get(invoice_id, by=by)
    client = await access.client(invoice["client_id"], by=by)
    return page(
        request,
        "staff/invoices/show.html",
        status=status,
        invoice=invoice,
        name=name_of(invoice),
        lines=await invoices.lines(invoice_id),
        history=await invoices.history(invoice_id),
        notes=await credit_notes.of_invoice(invoice_id, by=by) if invoice["kind"] == "invoice" else [],
        state_names={key: _(label) for key, label in STATES.items()},
        missing=await invoice_making.why_not_issued(invoice) if invoice["state"] == "draft" else "",
        form=form or Form(),
        refused=refused,
        may_change=client["status"] != "closed",
        today=clock.today(by.tenant.timezone),
    )


def name_of(invoice: Mapping[str, Any] | Record) -> str:
    """What a document is called: `Invoice INV-2026-00001`, `Draft`."""
    return f"{_(KINDS[invoice['kind']])} {invoice['number']}".strip()


async def _form(
    request: AnyRequest, form: Form, client: Any, *, by: Actor, status: int = 200, is_begun: bool = False
) -> Response[str]:
    held = [
        row for row in await accounts.held_by(client["id"]) if access.may_use_project(row["project_id"], by=by)
    ]
    account = next((row for row in held if str(row["id"]) == str(form.get("account_id"))), held[0])
    found = await invoice_drafts.open_expenses(account["id"])
    payers, sellers = await invoice_drafts.parties(account, by=by)
    if is_begun:
        form = Form(form.values | {"expense_ids": [row["id"] for row in found]})
    return page(
        request,
        "staff/invoices/new.html",
        status=status,
        form=form,
        client=client,
        account=account,
        accounts=held,
        expenses=found,
        payers=[(row["id"], row["name"]) for row in payers],
        companies=[(row["id"], row["name"]) for row in sellers],
    )


ROUTES = [index, show_of_client, new, create, show, pdf, confirm, delete]
