"""Services in the portal: switched on by the provider, then renewed, changed, cancelled by users."""

import re
from typing import Any

import pytest

from core import db
from core.actor import Actor
from core.billing import accounts, payment_methods, service_states
from core.billing.accounts import Terms
from core.settings import Settings
from tests import cast
from tests.core.billing.test_service_changes import sell
from tests.core.billing.test_services import account, begin
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
HIDDEN = re.compile(r'name="(price_id|expected_units|start)" value="([^"]*)"')
CHEQUE: dict[str, Any] = {"name_en": "Cheque", "name_fr": "Chèque", "method": "other", "note_fr": "À notre ordre"}
ON = {"may_renew": "1", "may_change": "1", "may_cancel": "1"}


@pytest.fixture
async def by(database: Settings) -> Actor:
    return await cast.who("alice")


async def test_the_switches_are_saved_and_two_people_do_not_overwrite_each_other(
    visitor: Visitor, by: Actor
) -> None:
    alice = await visitor.sign_in(cast.email("alice"))
    here = "/staff/settings/portal"
    assert here in (await alice.get("/staff/settings")).text
    assert (await alice.post(here, ON | {"version": "1"})).status_code == 303
    assert (await alice.get(here)).text.count(" checked") == 3
    clash = await alice.post(here, {"version": "1"})
    assert clash.status_code == 409 and "Somebody saved this meanwhile" in clash.text
    assert (await alice.post(here, {"version": "2", "may_change": "1"})).status_code == 303
    assert (await alice.get(here)).text.count(" checked") == 1


async def test_a_service_is_renewed_changed_and_cancelled_in_the_portal(visitor: Visitor, by: Actor) -> None:
    async with db.as_tenant(by.tenant.id):
        small, middle, large, _year = await sell(by)
        here = f"/services/{await begin(await account(by), middle, by, label='<b>example.org')}"
    dupont = await visitor.sign_in(cast.email("dupont"))
    assert here in (await dupont.get("/services")).text
    plain = (await dupont.get(here)).text
    assert "&lt;b&gt;example.org" in plain and f"{here}/" not in plain, "nothing is offered until it is on"
    assert "ne peut pas se faire ici" in (await dupont.get(f"{here}/renew")).text
    assert (await dupont.post(f"{here}/cancel", {"reason": ""})).status_code == 409
    alice = await visitor.sign_in(cast.email("alice"))
    await alice.post("/staff/settings/portal", ON | {"version": "1"})
    dupont = await visitor.sign_in(cast.email("dupont"))
    for act in ("renew", "change", "cancel"):
        assert f'href="{here}/{act}"' in (await dupont.get(here)).text
    # Renewed, once
    asked = (await dupont.get(f"{here}/renew")).text
    assert "12,00" in asked
    shown = dict(HIDDEN.findall(asked))
    assert (await dupont.post(f"{here}/renew", {})).status_code == 409
    assert (await dupont.post(f"{here}/renew", shown | {"start": "soon"})).status_code == 409
    assert (await dupont.post(f"{here}/renew", shown)).status_code == 303
    assert (await dupont.post(f"{here}/renew", shown)).status_code == 409
    # A change is planned as the product has it, and taken back
    assert f"price_id={small}" in (await dupont.get(f"{here}/change")).text
    shown = dict(HIDDEN.findall((await dupont.get(f"{here}/change?price_id={small}")).text))
    assert (await dupont.get(f"{here}/change?price_id=77")).status_code == 404
    assert (await dupont.post(f"{here}/change", {"price_id": str(small)})).status_code == 422
    assert (await dupont.post(f"{here}/change", shown | {"expected_units": "-5"})).status_code == 409
    assert (await dupont.post(f"{here}/change", shown)).status_code == 303
    assert f"{here}/change/withdraw" in (await dupont.get(here)).text
    assert (await dupont.post(f"{here}/change", shown)).status_code == 409
    assert (await dupont.post(f"{here}/change/withdraw")).status_code == 303
    assert (await dupont.post(f"{here}/change/withdraw")).status_code == 409
    shown = dict(HIDDEN.findall((await dupont.get(f"{here}/change?price_id={large}")).text))
    assert (await dupont.post(f"{here}/change", shown | {"reckon": "1"})).status_code == 200
    assert (await dupont.post(f"{here}/change", shown)).status_code == 303
    assert "Hosting Large" in (await dupont.get(here)).text
    # Cancelled, and taken back
    assert (await dupont.post(f"{here}/cancel", {"reason": "x" * 501})).status_code == 422
    assert (await dupont.post(f"{here}/cancel", {"reason": "Trop cher"})).status_code == 303
    assert (await dupont.post(f"{here}/cancel", {"reason": ""})).status_code == 409
    assert (await dupont.post(f"{here}/keep")).status_code == 303
    assert (await dupont.post(f"{here}/keep")).status_code == 409
    alice = await visitor.sign_in(cast.email("alice"))
    assert "Trop cher" in (await alice.get(f"/staff{here}")).text
    elodie = await visitor.sign_in(cast.email("elodie"))
    for path in (here, f"{here}/renew", f"{here}/change", f"{here}/cancel"):
        assert (await elodie.get(path)).status_code == 404
    for path in ("renew", "change", "cancel", "keep", "change/withdraw"):
        assert (await elodie.post(f"{here}/{path}", shown)).status_code == 404


async def test_what_is_missing_is_said_with_a_way_to_pay_it(visitor: Visitor, by: Actor) -> None:
    async with db.as_tenant(by.tenant.id):
        _small, middle, large, _year = await sell(by)
        account_id = await account(by)
        service_id = await begin(account_id, middle, by)
        await accounts.set_terms(account_id, Terms(is_postpaid=False, credit_limit=1200), by=by)
        await payment_methods.create(payment_methods.MethodValues(**CHEQUE), by=by)
        held = await db.value("SELECT count(*) FROM expenses")
    here = f"/services/{service_id}"
    alice = await visitor.sign_in(cast.email("alice"))
    await alice.post("/staff/settings/portal", ON | {"version": "1"})
    dupont = await visitor.sign_in(cast.email("dupont"))
    shown = dict(HIDDEN.findall((await dupont.get(f"{here}/renew")).text))
    refused = await dupont.post(f"{here}/renew", shown)
    assert refused.status_code == 409 and "12.00 EUR" in refused.text
    way = f"/pay?account={account_id}&amp;missing=1200"
    assert way in refused.text
    shown = dict(HIDDEN.findall((await dupont.get(f"{here}/change?price_id={large}")).text))
    assert (await dupont.post(f"{here}/change", shown)).status_code == 409
    assert "77,00" in (await dupont.get(f"/pay?account={account_id}&missing=7700")).text
    assert (await dupont.get("/pay?account=x&missing=99999999999999999999")).status_code == 200
    assert (await dupont.get(f"/pay?account={account_id}&missing=999999999999999999")).status_code == 200
    async with db.as_tenant(by.tenant.id):
        assert await db.value("SELECT count(*) FROM expenses") == held
        assert await db.value("SELECT count(*) FROM service_changes") == 0
        await service_states.suspend(service_id, "abuse", "Spam", by=by)
    assert f"{here}/" not in (await dupont.get(here)).text
