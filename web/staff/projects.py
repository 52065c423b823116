"""Projects: the list, making, editing and deleting one, and choosing the default."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import i18n, places
from core.accounts import projects
from core.accounts.projects import NewProject, ProjectChanges
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
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
        await projects.create(form.into(NewProject), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), status=422)
    return redirect(request, "/staff/projects", toast=_("The project was added."))


@get("/projects/{project_id:int}/edit", **requires(Permission.PROJECT_UPDATE))
async def edit(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    project = await projects.get(project_id, by=by)
    return _form(request, Form(dict(project)), project=project)


@post("/projects/{project_id:int}", status_code=200, **requires(Permission.PROJECT_UPDATE))
async def update(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    project = await projects.get(project_id, by=by)
    form = edits.settled(await forms.read(request), project)
    try:
        changes = form.into(ProjectChanges, ignore=edits.VERSION)
        await projects.update(project_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), project=project, status=422)
    except EditConflict as conflict:
        both = edits.conflict(form, conflict.current, _labels())
        return _form(request, form, project=project, conflict=both, status=409)
    return redirect(request, "/staff/projects", toast=_("The project was saved."))


@post("/projects/{project_id:int}/default", **requires(Permission.PROJECT_UPDATE))
async def make_default(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[None]:
    """New clients belong to this one from now on."""
    await projects.make_default(project_id, by=by)
    return redirect(request, "/staff/projects", toast=_("This is the default project now."))


@get("/projects/{project_id:int}/delete", **requires(Permission.PROJECT_DELETE))
async def confirm(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[str]:
    """Ask, or say why it cannot go."""
    project = await projects.get(project_id, by=by)
    refused = await projects.why_it_stays(project_id, by=by)
    return page(request, "staff/projects/delete.html", project=project, refused=refused)


@post("/projects/{project_id:int}/delete", status_code=200, **requires(Permission.PROJECT_DELETE))
async def delete(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[Any]:
    """Delete it, if nothing belongs to it."""
    project = await projects.get(project_id, by=by)
    try:
        await projects.delete(project_id, by=by)
    except Conflict as conflict:
        return page(request, "staff/projects/delete.html", status=409, project=project, refused=conflict.message)
    return redirect(request, "/staff/projects", toast=_("The project was deleted."))


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


def _labels() -> dict[str, str]:
    return {"name": _("Name"), "site": _("Site"), "currency": _("Currency"), "sender": _("Sender's address")}


ROUTES = [index, new, create, edit, update, make_default, confirm, delete]
