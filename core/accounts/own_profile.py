"""A client's profile in the hands of its own users: what they see of it, and the few things they may change."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from core import db, policies
from core.accounts import client_fields, clients, field_values, memberships
from core.accounts.client_fields import Field
from core.accounts.clients import ClientChanges
from core.accounts.rights import Right
from core.accounts.rows import given
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.i18n import _

SHOWN = (
    "id",
    "code",
    "login",
    "name",
    "kind",
    "contact_person",
    "email",
    "country",
    "language",
    "phone",
    "phone_verified",
    "status",
    "registered_at",
    "version",
)
"""Never the note, the attitude, the project or the groups: those are the provider's own business."""


class OwnChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a user may change of his client; what is left out stays. The name is for staff to change.

    `fields` are those of the provider's own that clients see, by key.
    """

    contact_person: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    country: str | UnsetType = UNSET
    fields: dict[str, field_values.Sent] = {}


EDITABLE = tuple(field.name for field in msgspec.structs.fields(OwnChanges) if field.name != "fields")


async def get(*, by: Actor) -> dict[str, Any]:
    """The client that the user acts for, as far as it is shown to him."""
    seat = memberships.require(by)
    found = await db.row(f"SELECT {', '.join(SHOWN)} FROM clients WHERE id = $1", seat.id)
    if found is None:
        raise NotFound()
    return dict(found)


async def own_values(fields: Sequence[Field], *, by: Actor) -> dict[str, field_values.Value]:
    """What is kept in fields of `client_fields.shown`."""
    return await field_values.of(memberships.require(by).id, fields)


async def update(changes: OwnChanges, *, version: int, by: Actor) -> dict[str, Any]:
    """Change it, by the rules for staff. `EditConflict` with what is shown, when somebody else did meanwhile."""
    seat = memberships.require(by, Right.PROFILE_UPDATE)
    before = await db.row("SELECT * FROM clients WHERE id = $1 FOR UPDATE", seat.id)
    if before is None:
        raise NotFound()
    if not isinstance(changes.email, UnsetType) and changes.email.strip() != before["email"]:
        policies.require_outside(by)
    shown = {field.key for field in await client_fields.shown()}
    if hidden := changes.fields.keys() - shown:
        raise Invalid({f"fields.{key}"[:100]: _("There is no such field.") for key in hidden})
    await clients.change(before, ClientChanges(version=version, **given(changes)), by=by)
    return await get(by=by)
