"""Files of messages in tickets: downloading one, and which are taken."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from core import file_names
from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from core.support import attachment_settings, attachments
from core.support.attachment_settings import AttachmentChanges
from web.kit import downloads, edits, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/settings/attachments"
LABELS = {
    "most_files": N_("Files of a message"),
    "most_megabytes": N_("Largest file in MB"),
    "endings": N_("Kinds of files"),
}
MANAGE = requires(Permission.SETTINGS_MANAGE)


@get("/ticket-files/{attachment_id:int}", **requires(Permission.TICKET_READ))
async def download(by: By, attachment_id: FromPath[int]) -> Stream:
    """A file of a message, to be saved and never shown."""
    file = await attachments.content(attachment_id, by=by)
    return downloads.attachment(file["name"], file["content"])


@get(HERE, **MANAGE)
async def show(request: AnyRequest, by: By) -> Response[str]:
    """What is taken."""
    return await _page(request, by=by)


@post(HERE, status_code=200, **MANAGE)
async def update(request: AnyRequest, by: By) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    form = edits.listed(edits.settled(await forms.read(request), await attachment_settings.get(by=by)), "endings")
    try:
        changes = form.into(AttachmentChanges, ignore=edits.VERSION)
        await attachment_settings.update(changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _page(request, form=form.refused(refusal), by=by, status=422)
    except EditConflict as conflict:
        both = edits.conflict(form, conflict.current, {name: _(label) for name, label in LABELS.items()})
        return await _page(request, form=form, by=by, conflict=both, status=409)
    return redirect(request, f"/staff{HERE}", toast=_("The settings were saved."))


async def _page(
    request: AnyRequest, *, by: Actor, form: Form | None = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    return page(
        request,
        "staff/attachment_settings/index.html",
        status=status,
        form=form or Form(dict(await attachment_settings.get(by=by))),
        conflict=conflict,
        endings=[(ending, ending) for ending in file_names.KINDS],
    )


ROUTES = [download, show, update]
