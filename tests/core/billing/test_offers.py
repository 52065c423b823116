"""Quotes: what was sent is what the client accepts, once, at the price that was quoted, by who may order."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import msgspec
import pytest

from core import db
from core.accounts import rights
from core.accounts.focus import Focus
from core.actor import Actor, ClientSeat
from core.billing import accounts, offer_list, offer_papers, offer_states, offers, own_offers, services
from core.billing.offer_list import OfferFilter
from core.billing.offer_states import Sending
from core.billing.services import NewService
from core.catalog import discounts, products
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.settings import Settings
from tests import cast
from tests.core.billing import books
from tests.core.billing.test_services import account, bill, charged, on, sell

pytestmark = pytest.mark.anyio
UNTIL = Sending(valid_until=date(2026, 1, 31), note="As discussed.")


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    """The owner of Nova, inside its scope; the books are looked at when the test is over."""
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        yield by
        await books.check()


async def user(login: str, staff: Actor) -> Actor:
    """The owner of a client, in the portal; inside the provider's scope."""
    client_id = await db.value("SELECT id FROM clients WHERE login = $1", login)
    seat = ClientSeat(id=client_id, code=1, name=login, roles=frozenset({"owner"}), rights=rights.ALL)
    return Actor(kind="user", tenant=staff.tenant, name=login.title(), client=seat)


async def sent(by: Actor, account_id: int, *price_ids: int) -> int:
    offer = await offers.create(account_id, [NewService(price_id=one) for one in price_ids], by=by)
    return int((await offer_states.send(offer["id"], UNTIL, by=by))["id"])


async def test_what_is_accepted_becomes_services_at_the_quoted_prices(alice: Actor) -> None:
    monthly, yearly = await sell(alice, {"units": 1000, "setup_units": 500}, {"units": 9000, "months": 12})
    new = discounts.NewDiscount(name="January", kind="percent", percent=50_000, lasts="periods", periods=2)
    discount = await discounts.create(new, by=alice)
    dupont = await user("dupont", alice)
    with on(date(2026, 1, 5)):
        offer_id = await sent(alice, await account(alice), monthly, yearly)
        found = await offers.lines(offer_id)
        quoted = sum(line.quote.at_once for line in found)
        await discounts.end(discount["id"], by=alice)
        assert (await offer_papers.of(await offers.get(offer_id, by=alice), by=alice)).content[:4] == b"%PDF"
    with on(date(2026, 1, 20)):
        assert await own_offers.accept(offer_id, by=dupont) == "begun"
        with pytest.raises(Conflict):
            await own_offers.accept(offer_id, by=dupont)
    assert await db.value("SELECT sum(gross_units)::bigint FROM expenses") == quoted
    by_month = (await offers.lines(offer_id))[0].row["service_id"]
    for day in (date(2026, 2, 20), date(2026, 3, 20)):
        await bill(day, alice)
    assert sorted(row[2] for row in await charged(by_month)) == [500, 500, 500, 1000]
    assert (await offers.get(offer_id, by=alice))["state"] == "accepted"


async def test_the_list_is_filtered_and_shown_page_by_page(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    with on(date(2026, 1, 5)):
        first = await offers.create(await account(alice), by=alice)
        second = await sent(alice, await account(alice, "elodie"), monthly)
        await sent(alice, await account(alice), monthly)
    code = await db.value("SELECT code FROM clients WHERE login = 'elodie'")
    for chosen, numbers in (
        (OfferFilter(), [3, 2, 1]),
        (OfferFilter(client=code), [2]),
        (OfferFilter(state="draft"), [1]),
        (OfferFilter(number="1"), [1]),
        (OfferFilter(number="one"), []),
        (OfferFilter(day_from=date(2026, 1, 5)), [3, 2]),
        (OfferFilter(day_to=date(2026, 1, 4)), []),
    ):
        assert [row["number"] for row in (await offer_list.page(chosen, by=alice)).rows] == numbers, chosen
    newest = await offer_list.page(OfferFilter(), by=alice, size=2)
    older = await offer_list.page(OfferFilter(), by=alice, size=2, after=newest.next or "")
    assert [row["id"] for row in older.rows] == [first["id"]]
    within = Focus(number=code, client_id=await db.value("SELECT id FROM clients WHERE code = $1", code))
    focused = await offer_list.page(OfferFilter(), by=alice, within=within)
    assert [row["id"] for row in focused.rows] == [second]


async def test_what_is_over_withdrawn_or_of_somebody_else_is_refused(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    dupont, elodie = [await user(login, alice) for login in ("dupont", "elodie")]
    account_id = await account(alice)
    with on(date(2026, 1, 5)):
        empty = await offers.create(account_id, by=alice)
        with pytest.raises(Conflict):
            await offer_states.send(empty["id"], UNTIL, by=alice)
        with pytest.raises(NotFound):
            await own_offers.get(empty["id"], by=dupont)
        gone, late, unwanted = [await sent(alice, account_id, monthly) for _one in range(3)]
        with pytest.raises(Conflict):
            await offers.add_line(late, NewService(price_id=monthly), by=alice)
        await offer_states.withdraw(gone, "Mistaken", by=alice)
        for refused in (gone, late):
            with pytest.raises(NotFound):
                await own_offers.accept(refused, by=elodie if refused == late else dupont)
        with pytest.raises(Invalid):
            await own_offers.decline(unwanted, "", by=dupont)
        await own_offers.decline(unwanted, "Too dear", by=dupont)
        assert [row["state"] for row in await own_offers.every(by=dupont)] == ["declined", "sent"]
    with on(date(2026, 2, 1)), pytest.raises(Conflict, match="over"):
        await own_offers.accept(late, by=dupont)
    assert await db.value("SELECT count(*) FROM services") == 0
    assert dupont.client is not None
    reader = msgspec.structs.replace(dupont.client, rights=frozenset({"services:read"}))
    with pytest.raises(Forbidden):
        await own_offers.accept(late, by=msgspec.structs.replace(dupont, client=reader))


async def test_without_the_money_it_is_ordered_and_waits_and_the_last_one_goes_once(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    dupont = await user("dupont", alice)
    with on(date(2026, 1, 5)):
        account_id = await account(alice, is_postpaid=False, credit_limit=0)
        offer_id, second = [await sent(alice, account_id, monthly) for _one in range(2)]
        product = (await products.every(by=alice))[0]
        stock = products.ProductChanges(stock=1)
        await products.update(product["id"], stock, version=product["version"], by=alice)
        assert await own_offers.accept(offer_id, by=dupont) == "short"
        service_id = (await offers.lines(offer_id))[0].row["service_id"]
        assert (await services.get(service_id, by=alice))["state"] == "pending"
        assert (await accounts.get(account_id, by=alice))["balance"] == 0
        with pytest.raises(Conflict):
            async with db.savepoint():
                await own_offers.accept(second, by=dupont)


async def test_of_several_who_accept_at_once_one_does(database: Settings) -> None:
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        dupont = await user("dupont", by)
        (monthly,) = await sell(by, {"units": 1000})
        offer = await offers.create(await account(by), [NewService(price_id=monthly)], by=by)
        until = Sending(valid_until=date(2026, 12, 31))
        await offer_states.send(offer["id"], until, by=by)

    async def once() -> Any:
        async with db.as_tenant(by.tenant.id):
            return await own_offers.accept(offer["id"], by=dupont)

    results = await asyncio.gather(*(once() for _one in range(4)), return_exceptions=True)
    assert [type(one) for one in results].count(Conflict) == 3, results
    async with db.as_tenant(by.tenant.id):
        assert await db.value("SELECT count(*) FROM services") == 1
