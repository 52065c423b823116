"""Orders and the telephone number: a product that asks for it waits for it, whoever but staff orders it."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
from msgspec.structs import replace

from core import db
from core.accounts import phone_projects
from core.accounts.phone_projects import PhoneProjectChanges
from core.actor import Actor
from core.billing import own_offers, services
from core.billing.services import NewService
from core.errors import PhoneNeeded
from core.settings import Settings
from tests import cast
from tests.core.billing import books
from tests.core.billing.test_offers import sent, user
from tests.core.billing.test_services import account, on, sell

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
