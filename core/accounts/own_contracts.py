"""A client's contracts in the hands of its own users: what was sent to it, and asking for one.

Drafts of the provider are its own business. That a contract was signed is recorded by staff.
"""

from asyncpg import Record

from core import audit, db, policies
from core.accounts import clients, contract_papers, contract_templates, contracts, memberships
from core.accounts.contract_papers import Paper
from core.accounts.rights import Right
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import _

SHOWN = "(k.is_requested OR k.number <> '')"
"""The condition under which the client knows of a contract."""
MOST_REQUESTS = 5
"""Requests of one client that wait for an answer."""
LONGEST_WISH = 2000


async def every(*, by: Actor) -> list[Record]:
    """The contracts of the client that the user acts for, the newest first, with `has_signed`."""
    seat = memberships.require(by, Right.CONTRACTS_READ)
    policies.require_feature(by, contracts.FEATURE)
    return await db.fetch(
        f"""SELECT k.*, EXISTS (SELECT FROM contract_files f WHERE f.contract_id = k.id AND f.kind = 'signed')
                   AS has_signed
            FROM ({contracts.WITH_NAMES} WHERE k.client_id = $1 AND {SHOWN}) k
            ORDER BY k.created_at DESC, k.id DESC LIMIT 200""",
        seat.id,
    )


async def paper(contract_id: int, kind: str, *, by: Actor) -> Paper:
    """The document that was sent, or the signed one; `NotFound` for anybody else's."""
    seat = memberships.require(by, Right.CONTRACTS_READ)
    policies.require_feature(by, contracts.FEATURE)
    found = await contracts.find(contract_id)
    if found["client_id"] != seat.id or not found["number"]:
        raise NotFound()
    return await contract_papers.kept(found, kind)


async def payers(*, by: Actor) -> list[Record]:
    """The payers that a request can name, the default one first."""
    client = await _client(by)
    return (await contracts.parties(client, by=by))[0]


async def request(payer_id: int, wish: str, *, by: Actor) -> int:
    """Ask for a contract with this payer; returns its id. Staff prepare it, or say why not."""
    client = await _client(by)
    clients.require_open(client, [contracts.FEATURE])
    checks = Checks()
    named, companies = await contracts.parties(client, by=by)
    payer = next((row for row in named if row["id"] == payer_id), None)
    if payer is None:
        checks.error("payer_id", _("This is not one of the choices."))
    told = checks.text("wish", wish, longest=LONGEST_WISH, required=False, lines=True)
    checks.done()
    assert payer is not None
    waiting = "SELECT count(*) FROM contracts WHERE client_id = $1 AND state = 'requested'"
    if await db.value(waiting, client["id"]) >= MOST_REQUESTS or not companies:
        raise Conflict(_("You have asked for contracts already. We come back to you."))
    template = await contract_templates.suited(payer["language"])
    values = {
        "payer_id": payer_id,
        "company_id": companies[0]["id"],
        "title": template["title"] if template else _("Contract"),
        "language": payer["language"],
        "body": template["body"] if template else "",
    }
    contract_id = await contracts.insert(client, values, "requested", wish=told, by=by)
    await audit.record("contract:requested", "contract", contract_id, by=by, name=values["title"],
                       client_id=client["id"], new={"contract_state": "requested"})  # fmt: skip
    return contract_id


async def _client(by: Actor) -> Record:
    seat = memberships.require(by, Right.CONTRACTS_REQUEST)
    policies.require_feature(by, contracts.FEATURE)
    found = await db.row("SELECT * FROM clients WHERE id = $1 FOR UPDATE", seat.id)
    if found is None:
        raise NotFound()
    return found
