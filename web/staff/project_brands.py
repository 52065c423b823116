"""What a project shows to the world: its logo, and the hosts it is reached under."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import project_logos, projects
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.i18n import _
from core.permissions import Permission
from tenants import project_hosts
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff.projects import show_page


@post("/projects/{project_id:int}/logo", status_code=200, **requires(Permission.PROJECT_UPDATE))
async def put_logo(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[Any]:
    """Take the picture that was sent."""
    content = await forms.read_file(request, "logo")
    try:
        await project_logos.put(project_id, content, by=by)
    except Invalid as refusal:
        return await show_page(request, project_id, by=by, logo_form=Form({}, refusal.errors), status=422)
    return redirect(request, f"/staff/projects/{project_id}", toast=_("The logo was saved."))


@post("/projects/{project_id:int}/logo/remove", **requires(Permission.PROJECT_UPDATE))
async def remove_logo(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[None]:
    """Take the logo away."""
    await project_logos.remove(project_id, by=by)
    return redirect(request, f"/staff/projects/{project_id}", toast=_("The logo was removed."))


@post("/projects/{project_id:int}/hosts", status_code=200, **requires(Permission.PROJECT_UPDATE))
async def add_host(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[Any]:
    """Claim a host name."""
    form = await forms.read(request)
    try:
        await project_hosts.add(project_id, form.get("name"), by=by)
    except Invalid as refusal:
        return await show_page(request, project_id, by=by, host_form=form.refused(refusal), status=422)
    return redirect(request, _hosts(project_id), toast=_("The host name was added. Now prove that it is yours."))


@post("/project-hosts/{host_id:int}/check", **requires(Permission.PROJECT_UPDATE))
async def check_host(request: AnyRequest, by: By, host_id: FromPath[int]) -> Response[None]:
    """Look for the proof once more."""
    host = await project_hosts.get(host_id, by=by)
    await project_hosts.check_again(host_id, by=by)
    return redirect(request, _hosts(host["project_id"]), toast=_("We are looking for the record."), kind="info")


@get("/project-hosts/{host_id:int}/remove", **requires(Permission.PROJECT_UPDATE))
async def confirm_host(request: AnyRequest, by: By, host_id: FromPath[int]) -> Response[str]:
    """Ask before a host name is given up."""
    return await _confirm(request, host_id, by=by)


@post("/project-hosts/{host_id:int}/remove", status_code=200, **requires(Permission.PROJECT_UPDATE))
async def remove_host(request: AnyRequest, by: By, host_id: FromPath[int]) -> Response[Any]:
    """Give a host name up."""
    host = await project_hosts.get(host_id, by=by)
    try:
        await project_hosts.remove(host_id, by=by)
    except Conflict as conflict:
        return await _confirm(request, host_id, by=by, refused=conflict.message, status=409)
    return redirect(request, _hosts(host["project_id"]), toast=_("The host name was taken away."))


async def _confirm(
    request: AnyRequest, host_id: int, *, by: Actor, refused: str = "", status: int = 200
) -> Response[str]:
    host = await project_hosts.get(host_id, by=by)
    project = await projects.get(host["project_id"], by=by)
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Take %(name)s away?") % {"name": host["name"]},
        text=_("Visitors of this name will find nothing there. To add it again you prove it again."),
        refused=refused,
        action=f"/staff/project-hosts/{host_id}/remove",
        ok=_("Take it away"),
        back=_hosts(project["id"]),
        crumbs=[(_("Projects"), "/staff/projects"), (project["name"], f"/staff/projects/{project['id']}")],
    )


def _hosts(project_id: int) -> str:
    return f"/staff/projects/{project_id}#hosts"


ROUTES = [put_logo, remove_logo, add_host, check_host, confirm_host, remove_host]
