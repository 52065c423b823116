"""What belongs to a company: its logo, its bank accounts; and the companies that a project sells through."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import bank_accounts, companies, company_logos, project_companies, projects
from core.accounts.bank_accounts import FIELDS, AccountValues
from core.accounts.project_companies import Chosen
from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits
from web.staff.companies import HERE, show_page


@get("/companies/{company_id:int}/logo", **requires(Permission.COMPANY_READ))
async def logo(by: By, company_id: FromPath[int]) -> Response[bytes]:
    """The picture itself."""
    picture = await company_logos.get(company_id, by=by)
    return Response(picture["content"], media_type=picture["kind"], headers={"Cache-Control": "private, no-cache"})


@post("/companies/{company_id:int}/logo", status_code=200, **requires(Permission.COMPANY_UPDATE))
async def put_logo(request: AnyRequest, by: By, company_id: FromPath[int]) -> Response[Any]:
    """Take the picture that was sent."""
    content = await forms.read_file(request, "logo")
    try:
        await company_logos.put(company_id, content, by=by)
    except Invalid as refusal:
        return await show_page(request, company_id, by=by, logo_form=Form({}, refusal.errors), status=422)
    return redirect(request, f"{HERE}/{company_id}", toast=_("The logo was saved."))


@post("/companies/{company_id:int}/logo/remove", **requires(Permission.COMPANY_UPDATE))
async def remove_logo(request: AnyRequest, by: By, company_id: FromPath[int]) -> Response[None]:
    """Take the logo away."""
    await company_logos.remove(company_id, by=by)
    return redirect(request, f"{HERE}/{company_id}", toast=_("The logo was removed."))


@get("/companies/{company_id:int}/accounts/new", **requires(Permission.COMPANY_UPDATE))
async def new_account(request: AnyRequest, by: By, company_id: FromPath[int]) -> Response[str]:
    """The empty form; the company holds its accounts, mostly."""
    company = await companies.get(company_id, by=by)
    return _form(request, Form({"holder": company["name"]}), company)


@post("/companies/{company_id:int}/accounts", status_code=200, **requires(Permission.COMPANY_UPDATE))
async def add_account(request: AnyRequest, by: By, company_id: FromPath[int]) -> Response[Any]:
    """Add a bank account."""
    company = await companies.get(company_id, by=by)
    form = await forms.read(request)
    try:
        await bank_accounts.add(company_id, form.into(AccountValues), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), company, status=422)
    return redirect(request, f"{HERE}/{company_id}", toast=_("The bank account was added."))


@get("/bank-accounts/{bank_account_id:int}/edit", **requires(Permission.COMPANY_UPDATE))
async def edit_account(request: AnyRequest, by: By, bank_account_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    account, company = await _both(bank_account_id, by=by)
    return _form(request, Form(dict(account)), company, account=account)


@post("/bank-accounts/{bank_account_id:int}", status_code=200, **requires(Permission.COMPANY_UPDATE))
async def update_account(request: AnyRequest, by: By, bank_account_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    account, company = await _both(bank_account_id, by=by)
    form = edits.settled(await forms.read(request), account)
    try:
        values = form.into(AccountValues, ignore=edits.VERSION)
        await bank_accounts.update(bank_account_id, values, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), company, account=account, status=422)
    except EditConflict as refusal:
        both = edits.conflict(form, refusal.current, _labels())
        return _form(request, form, company, account=account, conflict=both, status=409)
    return redirect(request, f"{HERE}/{company['id']}", toast=_("The bank account was saved."))


@post("/bank-accounts/{bank_account_id:int}/default", **requires(Permission.COMPANY_UPDATE))
async def make_account_default(request: AnyRequest, by: By, bank_account_id: FromPath[int]) -> Response[None]:
    """From now on documents ask to be paid there."""
    account = await bank_accounts.make_default(bank_account_id, by=by)
    return redirect(request, f"{HERE}/{account['company_id']}", toast=_("This is the default account now."))


@get("/bank-accounts/{bank_account_id:int}/remove", **requires(Permission.COMPANY_UPDATE))
async def confirm_account(request: AnyRequest, by: By, bank_account_id: FromPath[int]) -> Response[str]:
    """Ask before an account goes."""
    account, company = await _both(bank_account_id, by=by)
    here = f"{HERE}/{company['id']}"
    return page(
        request,
        "staff/confirm.html",
        title=_("Remove the bank account %(iban)s?") % {"iban": account["iban"]},
        text=_("Documents that were issued go on naming it."),
        refused="",
        action=f"/staff/bank-accounts/{bank_account_id}/remove",
        ok=_("Remove the account"),
        back=here,
        crumbs=[(_("Companies"), HERE), (company["name"], here)],
    )


@post("/bank-accounts/{bank_account_id:int}/remove", **requires(Permission.COMPANY_UPDATE))
async def remove_account(request: AnyRequest, by: By, bank_account_id: FromPath[int]) -> Response[None]:
    """Take it away."""
    account = await bank_accounts.get(bank_account_id, by=by)
    await bank_accounts.remove(bank_account_id, by=by)
    return redirect(request, f"{HERE}/{account['company_id']}", toast=_("The bank account was removed."))


@get("/projects/{project_id:int}/companies", **requires(Permission.PROJECT_UPDATE))
async def choose(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[str]:
    """Which companies the project sells through."""
    chosen = await project_companies.of_project(project_id, by=by)
    begun = Form({"companies": [row["id"] for row in chosen]})
    begun.values["default"] = next((row["id"] for row in chosen if row["is_default"]), "")
    return await _choice(request, begun, project_id, by=by)


@post("/projects/{project_id:int}/companies", status_code=200, **requires(Permission.PROJECT_UPDATE))
async def save_choice(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[Any]:
    """Save them."""
    form = edits.listed(await forms.read(request), "companies")
    try:
        await project_companies.choose(project_id, form.into(Chosen), by=by)
    except Invalid as refusal:
        return await _choice(request, form.refused(refusal), project_id, by=by, status=422)
    return redirect(request, f"/staff/projects/{project_id}", toast=_("The companies of the project were saved."))


async def _choice(
    request: AnyRequest, form: Form, project_id: int, *, by: Actor, status: int = 200
) -> Response[str]:
    offered = [row for row in await companies.every(by=by) if row["archived_at"] is None]
    return page(
        request,
        "staff/projects/companies.html",
        status=status,
        form=form,
        project=await projects.get(project_id, by=by),
        choices=[(row["id"], row["name"]) for row in offered],
    )


async def _both(bank_account_id: int, *, by: Actor) -> tuple[Any, Any]:
    account = await bank_accounts.get(bank_account_id, by=by)
    return account, await companies.get(account["company_id"], by=by)


def _labels() -> dict[str, str]:
    names = (_("Account holder"), _("IBAN"), _("BIC"), _("Bank"))
    return dict(zip(FIELDS, names, strict=True))


def _form(
    request: AnyRequest, form: Form, company: Any, *, account: Any = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    here = f"{HERE}/{company['id']}"
    return page(
        request,
        "staff/companies/account.html",
        status=status,
        form=form,
        company=company,
        account=account,
        conflict=conflict,
        here=here,
        action=f"/staff/bank-accounts/{account['id']}" if account else f"{here}/accounts",
    )


ROUTES = [logo, put_logo, remove_logo, new_account, add_account, edit_account, update_account,
          make_account_default, confirm_account, remove_account, choose, save_choice]  # fmt: skip
