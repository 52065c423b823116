"""Attitudes: the provider's own markers on its clients (normal, VIP, do not serve, ...), in its own order."""

from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import Boolean, Integer, Text

from core import audit, db, policies
from core.accounts import positions, rows
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, Invalid, NotFound
from core.i18n import N_, _, ngettext
from core.permissions import Permission

COLORS = (
    "secondary",
    "blue",
    "azure",
    "cyan",
    "teal",
    "green",
    "lime",
    "yellow",
    "orange",
    "red",
    "pink",
    "purple",
)
"""The badge colours of the stylesheet."""

FIRST = (
    (N_("Normal"), "secondary"),
    (N_("VIP"), "green"),
    (N_("Watch"), "yellow"),
    (N_("Do not serve"), "red"),
)
"""What a new provider begins with; the first is the default."""


class Attitude(db.Owned, tablename="attitudes"):
    """A marker. New clients get the default one."""

    name = Text()
    color = Text()
    position = Integer()
    is_default = Boolean()
    version = Integer()


class NewAttitude(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An attitude to be made; it comes last in the order."""

    name: str
    color: str = "secondary"


class AttitudeChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    name: str | UnsetType = UNSET
    color: str | UnsetType = UNSET


async def every(*, by: Actor) -> list[Record]:
    """The attitudes in the provider's order."""
    policies.require(by, Permission.CLIENT_READ)
    return await db.fetch(
        "SELECT id, name, color, position, is_default, version FROM attitudes ORDER BY position, id"
    )


async def get(attitude_id: int, *, by: Actor) -> Record:
    """One attitude, with `clients`: how many have it."""
    policies.require(by, Permission.ATTITUDE_MANAGE)
    found = (
        await db.row(
            """SELECT a.id, a.name, a.color, a.position, a.is_default, a.version,
                      (SELECT count(*) FROM clients c WHERE c.attitude_id = a.id) AS clients
               FROM attitudes a WHERE a.id = $1""",
            attitude_id,
        )
        if rows.is_id(attitude_id)
        else None
    )
    if found is None:
        raise NotFound()
    return found


async def default_id() -> int | None:
    """What a new client gets when nothing is chosen; needs no permission."""
    found = await db.value("SELECT id FROM attitudes WHERE is_default")
    return None if found is None else int(found)


async def exists(attitude_id: int) -> bool:
    """Whether there is such an attitude; it then stays until the transaction ends. Needs no permission."""
    found = "SELECT FROM attitudes WHERE id = $1 FOR KEY SHARE"
    return rows.is_id(attitude_id) and bool(await db.fetch(found, attitude_id))


async def create_first(*, by: Actor) -> None:
    """The list a new provider begins with, named in its language; made when the provider is opened."""
    for position, (name, color) in enumerate(FIRST, start=1):
        await db.execute(
            "INSERT INTO attitudes (name, color, position, is_default) VALUES ($1, $2, $3, $4)",
            _(name),
            color,
            position,
            position == 1,
        )
    await audit.record("attitude:created", "attitude", None, by=by, new={"names": [_(name) for name, _c in FIRST]})


async def create(new: NewAttitude, *, by: Actor) -> Record:
    """Make an attitude, the last of the list; the first one of all is the default."""
    policies.require(by, Permission.ATTITUDE_MANAGE)
    values = await _checked(msgspec.to_builtins(new))
    async with rows.free_name():
        attitude_id = await db.value(
            """INSERT INTO attitudes (name, color, position, is_default)
               SELECT $1, $2, coalesce(max(position), 0) + 1, count(*) = 0 FROM attitudes RETURNING id""",
            values["name"],
            values["color"],
        )
    await audit.record("attitude:created", "attitude", attitude_id, by=by, name=values["name"], new=values)
    return await get(attitude_id, by=by)


async def update(attitude_id: int, changes: AttitudeChanges, *, version: int, by: Actor) -> Record:
    """Change an attitude; `EditConflict` when somebody else did since it was read."""
    policies.require(by, Permission.ATTITUDE_MANAGE)
    row = await rows.locked("attitudes", attitude_id, version=version)
    values = await _checked(rows.given(changes), but=attitude_id)
    async with rows.free_name():
        is_changed = await rows.save("attitudes", row, values)
    if is_changed:
        old = {field: row[field] for field in values}
        name = values.get("name", row["name"])
        await audit.record("attitude:updated", "attitude", attitude_id, by=by, name=name, old=old, new=values)
    return await get(attitude_id, by=by)


async def move(attitude_id: int, *, steps: int, by: Actor) -> None:
    """Move it in the order: -1 is one up, 1 one down; not beyond the ends."""
    policies.require(by, Permission.ATTITUDE_MANAGE)
    await positions.move("attitudes", attitude_id, steps=steps, noun="attitude", by=by)


async def make_default(attitude_id: int, *, by: Actor) -> None:
    """From now on new clients get this one."""
    policies.require(by, Permission.ATTITUDE_MANAGE)
    order = await _locked_list()
    row = order[_place(order, attitude_id)]
    if row["is_default"]:
        return
    await db.execute("UPDATE attitudes SET is_default = false, version = version + 1 WHERE is_default")
    await db.execute("UPDATE attitudes SET is_default = true, version = version + 1 WHERE id = $1", attitude_id)
    old, new = {"is_default": False}, {"is_default": True}
    await audit.record("attitude:made_default", "attitude", attitude_id, by=by, name=row["name"], old=old, new=new)


async def delete(attitude_id: int, *, replacement_id: int | None = None, by: Actor) -> int:
    """Remove an attitude; its clients get the replacement. Returns how many did.

    `Conflict` for the default one, and when clients have it and no replacement is given.
    """
    policies.require(by, Permission.ATTITUDE_MANAGE)
    order = await _locked_list()
    row = order[_place(order, attitude_id)]
    if row["is_default"]:
        raise Conflict(_("This is the default attitude. Make another one the default first."))
    replacement = _replacement(order, replacement_id, but=attitude_id)
    moved = await _replace(row, replacement)
    await db.execute("DELETE FROM attitudes WHERE id = $1", attitude_id)
    new = {"replaced_by": replacement["name"], "clients": moved} if replacement and moved else {}
    old = {"name": row["name"], "color": row["color"]}
    await audit.record("attitude:deleted", "attitude", attitude_id, by=by, name=row["name"], old=old, new=new)
    return moved


async def _replace(row: Record, replacement: Record | None) -> int:
    if replacement is not None:
        tag = await db.execute(
            "UPDATE clients SET attitude_id = $2, version = version + 1 WHERE attitude_id = $1",
            row["id"],
            replacement["id"],
        )
        return int(tag.rpartition(" ")[2])
    clients = await db.value("SELECT count(*) FROM clients WHERE attitude_id = $1", row["id"])
    if clients:
        message = ngettext(
            "%(count)s client has this attitude. Choose what to put in its place.",
            "%(count)s clients have this attitude. Choose what to put in its place.",
            clients,
        )
        raise Conflict(message % {"count": clients})
    return 0


def _replacement(order: list[Record], replacement_id: int | None, *, but: int) -> Record | None:
    if replacement_id is None:
        return None
    for row in order:
        if row["id"] == replacement_id != but:
            return row
    raise Invalid({"replacement_id": _("This is not one of the choices.")})


async def _locked_list() -> list[Record]:
    """All of them in their order, locked, so that those who order, delete or choose a default take turns."""
    await db.execute("SELECT FROM attitudes ORDER BY id FOR UPDATE")
    return await db.fetch("SELECT * FROM attitudes ORDER BY position, id")


def _place(order: list[Record], attitude_id: int) -> int:
    for place, row in enumerate(order):
        if row["id"] == attitude_id:
            return place
    raise NotFound()


async def _checked(values: dict[str, Any], *, but: int = 0) -> dict[str, Any]:
    checks = Checks()
    if "name" in values:
        values["name"] = checks.text("name", values["name"], longest=40)
        await rows.check_name_is_free(checks, "attitudes", values["name"], but=but)
    if "color" in values:
        values["color"] = checks.choice("color", values["color"], COLORS)
    checks.done()
    return values
