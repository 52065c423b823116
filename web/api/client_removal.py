"""Deleting clients over JSON: one, or several with a report of what became of each."""

from typing import Annotated

import msgspec
from litestar import delete, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.accounts import removal
from core.errors import Conflict, NotFound
from core.permissions import Permission
from web.api import answers
from web.api.reading import asks
from web.kit.visit import By

Codes = Annotated[list[int], Meta(min_length=1, max_length=removal.MOST_AT_ONCE)]


class ClientCodes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Clients, by their codes."""

    codes: Codes


class NamedClient(msgspec.Struct, kw_only=True):
    """A client by what people know of it."""

    id: int
    code: int
    login: str
    name: str


class KeptClient(NamedClient, kw_only=True):
    """A client that stays, and why."""

    reason: str


class RemovalReport(msgspec.Struct, kw_only=True):
    """What became of each. `unknown` are codes of no client that you can see."""

    removed: list[NamedClient]
    refused: list[KeptClient]
    unknown: list[int]


@delete("/v1/clients/{code:int}", **asks(Permission.CLIENT_DELETE))
async def remove(by: By, code: FromPath[int]) -> None:
    """Delete a client for good; 409 with the reason when it is refused."""
    outcome = await removal.remove([code], by=by)
    if outcome.refused:
        raise Conflict(outcome.refused[0].reason)
    if not outcome.removed:
        raise NotFound()


@post("/v1/clients/delete", status_code=200, **asks(Permission.CLIENT_DELETE, body=ClientCodes))
async def remove_several(by: By, sent: NamedDependency[ClientCodes]) -> RemovalReport:
    """Delete several clients, each wholly or not at all, and report on each."""
    outcome = await removal.remove(sent.codes, by=by)
    removed = [answers.of(NamedClient, client) for client in outcome.removed]
    refused = [answers.of(KeptClient, it.client, reason=it.reason) for it in outcome.refused]
    known = {client.code for client in [*removed, *refused]}
    unknown = [code for code in dict.fromkeys(sent.codes) if code not in known]
    return RemovalReport(removed=removed, refused=refused, unknown=unknown)


ROUTES = [remove, remove_several]
