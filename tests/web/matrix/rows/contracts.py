"""Contracts and their templates, for staff, users and programs."""

from typing import TYPE_CHECKING

from core import actor, clock, db
from core.accounts import contract_states, contract_templates, contracts
from core.accounts.contract_templates import TemplateValues
from core.accounts.contracts import NewContract
from core.actor import Actor
from tests.web.matrix import things
from tests.web.matrix.row import GONE, NEW, rows
from tests.web.matrix.rows import payers

if TYPE_CHECKING:
    from tests.web.matrix.world import World

CONTRACTS = {"feature": "contracts"}
ANYWHERE = "1 rue de la Paix"
TEMPLATE = {"name": "!name", "language": "fr", "title": "Contrat", "body": "{payer.name}"}
EDIT = {"title": "Another", "version": 1}
DRAFT = {"kinds": {"contract_id": "contract"}}
SENT = {"kinds": {"contract_id": "sent_contract"}}
SIGNED = {"kinds": {"contract_id": "signed_contract"}}
TODAY = clock.today("Europe/Paris").isoformat()
PLACEHOLDERS = {"contract_id": "contract", "template_id": "contract_template"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/contracts", "contract:read", CONTRACTS),
        ("GET /staff/clients/{code}/contracts", "contract:read", CONTRACTS),
        ("GET /staff/clients/{code}/contracts/new", "contract:create", CONTRACTS),
        (
            "POST /staff/clients/{code}/contracts",
            "contract:create",
            CONTRACTS | {"send": {"payer_id": "$first_payer", "company_id": "$first_company"}},
        ),
        ("GET /staff/contracts/{contract_id}", "contract:read", CONTRACTS),
        ("GET /staff/contracts/{contract_id}/edit", "contract:update", CONTRACTS),
        ("POST /staff/contracts/{contract_id}", "contract:update", CONTRACTS | {"send": EDIT}),
        ("GET /staff/contracts/{contract_id}/delete", "contract:delete", CONTRACTS),
        ("POST /staff/contracts/{contract_id}/delete", "contract:delete", CONTRACTS | {"send": {}}),
        ("POST /staff/contracts/{contract_id}/send", "contract:update", CONTRACTS | {"send": {"by_mail": "1"}}),
        (
            "POST /staff/contracts/{contract_id}/sign",
            "contract:update",
            CONTRACTS | SENT | {"send": {"signed_on": TODAY}},
        ),
        (
            "POST /staff/contracts/{contract_id}/cancel",
            "contract:update",
            CONTRACTS | SENT | {"send": {"reason": "Over"}},
        ),
        ("GET /staff/contracts/{contract_id}/pdf", "contract:read", CONTRACTS),
        ("GET /staff/contracts/{contract_id}/signed", "contract:read", CONTRACTS | SIGNED),
        ("GET /staff/contract-templates", "contract_template:manage", CONTRACTS),
        ("GET /staff/contract-templates/new", "contract_template:manage", CONTRACTS),
        ("POST /staff/contract-templates", "contract_template:manage", CONTRACTS | {"send": TEMPLATE}),
        ("GET /staff/contract-templates/{template_id}/edit", "contract_template:manage", CONTRACTS),
        (
            "POST /staff/contract-templates/{template_id}",
            "contract_template:manage",
            CONTRACTS | {"send": TEMPLATE | {"version": 1}},
        ),
        ("GET /staff/contract-templates/{template_id}/delete", "contract_template:manage", CONTRACTS),
        (
            "POST /staff/contract-templates/{template_id}/delete",
            "contract_template:manage",
            CONTRACTS | {"send": {}},
        ),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/contracts", "contract:read", CONTRACTS),
        (
            "POST /api/v1/clients/{code}/contracts",
            "contract:create",
            CONTRACTS
            | NEW
            | {
                "send": {
                    "payer_id": "$first_payer",
                    "company_id": "$first_company",
                    "title": "A",
                    "language": "fr",
                }
            },
        ),
        ("GET /api/v1/contracts/{contract_id}", "contract:read", CONTRACTS),
        ("PATCH /api/v1/contracts/{contract_id}", "contract:update", CONTRACTS | {"send": EDIT}),
        ("DELETE /api/v1/contracts/{contract_id}", "contract:delete", CONTRACTS | GONE),
        ("POST /api/v1/contracts/{contract_id}/send", "contract:update", CONTRACTS | {"send": {"by_mail": True}}),
        (
            "POST /api/v1/contracts/{contract_id}/sign",
            "contract:update",
            CONTRACTS | SENT | {"send": {"signed_on": TODAY}},
        ),
        (
            "POST /api/v1/contracts/{contract_id}/cancel",
            "contract:update",
            CONTRACTS | SENT | {"send": {"reason": "Over"}},
        ),
        ("GET /api/v1/contracts/{contract_id}/pdf", "contract:read", CONTRACTS),
        ("GET /api/v1/contracts/{contract_id}/signed", "contract:read", CONTRACTS | SIGNED),
        ("GET /api/v1/contract-templates", "contract:read", CONTRACTS),
        ("POST /api/v1/contract-templates", "contract_template:manage", CONTRACTS | NEW | {"send": TEMPLATE}),
        ("GET /api/v1/contract-templates/{template_id}", "contract:read", CONTRACTS),
        (
            "PATCH /api/v1/contract-templates/{template_id}",
            "contract_template:manage",
            CONTRACTS | {"send": TEMPLATE | {"version": 1}},
        ),
        ("DELETE /api/v1/contract-templates/{template_id}", "contract_template:manage", CONTRACTS | GONE),
    ),
    *rows(
        "portal",
        "provider",
        ("GET /contracts", "portal:contracts:read", CONTRACTS),
        ("GET /contracts/request", "portal:contracts:request", CONTRACTS),
        ("POST /contracts/request", "portal:contracts:request", CONTRACTS | {"send": {"payer_id": "$own_payer"}}),
        (
            "GET /contracts/{contract_id}/pdf",
            "portal:contracts:read",
            CONTRACTS | {"kinds": {"contract_id": "own_contract"}},
        ),
        (
            "GET /contracts/{contract_id}/signed",
            "portal:contracts:read",
            CONTRACTS | {"kinds": {"contract_id": "own_contract"}},
        ),
        by="dupont",
    ),
]
PARAMETERS = {
    "/staff/contracts": "number state company client after before",
    "/api/v1/contracts": "number state company client after before limit",
}
RULED = {
    *(f"contracts.{column}" for column in ("state", "title", "language", "body", "number", "frozen", "digest")),
    *("contract_states.state", "contract_files.kind", "contract_files.media", "contract_files.content"),
}


async def contract_of(code: int, world: "World", by: Actor, *, payer_id: int | None = None) -> int:
    """A draft with the client of this code that lacks nothing; with his default payer, or with this one."""
    async with db.as_tenant(by.tenant.id):
        client = await db.row("SELECT * FROM clients WHERE code = $1", code)
        assert client is not None
        await db.execute(
            "UPDATE companies SET registration_number = '73282932000074', street = $1, postcode = '75002', city = 'Paris',"
            " email = 'c@company.example' WHERE is_default AND city = ''",
            ANYWHERE,
        )
        await db.execute(
            "UPDATE payers SET kind = 'individual', country = 'FR', street = $2, postcode = '75002', city = 'Paris'"
            " WHERE client_id = $1 AND city = ''",
            client["id"],
            ANYWHERE,
        )
        known, companies = await contracts.parties(client, by=by)
        company = next(row["id"] for row in companies if row["is_default"])
        new = NewContract(
            payer_id=payer_id or known[0]["id"],
            company_id=company,
            title="Contract",
            language="fr",
            body="We agree.",
        )
        return int((await contracts.create(client["id"], new, by=by))["id"])


async def contract(world: "World", by: Actor) -> int:
    return await contract_of(await things.client_(world, by), world, by)


async def sent_contract(world: "World", by: Actor) -> int:
    contract_id = await contract(world, by)
    async with db.as_tenant(by.tenant.id):
        await contract_states.send(contract_id, by=by)
    return contract_id


async def signed_contract(world: "World", by: Actor) -> int:
    contract_id = await sent_contract(world, by)
    async with db.as_tenant(by.tenant.id):
        await contract_states.sign(contract_id, clock.today(by.tenant.timezone), b"%PDF-1.7", by=by)
    return contract_id


async def contract_template(world: "World", by: Actor) -> int:
    new = TemplateValues(name=world.fresh("template"), language="fr", title="Contrat", body="{payer.name}")
    async with db.as_tenant(by.tenant.id):
        return int((await contract_templates.create(new, by=by))["id"])


async def own_contract(world: "World", by: Actor) -> int:
    """A signed contract of the client that a user acts for; of staff, of one that they registered."""
    if by.client is None:
        return await signed_contract(world, by)
    staff = actor.system(by.tenant)
    # Another payer than the default one, which the user still edits.
    payer_id = await payers.payer_of(by.client.code, world, staff)
    contract_id = await contract_of(by.client.code, world, staff, payer_id=payer_id)
    async with db.as_tenant(by.tenant.id):
        await contract_states.send(contract_id, by=staff)
        await contract_states.sign(contract_id, clock.today(by.tenant.timezone), b"%PDF-1.7", by=staff)
    return contract_id


async def first_payer(_world: "World", by: Actor) -> int:
    """The payer of the client that was registered last."""
    async with db.as_tenant(by.tenant.id):
        return int(
            await db.value(
                "SELECT p.id FROM payers p JOIN clients c ON c.id = p.client_id WHERE p.is_default"
                " ORDER BY c.registered_at DESC, c.code DESC LIMIT 1"
            )
        )


async def first_company(_world: "World", by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        return int(await db.value("SELECT id FROM companies WHERE is_default"))


MAKERS = {
    made.__name__: made
    for made in (
        contract,
        sent_contract,
        signed_contract,
        own_contract,
        contract_template,
        first_payer,
        first_company,
    )
}
