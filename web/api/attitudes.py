"""Attitudes over JSON: the provider's own markers on its clients, in its own order."""

from typing import Annotated

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.accounts import attitudes
from core.accounts.attitudes import AttitudeChanges, NewAttitude
from core.permissions import Permission
from web.api import answers
from web.api.reading import asks
from web.kit.visit import By


class Attitude(msgspec.Struct, kw_only=True):
    """An attitude. New clients get the default one; `color` is one of the badge colours."""

    id: int
    name: str
    color: str
    position: int
    is_default: bool
    version: int


class AttitudeList(msgspec.Struct, kw_only=True):
    """All attitudes, in the provider's order."""

    items: list[Attitude]


class AttitudeEdit(AttitudeChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


class Move(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far to move in the order: -1 is one up, 1 is one down; not beyond the ends."""

    steps: int


class Replacement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the clients of a deleted attitude get."""

    replacement_id: Annotated[int | None, Meta(description="The attitude that its clients get")] = None


@get("/v1/attitudes", **asks(Permission.CLIENT_READ))
async def index(by: By) -> AttitudeList:
    """List the attitudes."""
    return AttitudeList(items=[answers.of(Attitude, row) for row in await attitudes.every(by=by)])


@post("/v1/attitudes", **asks(Permission.ATTITUDE_MANAGE, body=NewAttitude))
async def create(by: By, sent: NamedDependency[NewAttitude]) -> Response[Attitude]:
    """Add an attitude; it comes last."""
    attitude = await attitudes.create(sent, by=by)
    return answers.created(answers.of(Attitude, attitude), f"/attitudes/{attitude['id']}")


@get("/v1/attitudes/{attitude_id:int}", **asks(Permission.ATTITUDE_MANAGE))
async def show(by: By, attitude_id: FromPath[int]) -> Attitude:
    """Get one attitude."""
    return answers.of(Attitude, await attitudes.get(attitude_id, by=by))


@patch("/v1/attitudes/{attitude_id:int}", **asks(Permission.ATTITUDE_MANAGE, body=AttitudeEdit))
async def update(by: By, attitude_id: FromPath[int], sent: NamedDependency[AttitudeEdit]) -> Attitude:
    """Change an attitude; 409 when somebody else did since `version` was read."""
    changes = AttitudeChanges(name=sent.name, color=sent.color)
    return answers.of(Attitude, await attitudes.update(attitude_id, changes, version=sent.version, by=by))


@post("/v1/attitudes/{attitude_id:int}/move", status_code=204, **asks(Permission.ATTITUDE_MANAGE, body=Move))
async def move(by: By, attitude_id: FromPath[int], sent: NamedDependency[Move]) -> None:
    """Move an attitude in the order."""
    await attitudes.move(attitude_id, steps=sent.steps, by=by)


@post("/v1/attitudes/{attitude_id:int}/default", status_code=204, **asks(Permission.ATTITUDE_MANAGE))
async def make_default(by: By, attitude_id: FromPath[int]) -> None:
    """Make an attitude the one that new clients get."""
    await attitudes.make_default(attitude_id, by=by)


@delete("/v1/attitudes/{attitude_id:int}", **asks(Permission.ATTITUDE_MANAGE, query=Replacement))
async def remove(by: By, attitude_id: FromPath[int], asked: NamedDependency[Replacement]) -> None:
    """Delete an attitude; 409 while clients have it and no replacement is named."""
    await attitudes.delete(attitude_id, replacement_id=asked.replacement_id, by=by)


ROUTES = [index, create, show, update, move, make_default, remove]
