"""What the check of a file made of rows that would be new clients, kept with them for the run.

A row is checked by what it says and by what there is at the provider: names, rights, standard values. All that
is kept beside the result, and while it is still the same, the result is too, and the run does not check again.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from core import db
from core.accounts.imports.client_writing import Plan
from core.accounts.imports.places import Places
from core.accounts.imports.rows import Batch
from core.actor import Actor


class Checked(msgspec.Struct, frozen=True, array_like=True):
    """New clients by the number of their row: the values of their columns, but for the moment of registration,
    which is "now" unless the row tells it. `grounds` tells what they stand on."""

    grounds: str
    values: dict[int, dict[str, str | int | None]]


async def keep(batch: Batch, plans: Sequence[Plan], there: Places, *, by: Actor) -> None:
    """Keep what was made of a part of the file."""
    new = {
        plan.row.number: {column: value for column, value in plan.values.items() if column != "registered_at"}
        for plan in plans
        if plan.before is None and not plan.row.errors
    }
    packed = msgspec.msgpack.encode(Checked(_grounds(batch, there, by=by), new)) if new else None
    sql = "UPDATE import_parts SET checked = $3 WHERE import_id = $1 AND part = $2"
    await db.execute(sql, batch.import_id, batch.part, packed)


async def of(batch: Batch, there: Places, *, by: Actor) -> Mapping[int, dict[str, Any]]:
    """The values that were kept, by the row; none when they do not stand any more."""
    sql = "SELECT checked FROM import_parts WHERE import_id = $1 AND part = $2"
    packed = await db.value(sql, batch.import_id, batch.part)
    if packed is None:
        return {}
    found = msgspec.msgpack.decode(packed, type=Checked)
    return found.values if found.grounds == _grounds(batch, there, by=by) else {}


def _grounds(batch: Batch, there: Places, *, by: Actor) -> str:
    """The same for the same names, rights and standard values."""
    tenant = (by.tenant.country, by.tenant.locale, by.tenant.edition)
    told = (dict(batch.defaults), there, tenant, by.groups is None)
    return sha256(msgspec.json.encode(told, enc_hook=str)).hexdigest()
