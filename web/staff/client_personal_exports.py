"""Copies of a client's personal data, as staff make and download them."""

from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from core.accounts import personal_exports
from core.i18n import _
from core.permissions import Permission
from web.kit.downloads import zipped
from web.kit.guards import requires
from web.kit.pages import AnyRequest, redirect
from web.kit.visit import By


@post("/clients/{code:int}/personal-data", status_code=200, **requires(Permission.CLIENT_PERSONAL_DATA))
async def ask(request: AnyRequest, by: By, code: FromPath[int]) -> Response[None]:
    """Have a copy made."""
    await personal_exports.ask(code, by=by)
    place = f"/staff/clients/{code}/personal-data"
    return redirect(request, place, toast=_("The copy is being made. It stands here when it is ready."))


@post(
    "/clients/{code:int}/personal-data/{export_id:int}/download",
    status_code=200,
    **requires(Permission.CLIENT_PERSONAL_DATA),
)
async def download(by: By, code: FromPath[int], export_id: FromPath[int]) -> Response[Any]:
    """The file."""
    return zipped(await personal_exports.download(code, export_id, by=by))


ROUTES = [ask, download]
