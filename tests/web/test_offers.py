"""Quotes on the pages of staff and in the portal: put together, sent, and answered."""

import re
from datetime import timedelta

import pytest

from core import clock, db
from core.actor import Actor
from core.settings import Settings
from tests import cast
from tests.core.billing.test_services import account, sell
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio


@pytest.fixture
async def by(database: Settings) -> Actor:
    return await cast.who("alice")


async def test_a_quote_is_put_together_sent_and_accepted_in_the_portal(visitor: Visitor, by: Actor) -> None:
    async with db.as_tenant(by.tenant.id):
        (price,) = await sell(by, {"units": 1000})
        await account(by)
        code = await db.value("SELECT code FROM clients WHERE login = 'dupont'")
    alice = await visitor.sign_in(cast.email("alice"))
    here = f"/staff/clients/{code}/offers"
    assert "No quotes" in (await alice.get(here)).text
    place = (await alice.post(here, {})).headers["location"]
    assert (await alice.post(f"{place}/send", {"valid_until": "2027-01-01"})).status_code == 409
    assert "every month" in (await alice.get(f"{place}/lines/new")).text
    assert "Add to the quote" in (await alice.get(f"{place}/lines/new?price_id={price}")).text
    line = {"price_id": str(price), "label": "<b>example.org</b>"}
    assert (await alice.post(f"{place}/lines", line | {"label": "x" * 121})).status_code == 422
    assert (await alice.post(f"{place}/lines", {"price_id": "77"})).status_code == 404
    for _one in "ab":
        assert (await alice.post(f"{place}/lines", line)).status_code == 303
    shown = (await alice.get(place)).text
    assert "€24.00" in shown and "&lt;b&gt;example.org" in shown
    (first, _second) = re.findall(r"/lines/(\d+)/remove", shown)
    assert (await alice.post(f"{place}/lines/{first}/remove")).status_code == 303
    assert (await alice.post(f"{place}/send", {"valid_until": "2020-01-01"})).status_code == 422
    assert (await alice.post(f"{place}/send", {"valid_until": "soon"})).status_code == 422
    until = clock.today(by.tenant.timezone) + timedelta(days=10)
    assert (
        await alice.post(f"{place}/send", {"valid_until": until.isoformat(), "note": "Hello"})
    ).status_code == 303
    assert (await alice.get(f"{place}/pdf")).content[:4] == b"%PDF"
    assert "Quote 1" in (await alice.get("/staff/offers?state=sent")).text
    own = place.removeprefix("/staff")
    dupont = await visitor.sign_in(cast.email("dupont"))
    assert "Devis 1" in (await dupont.get("/offers")).text
    assert "12,00" in (await dupont.get(own)).text
    assert (await dupont.get(f"{own}/pdf")).content[:4] == b"%PDF"
    assert (await dupont.post(f"{own}/decline", {"reason": ""})).status_code == 422
    assert (await dupont.post(f"{own}/accept")).status_code == 303
    assert (await dupont.post(f"{own}/accept")).status_code == 409
    assert (await dupont.post(f"{own}/decline", {"reason": "Too late"})).status_code == 409
    assert "example.org" in (await dupont.get("/services")).text
