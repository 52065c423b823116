"""Files of a client: uploaded on the tab of its notes, and given out as downloads."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from core.accounts import access, clients, files
from core.accounts.files import NewFile
from core.actor import Actor
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import downloads, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, redirect
from web.kit.visit import By
from web.staff import notes

ROOM_FOR_FORM = 64 * 1024


@post(
    "/clients/{code:int}/files",
    status_code=200,
    request_max_body_size=files.MOST_BYTES + ROOM_FOR_FORM,
    **requires(Permission.FILE_CREATE),
)
async def create(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Keep what was uploaded."""
    client = await clients.get(code, by=by)
    name, content = await forms.read_named_file(request, "file")
    try:
        await files.create(client["id"], NewFile(name=name, content=content), by=by)
    except Invalid as refusal:
        return await notes.show_tab(request, client, by=by, file_form=Form({}, refusal.errors), status=422)
    return redirect(request, f"/staff/clients/{code}/notes#files", toast=_("The file was added."))


@get("/files/{file_id:int}", **requires(Permission.FILE_READ))
async def download(by: By, file_id: FromPath[int]) -> Stream:
    """The file, to be saved and never shown."""
    file = await files.content(file_id, by=by)
    return downloads.attachment(file["name"], file["content"])


@get("/files/{file_id:int}/delete", **requires(Permission.FILE_DELETE))
async def confirm(request: AnyRequest, by: By, file_id: FromPath[int]) -> Response[str]:
    """Ask before it is gone."""
    file, client = await _file(file_id, by=by)
    return notes.ask(
        request,
        client,
        title=_("Delete the file “%(name)s”?") % {"name": file["name"]},
        text=_("It is removed for good. The record of it in Activity stays."),
        action=f"/staff/files/{file_id}/delete",
        ok=_("Delete the file"),
    )


@post("/files/{file_id:int}/delete", **requires(Permission.FILE_DELETE))
async def delete(request: AnyRequest, by: By, file_id: FromPath[int]) -> Response[None]:
    """Remove it for good."""
    _kept, client = await _file(file_id, by=by)
    await files.delete(file_id, by=by)
    return redirect(request, f"/staff/clients/{client['code']}/notes#files", toast=_("The file was deleted."))


async def _file(file_id: int, *, by: Actor) -> tuple[Any, Any]:
    file = await files.get(file_id, by=by)
    return file, await access.client(file["client_id"], by=by)


ROUTES = [create, download, confirm, delete]
