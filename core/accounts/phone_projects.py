"""Where a project asks for telephone numbers otherwise than the provider does (Corporate)."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType
from piccolo.columns import BigInt, Boolean, Integer, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import phone_channel, projects, rows
from core.actor import Actor
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission

TABLE = "phone_projects"
DEFAULTS: Mapping[str, Any] = {
    "registration": "usual",
    "registration_since": None,
    "paying": "usual",
    "products": True,
    "version": 1,
}


class PhoneProject(db.Owned, tablename=TABLE):
    """What a project has otherwise; *usual* is as the provider has it. `products`: whether those that ask do."""

    project_id = BigInt()
    registration = Text()
    registration_since = Timestamptz(null=True)
    paying = Text()
    products = Boolean()
    version = Integer()


class PhoneProjectChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    registration: Literal["usual", "never", "new", "all"] | UnsetType = UNSET
    paying: Literal["usual", "yes", "no"] | UnsetType = UNSET
    products: bool | UnsetType = UNSET


async def get(project_id: int, *, by: Actor) -> Mapping[str, Any]:
    """What holds in a project, as `DEFAULTS` has it, for whoever decides about it."""
    policies.require(by, Permission.PROJECT_UPDATE)
    await projects.get(project_id, by=by)
    return await db.row(f"SELECT * FROM {TABLE} WHERE project_id = $1", project_id) or DEFAULTS


async def names(*, by: Actor) -> dict[int, str]:
    """The projects whose rules `by` may change, by id; none where the edition has no projects."""
    if not policies.has_feature(by.tenant, "projects") or not policies.allows(by, Permission.PROJECT_UPDATE):
        return {}
    return await projects.names(by=by)


async def update(project_id: int, changes: PhoneProjectChanges, *, version: int, by: Actor) -> Mapping[str, Any]:
    """Change it. `EditConflict` when somebody else did meanwhile, `Invalid` for asking where nothing sends SMS."""
    policies.require(by, Permission.PROJECT_UPDATE)
    project = await projects.locked(project_id, by=by)
    await _check_channel(changes, by=by)
    await db.execute(f"INSERT INTO {TABLE} (project_id) VALUES ($1) ON CONFLICT DO NOTHING", project_id)
    row = await rows.locked(
        TABLE, await db.value(f"SELECT id FROM {TABLE} WHERE project_id = $1", project_id), version=version
    )
    values = rows.given(changes)
    old = {field: row[field] for field in values}
    if changes.registration == "new" and row["registration"] != "new":
        values["registration_since"] = clock.now()
    if await rows.save(TABLE, row, values):
        new = {field: values[field] for field in old}
        await audit.record(
            "phone_settings:of_project", "project", project_id, by=by, name=project["name"], old=old, new=new
        )
    return await get(project_id, by=by)


async def _check_channel(changes: PhoneProjectChanges, *, by: Actor) -> None:
    asks = {"registration": changes.registration in ("new", "all"), "paying": changes.paying == "yes"}
    if any(asks.values()) and not await phone_channel.is_there(by=by):
        message = _("Nothing sends SMS here. Switch on a plugin that does.")
        raise Invalid({field: message for field, is_asked in asks.items() if is_asked})
