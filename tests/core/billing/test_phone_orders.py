"""Orders and the telephone number: a product that asks for it waits for it, whoever but staff orders it."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
from msgspec.structs import replace

from core import db
from core.accounts import client_projects, phone_projects, phone_settings, projects
from core.accounts.phone_projects import PhoneProjectChanges
from core.accounts.phone_settings import PhoneChanges
from core.accounts.projects import NewProject
from core.actor import Actor
from core.billing import (
    accounts,
    attempts,
    early_renewals,
    expenses,
    how_to_pay,
    own_offers,
    own_services,
    payment_methods,
    promise_making,
    service_changes,
    services,
)
from core.billing.accounts import Terms
from core.billing.expenses import NewExpense
from core.billing.payment_methods import MethodValues
from core.billing.promised_payments import NewPromise
from core.billing.service_changes import NewChange
from core.billing.services import NewService
from core.errors import PhoneNeeded
from core.settings import Settings
from tests import cast
from tests.core.billing import books
from tests.core.billing.test_offers import sent, user
from tests.core.billing.test_services import account, begin, on, sell

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    """The owner of Nova, which sends SMS, inside its scope."""
    by = await cast.who("alice")
    by = replace(by, tenant=replace(by.tenant, plugins=by.tenant.plugins | {"sms-gateway"}))
    with on(date(2026, 1, 5)):
        async with db.as_tenant(by.tenant.id):
            yield by
            await books.check()


async def test_a_product_that_asks_for_the_number_waits_for_it(alice: Actor) -> None:
    (price,) = await sell(alice, {"units": 1000})
    await db.execute("UPDATE products SET asks_phone = true")
    account_id, dupont = await account(alice), await user("dupont", alice)
    offer_id = await sent(alice, account_id, price)
    with pytest.raises(PhoneNeeded):
        await own_offers.accept(offer_id, by=dupont)
    program = replace(
        alice,
        kind="api_key",
        scopes=frozenset({"account:read", "client:read", "product:read", "service:create", "service:read"}),
    )
    with pytest.raises(PhoneNeeded):
        await services.create(account_id, NewService(price_id=price), by=program)
    assert await db.value("SELECT count(*) FROM services") == 0
    await services.create(account_id, NewService(price_id=price), by=alice)
    home = await db.value("SELECT project_id FROM client_projects WHERE id = $1", account_id)
    changed = await phone_projects.update(home, PhoneProjectChanges(products=False), version=1, by=alice)
    await services.create(account_id, NewService(price_id=price), by=program)
    await phone_projects.update(home, PhoneProjectChanges(products=True), version=changed["version"], by=alice)
    await db.execute(
        "UPDATE clients SET phone_verified = '+33612345678', phone_verified_at = now() WHERE id = $1",
        dupont.client.id,
    )
    assert await own_offers.accept(offer_id, by=dupont) == "begun"


async def test_renewing_changing_and_paying_wait_for_it_too(alice: Actor) -> None:
    price, other = await sell(alice, {"units": 1000}, {"units": 9000, "months": 12})
    account_id, dupont = await account(alice), await user("dupont", alice)
    service_id = await begin(account_id, price, alice)
    await phone_settings.update(PhoneChanges(registration="all", paying=True), version=1, by=alice)
    scopes = {"account:read", "client:read", "payment:create", "product:read", "service:read", "service:update"}
    program = replace(alice, kind="api_key", scopes=frozenset(scopes))
    new = NewChange(price_id=other)
    for act in (
        own_services.renew(service_id, 1200, date(2026, 2, 5), by=dupont),
        own_services.change(service_id, new, by=dupont),
        promise_making.create_own(account_id, NewPromise(units=1, until_day=date(2026, 1, 6)), by=dupont),
        how_to_pay.of_accounts(by=dupont),
        early_renewals.renew(service_id, by=program),
        service_changes.change(service_id, new, by=program),
        attempts.begin(account_id, "bank-transfer", "transfer", 100, by=program),
    ):
        with pytest.raises(PhoneNeeded):
            await act
    assert await db.value("SELECT count(*) FROM expenses") == 1
    await early_renewals.renew(service_id, by=alice)
    assert await db.value("SELECT count(*) FROM expenses") == 2


async def test_a_project_that_asks_before_paying_hides_no_other(alice: Actor) -> None:
    account_id, dupont = await account(alice), await user("dupont", alice)
    elsewhere = await projects.create(NewProject(name="Elsewhere"), by=alice)
    opened = await client_projects.open_account(dupont.client.id, elsewhere["id"], by=alice)
    for one in (account_id, opened["id"]):
        await accounts.set_terms(one, Terms(is_postpaid=True), by=alice)
        await expenses.create(one, NewExpense(text="Hosting", units=500, tax_rate=0), by=alice)
    await payment_methods.create(MethodValues(name_en="Cash", name_fr="Espèces", method="cash"), by=alice)
    told = await how_to_pay.of_accounts(by=dupont)
    assert (len({way.what for way in told.ways}), told.waiting) == (2, [])
    home = await db.value("SELECT project_id FROM client_projects WHERE id = $1", account_id)
    await phone_projects.update(home, PhoneProjectChanges(paying="yes"), version=1, by=alice)
    told = await how_to_pay.of_accounts(by=dupont)
    assert ({way.what for way in told.ways}, told.waiting) == ({"Elsewhere"}, ["Nova"])
    with pytest.raises(PhoneNeeded):
        await how_to_pay.of_accounts(account_id=account_id, by=dupont)
