"""Projects: the list, making, editing and deleting one, and choosing the default."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import i18n, money, places
from core.accounts import project_deleting, projects
from core.accounts.projects import NewProject, ProjectChanges
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from tenants import project_hosts
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits


@get("/projects", **requires(Permission.PROJECT_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The projects and how many clients belong to each."""
    return page(request, "staff/projects/index.html", projects=await projects.every(by=by))


@get("/projects/new", **requires(Permission.PROJECT_CREATE))
async def new(request: AnyRequest) -> Response[str]:
    """The form, with the usual currency."""
    return _form(request, Form({"currency": NewProject(name="").currency}))


@post("/projects", status_code=200, **requires(Permission.PROJECT_CREATE))
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Make a project."""
    form = await forms.read(request)
    try:
        project = await projects.create(_read(form).into(NewProject), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), status=422)
    return redirect(request, f"/staff/projects/{project['id']}", toast=_("The project was added."))


@get("/projects/{project_id:int}", **requires(Permission.PROJECT_READ))
async def show(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[str]:
    """One project: what it is, its brand, and the hosts it is reached under."""
    return await show_page(request, project_id, by=by)


@get("/projects/{project_id:int}/edit", **requires(Permission.PROJECT_UPDATE))
async def edit(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    project = await projects.get(project_id, by=by)
    return _form(request, Form(_written(project)), project=project)


@post("/projects/{project_id:int}", status_code=200, **requires(Permission.PROJECT_UPDATE))
async def update(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    project = await projects.get(project_id, by=by)
    form = edits.settled(await forms.read(request), _written(project))
    try:
        changes = _read(form).into(ProjectChanges, ignore=edits.VERSION)
        await projects.update(project_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), project=project, status=422)
    except EditConflict as conflict:
        both = edits.conflict(form, _written(conflict.current), labels())
        return _form(request, form, project=project, conflict=both, status=409)
    return redirect(request, f"/staff/projects/{project_id}", toast=_("The project was saved."))


@post("/projects/{project_id:int}/default", **requires(Permission.PROJECT_UPDATE))
async def make_default(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[None]:
    """New clients belong to this one from now on."""
    await projects.make_default(project_id, by=by)
    return redirect(request, "/staff/projects", toast=_("This is the default project now."))


@get("/projects/{project_id:int}/delete", **requires(Permission.PROJECT_DELETE))
async def confirm(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[str]:
    """Ask, or say why it cannot go."""
    project = await projects.get(project_id, by=by)
    refused = await project_deleting.why_it_stays(project_id, by=by)
    return page(request, "staff/projects/delete.html", project=project, refused=refused)


@post("/projects/{project_id:int}/delete", status_code=200, **requires(Permission.PROJECT_DELETE))
async def delete(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[Any]:
    """Delete it, if nothing belongs to it."""
    project = await projects.get(project_id, by=by)
    try:
        await project_deleting.delete(project_id, by=by)
    except Conflict as conflict:
        return page(request, "staff/projects/delete.html", status=409, project=project, refused=conflict.message)
    return redirect(request, "/staff/projects", toast=_("The project was deleted."))


async def show_page(
    request: AnyRequest,
    project_id: int,
    *,
    by: Actor,
    host_form: Form | None = None,
    logo_form: Form | None = None,
    status: int = 200,
) -> Response[str]:
    """The page of a project, with the form that was refused."""
    project = await projects.get(project_id, by=by)
    return page(
        request,
        "staff/projects/show.html",
        status=status,
        project=project,
        hosts=await project_hosts.of(project_id, by=by),
        host_form=host_form or Form(),
        logo_form=logo_form or Form(),
    )


def _written(project: Mapping[str, Any]) -> dict[str, Any]:
    """A project as the form has it: name servers in lines, the limit as people write amounts."""
    return dict(project) | {
        "name_servers": "\n".join(project["name_servers"]),
        "credit_limit": money.written(project["credit_limit"], project["currency"]),
    }


def _read(form: Form) -> Form:
    """The form with the lines as a list and the amount in minor units; `Invalid` for what is no amount."""
    values = dict(form.values)
    if "name_servers" in values:
        values["name_servers"] = form.get("name_servers").split()
    if "credit_limit" in values:
        try:
            values["credit_limit"] = money.parse(form.get("credit_limit"), form.get("currency").strip().upper())
        except money.BadAmount as error:
            raise Invalid({"credit_limit": str(error)}) from error
    return Form(values)


def _form(
    request: AnyRequest, form: Form, *, project: Any = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    named = places.currencies(i18n.current())
    offered = {"currency": [(code, f"{code} · {name}") for code, name in named.items()]}
    return page(
        request,
        "staff/projects/form.html",
        status=status,
        project=project,
        form=form,
        choices=offered,
        conflict=conflict,
    )


def labels() -> dict[str, str]:
    """What the settings of a project are called."""
    return {
        "name": _("Name"),
        "site": _("Site"),
        "currency": _("Currency"),
        "credit_limit": _("Credit limit"),
        "sender": _("Sender's address"),
        "sender_name": _("Sender's name"),
        "name_servers": _("Name servers"),
        "brand_name": _("Brand name"),
        "accent": _("Accent colour"),
        "free_domain": _("Free domain"),
        "fraud_protection": _("Fraud protection"),
    }


ROUTES = [index, new, create, show, edit, update, make_default, confirm, delete]
