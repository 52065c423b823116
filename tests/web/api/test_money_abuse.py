"""What is sent about money that cannot be: refused, and nothing is kept of it (M9 and M10 of `abuse-cases.md`)."""

import pytest

from core import db
from tests import cast
from tests.core.billing import bills, books
from tests.core.billing.test_services import account, begin, sell

pytestmark = pytest.mark.anyio
NO_AMOUNTS = (
    "-1", "0", "1000000000000000000", "NaN", "Infinity", "1e3", "1.5", '"1"', '"٣"', "null", "[1]", "true",
    "1" + "0" * 40, "0." + "3" * 40,
)  # fmt: skip


@pytest.fixture
async def offered(database) -> tuple[int, int]:
    """An account that may owe whatever it will, and the price of what is sold there."""
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        return await account(by), (await sell(by, {"units": 1000}))[0]


async def test_what_is_no_amount_is_neither_charged_nor_paid_nor_ordered(caller, offered) -> None:
    """M9: as the bytes that a program sends."""
    alice, (account_id, monthly) = await caller("alice"), offered
    here, sent = f"/balances/{account_id}", {"headers": {"content-type": "application/json"}}
    for path, body in (
        ("expenses", '{"text": "A", "tax_rate": 0, "units": %s}'),
        ("payments", '{"units": %s}'),
        ("services", f'{{"price_id": {monthly}, "addons": {{"1": %s}}}}'),
    ):
        for amount in NO_AMOUNTS:
            answer = await alice.post(f"{here}/{path}", content=(body % amount).encode(), **sent)
            assert answer.status_code in (400, 422), (path, amount, answer.text)
    async with db.as_tenant((await cast.tenant("nova")).id):
        for table in ("expenses", "payments", "services", "ledger_entries"):
            assert await db.value(f"SELECT count(*) FROM {table}") == 0


async def test_an_order_names_no_price_of_its_own(caller, offered) -> None:
    """M9, R3: what a service costs is the server's to say."""
    alice, (account_id, monthly) = await caller("alice"), offered
    for more in ({"price": 1}, {"currency": "JPY"}, {"paid": True}, {"state": "active"}):
        answer = await alice.post(f"/balances/{account_id}/services", json={"price_id": monthly} | more)
        assert answer.status_code == 422


async def test_what_was_posted_or_issued_has_no_way_to_be_changed(caller, offered) -> None:
    """M10: no PUT, no PATCH, no DELETE; an issued invoice is not deleted as a draft is."""
    alice, by = await caller("alice"), await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        service_id = await begin(*offered, by)
        invoice = await bills.issued(by=by)
        expense_id = await db.value("SELECT id FROM expenses LIMIT 1")
    paid = (await alice.post(f"/balances/{offered[0]}/payments", json={"units": 100})).json()
    for path in (
        f"/payments/{paid['id']}",
        f"/expenses/{expense_id}",
        f"/invoices/{invoice['id']}",
        f"/services/{service_id}",
    ):
        before = (await alice.get(path)).json()
        for verb in ("PUT", "PATCH", "DELETE"):
            answer = await alice.request(verb, path, json={"units": 1, "gross_units": 1})
            assert answer.status_code in (405, 409), (verb, path, answer.text)
        assert (await alice.get(path)).json() == before
    async with db.as_tenant(by.tenant.id):
        await books.check()
