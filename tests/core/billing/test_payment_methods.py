"""The ways to pay: which apply, in which order, and that a fee is charged once and comes from no nothing."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core import db, hooks, plugin_settings
from core.accounts import companies, project_companies
from core.actor import Actor, system
from core.billing import (
    accounts,
    attempt_calls,
    attempts,
    expenses,
    method_terms,
    offered_methods,
    payment_methods,
    payment_reversals,
    payments,
)
from core.billing.accounts import Terms
from core.billing.expenses import NewExpense
from core.billing.method_terms import Fee, Method
from core.billing.payment_methods import MethodValues
from core.billing.payments import NewPayment
from core.errors import Conflict, EditConflict, Invalid, NotInEdition
from core.payment_contract import Capabilities
from core.settings import Settings
from tests import cast
from tests.core.accounts.test_companies import new
from tests.core.billing import books
from tests.plugins.fake_gateway import NAME, FakeGateway, Held

pytestmark = pytest.mark.anyio
CARD = {"name_en": "Card", "name_fr": "Carte", "plugin": NAME, "method": "card"}


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


@pytest.fixture
async def alice(database: Settings, gateway: FakeGateway) -> AsyncIterator[Actor]:
    """The owner of Nova inside its scope, with the gateway on; the books are looked at in the end."""
    hooks.load(database, extra={NAME: gateway})
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        await plugin_settings.save(NAME, {"secret": gateway.secret}, by=by)
        await plugin_settings.enable(NAME, by=by)
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        await accounts.set_terms(await books.account_of("dupont"), Terms(is_postpaid=True), by=by)
        yield by
        await books.check()
    hooks.load(database)


def values(**more: Any) -> MethodValues:
    return MethodValues(**({"name_en": "Cash", "name_fr": "Espèces", "method": "cash"} | more))


async def fees() -> list[tuple[int, int, int]]:
    found = await db.fetch(
        "SELECT gross_units, tax_units, covered_units FROM expenses WHERE kind = 'payment_fee'"
        " AND reversed_at IS NULL ORDER BY created_at"
    )
    return [tuple(row) for row in found]


@given(st.integers(1, 10**12), st.integers(0, 100_000), st.integers(0, 10**6))
def test_the_fee_inside_what_came_is_the_fee_of_what_was_meant(units: int, percent: int, fixed: int) -> None:
    fee = Fee(percent=percent, units=fixed, client=True)
    assert fee.inside(units + fee.on(units)) == fee.on(units)
    assert 0 <= fee.inside(units) <= units, "no more than came"
    assert Fee(percent=percent, units=fixed).on(units) == 0, "the provider bears it"


def test_what_applies_depends_on_currency_company_amount_and_who_looks() -> None:
    def method(name: str, **more: Any) -> Method:
        return Method(id=1, name=name, plugin="", method="cash", **({"can": Capabilities()} | more))

    every = [
        method("all"),
        method("off", is_on=False),
        method("plugin off", can=None),
        method("dollars", currencies=frozenset({"USD"})),
        method("theirs", companies=frozenset({2})),
        method("ours", companies=frozenset({1, 2})),
        method("staff", is_for_clients=False),
        method("small", most=99),
        method("large", least=100),
        method("plugin in yen", can=Capabilities(currencies=frozenset({"JPY"}))),
    ]

    def applying(**more: Any) -> list[str]:
        return [one.name for one in method_terms.applying(every, **({"currency": "EUR", "company_id": 1} | more))]

    assert applying() == ["all", "ours", "staff", "small", "large"]
    assert applying(units=100, to_clients=True) == ["all", "ours", "large"]
    assert applying(units=99, to_clients=True) == ["all", "ours", "small"]
    assert applying(per_company=False, units=1, company_id=3) == ["all", "theirs", "ours", "staff", "small"]


async def test_a_payment_with_a_fee_is_taken_back_from_all_that_it_covered(alice: Actor) -> None:
    made = await payment_methods.create(
        values(currencies=("EUR",), fee_percent=1_500, fee_units=25, fee_bearer="client"), by=alice
    )
    account_id = await books.account_of("dupont")
    await expenses.create(account_id, NewExpense(text="Hosting", units=9_000, tax_rate=0), by=alice)
    paid = await payments.create(account_id, NewPayment(units=10_175, method_id=made["id"]), by=alice)
    taken = await payment_reversals.reverse(paid["id"], "Mistake", by=alice)
    assert (taken["state"], taken["free_units"]) == ("cancelled", 10_175)
    assert await fees() == []
    assert await db.value("SELECT sum(covered_units) FROM expenses") == 0


async def test_a_fee_that_the_client_bears_is_an_expense_with_its_tax_inside_charged_once(
    alice: Actor,
) -> None:
    made = await payment_methods.create(
        values(currencies=("EUR",), fee_percent=1_500, fee_units=25, fee_bearer="client"), by=alice
    )
    account_id = await books.account_of("dupont")
    asked = NewPayment(units=10_175, method_id=made["id"])
    for _time in range(2):
        paid = await payments.create(account_id, asked, key="form-1", by=alice)
    assert (paid["method"], paid["method_id"], paid["free_units"]) == ("cash", made["id"], 10_000)
    ((fee, tax, covered),) = await fees()
    assert (fee, covered) == (175, 175)
    assert tax == 29, "20 % inside 1.75"
    await payment_reversals.reverse(paid["id"], "Mistake", by=alice)
    assert await fees() == []
    announced = NewPayment(units=125, method_id=made["id"], is_pending=True)
    waits = await payments.create(account_id, announced, by=alice)
    assert await fees() == [], "nothing came yet"
    await payments.confirm(waits["id"], by=alice)
    assert [one[0] for one in await fees()] == [26], "1.5 % of 0.99 is 1.485, so that 0.99 is the most"
    with pytest.raises(Conflict):
        await payment_methods.delete(made["id"], by=alice)


async def test_a_fee_that_the_provider_bears_charges_nobody(alice: Actor) -> None:
    made = await payment_methods.create(values(fee_percent=50_000), by=alice)
    await payments.create(await books.account_of("dupont"), NewPayment(units=100, method_id=made["id"]), by=alice)
    assert await fees() == []


async def test_staff_record_only_by_what_applies_and_the_usual_ones_apply_where_none_is_kept(alice: Actor) -> None:
    account_id = await books.account_of("dupont")
    usual = await offered_methods.for_account(await accounts.get(account_id, by=alice), by=alice)
    assert [one.method for one in usual] == ["bank_transfer", "cash", "other", "card"]
    dollars = await payment_methods.create(values(currencies=("USD",)), by=alice)
    card = await payment_methods.create(MethodValues(**CARD), by=alice)
    for wrong in ({"method_id": dollars["id"]}, {"method_id": card["id"]}, {"method": "cash"}, {"method_id": 7}):
        with pytest.raises(Invalid):
            await payments.create(account_id, NewPayment(units=100, **wrong), by=alice)  # type: ignore[arg-type]
    await payment_methods.create(values(name_en="In the shop"), by=alice)
    assert (await payments.create(account_id, NewPayment(units=100, method="cash"), by=alice))["method_id"]


async def test_an_online_payment_asks_for_the_fee_on_top_and_charges_what_was_promised(
    alice: Actor, gateway: FakeGateway
) -> None:
    card = values(**CARD, currencies=("EUR",), fee_percent=2_000, fee_bearer="client", most_units=10_000)
    made = await payment_methods.create(card, by=alice)
    account_id = await books.account_of("dupont")
    with pytest.raises(Invalid):
        await attempts.begin(account_id, NAME, "card", 10_001, by=alice)
    begun = await attempts.begin(account_id, NAME, "card", 10_000, once="k1", by=alice)
    assert (begun["units"], begun["fee_units"], begun["method_id"]) == (10_200, 200, made["id"])
    dearer = values(**CARD, currencies=("EUR",), fee_percent=90_000, fee_bearer="client")
    await payment_methods.update(made["id"], dearer, version=1, by=alice)
    gateway.held["k1"] = Held(id="G1", key="k1", units=10_200, currency="EUR")
    said = gateway.says("k1")
    assert await attempt_calls.hear(NAME, said, by=system(alice.tenant)) == ["applied"]
    assert await attempt_calls.hear(NAME, said, by=system(alice.tenant)) == ["known"]
    assert [one[0] for one in await fees()] == [200]


async def test_companies_bind_methods_only_where_the_edition_does(alice: Actor) -> None:
    made = await companies.create(new("Nova Pro"), by=alice)
    bound = await payment_methods.create(values(companies=(made["id"],)), by=alice)
    account = await accounts.get(await books.account_of("dupont"), by=alice)
    assert await offered_methods.for_account(account, by=alice) == []
    chosen = project_companies.Chosen(companies=(made["id"],))
    await project_companies.choose(account["project_id"], chosen, by=alice)
    assert [one.id for one in await offered_methods.for_account(account, by=alice)] == [bound["id"]]
    await project_companies.choose(account["project_id"], project_companies.Chosen(), by=alice)
    assert "Payment methods" in await companies.why_it_stays(made["id"], by=alice)
    below = replace(alice, tenant=replace(alice.tenant, edition="standard"))
    assert [one.id for one in await offered_methods.for_account(account, by=below)] == [bound["id"]]
    kept = await payment_methods.update(bound["id"], values(name_en="Bar"), version=1, by=below)
    assert kept["companies"] == [made["id"]], "nothing is lost"
    with pytest.raises(NotInEdition):
        await payment_methods.create(values(companies=(made["id"],)), by=below)


async def test_methods_are_checked_ordered_and_removed(alice: Actor) -> None:
    bounds = {"currencies": ("XXQ",), "least_units": 5, "most_units": 4}
    wrong = values(name_en=" ", method="card", fee_percent=100_001, **bounds)
    with pytest.raises(Invalid) as refused:
        await payment_methods.create(wrong, by=alice)
    assert set(refused.value.errors) == {"name_en", "method", "currencies", "fee_percent", "most_units"}
    with pytest.raises(Invalid):
        await payment_methods.create(values(fee_units=5, currencies=("EUR", "USD")), by=alice)
    await payment_methods.begin_with_usual(by=alice)
    listed = await payment_methods.every(by=alice)
    assert [row["method"] for row in listed] == ["bank_transfer", "cash", "other", "card"]
    await payment_methods.move(listed[1]["id"], steps=-1, by=alice)
    with pytest.raises(Conflict):
        await payment_methods.begin_with_usual(by=alice)
    with pytest.raises(EditConflict):
        await payment_methods.update(listed[0]["id"], values(), version=9, by=alice)
    await payment_methods.delete(listed[0]["id"], by=alice)
    assert [row["method"] for row in await payment_methods.every(by=alice)] == ["cash", "other", "card"]
