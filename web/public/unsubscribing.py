"""Where the link in a mail leads that one does not want any more: no sign-in, one click, and back again.

Mail programs send the POST by themselves (RFC 8058), from nowhere and without a form of ours.
"""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.i18n import _
from core.support import deliveries_unsubscribing
from web.kit import forms
from web.kit.guards import called_back, public
from web.kit.pages import AnyRequest, page
from web.kit.visit import By

MOST_BYTES = 4 * 1024


@get("/unsubscribe/{token:str}", **public())
async def show(request: AnyRequest, by: By, token: FromPath[str]) -> Response[str]:
    """What it is about, and the button."""
    link, kind = deliveries_unsubscribing.read(token, by=by)
    is_out = await deliveries_unsubscribing.is_out(link)
    return page(request, "public/unsubscribe.html", title=_(kind.title), is_out=is_out, token=token)


@post("/unsubscribe/{token:str}", status_code=200, request_max_body_size=MOST_BYTES, **called_back())
async def change(request: AnyRequest, by: By, token: FromPath[str]) -> Response[str]:
    """Out at once, or in again from our own page."""
    link, kind = deliveries_unsubscribing.read(token, by=by)
    form = await forms.read(request)
    is_out = form.get("again") != "1"
    await deliveries_unsubscribing.change(link, is_out=is_out, by=by)
    return page(request, "public/unsubscribe.html", title=_(kind.title), is_out=is_out, token=token)


ROUTES: list[Any] = [show, change]
