"""A client's profile in the hands of its own users: what they see of it, and the few things they may change."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from core import db, policies
from core.accounts import clients, memberships
from core.accounts.clients import ClientChanges
from core.accounts.rights import Right
from core.accounts.rows import given
from core.actor import Actor
from core.errors import NotFound

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
    """What a user may change of his client; what is left out stays. The name is for staff to change."""

    contact_person: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    country: str | UnsetType = UNSET


EDITABLE = tuple(field.name for field in msgspec.structs.fields(OwnChanges))


async def get(*, by: Actor) -> dict[str, Any]:
    """The client that the user acts for, as far as it is shown to him."""
    seat = memberships.require(by)
    found = await db.row(f"SELECT {', '.join(SHOWN)} FROM clients WHERE id = $1", seat.id)
    if found is None:
        raise NotFound()
    return dict(found)


async def update(changes: OwnChanges, *, version: int, by: Actor) -> dict[str, Any]:
    """Change it, by the rules for staff. `EditConflict` with what is shown, when somebody else did meanwhile."""
    seat = memberships.require(by, Right.PROFILE_UPDATE)
    before = await db.row("SELECT * FROM clients WHERE id = $1 FOR UPDATE", seat.id)
    if before is None:
        raise NotFound()
    if not isinstance(changes.email, UnsetType) and changes.email.strip() != before["email"]:
        policies.require_outside(by)
    await clients.change(before, ClientChanges(version=version, **given(changes)), by=by)
    return await get(by=by)
