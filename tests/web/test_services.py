"""Services on the pages of staff: ordering with the price before it is accepted, states, and the billing run."""

import re
from datetime import date

import pytest

from core import clock, db
from core.actor import Actor
from core.billing import renewals
from core.catalog import price_lists
from core.settings import Settings
from tests import cast
from tests.core.at_queue import until, workers
from tests.core.billing import bills
from tests.core.billing.test_services import account, on, sell
from tests.core.catalog import shop
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio


@pytest.fixture
async def by(database: Settings) -> Actor:
    return await cast.who("alice")


@pytest.fixture
async def alice(by: Actor, visitor: Visitor) -> Visitor:
    """The owner of Nova, signed in."""
    return await visitor.sign_in(cast.email("alice"))


async def code_of(by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        await account(by)
        return int(await db.value("SELECT code FROM clients WHERE login = 'dupont'"))


async def test_a_service_is_configured_priced_ordered_and_begun(alice: Visitor, by: Actor) -> None:
    code = await code_of(by)
    here = f"/staff/clients/{code}/services"
    assert "Nothing can be ordered" in (await alice.get(f"{here}/new")).text
    async with db.as_tenant(by.tenant.id):
        made = await shop.opened(by)
        with on(date(2025, 12, 1)):
            await shop.publish(made.draft, by, date(2026, 1, 1))
    chosen = (await alice.get(f"{here}/new")).text
    assert "every month" in chosen and "set-up €5.00" in chosen
    form = (await alice.get(f"{here}/new?price_id={made.monthly}")).text
    assert "Disk (GB)" in form and "Windows · €15.00" in form and "€9.00" in form
    sent = {
        "price_id": str(made.monthly),
        f"addon_{made.disk}": "25",
        f"addon_{made.backup}": "1",
        f"addon_{made.system}": str(made.choices[1]),
        "label": "<b>example.org</b>",
    }
    reckoned = await alice.post(here, sent | {"reckon": "1"})
    assert "€28.75" in reckoned.text and "&lt;b&gt;example.org" in reckoned.text
    for wrong, told in (
        ({f"addon_{made.disk}": "26"}, "In steps of 5"),
        ({f"addon_{made.disk}": "many"}, "whole number"),
        ({"label": "x" * 121}, "At most 120"),
    ):
        refused = await alice.post(here, sent | wrong)
        assert refused.status_code == 422 and told in refused.text
    for unknown in ("77", "x", ""):
        assert (await alice.post(here, sent | {"price_id": unknown})).status_code == 404
    once = re.search(r'name="once" value="([0-9a-f]{32})"', form)
    assert once is not None
    places = {
        (await alice.post(here, sent | {"begin": "1", "once": once[1]})).headers.get("location") for _x in "ab"
    }
    place = next(one for one in places if one)
    shown = (await alice.get(place)).text
    assert (
        "Active" in shown
        and "&lt;b&gt;example.org&lt;/b&gt;" in shown
        and "€34.50" in shown
        and "Windows" in shown
    )
    assert "Hosting Start" in (await alice.get(here)).text
    listed = (await alice.get("/staff/services?state=active")).text
    assert "€28.75" in listed and "every month" in listed
    assert "No service fits" in (await alice.get("/staff/services?state=pending")).text
    assert "every month" in (await alice.get("/staff/services?label=%3CB%3EEX")).text
    assert "No service fits" in (await alice.get("/staff/services?label=xample")).text


async def test_states_are_changed_with_reasons(alice: Visitor, by: Actor) -> None:
    here = f"/staff/clients/{await code_of(by)}/services"
    async with db.as_tenant(by.tenant.id):
        (price,) = await sell(by, {"units": 1000})
    place = (await alice.post(here, {"price_id": str(price)})).headers["location"]
    assert (await alice.post(f"{place}/suspend", {"cause": "abuse", "reason": "x"})).status_code == 409
    assert (await alice.post(f"{place}/activate")).status_code == 303
    refused = await alice.post(f"{place}/suspend", {"cause": "boredom", "reason": ""})
    assert refused.status_code == 422 and "Please fill this in." in refused.text
    assert (await alice.post(f"{place}/suspend", {"cause": "abuse", "reason": "Spam"})).status_code == 303
    assert "Spam" in (await alice.get(place)).text
    assert (await alice.post(f"{place}/resume", {"missed_time": "skip"})).status_code == 303
    assert (await alice.post(f"{place}/cancel", {"when": "never"})).status_code == 422
    assert (await alice.post(f"{place}/cancel", {"when": "period_end", "why": "Moves"})).status_code == 303
    assert "Take the cancelling back" in (await alice.get(place)).text
    assert (await alice.post(f"{place}/keep")).status_code == 303
    assert (await alice.post(f"{place}/cancel", {"when": "now"})).status_code == 303
    assert "Ended" in (await alice.get(place)).text


async def test_the_run_is_looked_at_started_and_charges_what_it_said(
    alice: Visitor, by: Actor, settings: Settings
) -> None:
    assert "Nothing is due" in (await alice.get("/staff/billing-run")).text
    assert (await alice.post("/staff/billing-run")).status_code == 409
    async with db.as_tenant(by.tenant.id):
        (price,) = await sell(by, {"units": 1000})
        await db.execute("DELETE FROM counters WHERE name = 'billing_run'")
    here = f"/staff/clients/{await code_of(by)}/services"
    for _one in range(3):
        place = (await alice.post(here, {"price_id": str(price), "begin": "1"})).headers["location"]
    async with db.as_tenant(by.tenant.id):
        await db.execute("UPDATE services SET anchor = anchor - 45, next_on = next_on - 45")
    seen = (await alice.get("/staff/billing-run")).text
    assert "€72.00" in seen or "€36.00" in seen
    begun = await alice.post("/staff/billing-run")
    assert begun.status_code == 303
    assert (await alice.post("/staff/billing-run")).status_code == 409, "one run at a time"

    async def is_done() -> bool:
        async with db.as_tenant(by.tenant.id):
            return not await db.value("SELECT EXISTS (SELECT FROM tasks WHERE ended_at IS NULL)")

    async with workers(settings):
        await until(is_done)
    async with db.as_tenant(by.tenant.id):
        found = await db.fetch(renewals.DUE.format(where="s.state = 'active' AND s.next_on <= $1"), date.today())
        assert found == []
        assert await db.value("SELECT count(*) FROM expenses") >= 6
        task_id = await db.value("SELECT id FROM tasks WHERE kind = 'billing.run'")
    seen = (await alice.get("/staff/billing-run")).text
    assert "charges are on no invoice yet" in seen
    assert "one left out" in seen
    assert "The payer is incomplete" in (await alice.get(f"/staff/tasks/{task_id}")).text
    async with db.as_tenant(by.tenant.id):
        await bills.ready()
    assert (await alice.post("/staff/billing-run")).status_code == 303
    async with workers(settings):
        await until(is_done)
    assert "Nothing is due" in (await alice.get("/staff/billing-run")).text
    assert place


async def test_a_service_is_changed_as_it_was_shown_and_a_planned_change_taken_back(
    alice: Visitor, by: Actor
) -> None:
    here = f"/staff/clients/{await code_of(by)}/services"
    async with db.as_tenant(by.tenant.id):
        made = await shop.opened(by)
        with on(date(2025, 12, 1)):
            await shop.publish(made.draft, by, date(2026, 1, 1))
    place = (await alice.post(here, {"price_id": str(made.monthly), "begin": "1"})).headers["location"]
    assert f"{place}/change" in (await alice.get(place)).text
    assert "every 12 months" in (await alice.get(f"{place}/change")).text
    sent = {"price_id": str(made.monthly), f"addon_{made.disk}": "20"}
    looked = await alice.post(f"{place}/change", sent | {"reckon": "1"})
    (seen,) = re.findall(r'name="expected_units" value="(-?\d+)"', looked.text)
    assert seen == "240" and "To be charged now" in looked.text
    for wrong, status in (
        ({"expected_units": "1"}, 409),
        ({}, 422),
        ({"expected_units": seen, f"addon_{made.disk}": "many"}, 422),
        ({"expected_units": seen, "when": "never"}, 422),
        ({"expected_units": seen, "price_id": "77"}, 404),
    ):
        assert (await alice.post(f"{place}/change", sent | wrong)).status_code == status, wrong
    assert (await alice.post(f"{place}/change", sent | {"expected_units": seen})).status_code == 303
    shown = (await alice.get(place)).text
    assert "€2.40" in shown and "€11.00" in shown
    yearly = {"price_id": str(made.yearly), "expected_units": "0"}
    assert (await alice.post(f"{place}/change", yearly)).status_code == 303
    assert "A change is planned" in (await alice.get(place)).text
    assert (await alice.get(f"{place}/change")).text.count("It stays as it is") == 1
    assert (await alice.post(f"{place}/change/withdraw")).status_code == 303
    assert (await alice.post(f"{place}/change/withdraw")).status_code == 409
    renewing = (await alice.get(f"{place}/renew")).text
    assert "€13.20" in renewing
    assert (await alice.post(f"{place}/renew", {"expected_units": "1"})).status_code == 409
    assert (await alice.post(f"{place}/renew", {})).status_code == 409
    assert (await alice.post(f"{place}/renew", {"expected_units": "1320"})).status_code == 303
    async with db.as_tenant(by.tenant.id):
        draft = await price_lists.begin(made.plan, by=by)
        await shop.publish(draft["id"], by, clock.today(by.tenant.timezone))
    moving = f"/staff/price-lists/{draft['id']}/move"
    assert "every month" in (await alice.get(moving)).text
    assert (await alice.get(f"/staff/price-lists/{made.draft}/move")).status_code == 409
    assert (await alice.post(moving)).status_code == 303


async def test_an_order_takes_a_promo_code_and_says_when_a_trial_ends(alice: Visitor, by: Actor) -> None:
    here = f"/staff/clients/{await code_of(by)}/services"
    async with db.as_tenant(by.tenant.id):
        (price,) = await sell(by, {"units": 1000})
        await db.execute("UPDATE products SET trial_days = 14")
    wrong = await alice.post(here, {"price_id": str(price), "code": "NOTHING"})
    assert wrong.status_code == 422 and "There is no such code." in wrong.text
    assert "nothing is charged before" in (await alice.get(f"{here}/new?price_id={price}")).text
    place = (await alice.post(here, {"price_id": str(price), "begin": "1"})).headers["location"]
    shown = (await alice.get(place)).text
    assert "Trial until" in shown and "Nothing yet." in shown
