"""Merging two clients over JSON: what would happen, and doing it."""

from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.accounts import client_merging
from core.accounts.client_merging import Preview
from core.i18n import _
from core.permissions import Permission
from web.api import answers, clients
from web.api.client_removal import NamedClient
from web.api.reading import asks
from web.kit.visit import By

Role = Literal["billing", "technical", "read-only"]


class ClientMerge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code of the client that stays, and what the owner of the other one becomes there."""

    into: int
    owner_role: Annotated[Role | Literal[""], Meta(description="Needed when the preview has an `owner`")] = ""


class ClientMergeQuery(ClientMerge, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same, for the preview."""


class MergedUser(msgspec.Struct, kw_only=True):
    """A user of the client that goes, as he will be in the one that stays. `own_roles` are those a client made."""

    name: str
    email: str
    roles: list[str]
    own_roles: list[str]
    is_in_both: bool
    is_owner: bool


class MovedPart(msgspec.Struct, kw_only=True):
    """How many of something move, and how many do not because the other client has the same."""

    label: str
    moves: int
    in_both: int


class LeftBehind(msgspec.Struct, kw_only=True):
    """A field in which both have something: what `stays` is kept."""

    field: str
    stays: str
    gone: str


class ClientMergePreview(msgspec.Struct, kw_only=True):
    """What merging would do. `owner` needs a role; `taken_over` are fields that the other has nothing in."""

    gone: NamedClient
    stays: NamedClient
    users: list[MergedUser]
    owner: str | None
    moved: list[MovedPart]
    taken_over: list[str]
    is_note_joined: bool
    left_behind: list[LeftBehind]


@get("/v1/clients/{code:int}/merge", **asks(Permission.CLIENT_MERGE, query=ClientMergeQuery))
async def preview(by: By, code: FromPath[int], asked: NamedDependency[ClientMergeQuery]) -> ClientMergePreview:
    """Tell what merging a client into another one would do."""
    return _shown(await client_merging.preview(code, asked.into, owner_role=asked.owner_role, by=by))


@post("/v1/clients/{code:int}/merge", status_code=200, **asks(Permission.CLIENT_MERGE, body=ClientMerge))
async def merge(by: By, code: FromPath[int], sent: NamedDependency[ClientMerge]) -> clients.Client:
    """Merge a client into another one; answers with the one that stays. Its old code goes on leading there."""
    stays = await client_merging.merge(code, sent.into, owner_role=sent.owner_role, by=by)
    return await clients.shown(stays, by=by)


def _shown(found: Preview) -> ClientMergePreview:
    return ClientMergePreview(
        gone=answers.of(NamedClient, found.gone),
        stays=answers.of(NamedClient, found.stays),
        users=[
            MergedUser(
                name=seat.name,
                email=seat.email,
                roles=[role for role in seat.roles if role],
                own_roles=list(seat.own),
                is_in_both=seat.is_known,
                is_owner=seat.is_owner,
            )
            for seat in found.seats
        ],
        owner=found.owner.email if found.owner else None,
        moved=[
            MovedPart(label=_(it.label), moves=it.rows - it.kept_back, in_both=it.kept_back) for it in found.counts
        ],
        taken_over=list(found.filled),
        is_note_joined=found.is_note_joined,
        left_behind=[
            LeftBehind(field=it.field, stays=str(it.stays or ""), gone=str(it.gone)) for it in found.differing
        ],
    )


ROUTES = [preview, merge]
