"""Contracts between a client's payer and an own company: reading, drafting, changing and deleting drafts.

A contract is a draft, or requested by the client, until it is sent; then it has a number and its text, parties and
file are frozen (`contract_states`). It can be signed after that, and cancelled at any time.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import JSONB, BigInt, Boolean, Bytea, Date, Integer, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import access, clients, contract_texts, payer_documents, project_companies, rows
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, NotFound, ReadOnly
from core.i18n import _
from core.permissions import Permission

FEATURE = "contracts"
STATES = ("draft", "requested", "sent", "signed", "cancelled")
OPEN = ("draft", "requested")
"""The states in which everything may change."""
FIELDS = ("payer_id", "company_id", "title", "language", "body")
WITH_NAMES = """SELECT k.*, p.name AS payer_name, o.name AS company_name, c.code AS client_code,
           c.name AS client_name
    FROM contracts k JOIN clients c ON c.id = k.client_id JOIN payers p ON p.id = k.payer_id
    JOIN companies o ON o.id = k.company_id"""

payer_documents.register("contract", payer_documents.counted("contracts"))


class Contract(db.Owned, tablename="contracts"):
    """A contract. `wish` is what the client wrote with its request; `frozen` is what the sent document says."""

    client_id = BigInt()
    payer_id = BigInt()
    company_id = BigInt()
    state = Text()
    is_requested = Boolean()
    title = Text()
    language = Text()
    body = Text()
    wish = Text()
    number = Text()
    issued_on = Date(null=True)
    signed_on = Date(null=True)
    frozen = JSONB()
    digest = Text()
    created_at = Timestamptz()
    version = Integer()


class ContractState(db.Owned, tablename="contract_states"):
    """That a contract came into a state: when, by whom, why."""

    contract_id = BigInt()
    state = Text()
    at = Timestamptz()
    actor_kind = Text()
    actor_name = Text()
    reason = Text()


class ContractFile(db.Owned, tablename="contract_files"):
    """The document as it was sent, or the signed one."""

    contract_id = BigInt()
    kind = Text()
    media = Text()
    content = Bytea()
    created_at = Timestamptz()


class NewContract(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draft to be made, by the ids of a payer of the client and of a company that sells to it."""

    payer_id: int
    company_id: int
    title: str
    language: str
    body: str = ""


class ContractChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    payer_id: int | UnsetType = UNSET
    company_id: int | UnsetType = UNSET
    title: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    body: str | UnsetType = UNSET


async def get(contract_id: int, *, by: Actor) -> Record:
    """One contract with the names of its parties; `NotFound` when there is none that `by` may see."""
    policies.require(by, Permission.CONTRACT_READ)
    found = await find(contract_id)
    await access.client(found["client_id"], by=by)
    return found


async def find(contract_id: int) -> Record:
    """The same for verbs that ask for the right themselves."""
    found = None
    if rows.is_id(contract_id):
        found = await db.row(f"{WITH_NAMES} WHERE k.id = $1", contract_id)
    if found is None:
        raise NotFound()
    return found


async def history(contract_id: int, *, by: Actor) -> list[Record]:
    """The states it went through, the first one first: state, at, actor_kind, actor_name, reason."""
    await get(contract_id, by=by)
    return await db.fetch(
        """SELECT state, at, actor_kind, actor_name, reason FROM contract_states WHERE contract_id = $1
           ORDER BY at, id""",
        contract_id,
    )


async def parties(client: Mapping[str, Any], *, by: Actor) -> tuple[list[Record], list[Record]]:
    """The payers and the companies that a contract with this client can name, the usual one first."""
    every = policies.has_feature(by.tenant, "payers")
    payers = await db.fetch(
        """SELECT * FROM payers WHERE client_id = $1 AND merged_into_id IS NULL AND (is_default OR $2)
           ORDER BY is_default DESC, name_folded, id""",
        client["id"],
        every,
    )
    companies = await project_companies.selling(client["project_id"])
    if not policies.has_feature(by.tenant, "companies"):
        companies = [row for row in companies if row["is_default"]]
    return payers, companies


async def sides(contract: Mapping[str, Any]) -> tuple[Record, Record]:
    """The company and the payer of a contract, as they are now; locked, so that neither changes meanwhile."""
    company = await db.row("SELECT * FROM companies WHERE id = $1 FOR SHARE", contract["company_id"])
    payer = await db.row("SELECT * FROM payers WHERE id = $1 FOR SHARE", contract["payer_id"])
    assert company is not None
    assert payer is not None
    return company, payer


async def create(client_id: int, new: NewContract, *, by: Actor) -> Record:
    """Draft a contract; returns it. All that is wrong comes back at once as `Invalid`."""
    policies.require(by, Permission.CONTRACT_CREATE)
    client = await access.client(client_id, by=by, lock=True)
    clients.require_open(client, [FEATURE])
    values = await checked(msgspec.to_builtins(new), client, by=by)
    contract_id = await insert(client, values, "draft", by=by)
    await audit.record("contract_draft:created", "contract", contract_id, by=by, name=values["title"],
                       client_id=client_id)  # fmt: skip
    return await find(contract_id)


async def update(contract_id: int, changes: ContractChanges, *, version: int, by: Actor) -> Record:
    """Change what was not sent yet; `EditConflict` when somebody else did since it was read."""
    client, row = await locked(contract_id, version=version, by=by)
    require_unsent(row)
    values = await checked({field: row[field] for field in FIELDS} | rows.given(changes), client, by=by)
    old = {field: row[field] for field in values if values[field] != row[field]}
    if await rows.save("contracts", row, values):
        told = [
            {name: side[name] for name in old if name in ("title", "language", "body")} for side in (old, values)
        ]
        await audit.record("contract_draft:updated", "contract", contract_id, by=by, name=values["title"],
                           client_id=client["id"], old=told[0], new=told[1])  # fmt: skip
    return await find(contract_id)


async def delete(contract_id: int, *, by: Actor) -> None:
    """Remove a draft; `Conflict` for everything that the client knows of: that is cancelled instead."""
    policies.require(by, Permission.CONTRACT_DELETE)
    client, row = await locked(contract_id, by=by)
    if row["state"] != "draft":
        raise Conflict(_("Only drafts can be deleted. Cancel it instead."))
    await db.execute("DELETE FROM contracts WHERE id = $1", contract_id)
    await audit.record("contract_draft:deleted", "contract", contract_id, by=by, name=row["title"],
                       client_id=client["id"])  # fmt: skip


async def locked(contract_id: int, *, version: int | None = None, by: Actor) -> tuple[Record, Record]:
    """The client and its contract, locked in that order; the client has to be open."""
    policies.require(by, Permission.CONTRACT_UPDATE)
    found = await get(contract_id, by=by)
    client = await access.client(found["client_id"], by=by, lock=True)
    clients.require_open(client, [FEATURE])
    return client, await rows.locked("contracts", contract_id, version=version)


def require_unsent(contract: Mapping[str, Any]) -> None:
    """Nothing while it is a draft or requested; else `ReadOnly`."""
    if contract["state"] not in OPEN:
        raise ReadOnly(_("This contract was sent or cancelled; it does not change any more."))


async def insert(
    client: Mapping[str, Any], values: Mapping[str, Any], state: str, *, wish: str = "", by: Actor
) -> int:
    """Write a contract in its first state; returns its id. Asks for no right."""
    contract_id = int(
        await db.value(
            """INSERT INTO contracts (client_id, payer_id, company_id, title, language, body, state, is_requested,
                   wish, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id""",
            client["id"],
            *(values[field] for field in FIELDS),
            state,
            state == "requested",
            wish,
            clock.now(),
        )
    )
    await note(contract_id, state, by=by)
    return contract_id


async def note(contract_id: int, state: str, *, reason: str = "", by: Actor) -> None:
    """Write who brought it into this state, and why."""
    inside = by.impersonator
    await db.execute(
        """INSERT INTO contract_states (contract_id, state, at, actor_kind, actor_name, reason)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        contract_id,
        state,
        clock.now(),
        "staff" if inside else by.kind,
        inside.name if inside else by.name,
        reason,
    )


async def checked(values: Mapping[str, Any], client: Mapping[str, Any], *, by: Actor) -> dict[str, Any]:
    """The values as they are kept; `Invalid` with all that is wrong with them."""
    checks = Checks()
    payers, companies = await parties(client, by=by)
    if values["payer_id"] not in [row["id"] for row in payers]:
        checks.error("payer_id", _("This is not one of the choices."))
    if values["company_id"] not in [row["id"] for row in companies]:
        checks.error("company_id", _("This is not one of the choices."))
    kept = {
        "payer_id": values["payer_id"],
        "company_id": values["company_id"],
        "title": checks.text("title", values["title"], longest=200),
        "language": checks.language("language", values["language"]),
        "body": contract_texts.check(checks, values["body"], required=False),
    }
    checks.done()
    return kept
