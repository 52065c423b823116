"""Contracts of the demo: a text in both languages, and a few contracts with Nova's clients in different states."""

from asyncpg import Record

from core import clock, db
from core.accounts import contract_states, contract_templates, contracts
from core.accounts.contract_templates import TemplateValues
from core.accounts.contracts import NewContract
from core.actor import Actor

TEMPLATES = (
    TemplateValues(
        name="Contrat d’hébergement",
        language="fr",
        title="Contrat d’hébergement",
        body="""Entre {company.name}, {company.address}, et {payer.name}, {payer.address}.

# Objet

{company.name} héberge ce que {payer.name} lui confie et le maintient en service de son mieux.

# Prix et durée

Les prix sont ceux des commandes passées sous le compte {client.code}. Le contrat court à partir du {contract.date}
et peut être dénoncé par chacun au terme d’une période payée.

# Données personnelles

{company.name} traite les données pour le compte de {payer.name} et sur ses seules instructions.""",
    ),
    TemplateValues(
        name="Hosting agreement",
        language="en",
        title="Hosting agreement",
        body="""Between {company.name}, {company.address}, and {payer.name}, {payer.address}.

# Subject

{company.name} hosts what {payer.name} entrusts to it and keeps it running as well as it can.

# Price and term

The prices are those of the orders placed under the account {client.code}. The agreement runs from {contract.date}
and can be ended by either side at the end of a paid period.

# Personal data

{company.name} processes data on behalf of {payer.name} and on its instructions only.""",
    ),
)
STATES = ("signed", "signed", "sent", "sent", "draft", "requested", "cancelled")
ADDRESS = ("8 place Graslin", "44000", "Nantes")


async def furnish(*, by: Actor) -> None:
    """Write the templates, and a contract with each of the last clients of the country."""
    for template in TEMPLATES:
        await contract_templates.create(template, by=by)
    clients = await db.fetch(
        """SELECT * FROM clients WHERE status = 'active' AND country = 'FR' AND kind = 'individual'
           ORDER BY code DESC LIMIT $1""",
        len(STATES),
    )
    for client, state in zip(clients, STATES, strict=False):
        await _agree(client, state, by=by)


async def _agree(client: Record, state: str, *, by: Actor) -> None:
    await db.execute(
        "UPDATE payers SET street = $2, postcode = $3, city = $4 WHERE client_id = $1 AND is_default",
        client["id"],
        *ADDRESS,
    )
    payers, companies = await contracts.parties(client, by=by)
    template = await contract_templates.suited(payers[0]["language"])
    assert template is not None
    values = {name: template[name] for name in ("title", "language", "body")}
    new = NewContract(payer_id=payers[0]["id"], company_id=companies[0]["id"], **values)
    if state == "requested":
        wish = "Pour un serveur dédié, s’il vous plaît."
        named = {"payer_id": new.payer_id, "company_id": new.company_id}
        await contracts.insert(client, values | named, "requested", wish=wish, by=by)
        return
    made = await contracts.create(client["id"], new, by=by)
    if state == "draft":
        return
    await contract_states.send(made["id"], by=by)
    if state == "signed":
        await contract_states.sign(made["id"], clock.today(by.tenant.timezone), by=by)
    if state == "cancelled":
        await contract_states.cancel(made["id"], "Le client a changé d’avis.", by=by)
