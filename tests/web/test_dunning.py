"""Dunning on the pages of staff: a policy is made, its steps are shown on the client's page, and it is paused."""

from datetime import date, timedelta

import pytest

from core import db
from core.actor import Actor
from core.billing import dunning_settings
from core.billing.dunning_settings import DunningSettingChanges
from core.settings import Settings
from tests import cast
from tests.core.billing import bills, books
from tests.visitor import Visitor
from tests.web.test_portal import give_passwords

pytestmark = pytest.mark.anyio
FORM = {
    "name": "Usual",
    "recipient": "provider",
    "terms_days": "0",
    "notice_days": "3",
    "least": "1 EUR",
    "day_0": "7",
    "action_0": "remind",
    "day_1": "14",
    "action_1": "fee",
    "fee_1": "40 EUR, 45 USD",
    "day_2": "21",
    "action_2": "suspend",
}


@pytest.fixture
async def by(database: Settings) -> Actor:
    return await cast.who("alice")


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    await visitor.sign_in(cast.email("alice"))
    return visitor


async def test_a_policy_is_made_and_says_what_comes_on_the_clients_page(alice: Visitor, by: Actor) -> None:
    wrong = await alice.post("/staff/dunning/policies", FORM | {"fee_1": "forty", "least": "5"})
    assert wrong.status_code == 422 and wrong.text.count("form-error") == 2
    refused = await alice.post("/staff/dunning/policies", FORM | {"day_2": "8"})
    assert refused.status_code == 422 and "a reminder has to go out" in refused.text
    made = await alice.post("/staff/dunning/policies", FORM)
    assert made.status_code == 303
    place = made.headers["location"]
    assert "Fee (€40.00, $45.00)" in (await alice.get(place)).text
    filled = (await alice.get(f"{place}/edit")).text
    assert 'value="40.00 EUR, 45.00 USD"' in filled and 'value="21"' in filled
    async with db.as_tenant(by.tenant.id):
        await bills.charged(1000, by=by)
        code = await db.value("SELECT code FROM clients WHERE login = 'dupont'")
    here = f"/staff/clients/{code}/dunning"
    assert "Fee (€40.00" in (await alice.get(here)).text
    until = (date.today() + timedelta(days=9)).isoformat()
    assert (await alice.post(f"{here}/pauses", {"until_day": "x", "reason": "Talks"})).status_code == 422
    assert (await alice.post(f"{here}/pauses", {"until_day": until, "reason": "Talks"})).status_code == 303
    assert "Dunning is paused until" in (await alice.get(here)).text
    assert (await alice.post(f"{here}/pauses", {"until_day": until, "reason": "Talks"})).status_code == 409
    old = await alice.post(place, FORM | {"version": "7", "name": "Mine"})
    assert old.status_code == 409 and "Mine" in old.text
    assert (await alice.post(place, FORM | {"version": "1", "day_0": "-2"})).status_code == 303
    assert "2 days before" in (await alice.get("/staff/dunning")).text


async def test_a_client_promises_a_payment_in_the_portal(visitor: Visitor, by: Actor) -> None:
    async with db.as_tenant(by.tenant.id):
        changes = DunningSettingChanges(promise_most={"EUR": 5000}, promise_age=0)
        await dunning_settings.update(changes, version=0, by=by)
        await bills.charged(1000, by=by)
        account_id = await books.account_of("dupont")
        await bills.charged(500, day=date.today() - timedelta(days=30), by=by)
    await give_passwords()
    jean = await visitor.sign_in(cast.email("dupont"))
    assert "€50.00" in (await jean.get("/balance")).text or "50,00" in (await jean.get("/balance")).text
    assert "are overdue" in (await jean.get("/balance")).text or "en retard" in (await jean.get("/balance")).text
    place, soon = f"/balance/{account_id}/promises", (date.today() + timedelta(days=3)).isoformat()
    assert (await jean.post(place, {"units": "51", "until_day": soon})).status_code == 422
    assert (await jean.post(place, {"units": "12", "until_day": soon})).status_code == 303
    assert (await jean.post(place, {"units": "12", "until_day": soon})).status_code == 409
    assert (await jean.post("/balance/1/promises", {"units": "12", "until_day": soon})).status_code == 404
