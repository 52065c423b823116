"""Payments through plugins at the web's edge: callbacks of gateways, and the pages of staff."""

import re

import pytest

from core import db, hooks, plugin_settings
from core.billing import accounts, attempts
from core.billing.accounts import Terms
from core.payment_contract import Callback, Standing
from core.settings import Settings
from tests import cast
from tests.core.billing import books
from tests.plugins.fake_gateway import NAME, FakeGateway, Held
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio


@pytest.fixture
async def gateway(database: Settings) -> FakeGateway:
    """The gateway, on for Nova, with a payment that waits."""
    made = FakeGateway()
    hooks.load(database, extra={NAME: made})
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await plugin_settings.save(NAME, {"secret": made.secret}, by=alice)
        await plugin_settings.enable(NAME, by=alice)
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        account_id = await books.account_of("dupont")
        await accounts.set_terms(account_id, Terms(is_postpaid=True), by=alice)
        attempt = await attempts.begin(account_id, NAME, "card", 10_000, once="k1", by=alice)
        made.held["k1"] = Held(id="G1", key="k1", units=10_000, currency="EUR")
        assert attempt["state"] == "started"
    return made


async def call(visitor: Visitor, said: Callback, plugin: str = NAME) -> int:
    """What a gateway gets for an answer; it has no cookie."""
    visitor.client.cookies.clear()
    answer = await visitor.client.post(f"/callbacks/{plugin}", content=said.body, headers=said.headers)
    return answer.status_code


async def test_a_gateway_calls_without_a_session_and_is_known_by_its_signature(
    visitor: Visitor, gateway: FakeGateway
) -> None:
    said = gateway.says("k1")
    forged = Callback(body=said.body, headers={"x-signature": "0" * 64})
    assert await call(visitor, forged) == 401
    assert await call(visitor, said, "welcome-mail") == 404
    assert await call(visitor, Callback(body=b"x" * 70_000, headers=said.headers)) == 413
    assert [await call(visitor, said) for _time in range(3)] == [200, 200, 200]
    async with db.as_tenant((await cast.tenant("nova")).id):
        assert await db.value("SELECT count(*) FROM payments") == 1
        await books.check()


async def test_staff_see_what_the_gateway_said_and_settle_what_was_parked(
    visitor: Visitor, gateway: FakeGateway
) -> None:
    assert await call(visitor, gateway.says("k1", units=400)) == 200
    await visitor.sign_in(cast.email("carl"))
    listed = await visitor.get("/staff/payment-attempts?parked=1")
    assert "Another amount came than was asked for" in listed.text
    here = re.findall(r'href="(/staff/payment-attempts/\d+)"', listed.text)[0]
    shown = await visitor.get(here)
    assert "€4.00" in shown.text and "€100.00" in shown.text and "G1" in shown.text
    assert (await visitor.post(f"{here}/refund", {"units": "", "reason": "x"})).status_code == 422
    assert (await visitor.post(f"{here}/refund", {"units": "9", "reason": "x"})).status_code == 422
    assert (await visitor.post(f"{here}/look", {})).status_code == 409
    assert (await visitor.post(f"{here}/settle", {})).status_code == 303
    assert "Nothing to be looked at" in (await visitor.get("/staff/payment-attempts?parked=1")).text
    assert (await visitor.post(f"{here}/refund", {"units": "1", "reason": "x"})).status_code == 303


async def test_staff_take_a_part_of_what_is_held_and_nobody_takes_it_twice(
    visitor: Visitor, gateway: FakeGateway
) -> None:
    assert await call(visitor, gateway.says("k1", Standing.AUTHORIZED)) == 200
    await visitor.sign_in(cast.email("sam"))
    here = re.findall(
        r'href="(/staff/payment-attempts/\d+)"', (await visitor.get("/staff/payment-attempts?held=1")).text
    )[0]
    assert "Take what is held" not in (await visitor.get(here)).text
    assert (await visitor.post(f"{here}/capture", {"units": "1"})).status_code == 403
    await visitor.sign_in(cast.email("carl"))
    shown = (await visitor.get(here)).text
    assert "Take what is held" in shown and "Release what is held" in shown and 'value="100.00"' in shown
    for units in ("", "0", "100.01", "x"):
        refused = await visitor.post(f"{here}/capture", {"units": units})
        assert refused.status_code == 422 and 'id="error-units"' in refused.text
    once = {"units": "60", "once": "a" * 32}
    assert [(await visitor.post(f"{here}/capture", once)).status_code for _time in range(2)] == [303, 303]
    assert (await visitor.post(f"{here}/capture", {"units": "40", "once": "b" * 32})).status_code == 409
    assert (await visitor.post(f"{here}/void", {})).status_code == 409
    after = (await visitor.get(here)).text
    assert "Take what is held" not in after and "€60.00" in after


async def test_a_callback_of_nobody_is_listed_and_recorded_into_a_clients_account_once(
    visitor: Visitor, gateway: FakeGateway
) -> None:
    assert await call(visitor, gateway.says("k1", key="theirs", gateway_id="G77", units=900)) == 200
    await visitor.sign_in(cast.email("carl"))
    listed = (await visitor.get("/staff/payment-differences")).text
    assert "Nobody began it here" in listed and "G77" in listed and "€9.00" in listed
    assert "G77" not in (await visitor.get("/staff/payment-differences?kind=amount")).text
    here = re.findall(r'href="(/staff/payment-differences/\d+)"', listed)[0]
    for client in ("", "x", "99"):
        refused = await visitor.post(f"{here}/record-into", {"client": client})
        assert refused.status_code == 422 and 'id="error-client"' in refused.text
    refused = await visitor.post(f"{here}/dismiss", {"reason": ""})
    assert refused.status_code == 422 and 'id="error-reason"' in refused.text
    async with db.as_tenant((await cast.tenant("nova")).id):
        code = await db.value("SELECT code FROM clients WHERE login = 'dupont'")
    sent = [(await visitor.post(f"{here}/record-into", {"client": str(code)})).status_code for _time in range(2)]
    assert sent == [303, 409]
    assert "G77" in (await visitor.get("/staff/payment-differences?state=recorded")).text
    async with db.as_tenant((await cast.tenant("nova")).id):
        assert await db.value("SELECT array_agg(units) FROM payments") == [900]
        await books.check()
