"""Sending messages to clients over JSON: a trial to oneself, sending, pausing, going on, and stopping for good."""

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.errors import NotFound
from core.permissions import Permission
from core.support import mass_message_sending
from web.api import answers
from web.api.answers import Moment
from web.api.messages import Message, one
from web.api.reading import asks
from web.kit.visit import By


class Sending(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The version that was looked at, and when it goes out; at once without a moment."""

    version: int
    at: Moment | None = None


class Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code of the client as whom it is read."""

    client: int


@post("/v1/messages/{message_id:int}/send", status_code=202, **asks(Permission.MESSAGE_SEND, body=Sending))
async def send(by: By, message_id: FromPath[int], sent: NamedDependency[Sending]) -> Message:
    """Send it, now or at a moment to come: 202 with the task that does it."""
    await mass_message_sending.send(message_id, version=sent.version, at=sent.at, by=by)
    return await one(message_id, by=by)


@post("/v1/messages/{message_id:int}/test", status_code=200, **asks(Permission.MESSAGE_SEND, body=Trial))
async def test(by: By, message_id: FromPath[int], sent: NamedDependency[Trial]) -> answers.Tried:
    """Mail a draft, as one client would get it, to whoever made the key."""
    if not 0 < sent.client < 2**63:
        raise NotFound()
    return answers.Tried(address=await mass_message_sending.test(message_id, sent.client, by=by))


@post("/v1/messages/{message_id:int}/pause", status_code=200, **asks(Permission.MESSAGE_SEND))
async def pause(by: By, message_id: FromPath[int]) -> Message:
    """Stop it after those it is at."""
    await mass_message_sending.pause(message_id, by=by)
    return await one(message_id, by=by)


@post("/v1/messages/{message_id:int}/resume", status_code=200, **asks(Permission.MESSAGE_SEND))
async def resume(by: By, message_id: FromPath[int]) -> Message:
    """Let it go on where it stopped."""
    await mass_message_sending.resume(message_id, by=by)
    return await one(message_id, by=by)


@post("/v1/messages/{message_id:int}/withdraw", status_code=200, **asks(Permission.MESSAGE_SEND))
async def withdraw(by: By, message_id: FromPath[int]) -> Message:
    """Stop it for good; whoever has it keeps it."""
    await mass_message_sending.withdraw(message_id, by=by)
    return await one(message_id, by=by)


ROUTES = [send, test, pause, resume, withdraw]
