"""Files of lists, made of `export_lists`: payers, users, contracts, ...; of group members and task results."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from core import policies, sheets, tasks
from core.accounts import export_lists, groups
from core.accounts.export_lists import Listing
from core.billing import money_exports
from core.errors import Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import filtered, forms
from web.kit.downloads import download
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page
from web.kit.visit import By, visit_of

LISTINGS = export_lists.LISTINGS | money_exports.LISTINGS
PATHS = {noun: f"/{noun}" for noun in LISTINGS} | {"staff": "/people"}
"""Where a list stands."""

COLUMNS: Mapping[str, str] = {
    "allocated_units": N_("Covers"),
    "area": N_("What it is for"),
    "balance": N_("Balance"),
    "bic": N_("BIC"),
    "billing": N_("Billing"),
    "city": N_("City"),
    "client": N_("Client's code"),
    "client_external_id": N_("External id of the client"),
    "client_name": N_("Client"),
    "company_name": N_("Company"),
    "contact_person": N_("Contact person"),
    "country": N_("Country"),
    "covered_units": N_("Covered amount"),
    "credited_units": N_("Credited amount"),
    "created_at": N_("Added"),
    "created_by": N_("Recorded by"),
    "credit_limit": N_("Credit limit"),
    "currency": N_("Currency"),
    "day": N_("Day"),
    "discount_units": N_("Discount"),
    "due_on": N_("Due"),
    "email": N_("E-mail"),
    "ended_at": N_("Ended"),
    "ends_on": N_("Ends on"),
    "external_id": N_("External id"),
    "from_day": N_("First day"),
    "full_units": N_("List price"),
    "gross_units": N_("Amount with tax"),
    "group": N_("Account group"),
    "iban": N_("IBAN"),
    "id": N_("Id"),
    "is_archived": N_("Archived"),
    "is_default": N_("Default"),
    "is_disabled": N_("Shut out"),
    "is_postpaid": N_("Post-paid"),
    "issued_on": N_("Day"),
    "kind": N_("Kind"),
    "label": N_("Which one"),
    "language": N_("Language"),
    "lasts": N_("How long it lasts"),
    "legal_form": N_("Legal form and capital"),
    "method": N_("Method"),
    "name": N_("Name"),
    "needs_code": N_("Needs a promo code"),
    "net_units": N_("Amount before tax"),
    "next_on": N_("Next on"),
    "note": N_("Note"),
    "number": N_("Document no."),
    "open_units": N_("Not covered"),
    "opened_at": N_("Opened"),
    "paid_units": N_("Paid"),
    "parked": N_("Waits for"),
    "payer_name": N_("Payer"),
    "percent": N_("Percent"),
    "period_count": N_("Length of a period"),
    "period_last": N_("Last day of the period"),
    "period_start": N_("First day of the period"),
    "period_unit": N_("Unit of the period"),
    "periods": N_("Number of periods"),
    "phone": N_("Phone"),
    "phone_verified": N_("Verified phone"),
    "plan": N_("Plan"),
    "postcode": N_("Postcode"),
    "priority": N_("Priority"),
    "product": N_("Product"),
    "project": N_("Project"),
    "recipient": N_("Who gets it"),
    "reference": N_("Reference"),
    "refunded_units": N_("Went back"),
    "region": N_("Region"),
    "registration_number": N_("Registration number"),
    "reversed_at": N_("Reversed"),
    "reversed_reason": N_("Reason of the reversal"),
    "role": N_("Role"),
    "second_factor": N_("Second factor"),
    "signed_on": N_("Signed on"),
    "state": N_("State"),
    "street": N_("Street and number"),
    "suspended_for": N_("Why it is suspended"),
    "tax_category": N_("Tax category"),
    "tax_rate": N_("Tax rate"),
    "tax_reason": N_("Reason of the tax"),
    "tax_units": N_("Tax"),
    "text": N_("Text"),
    "title": N_("Title"),
    "units": N_("Amount"),
    "until_day": N_("Last day"),
    "vat_number": N_("VAT number"),
}
"""The columns of files for people; in the file they have their short names."""


def _routes(listing: Listing) -> list[HTTPRouteHandler]:
    path = f"{PATHS[listing.noun]}/export"

    async def choose(request: AnyRequest, by: By) -> Response[str]:
        """Ask which columns, and in which format."""
        policies.require(by, Permission.CLIENT_EXPORT)
        return _ask(request, listing, Form({"columns": list(listing.columns), "format": "csv"}))

    async def send(request: AnyRequest, by: By) -> Any:
        """The file of the list, with the filter in the address and the columns that were chosen."""
        form = await forms.read(request)
        try:
            chosen = forms.fill(listing.filter, _given(request)) if listing.filter is not None else None
            export = await export_lists.of(
                listing,
                format_of(form),
                by=by,
                columns=tuple(dict.fromkeys(form.all("columns"))),
                chosen=chosen,
                within=visit_of(request).focus,
            )
        except Invalid as refusal:
            return _ask(request, listing, form.refused(_beside(refusal)), status=422)
        return await download(export, by.tenant.id)

    return [
        get(path, name=f"choose_{listing.noun}", **requires(listing.right))(choose),
        post(path, status_code=200, **requires(listing.right))(send),
    ]


def _given(request: AnyRequest) -> dict[str, str]:
    return forms.query(request, ignore=filtered.PAGING | {"sort"})


def _beside(refusal: Invalid) -> Invalid:
    """What is wrong with the filter in the address stands above the form."""
    return Invalid(
        {field if field in ("columns", "format") else "": text for field, text in refusal.errors.items()}
    )


def _ask(request: AnyRequest, listing: Listing, form: Form, *, status: int = 200) -> Response[str]:
    here = f"/staff{PATHS[listing.noun]}"
    return page(
        request,
        "staff/exports/list.html",
        status=status,
        action=filtered.link(f"{here}/export", _given(request)),
        back=filtered.link(here, _given(request)),
        list_label=_(listing.label),
        list_href=here,
        columns=[(key, _(COLUMNS[key])) for key in listing.columns],
        form=form,
    )


@post("/groups/{group_id:int}/export", status_code=200, **requires(Permission.GROUP_READ))
async def members(request: AnyRequest, by: By, group_id: FromPath[int]) -> Any:
    """The file of the clients in a group."""
    group = await groups.get(group_id, by=by)
    form = format_of(await forms.read(request))
    return await download(await export_lists.of_members(group, form, by=by), by.tenant.id)


@post("/tasks/{task_id:int}/export", status_code=200, **requires(Permission.TASK_READ))
async def results(request: AnyRequest, by: By, task_id: FromPath[int]) -> Any:
    """The file of what became of the rows of a task."""
    task = await tasks.get(task_id, by=by)
    form = format_of(await forms.read(request))
    return await download(await export_lists.of_results(task.id, task.title, form, by=by), by.tenant.id)


def format_of(form: Form) -> sheets.Format:
    """The format that a form asks for; CSV without a word. `Invalid` for another one."""
    wanted = next((one for one in sheets.FORMATS if one == (form.get("format") or "csv")), None)
    if wanted is None:
        raise Invalid({"format": _("This is not one of the choices.")})
    return wanted


ROUTES = [*(route for listing in LISTINGS.values() for route in _routes(listing)), members, results]
