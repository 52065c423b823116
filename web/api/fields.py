"""Fields of clients that the provider defines, over JSON, in the provider's own order."""

from typing import Any

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.accounts import client_fields, field_edits
from core.accounts.field_edits import FieldChanges, NewField
from core.permissions import Permission
from web.api import answers
from web.api.reading import asks, part
from web.kit.visit import By


class FieldOption(msgspec.Struct, kw_only=True):
    """One of what a choice is made from. `labels` are its names in other languages, by code."""

    key: str
    label: str
    labels: dict[str, str]


class ClientField(msgspec.Struct, kw_only=True):
    """A field of clients. `label` is its name, `labels` those in other languages by code; the same with `help`.

    Its key and kind stay for ever. An archived field keeps what was entered and is asked for nowhere.
    """

    id: int
    key: str
    kind: str
    label: str
    labels: dict[str, str]
    help: str
    helps: dict[str, str]
    options: list[FieldOption]
    position: int
    is_required: bool
    is_shown: bool
    is_archived: bool
    version: int


class FieldList(msgspec.Struct, kw_only=True):
    """All fields in their order, those that are archived last."""

    items: list[ClientField]


class FieldEdit(FieldChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


class FieldMove(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far to move in the order: -1 is one up, 1 is one down; not beyond the ends."""

    steps: int


@get("/v1/fields", **asks(Permission.CLIENT_READ))
async def index(by: By) -> FieldList:
    """List the fields of clients that the provider defines."""
    return FieldList(items=[_shown(row) for row in await client_fields.every(by=by)])


@post("/v1/fields", **asks(Permission.FIELD_MANAGE, body=NewField))
async def create(by: By, sent: NamedDependency[NewField]) -> Response[ClientField]:
    """Add a field; it comes last. A choice needs options."""
    field = await field_edits.create(sent, by=by)
    return answers.created(_shown(field), f"/fields/{field['id']}")


@get("/v1/fields/{field_id:int}", **asks(Permission.FIELD_MANAGE))
async def show(by: By, field_id: FromPath[int]) -> ClientField:
    """Get one field."""
    return _shown(await client_fields.get(field_id, by=by))


@patch("/v1/fields/{field_id:int}", **asks(Permission.FIELD_MANAGE, body=FieldEdit))
async def update(by: By, field_id: FromPath[int], sent: NamedDependency[FieldEdit]) -> ClientField:
    """Change or archive a field; 409 when somebody else did since `version` was read.

    `options` are all there are to be; one that clients have cannot be left out.
    """
    return _shown(await field_edits.update(field_id, part(FieldChanges, sent), version=sent.version, by=by))


@post("/v1/fields/{field_id:int}/move", status_code=204, **asks(Permission.FIELD_MANAGE, body=FieldMove))
async def move(by: By, field_id: FromPath[int], sent: NamedDependency[FieldMove]) -> None:
    """Move a field in the order."""
    await field_edits.move(field_id, steps=sent.steps, by=by)


@delete("/v1/fields/{field_id:int}", **asks(Permission.FIELD_MANAGE))
async def remove(by: By, field_id: FromPath[int]) -> None:
    """Delete a field with all that was entered in it; 409 while clients have something and it is not archived."""
    await field_edits.delete(field_id, by=by)


def _shown(row: Any) -> ClientField:
    return answers.of(ClientField, row, options=[FieldOption(**option) for option in row["options"]])


ROUTES = [index, create, show, update, move, remove]
