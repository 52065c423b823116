"""Money on the pages of staff: charging, paying, giving back, moving, with errors beside the fields."""

import re

import pytest

from core import db
from core.settings import Settings
from tests import cast
from tests.core.billing import books
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio


@pytest.fixture
async def carl(visitor: Visitor) -> Visitor:
    """The accountant of Nova, signed in."""
    await visitor.sign_in(cast.email("carl"))
    return visitor


async def code_of(login: str) -> int:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return int(await db.value("SELECT code FROM clients WHERE login = $1", login))


async def account_of(login: str) -> int:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return await books.account_of(login)


async def test_charging_paying_and_giving_back_on_the_pages(carl: Visitor) -> None:
    code, account_id = await code_of("dupont"), await account_of("dupont")
    here = f"/staff/clients/{code}"
    assert "No expenses yet" in (await carl.get(f"{here}/expenses")).text
    charge = {"text": "Hosting <b>May</b>", "units": "1 000,50", "tax_rate": "20", "day": "2026-05-01"}
    limited = await carl.post(f"{here}/expenses", charge)
    assert limited.status_code == 409
    assert "Raise its credit limit" in limited.text and "Hosting &lt;b&gt;May" in limited.text
    saved = await carl.post(f"/staff/accounts/{account_id}/terms", {"credit_limit": "", "is_postpaid": "1"})
    assert saved.status_code == 303
    period = {"period_start": "2026-05-01", "period_last": "2026-05-31"}
    assert (await carl.post(f"{here}/expenses", charge | period)).status_code == 303
    listed = (await carl.get("/staff/expenses?state=open")).text
    assert "€1,200.60" in listed and "Not covered" in listed
    paid = await carl.post(
        f"{here}/payments", {"units": "1500", "method": "cash", "day": "2026-05-02", "note": "x"}
    )
    page = (await carl.get(paid.headers["location"])).text
    assert "€1,500.00" in page and "€299.40" in page and "Hosting &lt;b&gt;May&lt;/b&gt;" in page
    back = {"units": "400", "kind": "refund", "reason": "Asked for it", "day": "2026-05-03"}
    assert (await carl.post(f"{paid.headers['location']}/refund", back)).status_code == 303
    more = await carl.post(f"{paid.headers['location']}/refund", back | {"units": "1200"})
    assert more.status_code == 422 and "At most 1100.00 EUR are left" in more.text
    account = (await carl.get(f"{here}/accounts")).text
    assert "-€100.60" in account and "€100.60" in account and "post-paid" in account
    assert "-€100.60" in (await carl.get(here)).text, "the summary tells the balance"
    expense = re.search(r"/staff/expenses/(\d+)", listed)
    assert expense is not None
    shown = (await carl.get(expense[0])).text
    assert "20%" in shown and "May 31, 2026" in shown and "Cash" in shown
    assert (await carl.post(f"{expense[0]}/reverse", {"reason": ""})).status_code == 422
    assert (await carl.post(f"{expense[0]}/reverse", {"reason": "Wrong client"})).status_code == 303
    assert (await carl.post(f"{expense[0]}/reverse", {"reason": "Again"})).status_code == 409
    assert "€1,100.00" in (await carl.get(f"{here}/accounts")).text


async def test_errors_stand_beside_their_fields_and_what_was_written_stays(carl: Visitor) -> None:
    here = f"/staff/clients/{await code_of('dupont')}"
    wrong = {"text": "Kept", "units": "12,345", "tax_rate": "a lot", "day": "2026-02-30", "period_start": "x"}
    refused = await carl.post(f"{here}/expenses", wrong)
    assert refused.status_code == 422
    for told in ("EUR has 2 digits", "not a percentage", "This is not a date", 'value="Kept"'):
        assert told in refused.text, told
    refused = await carl.post(f"{here}/payments", {"units": "", "method": "barter", "day": ""})
    assert refused.status_code == 422 and "Please fill this in." in refused.text
    refused = await carl.post(f"{here}/payments", {"units": "5", "account_id": "1"})
    assert refused.status_code == 422
    account_id = await account_of("dupont")
    refused = await carl.post(f"/staff/accounts/{account_id}/terms", {"credit_limit": "abc"})
    assert refused.status_code == 422 and "not an amount" in refused.text
    refused = await carl.post(f"/staff/accounts/{account_id}/transfer", {"to_id": "1", "units": "5"})
    assert refused.status_code == 422


async def test_a_form_that_is_sent_twice_records_once(carl: Visitor) -> None:
    here = f"/staff/clients/{await code_of('dupont')}"
    once = re.search(r'name="once" value="([0-9a-f]{32})"', (await carl.get(f"{here}/payments/new")).text)
    assert once is not None
    sent = {"units": "10", "method": "other", "day": "2026-01-01", "once": once[1]}
    places = {(await carl.post(f"{here}/payments", sent)).headers["location"] for _again in range(2)}
    assert len(places) == 1
    assert "€10.00" in (await carl.get(f"{here}/accounts")).text


async def test_an_announced_payment_is_confirmed_or_cancelled(carl: Visitor) -> None:
    here = f"/staff/clients/{await code_of('dupont')}"
    made = []
    for _one in range(2):
        sent = {"units": "10", "method": "bank_transfer", "day": "2026-01-01", "is_pending": "1"}
        made.append((await carl.post(f"{here}/payments", sent)).headers["location"])
    assert (await carl.post(f"{made[0]}/confirm", {"day": "2999-01-01"})).status_code == 422
    assert (await carl.post(f"{made[0]}/confirm", {"day": "no"})).status_code == 422
    assert (await carl.post(f"{made[0]}/confirm", {"day": "2026-01-03"})).status_code == 303
    assert (await carl.post(f"{made[0]}/cancel", {"reason": "No"})).status_code == 409
    assert (await carl.post(f"{made[1]}/cancel", {"reason": ""})).status_code == 422
    assert (await carl.post(f"{made[1]}/cancel", {"reason": "Never came"})).status_code == 303
    assert "Never came" in (await carl.get(made[1])).text
    assert "€10.00" in (await carl.get("/staff/payments?state=paid&reference=")).text


async def test_lists_are_filtered_totalled_focused_and_exported(carl: Visitor) -> None:
    for login, units in (("dupont", "10"), ("mueller", "20")):
        here = f"/staff/clients/{await code_of(login)}"
        sent = {"units": units, "method": "cash", "day": "2026-01-02", "reference": f"RF-{login}"}
        assert (await carl.post(f"{here}/payments", sent)).status_code == 303
    both = (await carl.get("/staff/payments")).text
    assert "€30.00" in both
    code = await code_of("dupont")
    for address in (
        f"/staff/payments?client={code}",
        f"/staff/payments?focus=client:{code}",
        "/staff/payments?reference=rf-DUP",
        "/staff/payments?reference=RF-d&day_from=2026-01-02&day_to=2026-01-02&method=cash",
    ):
        found = (await carl.get(address)).text
        assert "€10.00" in found and "RF-mueller" not in found and "€30.00" not in found, address
    assert "No payment fits this filter" in (await carl.get("/staff/payments?day_from=2026-01-03")).text
    for wrong in (
        "client=0",
        "state=lost",
        "day_from=x",
        "day_from=2026-01-02&day_to=2026-01-01",
        "after=x",
        "method=x",
    ):
        assert (await carl.get(f"/staff/payments?{wrong}")).status_code == 422, wrong


async def test_on_standard_a_client_has_one_account_and_its_money(visitor: Visitor, settings: Settings) -> None:
    zoe = await visitor.another("petit").sign_in(cast.email("zoe"))
    async with db.as_tenant((await cast.tenant("petit")).id):
        code = await db.value("SELECT code FROM clients WHERE login = 'durand'")
    page = (await zoe.get(f"/staff/clients/{code}/accounts")).text
    assert "€0.00" in page and "Move money to another account" not in page


async def test_users_of_the_client_see_what_is_theirs_and_no_notes(carl: Visitor) -> None:
    here = f"/staff/clients/{await code_of('o-brien')}"
    account_id = await account_of("o-brien")
    assert (await carl.post(f"/staff/accounts/{account_id}/terms", {"is_postpaid": "1"})).status_code == 303
    for login, text in (("o-brien", "Mine"), ("mueller", "Theirs")):
        other = await account_of(login)
        await carl.post(f"/staff/accounts/{other}/terms", {"is_postpaid": "1"})
        there = f"/staff/clients/{await code_of(login)}"
        assert (
            await carl.post(f"{there}/expenses", {"text": text, "units": "30", "tax_rate": "0", "day": ""})
        ).status_code == 303
    paid = {"units": "10", "method": "cash", "reference": "Ours", "note": "Between us", "day": ""}
    assert (await carl.post(f"{here}/payments", paid)).status_code == 303
    aoife = await carl.another().sign_in(cast.email("o-brien"))
    balance = (await aoife.get("/balance")).text
    assert "-€20.00" in balance and "€20.00" in balance
    charged, received = (await aoife.get("/expenses")).text, (await aoife.get("/payments")).text
    assert "Mine" in charged and "Theirs" not in charged and "Partly covered" in charged
    assert "Ours" in received and "Between us" not in received and "Carl" not in received
    assert "No services yet" in (await aoife.get("/services")).text
    assert (await aoife.get("/expenses?after=x")).status_code == 303
    for place in ("/services", "/balance", "/expenses", "/payments"):
        assert (await carl.get(place)).status_code in (303, 403, 404), place
