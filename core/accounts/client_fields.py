"""Fields of clients that the provider defines: what they are called, of what kind they are, and in which order.

`field_edits` makes and changes them, `field_values` has what is entered in them. An archived field keeps what was
entered and is asked for nowhere.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from asyncpg import Record
from piccolo.columns import JSONB, BigInt, Boolean, Date, Integer, Numeric, Text, Timestamptz

from core import db, i18n, policies
from core.accounts import rows
from core.actor import Actor
from core.errors import NotFound
from core.permissions import Permission

KINDS = ("text", "number", "choice", "date", "yes_no")


class ClientField(db.Owned, tablename="client_fields"):
    """A field. `label` is its name in the provider's language, `labels` in others; `is_shown` to the client."""

    key = Text()
    kind = Text()
    label = Text()
    labels = JSONB()
    help = Text()
    helps = JSONB()
    position = Integer()
    is_required = Boolean()
    is_shown = Boolean()
    is_archived = Boolean()
    version = Integer()


class ClientFieldOption(db.Owned, tablename="client_field_options"):
    """One of what a choice is made from."""

    field_id = BigInt()
    key = Text()
    label = Text()
    labels = JSONB()
    position = Integer()


class ClientFieldValue(db.Owned, tablename="client_field_values"):
    """What a client has in a field."""

    field_id = BigInt()
    client_id = BigInt()
    text = Text(null=True)
    number = Numeric((24, 6), null=True)
    day = Date(null=True)
    registered_at = Timestamptz()


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field as it is asked for: its label, help and options (key to label) in the reader's language."""

    id: int
    key: str
    kind: str
    label: str
    help: str
    is_required: bool
    is_shown: bool
    options: dict[str, str] = {}


EVERY = """
    SELECT f.*, coalesce((SELECT jsonb_agg(jsonb_build_object('key', o.key, 'label', o.label, 'labels', o.labels)
                                           ORDER BY o.position, o.key)
                            FROM client_field_options o WHERE o.field_id = f.id), '[]') AS options
      FROM client_fields f
"""


async def in_use() -> list[Field]:
    """The fields that are asked for, in their order and the reader's language. Needs no permission."""
    found = await db.fetch(f"{EVERY} WHERE NOT f.is_archived ORDER BY f.position, f.id")
    return [as_field(row) for row in found]


async def shown() -> list[Field]:
    """Those of the fields that clients see and fill in themselves."""
    return [field for field in await in_use() if field.is_shown]


def as_field(row: Mapping[str, Any]) -> Field:
    """A row of `every` as it is asked for."""
    return Field(
        id=row["id"],
        key=row["key"],
        kind=row["kind"],
        label=spoken(row["label"], row["labels"]),
        help=spoken(row["help"], row["helps"]),
        is_required=row["is_required"],
        is_shown=row["is_shown"],
        options={option["key"]: spoken(option["label"], option["labels"]) for option in row["options"]},
    )


def spoken(text: str, others: Mapping[str, Any]) -> str:
    """The text in the reader's language, or as the provider wrote it first."""
    return str(others.get(i18n.current()) or text)


async def every(*, by: Actor) -> list[Record]:
    """All fields with their `options` ({key, label, labels}), also archived ones, in their order."""
    policies.require(by, Permission.CLIENT_READ)
    return await db.fetch(f"{EVERY} ORDER BY f.is_archived, f.position, f.id")


async def get(field_id: int, *, by: Actor) -> dict[str, Any]:
    """One field with its `options`, and `clients`: how many have something in it."""
    policies.require(by, Permission.FIELD_MANAGE)
    found = await db.row(f"{EVERY} WHERE f.id = $1", field_id) if rows.is_id(field_id) else None
    if found is None:
        raise NotFound()
    clients = await db.value("SELECT count(*) FROM client_field_values WHERE field_id = $1", field_id)
    return {**found, "clients": clients}
