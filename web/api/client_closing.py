"""Closing clients and opening them again over JSON, with a report of what became of each."""

from typing import Annotated

import msgspec
from litestar import post
from litestar.di import NamedDependency
from msgspec import Meta

from core.accounts import closing
from core.permissions import Permission
from web.api import answers
from web.api.client_removal import ClientCodes, KeptClient, NamedClient
from web.api.reading import asks
from web.kit.visit import By


class Closing(ClientCodes, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Clients to close, by their codes, and why."""

    reason: Annotated[str, Meta(max_length=closing.LONGEST_REASON)]


class ClosingReport(msgspec.Struct, kw_only=True):
    """What became of each. `unknown` are codes of no client that you can see."""

    changed: list[NamedClient]
    refused: list[KeptClient]
    unknown: list[int]


@post("/v1/clients/close", status_code=200, **asks(Permission.CLIENT_CLOSE, body=Closing))
async def close(by: By, sent: NamedDependency[Closing]) -> ClosingReport:
    """Close several clients, each wholly or not at all, and report on each."""
    return _report(sent.codes, await closing.close(sent.codes, sent.reason, by=by))


@post("/v1/clients/reopen", status_code=200, **asks(Permission.CLIENT_CLOSE, body=ClientCodes))
async def reopen(by: By, sent: NamedDependency[ClientCodes]) -> ClosingReport:
    """Open several closed clients again, and report on each."""
    return _report(sent.codes, await closing.reopen(sent.codes, by=by))


def _report(codes: list[int], outcome: closing.Outcome) -> ClosingReport:
    changed = [answers.of(NamedClient, client) for client in outcome.changed]
    refused = [answers.of(KeptClient, it.client, reason=it.reason) for it in outcome.refused]
    known = {client.code for client in [*changed, *refused]}
    unknown = [code for code in dict.fromkeys(codes) if code not in known]
    return ClosingReport(changed=changed, refused=refused, unknown=unknown)


ROUTES = [close, reopen]
