"""Keeping payers: what becomes of the rows and of the audit. It asks for no right.

The verbs above it do: `payers` for staff, `own_payers` for the client's own users. They hand over the client's
row, locked, so that two acts on one client come one after the other.
"""

from collections.abc import Mapping
from typing import Any

from asyncpg import Record

from core import audit, clock, db
from core.accounts import clients, payer_documents, payer_fields, rows
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import _, ngettext

FIELDS = ("payers",)
"""What of a client changes with its payers; it does not while the client is closed."""
MOST = 100
"""Payers of one client."""


async def every(client_id: int) -> list[Record]:
    """The payers of a client, the default one first, then by name. Those that were merged are not among them."""
    return await db.fetch(
        """SELECT * FROM payers WHERE client_id = $1 AND merged_into_id IS NULL
           ORDER BY is_default DESC, name_folded, id""",
        client_id,
    )


async def number(client_id: int) -> int:
    """How many they are."""
    sql = "SELECT count(*) FROM payers WHERE client_id = $1 AND merged_into_id IS NULL"
    return int(await db.value(sql, client_id))


async def find(payer_id: int) -> Record:
    """One payer of any client, also one that was merged; `NotFound` when there is none."""
    found = await db.row("SELECT * FROM payers WHERE id = $1", payer_id) if rows.is_id(payer_id) else None
    if found is None:
        raise NotFound()
    return found


async def default(client_id: int) -> Record:
    """The default payer of a client."""
    found = await db.row("SELECT * FROM payers WHERE client_id = $1 AND is_default", client_id)
    if found is None:
        raise NotFound()
    return found


async def locked(client_id: int, payer_id: int) -> Record:
    """One payer of this client, locked; `NotFound` when it has none such, or it was merged."""
    sql = "SELECT * FROM payers WHERE id = $1 AND client_id = $2 AND merged_into_id IS NULL FOR UPDATE"
    payer = await db.row(sql, payer_id, client_id) if rows.is_id(payer_id) else None
    if payer is None:
        raise NotFound()
    return payer


async def add(client: Record, new: Mapping[str, Any], *, by: Actor) -> Record:
    """Add a payer; returns its row. All that is wrong comes back at once as `Invalid`."""
    clients.require_open(client, FIELDS)
    if await number(client["id"]) >= MOST:
        raise Conflict(_("A client has room for %(count)s payers.") % {"count": MOST})
    values = _checked(new)
    columns = ", ".join(values)
    places = ", ".join(f"${position}" for position in range(3, len(values) + 3))
    made = await db.row(
        f"""INSERT INTO payers (client_id, created_at, is_default, {columns})
            SELECT $1, $2, NOT EXISTS (SELECT FROM payers WHERE client_id = $1 AND is_default), {places}
            RETURNING *""",
        client["id"],
        clock.now(),
        *values.values(),
    )
    assert made is not None
    await audit.record("payer:created", "payer", made["id"], by=by, name=made["name"], client_id=client["id"],
                       new={field: value for field, value in values.items() if value})  # fmt: skip
    return made


async def change(client: Record, payer_id: int, changes: Mapping[str, Any], *, version: int, by: Actor) -> Record:
    """Change a payer; `EditConflict` when somebody else did since it was read."""
    row = await rows.locked("payers", payer_id, version=version)
    if row["merged_into_id"] is not None or row["client_id"] != client["id"]:
        raise NotFound()
    values = _checked(shown(row) | dict(changes))
    changed = {field: value for field, value in values.items() if value != row[field]}
    if not changed:
        return row
    clients.require_open(client, FIELDS)
    await rows.save("payers", row, changed)
    await audit.record("payer:updated", "payer", payer_id, by=by, name=values["name"], client_id=client["id"],
                       old={field: row[field] for field in changed}, new=changed)  # fmt: skip
    return await find(payer_id)


async def choose_default(client: Record, payer: Record, *, by: Actor) -> Record:
    """From now on documents name this payer unless another is chosen; returns its row."""
    clients.require_open(client, FIELDS)
    if payer["is_default"]:
        return payer
    await db.execute(
        "UPDATE payers SET is_default = false, version = version + 1 WHERE client_id = $1 AND is_default",
        client["id"],
    )
    sql = "UPDATE payers SET is_default = true, version = version + 1 WHERE id = $1 RETURNING *"
    made = await db.row(sql, payer["id"])
    assert made is not None
    await audit.record("payer:made_default", "payer", payer["id"], by=by, name=payer["name"],
                       client_id=client["id"], old={"is_default": False}, new={"is_default": True})  # fmt: skip
    return made


async def remove(client: Record, payer: Record, *, by: Actor) -> None:
    """Remove a payer; `Conflict`, with the reason, while documents name it or it is the default one."""
    clients.require_open(client, FIELDS)
    if reason := await why_it_stays(payer):
        raise Conflict(reason)
    await db.execute("DELETE FROM payers WHERE id = $1", payer["id"])
    await audit.record("payer:deleted", "payer", payer["id"], by=by, name=payer["name"], client_id=client["id"],
                       old={field: value for field, value in shown(payer).items() if value})  # fmt: skip


async def why_it_stays(payer: Record) -> str:
    """Why a payer cannot be deleted now, "" when it can."""
    if payer["is_default"]:
        return _("This is the default payer. Make another one the default first.")
    count = (await payer_documents.counts([payer["id"]]))[payer["id"]]
    if count:
        message = ngettext("%(count)s document names this payer.", "%(count)s documents name this payer.", count)
        return message % {"count": count}
    if await db.value("SELECT EXISTS (SELECT FROM payers WHERE merged_into_id = $1)", payer["id"]):
        return _("Another payer was merged into this one.")
    return ""


def shown(payer: Mapping[str, Any]) -> dict[str, Any]:
    """What people enter of a payer."""
    return {field: payer[field] for field in payer_fields.ALL}


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    checks = Checks()
    kept = payer_fields.check(checks, values)
    checks.done()
    return kept
