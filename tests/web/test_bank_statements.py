"""Bank statements on the pages of staff: uploading, confirming columns, recording, matching, setting aside."""

import re

import pytest

from core import db
from core.accounts import bank_accounts, companies
from core.accounts.bank_accounts import AccountValues
from core.settings import Settings
from tests import cast
from tests.core.at_queue import until, workers
from tests.core.billing import bills, books, statement_files
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
HERE = "/staff/bank-statements"


@pytest.fixture
async def carl(visitor: Visitor) -> Visitor:
    """The accountant of Nova, signed in; the company has a bank account, and a client owes an invoice."""
    by = await cast.who("carl")
    async with db.as_tenant(by.tenant.id):
        company = await companies.default()
        await bank_accounts.add(company["id"], AccountValues(iban=statement_files.OWN), by=by)
        await db.execute("UPDATE client_projects SET is_postpaid = true")
        await bills.issued(1000, by=by)
    await visitor.sign_in(cast.email("carl"))
    return visitor


async def number() -> str:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return str(await db.value("SELECT number FROM invoices WHERE state = 'issued'"))


async def upload(who: Visitor, content: bytes, name: str = "november.xml"):
    page = await who.get(HERE)
    token = re.findall(r'name="_csrf" value="([^"]+)"', page.text)[0]
    return await who.client.post(
        HERE, data={"_csrf": token}, files={"file": (name, content, "text/xml")}, follow_redirects=False
    )


async def test_from_the_file_to_the_payments(carl: Visitor) -> None:
    assert "No statements yet" in (await carl.get(HERE)).text
    content = statement_files.camt(
        (1200, "Dupont <b>", "", await number(), "R1"),
        (300, "Nobody", "", "hello", "R2"),
        (-5, "Bank", "", "fee", "R3"),
    ).replace(b"<b>", b"&lt;b&gt;")
    page = await carl.follow(await upload(carl, content))
    here = str(page.url.path)
    assert "Names an invoice" in page.text and "Record the sure one" in page.text
    assert "Dupont &lt;b&gt;" in page.text
    again = await upload(carl, content)
    assert again.status_code == 409 and "here already" in again.text
    assert (await carl.post(f"{here}/record", {"upto": "sure"})).status_code == 303
    assert (await carl.post(f"{here}/record", {"upto": "sure"})).status_code == 409
    assert (await carl.post(f"{here}/delete", {})).status_code == 409
    left = await carl.get("/staff/bank-lines")
    assert "Nobody" in left.text and "Dupont" not in left.text
    line = re.findall(r'href="(/staff/bank-lines/\d+)"', left.text)[0]
    found = await carl.get(f"{line}?who=dup")
    account_id = re.findall(r'name="account_id" value="(\d+)"', found.text)[0]
    assert (await carl.post(f"{line}/set-aside", {"reason": ""})).status_code == 422
    assert (await carl.post(f"{line}/set-aside", {"reason": "Rent"})).status_code == 303
    assert (await carl.post(f"{line}/record", {"account_id": account_id})).status_code == 409
    assert (await carl.post(f"{line}/put-back", {})).status_code == 303
    assert (await carl.post(f"{line}/record", {"account_id": account_id})).status_code == 303
    payment = re.findall(r'href="(/staff/payments/\d+)"', (await carl.get(line)).text)[0]
    assert (await carl.post(f"{payment}/reverse", {"reason": "Wrong client"})).status_code == 303
    assert "Wrong client" in (await carl.get(payment)).text
    assert "Nobody" in (await carl.get("/staff/bank-lines")).text
    assert (await carl.get(f"{here}?state=nonsense")).status_code == 422


async def test_a_table_shows_what_its_columns_are_taken_for(carl: Visitor) -> None:
    page = await carl.follow(await upload(carl, statement_files.csv((123_456, "Dupont", "", "x", "")), "a.csv"))
    assert "1.234,56" in page.text and "What the columns mean" in page.text
    sent = {"version": "1", "columns.0": "day", "columns.1": "amount", "columns.4": "text", "currency": "EUR"}
    wrong = await carl.post(f"{page.url.path}/confirm", sent | {"columns.1": "day"})
    assert wrong.status_code == 422 and "Another column means this already." in wrong.text
    bad = await carl.post(f"{page.url.path}/confirm", sent | {"columns.1": "", "columns.4": "amount"})
    assert bad.status_code == 422 and "is no amount of money" in bad.text
    assert (await carl.post(f"{page.url.path}/confirm", sent)).status_code == 303
    assert "€1,234.56" in (await carl.get(str(page.url.path))).text


async def test_what_is_no_statement_says_so(carl: Visitor) -> None:
    for content, said in (
        (b"", "Please choose a file."),
        (b"hello\nworld\n", "names a day and an amount"),
        (b"<!DOCTYPE x []><x/>", "declares entities"),
        (statement_files.camt(account="DE89370400440532013000"), "belongs to none of your companies"),
    ):
        refused = await upload(carl, content)
        assert refused.status_code == 422 and said in carl.text(refused), said


async def test_ten_thousand_lines_go_by_tasks(carl: Visitor, database: Settings) -> None:
    tenant = await cast.tenant("nova")

    async def is_done() -> bool:
        async with db.as_tenant(tenant.id):
            return not await db.value("SELECT EXISTS (SELECT FROM tasks WHERE ended_at IS NULL)")

    invoice = await number()
    lines = [(1 + n, f"P{n}", "", f"{invoice} part", f"R{n}") for n in range(1200)]
    page = await carl.follow(await upload(carl, statement_files.camt(*lines)))
    async with workers(database):
        await until(is_done)
    shown = await carl.get(str(page.url.path))
    assert "Record the 1,200 likely ones as well" in shown.text or "likely ones as well" in shown.text
    begun = await carl.post(f"{page.url.path}/record", {"upto": "likely"})
    assert begun.headers["location"].startswith("/staff/tasks/")
    async with workers(database):
        await until(is_done, 60)
    async with db.as_tenant(tenant.id):
        assert await db.value("SELECT count(*) FROM payments") == 1200
        await books.check()
