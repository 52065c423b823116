"""Payers: the person or company that a client's documents name. Several on editions that have the feature.

Every client has one from its registration on: the database makes it (migration 0025), so that no door is without.
On an edition without payers as a module that one is a part of the client: who may see the client sees it, who may
edit the client edits it. What is right in which field says `payer_fields`; what names a payer, `payer_documents`;
how rows and audit are kept, `payer_keeping`. Here are the verbs of staff; those of users are in `own_payers`.
"""

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import BigInt, Boolean, Integer, Text, Timestamptz

from core import db, policies
from core.accounts import access, payer_keeping, rows
from core.actor import Actor
from core.permissions import Permission

FEATURE = "payers"


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
    external_id = Text()
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
    return await payer_keeping.every(client_id)


async def get(payer_id: int, *, by: Actor) -> Record:
    """One payer, also one that was merged; `NotFound` when there is none that `by` may see."""
    policies.require(by, Permission.PAYER_READ)
    return await _find(payer_id, by=by)


async def default_of(client_id: int, *, by: Actor) -> Record:
    """The payer that a client's documents name unless another is chosen. Every edition has it."""
    policies.require(by, _right(Permission.PAYER_READ, Permission.CLIENT_READ, by=by))
    await access.client(client_id, by=by)
    return await payer_keeping.default(client_id)


async def number_of(client_id: int, *, by: Actor) -> int:
    """How many payers the client has, also where the edition shows one."""
    await access.client(client_id, by=by)
    return await payer_keeping.number(client_id)


async def create(client_id: int, new: NewPayer, *, by: Actor) -> Record:
    """Add a payer to a client; returns its row. All that is wrong comes back at once as `Invalid`."""
    policies.require(by, Permission.PAYER_CREATE)
    client = await access.client(client_id, by=by, lock=True)
    return await payer_keeping.add(client, msgspec.to_builtins(new), by=by)


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
    payer = await payer_keeping.default(client_id)
    return await _update(client_id, payer["id"], changes, version=version, by=by)


async def make_default(payer_id: int, *, by: Actor) -> Record:
    """From now on documents name this payer unless another is chosen; returns its row."""
    policies.require(by, Permission.PAYER_UPDATE)
    client, payer = await locked(payer_id, by=by)
    return await payer_keeping.choose_default(client, payer, by=by)


async def why_it_stays(payer_id: int, *, by: Actor) -> str:
    """Why a payer cannot be deleted now, "" when it can."""
    policies.require(by, Permission.PAYER_DELETE)
    return await payer_keeping.why_it_stays(await _find(payer_id, by=by))


async def delete(payer_id: int, *, by: Actor) -> None:
    """Remove a payer; `Conflict`, with the reason, while documents name it or it is the default one."""
    policies.require(by, Permission.PAYER_DELETE)
    client, payer = await locked(payer_id, by=by)
    await payer_keeping.remove(client, payer, by=by)


async def locked(payer_id: int, *, by: Actor) -> tuple[Record, Record]:
    """The client and its payer, locked in that order, so that two acts on one client come one after the other.

    `NotFound` when there is none that `by` may see, or when it was merged.
    """
    found = await _find(payer_id, by=by)
    client = await access.client(found["client_id"], by=by, lock=True)
    return client, await payer_keeping.locked(client["id"], payer_id)


async def _update(client_id: int, payer_id: int, changes: PayerChanges, *, version: int, by: Actor) -> Record:
    client = await access.client(client_id, by=by, lock=True)
    return await payer_keeping.change(client, payer_id, rows.given(changes), version=version, by=by)


async def _find(payer_id: int, *, by: Actor) -> Record:
    found = await payer_keeping.find(payer_id)
    await access.client(found["client_id"], by=by)
    return found


def _right(module: Permission, plain: Permission, *, by: Actor) -> Permission:
    """The right that is asked for: of payers as a module, or of the client that the payer is a part of."""
    return module if policies.has_feature(by.tenant, FEATURE) else plain
