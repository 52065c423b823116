"""Incoming mail over JSON: what became of each, and where it is read."""

from typing import Annotated, Literal

import msgspec
from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from msgspec import Meta

from core import keyset
from core.errors import Conflict, Invalid
from core.i18n import _
from core.permissions import Permission
from core.support import incoming_mail, incoming_mail_settings, incoming_reading
from core.support.incoming_mail_settings import IncomingMailChanges
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks, part
from web.kit.pages import AnyRequest
from web.kit.visit import By

State = Literal["", "answered", "opened", "ignored", "refused"]


class CameIn(msgspec.Struct, kw_only=True):
    """A mail and what became of it; `reason` says why it was refused or ignored, or what of it was left out."""

    id: int
    sender: str
    subject: str
    state: str
    reason: str
    ticket_id: int | None
    came_at: Moment


class CameInPage(msgspec.Struct, kw_only=True):
    """A page of mails, the latest first. `next` and `previous` are cursors for `after` and `before`."""

    items: list[CameIn]
    next: str | None
    previous: str | None


class CameInQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The filter of the list and its place."""

    state: State = ""
    after: str = ""
    before: str = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = keyset.PAGE


class IncomingMailSettings(msgspec.Struct, kw_only=True):
    """Where mail is read, and what becomes of mail that answers no ticket; `unknown_client` is a client's code."""

    address: str
    opens_tickets: bool
    category_id: int | None
    unknown_client: int | None
    staff_answers: bool
    version: int


class IncomingMailEdit(IncomingMailChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


@get("/v1/incoming-mail", **asks(Permission.TICKET_MANAGE, query=CameInQuery))
async def index(request: AnyRequest, by: By, asked: NamedDependency[CameInQuery]) -> Response[CameInPage]:
    """List what came in."""
    if asked.after and asked.before:
        raise Invalid({"before": _("Either after or before, not both.")})
    found = await incoming_mail.page(
        state=asked.state, after=asked.after, before=asked.before, size=asked.limit, by=by
    )
    items = [answers.of(CameIn, row) for row in found.rows]
    listed = CameInPage(items=items, next=found.next, previous=found.previous)
    return answers.listed(request, listed, following=found.next, previous=found.previous)


@post("/v1/incoming-mail/read", status_code=204, **asks(Permission.TICKET_MANAGE))
async def read(by: By) -> None:
    """Have new mail read now; 409 where no plugin that reads mail is on."""
    if not await incoming_reading.begin(by=by):
        raise Conflict(_("No plugin that reads mail is on."))


@get("/v1/incoming-mail-settings", **asks(Permission.SETTINGS_MANAGE))
async def show(by: By) -> IncomingMailSettings:
    """Get where mail is read."""
    return answers.of(IncomingMailSettings, await incoming_mail_settings.get(by=by))


@patch("/v1/incoming-mail-settings", **asks(Permission.SETTINGS_MANAGE, body=IncomingMailEdit))
async def update(by: By, sent: NamedDependency[IncomingMailEdit]) -> IncomingMailSettings:
    """Change it; 409 when somebody else did since `version` was read."""
    changed = await incoming_mail_settings.update(part(IncomingMailChanges, sent), version=sent.version, by=by)
    return answers.of(IncomingMailSettings, changed)


ROUTES = [index, read, show, update]
