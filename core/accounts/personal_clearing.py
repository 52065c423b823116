"""Clearing the personal data of a closed client: what that takes away, what is kept and why, and the act itself.

It cannot be undone. The client stays as a row with its code, its country and its dates, so that documents and sums
go on adding up; nothing in it says any more who it was. `personal_tables` declares every column.
"""

from typing import Any

import msgspec
from asyncpg import Record

from core import audit, clock, db, freshness, hooks, i18n, policies
from core.accounts import (
    access,
    client_merging_users,
    clients,
    closing,
    impersonation,
    payer_documents,
    personal_tables,
    personal_traces,
)
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict
from core.i18n import N_, _
from core.permissions import Permission

KEPT_FIELDS = (
    "status", "kind", "country", "language", "locale", "state", "role", "roles", "is_owner", "purpose", "pending",
    "sessions", "clients", "total", "done", "skipped", "failed", "format", "theme", "ended_by", "moved", "project",
    "attitude", "registered_at", "phone_verified_at", "expires_at", "code", "version", "number",
)  # fmt: skip
"""Fields of audit entries whose values say nothing of a person."""
NAMED_KINDS = ("group", "task", "terms", "project", "segment", "export", "field", "attitude", "job")
"""Kinds of subjects of audit entries whose names are the provider's own."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is kept, how much of it, and why. Both texts are in English, to be translated."""

    label: str
    why: str
    count: int | None = None


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A user of the client; `is_elsewhere`: he is in another client or of the staff, and stays there as he is."""

    person_id: int
    name: str
    email: str
    is_elsewhere: bool


PLAIN = Kept(
    label=N_("Code, type, country, language and dates of the client"),
    why=N_("They say nothing of a person."),
)
NAMED_PAYERS = Kept(
    label=N_("Payers that documents name: name, address, registration and VAT number"),
    why=N_(
        "Invoices and the papers behind them are kept ten years by law"
        " (France: Code de commerce, art. L123-22; Germany: § 147 AO)."
    ),
)
SENT_CONTRACTS = Kept(label=N_("Contracts that were sent"), why=personal_tables.CONTRACT)
INVOICES = Kept(label=N_("Invoices and credit notes that were issued"), why=personal_tables.BY_LAW)
CONSENTS = Kept(
    label=N_("Which version of the terms was agreed to, and when"),
    why=N_("It proves the contract; the address it was sent from is cleared."),
)
WHOEVER_IT_IS = (
    Kept(
        label=N_("Activity: who of your team did what, and when"),
        why=N_("You answer for it; what it says of the client’s people is cleared."),
    ),
    Kept(
        label=N_("Files uploaded to be imported"),
        why=N_("They go by themselves seven days after they were uploaded."),
    ),
    Kept(
        label=N_("Backups made until today"),
        why=N_("They go when your backups are renewed; do not bring the client back from one."),
    ),
)


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What clearing would do to a client. `refusal` says why it cannot be done now, "" when it can."""

    client: Record
    users: list[Member]
    kept: list[Kept]
    refusal: str


async def preview(code: int, *, by: Actor) -> Preview:
    """What would be cleared and what kept."""
    policies.require(by, Permission.CLIENT_CLEAR)
    client = await access.client_by_code(code, by=by)
    ids = await _ids(client)
    return Preview(client=client, users=await _users(ids), kept=await kept(ids), refusal=_refusal(client))


async def clear(code: int, typed: str, reason: str, *, by: Actor) -> Record:
    """Clear the personal data of a closed client for good; returns what is left of it.

    `typed` is the code once more, as a confirmation: `Invalid` under "typed" when it is not, under "reason"
    without one. `Conflict` when the client is not closed, or cleared already.
    """
    policies.require(by, Permission.CLIENT_CLEAR)
    policies.require_outside(by)
    client = await access.client_by_code(code, by=by, lock=True)
    if refusal := _refusal(client):
        raise Conflict(refusal)
    told = _checked(client, typed, reason)
    await hooks.before("before_client_cleared", by=by, client=clients.shown(client))
    ids = await _ids(client)
    for client_id in ids:
        await impersonation.end_of_client(client_id, by=by)
        await client_merging_users.end_sessions(client_id, by=by)
    cleared = await _clear(client, ids, by=by)
    await audit.record(
        "client:cleared",
        "client",
        client["id"],
        by=by,
        name=cleared["name"],
        client_id=client["id"],
        new={"reason": told},
    )
    await hooks.after("after_client_cleared", by=by, client=clients.shown(cleared))
    await freshness.forget_tenant(by.tenant.id)
    return cleared


async def kept_of(client: Record, *, by: Actor) -> list[Kept]:
    """What clearing keeps of this client, or has kept."""
    policies.require(by, Permission.CLIENT_PERSONAL_DATA)
    return await kept(await _ids(client))


async def kept(ids: list[int]) -> list[Kept]:
    """What stays of these clients, and why; the same before and afterwards."""
    consents = "SELECT count(*) FROM consents WHERE client_id = ANY ($1::bigint[])"
    contracts = "SELECT count(*) FROM contracts WHERE client_id = ANY ($1::bigint[]) AND number <> ''"
    invoices = "SELECT count(*) FROM invoices WHERE client_id = ANY ($1::bigint[]) AND state <> 'draft'"
    counted = (
        (NAMED_PAYERS, len(await _named(ids))),
        (SENT_CONTRACTS, await db.value(contracts, ids)),
        (INVOICES, await db.value(invoices, ids)),
        (CONSENTS, await db.value(consents, ids)),
    )
    return [PLAIN, *(msgspec.structs.replace(one, count=count) for one, count in counted if count), *WHOEVER_IT_IS]


def _refusal(client: Record) -> str:
    if client["cleared_at"] is not None:
        return _("The personal data of this client is cleared already.")
    if client["status"] != "closed":
        return _("Close the client first: only the personal data of a closed client can be cleared.")
    return ""


def _checked(client: Record, typed: str, reason: str) -> str:
    checks = Checks()
    told = checks.text("reason", reason, longest=closing.LONGEST_REASON)
    if typed.strip() != str(client["code"]):
        checks.error("typed", _("This is not the code of the client."))
    checks.done()
    return told


async def _clear(client: Record, ids: list[int], *, by: Actor) -> Record:
    people = [user.person_id for user in await _users(ids) if not user.is_elsewhere]
    # Drafts go first: they name a payer, and are no reason to keep what they say.
    await db.execute("DELETE FROM contracts WHERE client_id = ANY ($1::bigint[]) AND number = ''", ids)
    await db.execute("DELETE FROM invoices WHERE client_id = ANY ($1::bigint[]) AND state = 'draft'", ids)
    named = await _named(ids)
    found = await personal_traces.known(ids, people, named)
    with i18n.speaking(by.tenant.locale):
        names = _("Cleared client %(code)s") % {"code": client["code"]}, _("Cleared user")
    now = clock.now()
    await db.execute(
        """UPDATE clients SET cleared_at = $2, phone_verified_at = NULL, version = version + 1
           WHERE id = ANY ($1::bigint[])""",
        ids,
        now,
    )
    await db.execute(
        """UPDATE people SET is_disabled = true, totp_confirmed_at = NULL, version = version + 1
           WHERE id = ANY ($1::bigint[])""",
        people,
    )
    for statement in personal_tables.statements():
        await db.execute(statement, ids, people, named, found.emails, *names)
    await db.execute(
        "SELECT history.clear_client($1, $2, $3, $4, $5, $6, $7)",
        ids,
        people,
        *names,
        list(KEPT_FIELDS),
        list(NAMED_KINDS),
        found.pattern,
    )
    cleared = await access.client(client["id"], by=by)
    shown: dict[str, Any] = clients.shown(cleared)
    told = {key: value for key, value in shown.items() if key not in ("id", "code", "registered_at")}
    await personal_traces.clear(found, ids, msgspec.json.encode(told).decode())
    return cleared


async def _ids(client: Record) -> list[int]:
    """The client, and those that were merged into it."""
    merged = await db.fetch("SELECT id FROM clients WHERE merged_into_id = $1 ORDER BY id", client["id"])
    return [client["id"], *(row["id"] for row in merged)]


async def _users(ids: list[int]) -> list[Member]:
    found = await db.fetch(
        """SELECT p.id AS person_id, p.name, p.email,
               EXISTS (SELECT FROM staff s WHERE s.person_id = p.id) OR EXISTS (
                   SELECT FROM memberships o WHERE o.person_id = p.id AND NOT o.client_id = ANY ($1::bigint[])
               ) AS is_elsewhere
           FROM people p
           WHERE p.id IN (SELECT m.person_id FROM memberships m WHERE m.client_id = ANY ($1::bigint[]))
           ORDER BY lower(p.name), p.id""",
        ids,
    )
    return [Member(**dict(row)) for row in found]


async def _named(ids: list[int]) -> list[int]:
    """The payers of these clients that some document names."""
    rows = await db.fetch("SELECT id FROM payers WHERE client_id = ANY ($1::bigint[]) ORDER BY id", ids)
    counts = await payer_documents.counts([row["id"] for row in rows])
    return [payer_id for payer_id, count in counts.items() if count]
