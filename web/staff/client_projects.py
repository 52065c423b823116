"""The projects of one client: the accounts it has, one more of them, and which one is its home."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import money, policies
from core.accounts import client_projects, clients, projects
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import client_tabs
from web.staff.client_removal import number_in


@get("/clients/{code:int}/projects", **requires(Permission.PROJECT_READ))
async def show_projects(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The accounts of one client."""
    return await _show(request, await clients.get(code, by=by), by=by)


@post("/clients/{code:int}/projects", status_code=200, **requires(Permission.PROJECT_ASSIGN))
async def open_account(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Open an account in one more project."""
    client = await clients.get(code, by=by)
    form = await forms.read(request)
    try:
        project_id = number_in(form.get("project_id")) or 0
        limit = await _limit_in(form, project_id, by=by)
        await client_projects.open_account(client["id"], project_id, credit_limit=limit, by=by)
    except Invalid as refusal:
        return await _show(request, client, by=by, form=form.refused(refusal), status=422)
    return redirect(request, _address(code), toast=_("The account was opened."))


@post("/accounts/{account_id:int}/home", **requires(Permission.PROJECT_ASSIGN))
async def make_home(request: AnyRequest, by: By, account_id: FromPath[int]) -> Response[None]:
    """The client belongs to this project from now on."""
    account = await client_projects.make_home(account_id, by=by)
    return redirect(request, _address(account["code"]), toast=_("The client belongs to this project now."))


@get("/accounts/{account_id:int}/close", **requires(Permission.PROJECT_ASSIGN))
async def confirm(request: AnyRequest, by: By, account_id: FromPath[int]) -> Response[str]:
    """Ask before an account is closed, or say why it stays."""
    return await _confirm(request, account_id, by=by)


@post("/accounts/{account_id:int}/close", status_code=200, **requires(Permission.PROJECT_ASSIGN))
async def close_account(request: AnyRequest, by: By, account_id: FromPath[int]) -> Response[Any]:
    """Close it."""
    account = await client_projects.get(account_id, by=by)
    try:
        await client_projects.close_account(account_id, by=by)
    except Conflict as conflict:
        return await _confirm(request, account_id, by=by, refused=conflict.message, status=409)
    return redirect(request, _address(account["code"]), toast=_("The account was closed."))


async def _show(
    request: AnyRequest,
    client: Any,
    *,
    by: Actor,
    form: Form | None = None,
    status: int = 200,
) -> Response[str]:
    accounts = await client_projects.of(client["id"], by=by)
    may = policies.allows(by, Permission.PROJECT_ASSIGN) and client["status"] != "closed"
    offered = await client_projects.offered(client["id"], by=by) if may else {}
    return await client_tabs.show(
        request,
        client,
        "projects",
        by=by,
        status=status,
        accounts=[dict(row) | {"limit_in_force": _limit(row)} for row in accounts],
        may=may,
        choices={"project_id": list(offered.items())},
        form=form or Form(),
    )


async def _confirm(
    request: AnyRequest, account_id: int, *, by: Actor, refused: str = "", status: int = 200
) -> Response[str]:
    account = await client_projects.get(account_id, by=by)
    home = _("The client is registered in this project. Make another one its home first.")
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Close the account in %(name)s?") % {"name": account["name"]},
        text=_("The client is no client of this project any more. You can open the account again."),
        refused=refused or (home if account["is_home"] else ""),
        action=f"/staff/accounts/{account_id}/close",
        ok=_("Close the account"),
        back=_address(account["code"]),
        crumbs=[(_("Clients"), "/staff/clients"), (account["client"], f"/staff/clients/{account['code']}")],
    )


async def _limit_in(form: Form, project_id: int, *, by: Actor) -> int | None:
    """The credit limit in minor units of the project's currency, None for an empty one; `Invalid` for none."""
    if not (text := form.get("credit_limit").strip()):
        return None
    if project_id not in await projects.names(by=by):
        return 0
    try:
        return money.parse(text, (await projects.get(project_id, by=by))["currency"])
    except money.BadAmount as error:
        raise Invalid({"credit_limit": str(error)}) from error


def _limit(account: Any) -> int:
    """What the account may owe: by its own limit, or by the project's."""
    own = account["credit_limit"]
    return int(account["usual_limit"] if own is None else own)


def _address(code: int) -> str:
    return f"/staff/clients/{code}/projects"


ROUTES = [show_projects, open_account, make_home, confirm, close_account]
