"""Crediting an invoice in part: the pages of staff, what the client sees, and the same over JSON."""

from typing import Any

import pytest

from core import db
from core.accounts import api_keys
from core.actor import Actor
from tests import cast
from tests.core.billing import bills
from tests.pdf_text import text_of
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio


@pytest.fixture
async def carl(database: Any) -> Actor:
    return await cast.who("carl")


async def issued(by: Actor) -> dict[str, Any]:
    async with db.as_tenant(by.tenant.id):
        return dict(await bills.issued(by=by))


async def test_a_part_is_looked_at_then_credited_and_the_client_reads_it(visitor: Visitor, carl: Actor) -> None:
    made = await issued(carl)
    alice = await visitor.sign_in(cast.email("alice"))
    here = f"/staff/invoices/{made['id']}"
    assert f'href="{here}/credit"' in (await alice.get(here)).text
    form = await alice.get(f"{here}/credit")
    once = form.text.split('name="once" value="')[1].split('"')[0]
    sent = {"lines.1": "4,00", "reason": "Down for days", "once": once}
    unseen = await alice.post(f"{here}/credit", sent)
    assert unseen.status_code == 422
    assert "Please look at the credit note first." in unseen.text
    seen = await alice.post(f"{here}/credit", sent | {"look": "1"})
    assert seen.status_code == 200
    assert 'name="expected_units" value="480"' in seen.text
    assert "€7.20" in alice.text(seen)
    other = await alice.post(f"{here}/credit", sent | {"expected_units": "479"})
    assert other.status_code == 409
    done = await alice.post(f"{here}/credit", sent | {"expected_units": "480"})
    assert done.status_code == 303, alice.text(done)
    again = await alice.post(f"{here}/credit", sent | {"expected_units": "480"})
    assert again.headers["location"] == done.headers["location"]
    page = await alice.get(here)
    assert page.text.count('id="note-') == 1
    assert "€4.80" in page.text
    assert f'action="{here}/void"' not in page.text
    assert "€4.80 credited" in alice.text(await alice.get("/staff/invoices"))

    jean = await visitor.sign_in(cast.email("dupont"))
    listed = await jean.get("/invoices")
    assert "4,80\xa0€ crédités" in listed.text
    note_id = done.headers["location"].rpartition("/")[2]
    paper = await jean.get(f"/invoices/{note_id}/pdf")
    assert made["number"] in text_of(paper.content)
    assert "Down for days" in text_of(paper.content)


async def test_what_is_wrong_stands_beside_the_line(visitor: Visitor, carl: Actor) -> None:
    made = await issued(carl)
    alice = await visitor.sign_in(cast.email("alice"))
    here = f"/staff/invoices/{made['id']}/credit"
    for amount in ("10.01", "-1", "a lot", "0"):
        page = await alice.post(here, {"lines.1": amount, "reason": "x", "expected_units": "1"})
        assert page.status_code == 422, amount
        assert 'id="error-lines.1"' in page.text
    assert (await alice.post(here, {"lines.99999999999999999999": "1", "look": "1"})).status_code == 422
    assert (await alice.post(here, {"look": "1"})).status_code == 422
    rest = await alice.post(here, {"all": "1", "lines.1": ""})
    assert 'value="10.00"' in rest.text
    assert 'name="expected_units" value="1200"' in rest.text
    whole = await alice.post(here, {"lines.1": "10", "reason": "All of it", "expected_units": "1200"})
    assert whole.status_code == 303
    assert "Nothing of it is left to be credited." in (await alice.get(here)).text
    assert "Credited in full" in (await alice.get("/staff/invoices")).text


async def test_a_program_credits_once_with_its_key(visitor: Visitor, carl: Actor) -> None:
    made = await issued(carl)
    by = await cast.who("alice")
    scopes = frozenset({"client:read", "invoice:read", "invoice:void"})
    async with db.as_tenant(by.tenant.id):
        key = await api_keys.create(api_keys.NewKey(name="k", scopes=scopes), by=by)
    headers = {"Authorization": f"Bearer {key.key}"}
    here = f"/api/v1/invoices/{made['id']}/credit-notes"
    asked = {"reason": "Down", "lines": [{"position": 1, "units": 250}]}
    seen = (await visitor.client.post(f"{here}/preview", json=asked, headers=headers)).json()
    assert (seen["gross_units"], seen["left_units"]) == (300, 900)
    sent = asked | {"expected_units": 300}
    once = headers | {"Idempotency-Key": "one"}
    first = await visitor.client.post(here, json=sent, headers=once)
    assert first.status_code == 201, first.text
    assert (await visitor.client.post(here, json=sent, headers=once)).json() == first.json()
    wrong = await visitor.client.post(here, json=asked | {"expected_units": 1}, headers=headers)
    assert wrong.status_code == 409
    told = (await visitor.client.get(here, headers=headers)).json()
    assert [item["number"] for item in told["items"]] == [first.json()["number"]]
    assert (told["left_units"], told["lines"][0]["left_net_units"]) == (900, 750)
    invoice = (await visitor.client.get(f"/api/v1/invoices/{made['id']}", headers=headers)).json()
    assert (invoice["credited_units"], invoice["state"], invoice["corrected_by_id"]) == (300, "issued", None)
