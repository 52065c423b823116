"""Those whom a message to clients was or would be for, one by one, over JSON."""

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.permissions import Permission
from core.support import mass_message_recipients, mass_messages
from core.support.mass_message_recipients import Reason
from core.support.mass_message_recipients import State as RecipientState
from web.api.messages import PageQuery
from web.api.reading import asks
from web.kit.visit import By


class RecipientQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Those in one state; `search` is a code, or stands in the name."""

    state: RecipientState | None = None
    search: str = ""


class SkippedQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Those who do not get it for one reason, or for any."""

    reason: Reason = ""


class Recipient(msgspec.Struct, kw_only=True):
    """What became of one client."""

    client: int
    name: str
    state: RecipientState
    reason: Reason
    language: str
    ticket: int | None


class Skipped(msgspec.Struct, kw_only=True):
    """A client who would not get it, and why."""

    client: int
    name: str
    reason: Reason


class SkippedClients(msgspec.Struct, kw_only=True):
    """One page of those who would not get it, by their codes."""

    clients: list[Skipped]
    next: str
    previous: str


class Recipients(msgspec.Struct, kw_only=True):
    """One page of those who were chosen."""

    recipients: list[Recipient]
    next: str
    previous: str


@get("/v1/messages/{message_id:int}/skipped", **asks(Permission.MESSAGE_READ, query=SkippedQuery))
async def skipped(by: By, message_id: FromPath[int], asked: NamedDependency[SkippedQuery]) -> SkippedClients:
    """Each who would not get it now, and why."""
    message = await mass_messages.get(message_id, by=by)
    listed = await mass_message_recipients.skipped(
        message, reason=asked.reason, after=asked.after, before=asked.before, size=asked.limit, by=by
    )
    found = [Skipped(client=row["code"], name=row["name"], reason=row["reason"]) for row in listed.rows]
    return SkippedClients(clients=found, next=listed.next, previous=listed.previous)


@get("/v1/messages/{message_id:int}/recipients", **asks(Permission.MESSAGE_READ, query=RecipientQuery))
async def recipients(by: By, message_id: FromPath[int], asked: NamedDependency[RecipientQuery]) -> Recipients:
    """What became of each client, once it is on its way."""
    message = await mass_messages.get(message_id, by=by)
    listed = await mass_message_recipients.page(
        message,
        state=asked.state,
        search=asked.search,
        after=asked.after,
        before=asked.before,
        size=asked.limit,
        by=by,
    )
    found = [
        Recipient(
            client=row["code"],
            name=row["name"],
            state=row["state"],
            reason=row["reason"],
            language=row["language"],
            ticket=row["ticket_id"],
        )
        for row in listed.rows
    ]
    return Recipients(recipients=found, next=listed.next, previous=listed.previous)


ROUTES = [skipped, recipients]
