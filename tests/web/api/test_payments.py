"""Money over JSON: charging, recording, giving back, and what an account holds."""

import pytest

from core import db
from tests import cast
from tests.core.billing import books

pytestmark = pytest.mark.anyio


async def test_programs_charge_record_and_give_back(caller):
    program = await caller("alice")
    async with db.as_tenant((await cast.tenant("nova")).id):
        account_id = await books.account_of("dupont")
    (balance,) = (await program.get("/clients/1001/balances")).json()["items"]
    assert (balance["id"], balance["balance"], balance["is_postpaid"]) == (account_id, 0, False)
    here = f"/balances/{account_id}"
    assert (await program.patch(here, json={"is_postpaid": True, "credit_limit": None})).json()["is_postpaid"]
    made = await program.post(f"{here}/expenses", json={"text": "Hosting", "units": 1000, "tax_rate": 5500})
    assert (made.status_code, made.json()["gross_units"], made.json()["tax_category"]) == (201, 1055, "S")
    assert made.headers["location"] == f"/api/v1/expenses/{made.json()['id']}"
    paid = (await program.post(f"{here}/payments", json={"units": 1500, "reference": "A"})).json()
    assert (paid["free_units"], paid["covers"]) == (445, [{"expense_id": made.json()["id"], "units": 1055}])
    back = {"units": 500, "reason": "Asked", "kind": "chargeback"}
    after = (await program.post(f"/payments/{paid['id']}/refund", json=back)).json()
    assert (after["free_units"], after["covers"][0]["units"]) == (0, 1000)
    gone = await program.post(f"/expenses/{made.json()['id']}/reverse", json={"reason": "Wrong"})
    assert (gone.status_code, gone.json()["reversed_by"]) == (200, "Alice")
    assert (await program.get(here)).json()["balance"] == 1000
    for wrong in ({"units": 10**18}, {"units": 1, "paid": True}, {"units": "1"}, {"units": 1.5}):
        assert (await program.post(f"{here}/payments", json=wrong)).status_code == 422, wrong
    assert len((await program.get("/payments", params={"limit": 1})).json()["items"]) == 1
    waits = (await program.post(f"{here}/payments", json={"units": 1, "is_pending": True})).json()
    confirmed = await program.post(f"/payments/{waits['id']}/confirm", json={})
    assert (waits["state"], confirmed.json()["state"]) == ("pending", "paid")
    assert (await program.post(f"/payments/{waits['id']}/cancel", json={"reason": "No"})).status_code == 409


async def test_the_same_idempotency_key_pays_once(caller):
    program = await caller("carl")
    async with db.as_tenant((await cast.tenant("nova")).id):
        here = f"/balances/{await books.account_of('dupont')}"
    sent = {"json": {"units": 700}, "headers": {"Idempotency-Key": "a-payment"}}
    first, again = [await program.post(f"{here}/payments", **sent) for _time in range(2)]
    assert first.content == again.content
    assert (await program.get(here)).json()["balance"] == 700
