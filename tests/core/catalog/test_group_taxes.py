"""How account groups are taxed: dated, told, by edition; and what the billing run and documents make of it."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest

from core import db
from core.accounts import group_effects, groups
from core.accounts.groups import NewGroup
from core.actor import Actor
from core.billing import invoice_content, invoice_mentions, invoice_xml
from core.catalog import group_taxes, products, tax_rates, taxes
from core.catalog.group_taxes import GroupTaxChanges, NewGroupTax
from core.catalog.products import NewProduct, ProductChanges
from core.catalog.tax_rates import NewTaxRate
from core.errors import Invalid, NotInEdition
from core.settings import Settings
from tests import cast
from tests.core.accounts.house import add_client, entries, open_provider, worker
from tests.core.billing import bills, books, factur_x
from tests.core.billing.test_run_invoices import issued, run
from tests.core.billing.test_services import account, begin, on, sell
from tests.core.catalog import shop

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]
FIRST, NEXT = date(2026, 1, 1), date(2026, 2, 1)
KEPT = """
    WITH made AS (INSERT INTO account_groups (name, created_at) VALUES ('Embassies', now()) RETURNING id),
         taxed AS (INSERT INTO group_taxes (group_id, reason, from_day, created_at)
                   SELECT id, 'Article 151', '2026-01-01', now() FROM made)
    INSERT INTO group_members (group_id, client_id, added_at, added_by) SELECT id, $1, now(), 'test' FROM made
"""


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        yield by
        await books.check()


async def treat(client_id: int, by: Actor, *, name: str = "Embassies", **facts: object) -> int:
    group_id = (await groups.create(NewGroup(name=name), by=by))["id"]
    await groups.add(group_id, [client_id], by=by)
    given = {"group_id": group_id, "from_day": FIRST} | facts
    return int((await group_taxes.create(NewGroupTax(**given), by=by))["id"])  # type: ignore[arg-type]


async def test_a_treatment_holds_for_its_days_and_its_group_and_each_step_is_told() -> None:
    tenant = await open_provider()
    by = worker(tenant, "accountant")
    async with db.as_tenant(tenant.id):
        anna, berta = await add_client("anna"), await add_client("berta")
        number = await treat(anna, worker(tenant), reason="Article 151", until_day=NEXT)
        for day, treated in ((FIRST - timedelta(days=1), False), (NEXT, True), (NEXT + timedelta(days=1), False)):
            found = await group_taxes.of_clients([anna, berta], day)
            assert (anna in found, berta in found) == (treated, False)
        changed = await group_taxes.update(number, GroupTaxChanges(rate=2_100), version=1, by=by)
        assert (changed["rate"], changed["version"]) == (2_100, 2)
        assert (await entries("group_tax:updated"))[0]["changes"] == {"rate": [None, "2.1 %"]}
        effects = {one.name: one.lines for one in await group_effects.of(changed["group_id"], by=worker(tenant))}
        assert "2.1 %" in effects["taxes"][0].text
        await treat(anna, worker(tenant), name="Exempt", vatex="VATEX-EU-151")
        assert (await group_taxes.of_clients([anna], NEXT))[anna].rate is None, "exempt comes before any rate"
        await group_taxes.delete(number, by=by)
        assert len(await group_taxes.every(by=by)) == 1


async def test_what_cannot_be_a_treatment_is_refused_beside_its_field() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        number = await treat(await add_client("anna"), by, reason="Article 151")
        group_id = (await group_taxes.get(number, by=by))["group_id"]
        for wrong, field in (
            ({"group_id": 7}, "group_id"),
            ({"rate": 100_001}, "rate"),
            ({"rate": 5_000, "vatex": "VATEX-EU-151"}, "vatex"),
            ({"vatex": "VATEX-XX"}, "vatex"),
            ({"reason": ""}, "reason"),
            ({"until_day": FIRST - timedelta(days=1)}, "until_day"),
            ({}, "from_day"),
        ):
            given = {"group_id": group_id, "from_day": FIRST, "reason": "why"} | wrong
            with pytest.raises(Invalid) as refusal:
                await group_taxes.create(NewGroupTax(**given), by=by)  # type: ignore[arg-type]
            assert set(refusal.value.errors) == {field}


async def test_without_account_groups_what_is_kept_has_no_effect() -> None:
    small = await open_provider(edition="standard")
    async with db.as_tenant(small.id):
        client_id = await add_client("anna")
        with pytest.raises(NotInEdition):
            await group_taxes.create(NewGroupTax(group_id=1, from_day=FIRST, reason="x"), by=worker(small))
        await db.execute(KEPT, client_id)
        assert await group_taxes.of_clients([client_id], NEXT) == {}


async def test_what_is_exempt_says_why_and_what_is_not_says_nothing() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        type_id = (await products.get(await shop.product(by), by=by))["type_id"]
        with pytest.raises(Invalid, match="marked"):
            await products.create(NewProduct(type_id=type_id, name="Course", tax_class="exempt"), by=by)
        new = NewProduct(type_id=type_id, name="Course", tax_class="exempt", tax_reason="Article 261-4 du CGI")
        made = await products.create(new, by=by)
        assert (await taxes.book(NEXT)).sold[made["id"]].reason == "Article 261-4 du CGI"
        changed = await products.update(made["id"], ProductChanges(tax_class="reduced"), version=1, by=by)
        assert (changed["tax_class"], changed["tax_reason"]) == ("reduced", "")
        rate = NewTaxRate(country="DK", rate=6_000, from_day=FIRST, tax_class="reduced")
        await tax_rates.create(rate, by=by)
        found = (await tax_rates.by_class(NEXT))["reduced"]("DK", "individual")
        assert found is not None
        assert (found.rate, found.of, found.is_own) == (6_000, "reduced", True)


async def test_the_run_taxes_each_service_by_its_product_and_each_client_by_his_group(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    await bills.ready()
    with on(FIRST):
        usual, treated = await account(alice, "mueller"), await account(alice, "dupont")
        for account_id in (usual, treated):
            await begin(account_id, monthly, alice)
    product_id = await db.value("SELECT n.product_id FROM plans n JOIN services s ON s.plan_id = n.id LIMIT 1")
    version = await db.value("SELECT version FROM products WHERE id = $1", product_id)
    await products.update(product_id, ProductChanges(tax_class="reduced"), version=version, by=alice)
    client_id = await db.value("SELECT client_id FROM client_projects WHERE id = $1", treated)
    await treat(client_id, alice, vatex="VATEX-EU-151-1A", reason="Ambassade", from_day=NEXT)
    await run(NEXT, alice)
    found = await db.fetch("SELECT * FROM expenses WHERE day = $1 ORDER BY tax_category", NEXT)
    assert [(row["tax_category"], row["tax_rate"], row["tax_units"], row["tax_reason"]) for row in found] == [
        ("E", 0, 0, "VATEX-EU-151-1A Ambassade"),
        ("S", 7_000, 70, ""),
    ]
    made = {row["client_id"]: invoice_content.read(row["frozen"]) for row in await issued()}
    content = made[client_id]
    assert "Ambassade" in [mention.text for mention in invoice_mentions.of(content)]
    xml = invoice_xml.xml(content)
    assert b"<ram:ExemptionReasonCode>VATEX-EU-151-1A</ram:ExemptionReasonCode>" in xml
    assert factur_x.broken(xml, factur_x.EN16931, factur_x.FRENCH) == []
