"""The provider's own companies: the list, one of them, making, editing, archiving, deleting, and the default.

Where the edition has one company, the list leads to it.
"""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.accounts import bank_accounts, companies, company_fields, numbering, project_companies
from core.accounts.companies import FEATURE, CompanyChanges, NewCompany
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import company_forms, edits

HERE = "/staff/companies"


@get("/companies", **requires(Permission.COMPANY_READ))
async def index(request: AnyRequest, by: By) -> Response[Any]:
    """The companies, or the only one."""
    found = await companies.every(by=by)
    if not policies.has_feature(by.tenant, FEATURE):
        return redirect(request, f"{HERE}/{found[0]['id']}")
    rows = [dict(row) | {"is_complete": company_fields.is_complete(row)} for row in found]
    return page(request, "staff/companies/index.html", companies=rows)


@get("/companies/new", **requires(Permission.COMPANY_CREATE))
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form, begun with the provider's country and the usual patterns."""
    return await _form(request, Form({"country": by.tenant.country} | numbering.DEFAULTS), by=by)


@post("/companies", status_code=200, **requires(Permission.COMPANY_CREATE))
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Make a company, or show the fields of another country."""
    form = await forms.read(request)
    if company_forms.wants_fields(form):
        return await _form(request, form, by=by)
    try:
        made = await companies.create(form.into(NewCompany, ignore=company_forms.NOT_A_FIELD), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), by=by, status=422)
    return redirect(request, f"{HERE}/{made['id']}", toast=_("The company was added."))


@get("/companies/{company_id:int}", **requires(Permission.COMPANY_READ))
async def show(request: AnyRequest, by: By, company_id: FromPath[int]) -> Response[str]:
    """One company: who it is, where it is paid, how its documents are numbered."""
    return await show_page(request, company_id, by=by)


@get("/companies/{company_id:int}/edit", **requires(Permission.COMPANY_UPDATE))
async def edit(request: AnyRequest, by: By, company_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    company = await companies.get(company_id, by=by)
    return await _form(request, Form(dict(company)), company=company, by=by)


@post("/companies/{company_id:int}", status_code=200, **requires(Permission.COMPANY_UPDATE))
async def update(request: AnyRequest, by: By, company_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    company = await companies.get(company_id, by=by)
    form = edits.settled(await forms.read(request), company)
    if company_forms.wants_fields(form):
        return await _form(request, form, company=company, by=by)
    try:
        changes = form.into(CompanyChanges, ignore=company_forms.NOT_A_FIELD)
        await companies.update(company_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), company=company, by=by, status=422)
    except EditConflict as refusal:
        labels = company_forms.labels(refusal.current)
        both = edits.conflict(form, refusal.current, labels, company_forms.shown)
        return await _form(request, form, company=company, by=by, conflict=both, status=409)
    return redirect(request, f"{HERE}/{company_id}", toast=_("The company was saved."))


@post("/companies/{company_id:int}/default", **requires(Permission.COMPANY_UPDATE))
async def make_default(request: AnyRequest, by: By, company_id: FromPath[int]) -> Response[None]:
    """From now on documents are issued by this one."""
    await companies.make_default(company_id, by=by)
    return redirect(request, f"{HERE}/{company_id}", toast=_("This is the default company now."))


@post("/companies/{company_id:int}/archive", status_code=200, **requires(Permission.COMPANY_UPDATE))
async def archive(request: AnyRequest, by: By, company_id: FromPath[int]) -> Response[Any]:
    """Keep it and offer it no more, or say why that cannot be."""
    try:
        await companies.archive(company_id, by=by)
    except Conflict as conflict:
        return await show_page(request, company_id, by=by, refused=conflict.message, status=409)
    return redirect(request, f"{HERE}/{company_id}", toast=_("The company was archived."))


@post("/companies/{company_id:int}/take-back", **requires(Permission.COMPANY_UPDATE))
async def take_back(request: AnyRequest, by: By, company_id: FromPath[int]) -> Response[None]:
    """Offer an archived one again."""
    await companies.take_back(company_id, by=by)
    return redirect(request, f"{HERE}/{company_id}", toast=_("The company is offered again."))


@get("/companies/{company_id:int}/delete", **requires(Permission.COMPANY_DELETE))
async def confirm(request: AnyRequest, by: By, company_id: FromPath[int]) -> Response[str]:
    """Ask, or say why it stays."""
    company = await companies.get(company_id, by=by)
    return _ask(request, company, await companies.why_it_stays(company_id, by=by))


@post("/companies/{company_id:int}/delete", status_code=200, **requires(Permission.COMPANY_DELETE))
async def delete(request: AnyRequest, by: By, company_id: FromPath[int]) -> Response[Any]:
    """Delete it, back to the list."""
    company = await companies.get(company_id, by=by)
    try:
        await companies.delete(company_id, by=by)
    except Conflict as conflict:
        return _ask(request, company, conflict.message, status=409)
    return redirect(request, HERE, toast=_("The company was deleted."))


async def show_page(
    request: AnyRequest,
    company_id: int,
    *,
    by: Actor,
    refused: str = "",
    logo_form: Form | None = None,
    status: int = 200,
) -> Response[str]:
    """The page of a company, with the form or the act that was refused."""
    company = await companies.get(company_id, by=by)
    has_projects = policies.allows(by, Permission.PROJECT_READ)
    return page(
        request,
        "staff/companies/show.html",
        status=status,
        company=company,
        refused=refused,
        logo_form=logo_form or Form(),
        facts=company_forms.facts(company),
        is_complete=company_fields.is_complete(company),
        upcoming=await company_forms.upcoming(company, company_id=company_id, by=by),
        accounts=await bank_accounts.of_company(company_id, by=by),
        projects=await project_companies.of_company(company_id, by=by) if has_projects else [],
        kept=await companies.kept_besides(by=by),
        is_module=policies.has_feature(by.tenant, FEATURE),
        may_edit=policies.allows(by, Permission.COMPANY_UPDATE) and by.projects is None,
    )


def _ask(request: AnyRequest, company: Any, refused: str, *, status: int = 200) -> Response[str]:
    here = f"{HERE}/{company['id']}"
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Delete the company “%(name)s”?") % {"name": company["name"]},
        text=_("It is removed for good, with its bank accounts. The record of it in Activity stays."),
        refused=refused,
        action=f"{here}/delete",
        ok=_("Delete the company"),
        back=here,
        crumbs=[(_("Companies"), HERE), (company["name"], here)],
    )


async def _form(
    request: AnyRequest,
    form: Form,
    *,
    by: Actor,
    company: Any = None,
    conflict: Any = None,
    status: int = 200,
) -> Response[str]:
    return page(
        request,
        "staff/companies/form.html",
        status=status,
        company=company,
        form=form,
        conflict=conflict,
        action=f"{HERE}/{company['id']}" if company else HERE,
        is_module=policies.has_feature(by.tenant, FEATURE),
        **await company_forms.surroundings(form, company_id=company["id"] if company else 0, by=by),
    )


ROUTES = [index, new, create, show, edit, update, make_default, archive, take_back, confirm, delete]
