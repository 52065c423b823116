"""The way back out of a client's account."""

from litestar import Response, post

from core.accounts import impersonation
from core.accounts.impersonation import Inside
from core.i18n import _
from web.kit import cookies
from web.kit.guards import public
from web.kit.pages import AnyRequest, local, redirect
from web.kit.visit import visit_of


@post("/inside/leave", status_code=200, **public())
async def leave(request: AnyRequest) -> Response[None]:
    """End the visit and go back to where it was begun."""
    visit = visit_of(request)
    return await end(request, visit.inside) if visit.inside else redirect(request, "/")


async def end(request: AnyRequest, entered: Inside) -> Response[None]:
    """Leave, and answer with the way back."""
    visit = visit_of(request)
    await impersonation.leave(by=visit.actor)
    visit.cookies.append(cookies.forget(cookies.INSIDE, visit.settings))
    toast = _("You are out of the client’s account.")
    return redirect(request, local(entered.back, "/staff/clients"), toast=toast)


ROUTES = [leave]
