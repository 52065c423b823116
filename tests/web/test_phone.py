"""Verifying a telephone number on the pages and over JSON, and what is closed until it is done."""

from datetime import date
from typing import Any
from urllib.parse import quote

import pytest

from core import db, freshness, notifications, policies
from core.accounts import api_keys, client_projects, phone_projects, phone_settings, projects
from core.accounts.phone_projects import PhoneProjectChanges
from core.accounts.phone_settings import PhoneChanges
from core.accounts.projects import NewProject
from core.actor import Tenant, system
from core.billing import accounts, expenses, payment_methods
from core.billing.accounts import Terms
from core.billing.expenses import NewExpense
from core.billing.payment_methods import MethodValues
from core.settings import Settings
from tests import cast
from tests.core.billing.test_offers import sent
from tests.core.billing.test_services import account, on, sell
from tests.core.support.posting import hand_out
from tests.visitor import Visitor
from tests.web.test_portal import give_passwords

pytestmark = pytest.mark.anyio
MOBILE = "+33612345678"


@pytest.fixture
async def nova(database: Settings) -> Tenant:
    """Nova sends SMS, and wants the numbers of all its clients before they order or pay."""
    found = await cast.tenant("nova")
    async with db.as_tenant(found.id):
        await db.execute(
            """INSERT INTO plugin_settings (plugin, enabled, settings, updated_at)
               VALUES ('sms-gateway', true, '{"url": "https://sms.example/send"}', now())"""
        )
        await freshness.forget_tenant(found.id)
    found = await cast.tenant("nova")
    assert "sms-gateway" in found.plugins
    async with db.as_tenant(found.id):
        changes = PhoneChanges(registration="all", paying=True)
        await phone_settings.update(changes, version=1, by=system(found))
    return found


async def code_of(nova: Tenant) -> str:
    async with db.as_tenant(nova.id):
        row = await db.row("SELECT * FROM notifications WHERE kind = 'phone_code' ORDER BY created_at DESC")
    assert row is not None
    return str(notifications.unseal(row["sealed"], nova.id)["code"])


async def offered() -> int:
    by = await cast.who("alice")
    with on(date(2026, 1, 5)):
        async with db.as_tenant(by.tenant.id):
            (price,) = await sell(by, {"units": 1000})
            offer_id = await sent(by, await account(by), price)
            await db.execute("UPDATE offers SET valid_until = current_date + 30")
    return offer_id


async def test_a_wrong_code_counts_and_leaves_its_key_free(visitor: Visitor, nova: Tenant) -> None:
    by = await cast.who("alice")
    async with db.as_tenant(nova.id):
        new = api_keys.NewKey(name="Phones", scopes=frozenset(policies.permissions_of(by)))
        key = {"Authorization": f"Bearer {(await api_keys.create(new, by=by)).key}"}
    place = "/api/v1/clients/1001/phone"
    assert (await visitor.client.post(f"{place}/codes", json={"phone": MOBILE}, headers=key)).status_code < 300
    key |= {"Idempotency-Key": "the-same"}
    for left in (4, 3):
        refused = await visitor.client.post(f"{place}/confirm", json={"code": "000000"}, headers=key)
        assert refused.status_code == 422
        assert f"Tries left: {left}" in refused.text
    soon = await visitor.client.post(f"{place}/codes", json={"phone": MOBILE}, headers=key)
    assert soon.status_code == 429


async def test_an_order_waits_for_the_code_and_goes_on_where_it_was(visitor: Visitor, nova: Tenant) -> None:
    await give_passwords()
    offer_id = await offered()
    dupont = await visitor.sign_in(cast.email("dupont"))
    here = f"/offers/{offer_id}"
    assert "Please verify your telephone number" in dupont.text(await dupont.get(here))
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        pay = f"/pay?account={await account(by)}&missing=500"
    led = (await dupont.get(pay)).headers["location"]
    assert led == f"/phone?next={quote(pay)}"
    stopped = await dupont.post(f"{here}/accept", headers={"referer": f"http://nova.localhost{here}"})
    assert (stopped.status_code, stopped.headers["location"]) == (303, f"/phone?next={here}")
    odd = await dupont.post(f"{here}/accept", headers={"referer": "http://["})
    assert (odd.status_code, odd.headers["location"]) == (303, "/phone?next=/")
    page = await dupont.get(stopped.headers["location"])
    assert "Mobile number" in page.text
    bad = await dupont.post("/phone", {"phone": "+33142345678", "next": here})
    assert bad.status_code == 422
    assert 'id="error-phone"' in bad.text
    on_its_way = await dupont.post("/phone", {"phone": MOBILE, "next": here})
    assert on_its_way.status_code == 303
    page = await dupont.get(on_its_way.headers["location"])
    assert 'autocomplete="one-time-code"' in page.text
    assert 'data-wait="' in page.text
    soon = await dupont.post("/phone", {"phone": MOBILE, "next": here})
    assert soon.status_code == 429
    assert "Another code can be sent in" in soon.text
    code = await code_of(nova)
    wrong = await dupont.post("/phone/code", {"code": "000000" if code != "000000" else "1" * 6, "next": here})
    assert wrong.status_code == 422
    assert "Tries left: 4" in wrong.text
    assert 'id="error-code"' in wrong.text
    done = await dupont.post("/phone/code", {"code": code, "next": "//evil.example"})
    assert done.headers["location"] == "/"
    assert "Please verify" not in (await dupont.get(here)).text
    assert (await dupont.get(pay)).status_code == 200
    assert (await dupont.post(f"{here}/accept")).headers["location"] == here
    log = dupont.text(await dupont.get("/log"))
    assert "verified a telephone number" in log
    alice = visitor.another()
    await alice.sign_in(cast.email("alice"))
    tab = alice.text(await alice.get("/staff/clients/1001/phone"))
    assert MOBILE in tab
    assert "one wrong try" in tab


async def test_staff_let_off_and_take_back_on_the_clients_page(visitor: Visitor, nova: Tenant) -> None:
    await visitor.sign_in(cast.email("alice"))
    here = "/staff/clients/1001/phone"
    empty = await visitor.post(f"{here}/waive", {"reason": ""})
    assert empty.status_code == 422
    assert 'id="error-reason"' in empty.text
    assert (await visitor.post(f"{here}/take-back")).status_code == 409
    assert (await visitor.post(f"{here}/waive", {"reason": "Known"})).status_code == 303
    assert "Do not let off any more" in (await visitor.get(here)).text
    assert (await visitor.post(f"{here}/take-back")).status_code == 303
    assert (await visitor.post(f"{here}/ask")).status_code == 303
    assert "Asked once more" in (await visitor.get(here)).text
    settings = await visitor.post("/staff/settings/phone", {"countries": "fr, XX", "tries": "99", "version": "2"})
    assert settings.status_code == 422
    assert all(f'id="error-{field}"' in settings.text for field in ("countries", "tries"))


async def test_a_program_reads_which_problem_it_is_and_solves_it(visitor: Visitor, nova: Tenant) -> None:
    by = await cast.who("alice")
    with on(date(2026, 1, 5)):
        async with db.as_tenant(by.tenant.id):
            (price,) = await sell(by, {"units": 1000})
            account_id = await account(by)
    scopes = frozenset(
        {
            "account:read",
            "client:read",
            "client:update",
            "fraud:read",
            "phone:ask",
            "product:read",
            "service:create",
            "service:read",
        }
    )
    async with db.as_tenant(by.tenant.id):
        made = await api_keys.create(api_keys.NewKey(name="k", scopes=scopes), by=by)
    key = {"Authorization": f"Bearer {made.key}"}
    order = {"price_id": price}
    path = f"/api/v1/balances/{account_id}/services"
    refused = await visitor.client.post(path, json=order, headers=key)
    assert refused.status_code == 403, refused.text
    assert refused.json()["type"] == "/api/v1/docs#phone-verification-needed"
    phone = "/api/v1/clients/1001/phone"
    sent_ = await visitor.client.post(f"{phone}/codes", json={"phone": MOBILE}, headers=key)
    assert sent_.json()["history"][0]["state"] == "sent"
    again = await visitor.client.post(f"{phone}/codes", json={"phone": MOBILE}, headers=key)
    assert again.status_code == 429
    done: Any = await visitor.client.post(f"{phone}/confirm", json={"code": await code_of(nova)}, headers=key)
    assert (done.json()["stand"], done.json()["phone"], done.json()["needed"]) == ("verified", MOBILE, [])
    ordered = await visitor.client.post(path, json=order, headers=key)
    assert ordered.status_code == 201, ordered.text


async def test_how_to_pay_names_what_waits_and_shows_the_rest(visitor: Visitor, nova: Tenant) -> None:
    await give_passwords()
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        first = await account(by)
        client_id = await db.value("SELECT client_id FROM client_projects WHERE id = $1", first)
        elsewhere = (await projects.create(NewProject(name="Elsewhere"), by=by))["id"]
        second = (await client_projects.open_account(client_id, elsewhere, by=by))["id"]
        await accounts.set_terms(second, Terms(is_postpaid=True), by=by)
        for one in (first, second):
            await expenses.create(one, NewExpense(text="Hosting", units=500, tax_rate=0), by=by)
        cash = MethodValues(
            name_en="Cash", name_fr="Espèces", method="cash", note_en="At our shop.", note_fr="Ici."
        )
        await payment_methods.create(cash, by=by)
        await phone_projects.update(elsewhere, PhoneProjectChanges(paying="no"), version=1, by=system(nova))
    dupont = await visitor.sign_in(cast.email("dupont"))
    shown = dupont.text(await dupont.get("/pay"))
    assert "Cash · Elsewhere" in shown and "Cash · Nova" not in shown
    assert "How to pay for Nova is shown once your telephone number is verified." in shown


async def test_where_nothing_asks_for_a_number_the_page_says_so_and_sends_nothing(
    visitor: Visitor, nova: Tenant
) -> None:
    await give_passwords()
    async with db.as_tenant(nova.id):
        changes = PhoneChanges(registration="never", paying=False)
        await phone_settings.update(changes, version=2, by=system(nova))
    dupont = await visitor.sign_in(cast.email("dupont"))
    assert "Nothing to verify" in (await dupont.get("/phone")).text
    refused = await dupont.post("/phone", {"phone": MOBILE, "next": "/"})
    assert refused.status_code == 409
    assert "Nobody asks for a verified number" in refused.text


async def test_the_page_says_whether_the_sms_got_through(visitor: Visitor, nova: Tenant) -> None:
    await give_passwords()
    dupont = await visitor.sign_in(cast.email("dupont"))
    page = dupont.text(await dupont.follow(await dupont.post("/phone", {"phone": MOBILE})))
    assert f"It is for {MOBILE}" in page and "We sent it" not in page
    said = {
        "retrying": "has not got through yet",
        "dead": "could not be delivered",
        "sent": f"We sent it to {MOBILE}",
    }
    await hand_out(nova.id)
    for state, words in said.items():
        async with db.as_tenant(nova.id):
            await db.execute(
                """UPDATE deliveries SET state = $1, ended_at = CASE WHEN $1 = 'retrying' THEN NULL ELSE now() END,
                       next_at = CASE WHEN $1 = 'retrying' THEN now() END WHERE kind = 'phone_code'""",
                state,
            )
        page = dupont.text(await dupont.get("/phone"))
        assert words in page, state
        assert [other for other in said.values() if other in page] == [words]
        assert "Send another code" in page
