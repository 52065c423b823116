"""Payers: the person or company that a client's documents name. Several on editions that have the feature.

Every client has one from its registration on: the database makes it (migration 0025), so that no door is without.
On an edition without payers as a module that one is a part of the client: who may see the client sees it, who may
edit the client edits it. What is right in which field says `payer_fields`; what names a payer, `payer_documents`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import BigInt, Boolean, Integer, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import access, clients, payer_documents, payer_fields, rows
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import _, ngettext
from core.permissions import Permission

FEATURE = "payers"
MOST = 100
"""Payers of one client."""


class Payer(db.Owned, tablename="payers"):
    """Who is named on documents. One that was merged stays, and leads to the one it went into."""

    client_id = BigInt()
    kind = Text()
    country = Text()
    name = Text()
    contact_person = Text()
    registration_number = Text()
    vat_number = Text()
    street = Text()
    postcode = Text()
    city = Text()
    region = Text()
    email = Text()
    language = Text()
    iban = Text()
    bic = Text()
    is_default = Boolean()
    merged_into_id = BigInt(null=True)
    merged_at = Timestamptz(null=True)
    created_at = Timestamptz()
    version = Integer()


class PayerWord(db.Owned, tablename="payer_words"):
    """A word that a payer is found by."""

    payer_id = BigInt()
    word = Text()


class NewPayer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A payer to be made. Which fields it needs depends on its kind and country; the others are left empty."""

    kind: str
    country: str
    name: str
    contact_person: str = ""
    registration_number: str = ""
    vat_number: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    email: str = ""
    language: str = ""
    iban: str = ""
    bic: str = ""


class PayerChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays, as far as the kind and the country have it."""

    kind: str | UnsetType = UNSET
    country: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    contact_person: str | UnsetType = UNSET
    registration_number: str | UnsetType = UNSET
    vat_number: str | UnsetType = UNSET
    street: str | UnsetType = UNSET
    postcode: str | UnsetType = UNSET
    city: str | UnsetType = UNSET
    region: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    iban: str | UnsetType = UNSET
    bic: str | UnsetType = UNSET


async def of_client(client_id: int, *, by: Actor) -> list[Record]:
    """The payers of a client, the default one first, then by name. Those that were merged are not among them."""
    policies.require(by, Permission.PAYER_READ)
    await access.client(client_id, by=by)
    return await db.fetch(
        """SELECT * FROM payers WHERE client_id = $1 AND merged_into_id IS NULL
           ORDER BY is_default DESC, name_folded, id""",
        client_id,
    )


async def get(payer_id: int, *, by: Actor) -> Record:
    """One payer, also one that was merged; `NotFound` when there is none that `by` may see."""
    policies.require(by, Permission.PAYER_READ)
    return await _find(payer_id, by=by)


async def default_of(client_id: int, *, by: Actor) -> Record:
    """The payer that a client's documents name unless another is chosen. Every edition has it."""
    policies.require(by, _right(Permission.PAYER_READ, Permission.CLIENT_READ, by=by))
    await access.client(client_id, by=by)
    return await _default(client_id)


async def number_of(client_id: int, *, by: Actor) -> int:
    """How many payers the client has, also where the edition shows one."""
    await access.client(client_id, by=by)
    sql = "SELECT count(*) FROM payers WHERE client_id = $1 AND merged_into_id IS NULL"
    return int(await db.value(sql, client_id))


async def create(client_id: int, new: NewPayer, *, by: Actor) -> Record:
    """Add a payer to a client; returns its row. All that is wrong comes back at once as `Invalid`."""
    policies.require(by, Permission.PAYER_CREATE)
    client = await access.client(client_id, by=by, lock=True)
    clients.require_open(client, [FEATURE])
    if await number_of(client_id, by=by) >= MOST:
        raise Conflict(_("A client has room for %(count)s payers.") % {"count": MOST})
    values = _checked(msgspec.to_builtins(new))
    columns = ", ".join(values)
    places = ", ".join(f"${number}" for number in range(3, len(values) + 3))
    made = await db.row(
        f"""INSERT INTO payers (client_id, created_at, is_default, {columns})
            SELECT $1, $2, NOT EXISTS (SELECT FROM payers WHERE client_id = $1 AND is_default), {places}
            RETURNING *""",
        client_id,
        clock.now(),
        *values.values(),
    )
    assert made is not None
    await audit.record("payer:created", "payer", made["id"], by=by, name=made["name"], client_id=client_id,
                       new={field: value for field, value in values.items() if value})  # fmt: skip
    return made


async def update(payer_id: int, changes: PayerChanges, *, version: int, by: Actor) -> Record:
    """Change a payer; `EditConflict` when somebody else did since it was read.

    What stands on documents already stays there as it was.
    """
    policies.require(by, Permission.PAYER_UPDATE)
    found = await _find(payer_id, by=by)
    return await _update(found["client_id"], payer_id, changes, version=version, by=by)


async def update_default(client_id: int, changes: PayerChanges, *, version: int, by: Actor) -> Record:
    """Change the default payer of a client: the one payer of an edition that has no more."""
    policies.require(by, _right(Permission.PAYER_UPDATE, Permission.CLIENT_UPDATE, by=by))
    await access.client(client_id, by=by)
    payer = await _default(client_id)
    return await _update(client_id, payer["id"], changes, version=version, by=by)


async def make_default(payer_id: int, *, by: Actor) -> Record:
    """From now on documents name this payer unless another is chosen; returns its row."""
    policies.require(by, Permission.PAYER_UPDATE)
    client, payer = await locked(payer_id, by=by)
    clients.require_open(client, [FEATURE])
    if payer["is_default"]:
        return payer
    await db.execute(
        "UPDATE payers SET is_default = false, version = version + 1 WHERE client_id = $1 AND is_default",
        client["id"],
    )
    sql = "UPDATE payers SET is_default = true, version = version + 1 WHERE id = $1 RETURNING *"
    made = await db.row(sql, payer_id)
    assert made is not None
    await audit.record("payer:made_default", "payer", payer_id, by=by, name=payer["name"], client_id=client["id"],
                       old={"is_default": False}, new={"is_default": True})  # fmt: skip
    return made


async def why_it_stays(payer_id: int, *, by: Actor) -> str:
    """Why a payer cannot be deleted now, "" when it can."""
    policies.require(by, Permission.PAYER_DELETE)
    return await _why_it_stays(await _find(payer_id, by=by))


async def delete(payer_id: int, *, by: Actor) -> None:
    """Remove a payer; `Conflict`, with the reason, while documents name it or it is the default one."""
    policies.require(by, Permission.PAYER_DELETE)
    client, payer = await locked(payer_id, by=by)
    clients.require_open(client, [FEATURE])
    if reason := await _why_it_stays(payer):
        raise Conflict(reason)
    await db.execute("DELETE FROM payers WHERE id = $1", payer_id)
    await audit.record("payer:deleted", "payer", payer_id, by=by, name=payer["name"], client_id=client["id"],
                       old={field: value for field, value in shown(payer).items() if value})  # fmt: skip


async def locked(payer_id: int, *, by: Actor) -> tuple[Record, Record]:
    """The client and its payer, locked in that order, so that two acts on one client come one after the other.

    `NotFound` when there is none that `by` may see, or when it was merged.
    """
    found = await _find(payer_id, by=by)
    client = await access.client(found["client_id"], by=by, lock=True)
    payer = await db.row(
        "SELECT * FROM payers WHERE id = $1 AND client_id = $2 AND merged_into_id IS NULL FOR UPDATE",
        payer_id,
        client["id"],
    )
    if payer is None:
        raise NotFound()
    return client, payer


def shown(payer: Mapping[str, Any]) -> dict[str, Any]:
    """What people enter of a payer."""
    return {field: payer[field] for field in payer_fields.ALL}


async def _update(client_id: int, payer_id: int, changes: PayerChanges, *, version: int, by: Actor) -> Record:
    client = await access.client(client_id, by=by, lock=True)
    row = await rows.locked("payers", payer_id, version=version)
    if row["merged_into_id"] is not None or row["client_id"] != client_id:
        raise NotFound()
    values = _checked(shown(row) | rows.given(changes))
    changed = {field: value for field, value in values.items() if value != row[field]}
    if not changed:
        return row
    clients.require_open(client, [FEATURE])
    await rows.save("payers", row, changed)
    await audit.record("payer:updated", "payer", payer_id, by=by, name=values["name"], client_id=client_id,
                       old={field: row[field] for field in changed}, new=changed)  # fmt: skip
    return await _find(payer_id, by=by)


async def _find(payer_id: int, *, by: Actor) -> Record:
    found = await db.row("SELECT * FROM payers WHERE id = $1", payer_id) if rows.is_id(payer_id) else None
    if found is None:
        raise NotFound()
    await access.client(found["client_id"], by=by)
    return found


async def _default(client_id: int) -> Record:
    found = await db.row("SELECT * FROM payers WHERE client_id = $1 AND is_default", client_id)
    if found is None:
        raise NotFound()
    return found


async def _why_it_stays(payer: Record) -> str:
    if payer["is_default"]:
        return _("This is the default payer. Make another one the default first.")
    count = (await payer_documents.counts([payer["id"]]))[payer["id"]]
    if count:
        message = ngettext("%(count)s document names this payer.", "%(count)s documents name this payer.", count)
        return message % {"count": count}
    if await db.value("SELECT EXISTS (SELECT FROM payers WHERE merged_into_id = $1)", payer["id"]):
        return _("Another payer was merged into this one.")
    return ""


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    checks = Checks()
    kept = payer_fields.check(checks, values)
    checks.done()
    return kept


def _right(module: Permission, plain: Permission, *, by: Actor) -> Permission:
    """The right that is asked for: of payers as a module, or of the client that the payer is a part of."""
    return module if policies.has_feature(by.tenant, FEATURE) else plain
