"""Payment methods on pages: the form, the list, and recording a payment by one."""

import re

import pytest

from core import db
from core.settings import Settings
from tests import cast
from tests.core.billing import books
from tests.visitor import Visitor

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]
HERE = "/staff/payment-methods"
GOOD = {
    "name_en": "By post",
    "name_fr": "Par la poste",
    "way": ":other",
    "currencies": "EUR",
    "fee_percent": "1,5",
    "fee_units": "0.25",
    "fee_bearer": "client",
    "least_units": "",
    "most_units": "500",
    "is_on": "1",
}


async def test_a_method_is_written_listed_edited_and_moved(visitor: Visitor) -> None:
    alice = await visitor.sign_in(cast.email("alice"))
    assert "The usual ones" in (await alice.get(HERE)).text
    assert (await alice.post(f"{HERE}/usual")).status_code == 303
    for wrong, field in (
        ({"name_fr": ""}, "name_fr"),
        ({"way": "gone:card"}, "way"),
        ({"fee_percent": "x"}, "fee_percent"),
        ({"currencies": ""}, "currencies"),
        ({"most_units": "0.001"}, "most_units"),
    ):
        refused = await alice.post(HERE, GOOD | wrong)
        assert refused.status_code == 422, field
        assert f'id="error-{field}"' in refused.text
    assert (await alice.post(HERE, GOOD)).status_code == 303
    shown = (await alice.get(HERE)).text
    assert "By post" in shown and "1.5" in shown and "€0.25" in shown and "up to €500.00" in shown
    edit = re.findall(r'href="(/staff/payment-methods/\d+/edit)">By post', shown)[0]
    form = (await alice.get(edit)).text
    assert 'value="0.25"' in form and 'value="1.5"' in form and 'value="500.00"' in form
    here = edit.removesuffix("/edit")
    assert (await alice.post(here, GOOD | {"name_en": "Letter", "version": "1"})).status_code == 303
    late = await alice.post(here, GOOD | {"version": "1"})
    assert late.status_code == 409 and "Letter" in late.text
    assert (await alice.post(f"{here}/move", {"steps": "-1"})).status_code == 303
    assert (await alice.post(f"{here}/delete")).status_code == 303


async def test_a_payment_is_recorded_by_a_method_and_its_fee_stands_beside_it(visitor: Visitor) -> None:
    alice = await visitor.sign_in(cast.email("alice"))
    assert (await alice.post(HERE, GOOD)).status_code == 303
    async with db.as_tenant((await cast.tenant("nova")).id):
        code = await db.value("SELECT code FROM clients WHERE login = 'dupont'")
        method_id = await db.value("SELECT id FROM payment_methods")
    form = (await alice.get(f"/staff/clients/{code}/payments/new")).text
    assert "By post" in form and "Cash" not in form and "part of the amount" in form
    sent = {"units": "101.75", "method_id": str(method_id), "day": "2026-01-02"}
    refused = await alice.post(f"/staff/clients/{code}/payments", sent | {"method_id": "7"})
    assert refused.status_code == 422 and 'id="error-method_id"' in refused.text
    made = await alice.follow(await alice.post(f"/staff/clients/{code}/payments", sent))
    assert "By post" in made.text and "Fee: By post" in made.text and "€1.75" in made.text
    stays = await alice.post(f"{HERE}/{method_id}/delete")
    assert stays.status_code == 409 and "Switch it off" in stays.text
    async with db.as_tenant((await cast.tenant("nova")).id):
        await books.check()


async def test_support_sees_the_list_and_changes_nothing(visitor: Visitor, database: Settings) -> None:
    sam = await visitor.sign_in(cast.email("sam"))
    assert "New payment method" not in (await sam.get(HERE)).text
    assert (await sam.post(HERE, GOOD)).status_code == 403
