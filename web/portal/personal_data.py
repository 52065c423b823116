"""A copy of what is kept about the client's people, for its owner."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import memberships, personal_exports
from core.i18n import _
from web.kit.downloads import zipped
from web.kit.guards import in_client
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/personal-data"


@get(HERE, **in_client())
async def show(request: AnyRequest, by: By) -> Response[str]:
    """The copies there are, and how to ask for one; others than the owner are told that it is his."""
    exports = await personal_exports.own(by=by)
    seat = memberships.require(by)
    return page(
        request,
        "portal/personal_data.html",
        exports=exports,
        is_owner=seat.is_owner,
        is_inside=by.impersonator is not None,
    )


@post(HERE, status_code=200, **in_client())
async def ask(request: AnyRequest, by: By) -> Response[None]:
    """Ask for a copy."""
    await personal_exports.ask_own(by=by)
    return redirect(request, HERE, toast=_("The copy is being made. It stands here when it is ready."))


@post(HERE + "/{export_id:int}/download", status_code=200, **in_client())
async def download(by: By, export_id: FromPath[int]) -> Response[Any]:
    """The file."""
    return zipped(await personal_exports.download_own(export_id, by=by))


ROUTES: list[Any] = [show, ask, download]
