"""The focus: *Filter* on a client that was selected in a list, or on a saved filter."""

from litestar import Response, get

from core.accounts import access, segments
from core.actor import Actor
from core.i18n import _
from core.permissions import Permission
from web.kit.focusing import PARAMETER
from web.kit.guards import requires
from web.kit.pages import AnyRequest, redirect
from web.kit.visit import By
from web.staff.client_removal import codes_in, number_in


@get("/focus", **requires(Permission.CLIENT_READ))
async def choose(request: AnyRequest, by: By) -> Response[None]:
    """From now on every module shows the selected client alone, or the clients of a saved filter."""
    if "segment" in request.query_params:
        return await _on_segment(request, by=by)
    codes = set(codes_in(request.query_params.getall("code", [])))
    if len(codes) != 1:
        return redirect(request, "/staff/clients", toast=_("Select one client to filter by."), kind="warn")
    client = await access.client_by_code(codes.pop(), by=by)
    toast = _("Every module shows only %(name)s now.") % {"name": client["name"]}
    return redirect(request, f"/staff/clients?{PARAMETER}=client:{client['code']}", toast=toast)


async def _on_segment(request: AnyRequest, *, by: Actor) -> Response[None]:
    segment = await segments.get(number_in(request.query_params["segment"]) or 0, by=by)
    if segment.trouble:
        return redirect(request, "/staff/segments", toast=segment.trouble, kind="warn")
    toast = _("Every module shows only the clients of “%(name)s” now.") % {"name": segment.name}
    return redirect(request, f"/staff/clients?{PARAMETER}=segment:{segment.id}", toast=toast)


ROUTES = [choose]
