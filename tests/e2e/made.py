"""Makes what the addresses of places name, where a provider has none of it: one function for each number.

Names and texts are French, and say nothing that the test of the French pages would take for English.
"""

from datetime import date, timedelta
from typing import Any

import msgspec

from core import clock, db
from core.accounts import (
    attitudes,
    bank_accounts,
    client_projects,
    client_roles,
    clients,
    closing,
    contract_states,
    contract_templates,
    contracts,
    field_edits,
    files,
    groups,
    list_filters,
    notes,
    payers,
    personal_clearing,
    portal_settings,
    projects,
    roles,
    rule_changes,
    segments,
    sessions,
    sign_up_settings,
    terms,
)
from core.accounts.client_filter import ClientFilter
from core.accounts.group_rules import Block, Condition, Rule
from core.accounts.imports import carrying
from core.accounts.imports import files as import_files
from core.accounts.imports.mapping import Mapping
from core.accounts.list_filters import NewListFilter
from core.accounts.portal_settings import PortalChanges
from core.actor import Actor
from core.billing import (
    accounts,
    expenses,
    invoice_drafts,
    invoice_states,
    offer_states,
    offers,
    payments,
    service_states,
    services,
)
from core.catalog import (
    addon_offers,
    addons,
    discounts,
    plans,
    price_list_publishing,
    price_lists,
    price_sheets,
    prices,
    product_types,
    products,
    promo_codes,
    tax_rates,
)
from core.catalog.discount_fields import NewDiscount
from core.catalog.promo_codes import NewPromoCode
from tenants import project_hosts

OWN = """(SELECT m.client_id FROM memberships m JOIN people p ON p.id = m.person_id
           WHERE m.is_owner AND (m.client_id IN (SELECT id FROM clients WHERE status = 'active'))
           ORDER BY p.email LIKE 'user@%' DESC, p.email LIKE 'dupont@%' DESC, m.client_id DESC LIMIT 1)"""
"""The client whose portal is looked at: the demo's, else the cast's, else the last one."""


async def account(by: Actor) -> None:
    project = await db.value(
        f"SELECT id FROM projects WHERE id <> (SELECT project_id FROM clients WHERE id = {OWN})"
    )
    if not project:
        project = (await projects.create(projects.NewProject(name="Nova Cloud"), by=by))["id"]
    await client_projects.open_account(await db.value(f"SELECT {OWN}"), project, credit_limit=50_000, by=by)


async def expense(by: Actor) -> None:
    account_id = await _post_paid(by)
    for text in ("Hébergement, mai", "Nom de domaine exemple.fr"):
        await expenses.create(account_id, expenses.NewExpense(text=text, units=1000, tax_rate=20_000), by=by)


async def service(by: Actor) -> None:
    """One that is active and one that is ordered, of a plan by the month with two addons."""
    account_id = await _post_paid(by)
    currency = (await accounts.get(account_id, by=by))["currency"]
    price_id = await _on_sale(currency, by=by)
    for label in ("exemple.fr", "boutique.exemple.fr"):
        made = await services.create(account_id, services.NewService(price_id=price_id, label=label), by=by)
    await service_states.activate(made["id"], by=by)
    offer = await offers.create(account_id, [services.NewService(price_id=price_id, label="devis.fr")], by=by)
    until = clock.today(by.tenant.timezone) + timedelta(days=30)
    await offer_states.send(offer["id"], offer_states.Sending(valid_until=until, note="Comme convenu."), by=by)
    plan_id = await db.value("SELECT plan_id FROM services WHERE id = $1", made["id"])
    draft = await price_lists.begin(plan_id, by=by)
    sheet = (await price_sheets.of_list(draft["id"]))[0]
    await prices.update(draft["id"], sheet.price_id, prices.PriceChanges(units=990), version=1, by=by)
    today = clock.today(by.tenant.timezone)
    await price_list_publishing.publish(draft["id"], today, version=2, by=by)


async def ending_service(by: Actor) -> None:
    """One that was cancelled in the portal, and an active one; users may do everything with their services."""
    kept = await portal_settings.in_force()
    everything = PortalChanges(may_renew=True, may_change=True, may_cancel=True)
    await portal_settings.update(everything, version=kept["version"], by=by)
    account_id = await _post_paid(by)
    price_id = await _on_sale((await accounts.get(account_id, by=by))["currency"], "Serveur", by=by)
    for label in ("ancien.exemple.fr", "nouveau.exemple.fr"):
        made = await services.create(account_id, services.NewService(price_id=price_id, label=label), by=by)
        active = await service_states.activate(made["id"], by=by)
        if label.startswith("ancien"):
            await service_states.stop(active, "period_end", "", is_own=True, by=by)


async def _on_sale(currency: str, what: str = "Hébergement", *, by: Actor) -> int:
    kind = await product_types.create(product_types.NewProductType(name=f"{what}s en vente"), by=by)
    new = products.NewProduct(type_id=kind["id"], name=f"{what} en vente", state="on_sale")
    product = await products.create(new, by=by)
    await _plan(product["id"], "Confort", 1900, currency, by=by)
    return await _plan(product["id"], "Essentiel", 900, currency, by=by)


async def _plan(product_id: int, name: str, units: int, currency: str, *, by: Actor) -> int:
    """A plan on sale by the month; returns the id of its price."""
    plan = await plans.create(product_id, plans.NewPlan(name=name, state="on_sale"), by=by)
    draft = (await price_lists.of_plan(plan["id"], by=by))[0]
    price = prices.NewPrice(
        billing="period", currency=currency, units=units, setup_units=500, period_count=1, period_unit="month"
    )
    made = await prices.create(draft["id"], price, version=draft["version"], by=by)
    version = (await price_lists.get(draft["id"], by=by))["version"]
    await price_list_publishing.publish(draft["id"], clock.today(by.tenant.timezone), version=version, by=by)
    return int(made["id"])


async def payment(by: Actor) -> None:
    await payments.create(await _post_paid(by), payments.NewPayment(units=1500, reference="VIR 42"), by=by)


async def price_list(by: Actor) -> None:
    """A product with a plan: a price list in force, and the draft of the next one."""
    type_id = await db.value("SELECT min(id) FROM product_types")
    product = await products.create(products.NewProduct(type_id=type_id, name="Espace", state="on_sale"), by=by)
    plan = await plans.create(product["id"], plans.NewPlan(name="Pro", state="on_sale"), by=by)
    addon = await addons.create(product["id"], addons.NewAddon(name="Disque", kind="quantity", unit="Go"), by=by)
    first = (await price_lists.of_plan(plan["id"], by=by))[0]["id"]
    new = prices.NewPrice(billing="period", period_count=1, period_unit="month", currency="EUR", units=990)
    price = await prices.create(first, new, version=1, by=by)
    costs = (addon_offers.AddonPriceValues(price_id=price["id"], units=20),)
    await addon_offers.put(first, addon["id"], addon_offers.OfferValues(prices=costs), version=2, by=by)
    await price_list_publishing.publish(first, date(2026, 1, 1), version=3, by=by)
    second = await price_lists.begin(plan["id"], by=by)
    price_id = (await price_sheets.of_list(second["id"]))[0].price_id
    await prices.update(second["id"], price_id, prices.PriceChanges(units=1090), version=1, by=by)


async def pending_payment(by: Actor) -> None:
    await payments.create(await _post_paid(by), payments.NewPayment(units=500, is_pending=True), by=by)


async def _post_paid(by: Actor) -> int:
    account_id = int(await db.value(f"SELECT min(id) FROM client_projects WHERE client_id = {OWN}"))
    await accounts.set_terms(account_id, accounts.Terms(is_postpaid=True), by=by)
    return account_id


async def attitude(by: Actor) -> None:
    await attitudes.create(attitudes.NewAttitude(name="Prudence"), by=by)


async def bank_account(by: Actor) -> None:
    company = await db.value("SELECT min(id) FROM companies")
    await bank_accounts.add(company, bank_accounts.AccountValues(iban="FR7630006000011234567890189"), by=by)


async def cleared(by: Actor) -> None:
    code = await _client("parti", by=by)
    await closing.close([code], "Parti", by=by)
    await personal_clearing.clear(code, str(code), "Sur demande", by=by)


async def closed(by: Actor) -> None:
    await closing.close([await _client("clos", by=by)], "Impayés", by=by)


async def discount(by: Actor) -> None:
    new = NewDiscount(
        name="Bienvenue", kind="percent", percent=10_000, needs_code=True, lasts="periods", periods=3
    )
    made = await discounts.create(new, by=by)
    await promo_codes.create(made["id"], NewPromoCode(code="BIENVENUE", most_uses=100), by=by)


async def draft(by: Actor) -> None:
    await _contract(by)


async def requested(by: Actor) -> None:
    client, new = await _parties(by)
    values = msgspec.structs.asdict(new)
    await contracts.insert(client, values, "requested", wish="Pour un serveur.", by=by)


async def sent_contract(by: Actor) -> None:
    await contract_states.send(await _contract(by), by=by)


async def contract(by: Actor) -> None:
    contract_id = await _contract(by)
    await contract_states.send(contract_id, by=by)
    await contract_states.sign(contract_id, clock.today(by.tenant.timezone), b"%PDF-1.7", by=by)


async def cancelled(by: Actor) -> None:
    contract_id = await _contract(by)
    await contract_states.send(contract_id, by=by)
    await contract_states.cancel(contract_id, "Le client a changé d’avis.", by=by)


async def template(by: Actor) -> None:
    new = contract_templates.TemplateValues(
        name="Hébergement", language="fr", title="Contrat", body="Entre {company.name} et {payer.name}."
    )
    await contract_templates.create(new, by=by)


async def field(by: Actor) -> None:
    made = await field_edits.create(field_edits.NewField(kind="text", label="Parrain"), by=by)
    await field_edits.archive(made["id"], by=by)


async def file(by: Actor) -> None:
    letter = files.NewFile(name="Courrier.txt", content=b"Madame, Monsieur,\n")
    await files.create(await db.value(f"SELECT {OWN}"), letter, by=by)


async def group(by: Actor) -> None:
    await groups.create(groups.NewGroup(name="Partenaires"), by=by)


async def ruled(by: Actor) -> None:
    made = await groups.create(groups.NewGroup(name="Hors de France"), by=by)
    conditions = [
        Condition(on="status", operator="is", values=("active",)),
        Condition(on="country", operator="is_not", values=("FR",)),
    ]
    await rule_changes.save(made["id"], Rule(blocks=[Block(conditions=conditions)]), version=0, by=by)


async def host(by: Actor) -> None:
    made = await project_hosts.add(
        await db.value("SELECT max(id) FROM projects"), f"clients.{by.tenant.code}.example", by=by
    )
    await db.execute("UPDATE project_hosts SET state = 'failed', reason = 'missing' WHERE id = $1", made["id"])


async def waiting_import(by: Actor) -> None:
    await _import(by)


async def checked_import(by: Actor) -> None:
    import_id = await _import(by)
    wanted = Mapping(columns=["login", "email", "name"])
    task_id = await carrying.check(import_id, wanted, version=1, by=by)
    await db.execute(
        """UPDATE tasks SET state = 'done', ended_at = $2, done = 1, failed = 1, total = 2, outcome = $3
            WHERE id = $1""",
        task_id,
        clock.now(),
        {"added": 1, "failed": 1},
    )
    await db.execute(
        "INSERT INTO import_errors (import_id, task_id, row, field, message) VALUES ($1, $2, 3, 'email', $3)",
        import_id,
        task_id,
        "Ce n’est pas une adresse e-mail.",
    )


async def key(by: Actor) -> None:
    await db.execute(
        """INSERT INTO api_keys (staff_id, name, key_hash, hint, scopes, created_at)
           SELECT min(id), 'Comptabilité', $1, 'cptr_8f', ARRAY['client:read'], $2 FROM staff""",
        sessions.digest(sessions.new_token()),
        clock.now(),
    )


async def mate(by: Actor) -> None:
    name, email = "Claire Fontaine", f"claire@{by.tenant.code}.example"
    person = "INSERT INTO people (email, name, locale, created_at) VALUES ($1, $2, 'fr', $3) RETURNING id"
    await db.execute(
        f"""INSERT INTO memberships (client_id, person_id, roles, created_at)
            VALUES ({OWN}, $1, '{{billing}}', $2)""",
        await db.value(person, email, name, clock.now()),
        clock.now(),
    )


async def own_role(by: Actor) -> None:
    new = client_roles.NewRole(name="Accueil", rights=("log:read", "users:read"))
    await client_roles.create(await db.value(f"SELECT {OWN}"), new, by=by)


async def list_filter(by: Actor) -> None:
    new = NewListFilter(list="users", name="Actifs", filter={"status": "active"}, is_shared=True)
    await list_filters.create(new, by=by)


async def note(by: Actor) -> None:
    await notes.create(await db.value(f"SELECT {OWN}"), notes.NewNote(text="Préfère le matin."), by=by)


async def own_payer(by: Actor) -> None:
    new = payers.NewPayer(
        kind="individual",
        name="Lucie Peeters",
        country="BE",
        street="Rue Neuve 7",
        postcode="1000",
        city="Bruxelles",
        email="lucie@mail.example",
        language="fr",
    )
    await payers.create(await db.value(f"SELECT {OWN}"), new, by=by)


async def personal_copy(by: Actor) -> None:
    for is_internal in (True, False):
        await db.execute(
            f"""INSERT INTO personal_exports (client_id, task_id, is_internal, asked_by, locale, state, content,
                    size, created_at, ready_at, expires_at)
                VALUES ({OWN}, 1, $1, 'Claire Fontaine', 'fr', 'ready', 'PK', 20480, $2, $2, $3)""",
            is_internal,
            clock.now(),
            clock.now() + timedelta(days=7),
        )


async def passkey(by: Actor) -> None:
    await db.execute(
        """INSERT INTO passkeys (person_id, credential_id, public_key, host, name, created_at)
           SELECT person_id, $1, 'x', $2, 'Téléphone', $3 FROM staff WHERE role = 'owner' ORDER BY id LIMIT 1""",
        sessions.new_token().encode(),
        f"{by.tenant.code}.localhost",
        clock.now(),
    )


async def role(by: Actor) -> None:
    await roles.create(roles.NewRole(name="Astreinte", permissions=("client:read",)), by=by)


async def segment(by: Actor) -> None:
    chosen = ClientFilter(country="FR", kind="company")
    await segments.create(segments.NewSegment(name="Sociétés", filter=chosen, is_shared=True), by=by)


async def task(by: Actor) -> None:
    task_id = await db.value(
        """INSERT INTO tasks (kind, title, payload, total, done, skipped, failed, state, actor_kind, actor_name,
               locale, address, request_id, created_at, started_at, touched_at, ended_at)
           VALUES ('clients.bulk', 'Clients', '{}', 3, 1, 1, 1, 'done', 'system', '', 'fr', '', '', $1, $1, $1, $1)
           RETURNING id""",
        clock.now(),
    )
    for number, outcome in enumerate(("done", "skipped", "failed"), 1):
        await db.execute(
            "INSERT INTO task_results (task_id, number, name, outcome) VALUES ($1, $2, $3, $4)",
            task_id,
            number,
            f"Jean Petit {number}",
            outcome,
        )


async def tax_rate(by: Actor) -> None:
    new = tax_rates.NewTaxRate(country="CH", rate=8_100, from_day=date(2024, 1, 1), note="Inscrits là-bas")
    await tax_rates.create(new, by=by)


async def terms_version(by: Actor) -> None:
    kept = await sign_up_settings.in_force()
    await sign_up_settings.update(sign_up_settings.SignUpChanges(is_open=True), version=kept["version"], by=by)
    text = "1. Nous hébergeons.\n2. Vous payez.\n"
    await terms.publish(terms.NewTerms(text_en=text, text_fr=text), by=by)


async def _client(login: str, *, by: Actor) -> int:
    new = clients.NewClient(
        login=login, email=f"{login}@client.example", country="FR", contact_person="Jean Petit"
    )
    return int((await clients.create(new, by=by))["code"])


async def _parties(by: Actor) -> tuple[Any, contracts.NewContract]:
    await db.execute(
        """UPDATE companies SET registration_number = '73282932000074', street = '12 quai de la Fosse',
               postcode = '44000', city = 'Nantes', email = 'contact@nova.example', country = 'FR'
            WHERE is_default AND city = ''"""
    )
    await db.execute(
        f"""UPDATE payers SET kind = 'individual', country = 'FR', street = '8 place Graslin', postcode = '44000',
               city = 'Nantes' WHERE client_id = {OWN} AND city = ''"""
    )
    client = await db.row(f"SELECT * FROM clients WHERE id = {OWN}")
    assert client is not None
    known, sellers = await contracts.parties(client, by=by)
    body = "# Objet\n\n{company.name} héberge ce que {payer.name} lui confie."
    return client, contracts.NewContract(
        payer_id=known[0]["id"], company_id=sellers[0]["id"], title="Contrat", language="fr", body=body
    )


async def _contract(by: Actor) -> int:
    client, new = await _parties(by)
    return int((await contracts.create(client["id"], new, by=by))["id"])


async def _import(by: Actor) -> int:
    content = "login,email,nom\ngarnier,paul@garnier.example,Paul Garnier\nokafor,rien,Ngozi Okafor\n"
    return int((await import_files.upload("clients", "clients.csv", content.encode(), by=by))["id"])


async def invoice(by: Actor) -> None:
    await invoice_states.issue(await _invoice(by), by=by)


async def invoice_draft(by: Actor) -> None:
    await _invoice(by)


async def void_invoice(by: Actor) -> None:
    issued = await invoice_states.issue(await _invoice(by), by=by)
    await invoice_states.void(issued["id"], "Adressée au mauvais payeur.", by=by)


async def charged(by: Actor) -> None:
    """An expense that stands on no document."""
    await _charged(by)


async def _charged(by: Actor) -> tuple[Any, int]:
    account = (await accounts.held_by(await db.value(f"SELECT {OWN}")))[0]
    day = clock.today(by.tenant.timezone)
    made = expenses.Charge(
        key=f"made-{await db.value('SELECT new_id()')}",
        kind="service",
        text="Hébergement mutualisé M",
        day=day,
        period_start=day,
        period_end=day + timedelta(days=31),
        net_units=900,
        discount_units=100,
        tax=expenses.Tax(rate=20000, category="S"),
    )
    return account, await expenses.charge(account, made, by=by)


async def _invoice(by: Actor) -> int:
    client, parties = await _parties(by)
    account, expense_id = await _charged(by)
    new = invoice_drafts.NewInvoice(
        account_id=account["id"],
        payer_id=parties.payer_id,
        company_id=parties.company_id,
        expense_ids=[expense_id],
    )
    return int((await invoice_drafts.create(client["id"], new, by=by))["id"])
