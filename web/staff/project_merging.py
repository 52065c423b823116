"""Closing a project, opening it again, and merging it into another one: the question, the preview, the act."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import project_closing, project_merging, projects
from core.accounts.project_merging import Preview
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.figures import amount
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff.client_removal import number_in
from web.staff.projects import labels


@get("/projects/{project_id:int}/close", **requires(Permission.PROJECT_UPDATE))
async def confirm(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[str]:
    """Ask before a project is closed, or say why it stays open."""
    return await _confirm(request, project_id, await project_closing.why_it_stays_open(project_id, by=by), by=by)


@post("/projects/{project_id:int}/close", status_code=200, **requires(Permission.PROJECT_UPDATE))
async def close(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[Any]:
    """Close it."""
    try:
        await project_closing.close(project_id, by=by)
    except Conflict as conflict:
        return await _confirm(request, project_id, conflict.message, by=by, status=409)
    return redirect(request, _address(project_id), toast=_("The project was closed."))


@post("/projects/{project_id:int}/reopen", **requires(Permission.PROJECT_UPDATE))
async def reopen(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[None]:
    """Open it again."""
    await project_closing.reopen(project_id, by=by)
    return redirect(request, _address(project_id), toast=_("The project is open again."))


@get("/projects/{project_id:int}/merge", **requires(Permission.PROJECT_DELETE))
async def ask(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[str]:
    """Ask for the project that stays; once it is chosen, show what happens."""
    form = Form({"into": request.query_params.get("into", "")})
    if not form.get("into"):
        return await _show(request, project_id, form, by=by)
    try:
        found = await project_merging.preview(project_id, number_in(form.get("into")) or 0, by=by)
    except Invalid as refusal:
        return await _show(request, project_id, form.refused(refusal), by=by, status=422)
    except Conflict:
        return await _show(request, project_id, form, by=by, status=409)
    return await _show(request, project_id, form, by=by, preview=found)


@post("/projects/{project_id:int}/merge", status_code=200, **requires(Permission.PROJECT_DELETE))
async def merge(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[Any]:
    """Merge them, or with many clients begin to."""
    form = await forms.read(request)
    into = number_in(form.get("into")) or 0
    try:
        task_id = await project_merging.merge(project_id, into, by=by)
    except Invalid as refusal:
        return await _show(request, project_id, form.refused(refusal), by=by, status=422)
    except Conflict:
        return await _show(request, project_id, form, by=by, status=409)
    if task_id is not None:
        return redirect(request, f"/staff/tasks/{task_id}", toast=_("The task was started."))
    return redirect(request, _address(into), toast=_("The projects were merged."))


async def _confirm(
    request: AnyRequest, project_id: int, refused: str, *, by: Actor, status: int = 200
) -> Response[str]:
    project = await projects.get(project_id, by=by)
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Close the project “%(name)s”?") % {"name": project["name"]},
        text=_("It takes no new clients and no new accounts, and its host names say so. Its clients stay."),
        refused=refused,
        action=f"{_address(project_id)}/close",
        ok=_("Close the project"),
        back=_address(project_id),
        crumbs=[(_("Projects"), "/staff/projects"), (project["name"], _address(project_id))],
    )


async def _show(
    request: AnyRequest, project_id: int, form: Form, *, by: Actor, preview: Any = None, status: int = 200
) -> Response[str]:
    return page(
        request,
        "staff/projects/merge.html",
        status=status,
        project=await projects.get(project_id, by=by),
        refused=await project_merging.why_not(project_id, by=by),
        form=form,
        choices=list((await project_merging.candidates(project_id, by=by)).items()),
        preview=preview,
        counts=[{"label": _(count.label), "rows": count.rows} for count in preview.counts] if preview else [],
        rows=_rows(preview) if preview else [],
    )


def _rows(preview: Preview) -> list[dict[str, str]]:
    named = labels()
    return [
        {"label": named[field], "gone": _told(field, preview.gone), "stays": _told(field, preview.stays)}
        for field in preview.differing
        if field != "name"
    ]


def _told(field: str, project: Any) -> str:
    value = project[field]
    if field == "credit_limit":
        return amount(value, project["currency"])
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return ", ".join(value) if isinstance(value, list) else str(value)


def _address(project_id: int) -> str:
    return f"/staff/projects/{project_id}"


ROUTES = [confirm, close, reopen, ask, merge]
