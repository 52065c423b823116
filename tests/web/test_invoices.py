"""The pages of invoices, for staff and for users of the client, without JavaScript; and the same over JSON."""

import io
from typing import Any
from zipfile import ZipFile

import pytest

from core import db
from core.accounts import api_keys
from core.actor import Actor
from core.settings import Settings
from tests import cast
from tests.core.at_queue import until, workers
from tests.core.billing import bills
from tests.pdf_text import text_of
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio


@pytest.fixture
async def carl(database: Any) -> Actor:
    return await cast.who("carl")


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def charged(by: Actor, units: int = 1000, text: str = "Hosting") -> int:
    async with db.as_tenant(by.tenant.id):
        await bills.ready()
        return await bills.charged(units, text, by=by)


async def issued(by: Actor) -> dict[str, Any]:
    async with db.as_tenant(by.tenant.id):
        return dict(await bills.issued(by=by))


def chosen(page: str, name: str) -> str:
    """The value of the first option of a choice, or of a hidden field."""
    after = page.split(f'name="{name}"')[1]
    return after.split('value="')[1].split('"')[0]


async def test_an_invoice_is_drafted_issued_downloaded_and_made_void(alice: Visitor, carl: Actor) -> None:
    await charged(carl, 999, "Hébergement <M>")
    form = await alice.get("/staff/clients/1001/invoices/new")
    assert "Hébergement &lt;M&gt;" in form.text
    sent = {name: chosen(form.text, name) for name in ("account_id", "payer_id", "company_id", "expense_ids")}
    made = await alice.post("/staff/clients/1001/invoices", sent | {"kind": "invoice"})
    assert made.status_code == 303, alice.text(made)
    here = made.headers["location"]
    draft = await alice.get(here)
    assert "€11.99" in draft.text
    assert "Draft: not issued" not in draft.text
    answer = await alice.post(f"{here}/issue", {})
    assert answer.status_code == 303, alice.text(answer)
    page = await alice.get(here)
    assert "INV-" in page.text
    assert "Not paid" in page.text
    paper = await alice.get(f"{here}/pdf")
    assert paper.headers["content-type"] == "application/pdf"
    assert "Hébergement <M>" in text_of(paper.content)
    assert (await alice.get(f"{here}/pdf")).content == paper.content
    wrong = await alice.post(f"{here}/void", {"reason": ""})
    assert wrong.status_code == 422
    assert 'id="error-reason"' in wrong.text
    credit = await alice.post(f"{here}/void", {"reason": "Wrong payer"})
    assert credit.status_code == 303
    assert "Corrects invoice INV-" in (await alice.get(credit.headers["location"])).text
    assert "Credit note CN-" in (await alice.get(here)).text
    assert (await alice.post(f"{here}/void", {"reason": "Again"})).status_code == 409


async def test_what_is_missing_stands_on_the_draft_and_no_button_issues_it(alice: Visitor, carl: Actor) -> None:
    expense_id = await charged(carl)
    async with db.as_tenant(carl.tenant.id):
        draft = await bills.drafted(expense_id, by=carl)
        await db.execute("UPDATE payers SET city = '' WHERE id = $1", draft["payer_id"])
    here = f"/staff/invoices/{draft['id']}"
    page = await alice.get(here)
    assert "It cannot be issued yet" in page.text
    assert f'action="{here}/issue"' not in page.text
    refused = await alice.post(f"{here}/issue", {})
    assert refused.status_code == 409
    assert "The payer is incomplete" in refused.text
    assert (await alice.post(f"{here}/delete", {})).status_code == 303
    assert (await alice.get(here)).status_code == 404


async def test_a_draft_over_nothing_is_refused_beside_its_field(alice: Visitor, carl: Actor) -> None:
    await charged(carl)
    form = await alice.get("/staff/clients/1001/invoices/new")
    sent = {name: chosen(form.text, name) for name in ("account_id", "payer_id", "company_id")}
    page = await alice.post("/staff/clients/1001/invoices", sent | {"kind": "invoice"})
    assert page.status_code == 422
    assert 'id="error-expense_ids"' in page.text


async def test_the_list_finds_by_number_and_by_what_is_paid(alice: Visitor, carl: Actor) -> None:
    made = await issued(carl)
    listed = await alice.get("/staff/invoices")
    assert made["number"] in listed.text
    assert "€12.00" in listed.text
    assert made["number"] in (await alice.get(f"/staff/invoices?number={made['number']}")).text
    assert made["number"] in (await alice.get("/staff/invoices?paid=open&client=1001")).text
    for nothing in (
        "paid=paid",
        "paid=overdue",
        "state=void",
        "kind=credit_note",
        "client=1002",
        "day_to=2020-01-01",
    ):
        page = await alice.get(f"/staff/invoices?{nothing}")
        assert page.status_code == 200
        assert made["number"] not in page.text, nothing
    assert (await alice.get("/staff/invoices?paid=maybe")).status_code == 422
    assert made["number"] in (await alice.get("/staff/clients/1001/invoices")).text


async def test_the_files_of_a_list_are_gathered_by_a_task_and_come_in_one_zip(
    alice: Visitor, carl: Actor, database: Settings
) -> None:
    first, second = await issued(carl), await issued(carl)
    await charged(carl)
    begun = await alice.post("/staff/invoices/zip?client=1001", {})
    task = begun.headers["location"]
    zipped = f"/staff/invoices/zip/{task.rpartition('/')[2]}"
    assert (await alice.get(zipped)).status_code == 404, "not before it is done"

    async def is_done() -> bool:
        return zipped in (await alice.get(task)).text

    async with workers(database):
        await until(is_done)
    packed = await alice.get(zipped)
    assert packed.headers["content-type"] == "application/zip"
    with ZipFile(io.BytesIO(packed.content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        kept = archive.read(f"{first['number']}.pdf")
    assert {f"{first['number']}.pdf", f"{second['number']}.pdf"} <= set(names)
    assert kept == (await alice.get(f"/staff/invoices/{first['id']}/pdf")).content
    nothing = await alice.post("/staff/invoices/zip?paid=paid&client=1002", {})
    assert nothing.status_code == 409
    assert "there is no file" in alice.text(nothing)


async def test_a_user_reads_what_was_issued_and_nothing_else(visitor: Visitor, carl: Actor) -> None:
    made = await issued(carl)
    expense_id = await charged(carl)
    async with db.as_tenant(carl.tenant.id):
        draft = await bills.drafted(expense_id, by=carl)
    jean = await visitor.sign_in(cast.email("dupont"))
    page = await jean.get("/invoices")
    assert made["number"] in page.text
    assert page.text.count("/pdf") == 1
    paper = await jean.get(f"/invoices/{made['id']}/pdf")
    assert made["number"] in text_of(paper.content)
    assert (await jean.get(f"/invoices/{draft['id']}/pdf")).status_code == 404


async def test_how_a_company_bills_is_edited_and_two_who_do_are_told(alice: Visitor, carl: Actor) -> None:
    made = await issued(carl)
    here = f"/staff/companies/{made['company_id']}/terms"
    assert 'value="14"' in (await alice.get(here)).text
    sent = {"due_days": "30", "operations": "services", "is_vat_on_debits": "1", "version": "0"}
    assert (await alice.post(here, sent | {"due_days": "999"})).status_code == 422
    assert (await alice.post(here, sent)).status_code == 303
    assert 'value="30"' in (await alice.get(here)).text
    assert (await alice.post(here, sent | {"due_days": "10"})).status_code == 409


async def test_a_program_drafts_issues_and_voids(visitor: Visitor, carl: Actor) -> None:
    expense_id = await charged(carl)
    by = await cast.who("alice")
    scopes = frozenset({"client:read", "invoice:create", "invoice:issue", "invoice:read", "invoice:void"})
    async with db.as_tenant(by.tenant.id):
        made = await api_keys.create(api_keys.NewKey(name="k", scopes=scopes), by=by)
        row = await db.row(
            "SELECT e.account_id, p.id AS payer_id FROM expenses e JOIN payers p ON p.client_id = e.client_id"
            " WHERE e.id = $1 AND p.is_default",
            expense_id,
        )
        company_id = await db.value("SELECT id FROM companies WHERE is_default")
    assert row is not None
    headers = {"Authorization": f"Bearer {made.key}"}
    asked = dict(row) | {"company_id": company_id}
    answer = await visitor.client.post("/api/v1/clients/1001/invoices", json=asked, headers=headers)
    assert answer.status_code == 201, answer.text
    here = answer.headers["location"]
    assert [line["expense_id"] for line in answer.json()["lines"]] == [expense_id]
    issued_ = (await visitor.client.post(f"{here}/issue", headers=headers)).json()
    assert (issued_["state"], issued_["gross_units"], issued_["currency"]) == ("issued", 1200, "EUR")
    again = await visitor.client.post(f"{here}/issue", headers=headers)
    assert again.status_code == 409
    assert (await visitor.client.delete(here, headers=headers)).status_code == 409
    credit = (await visitor.client.post(f"{here}/void", json={"reason": "Wrong"}, headers=headers)).json()
    assert (credit["kind"], credit["corrects_id"]) == ("credit_note", issued_["id"])
    listed = (await visitor.client.get("/api/v1/invoices?limit=1", headers=headers)).json()
    assert [one["id"] for one in listed["items"]] == [credit["id"]]
    older = await visitor.client.get(f"/api/v1/invoices?after={listed['next']}", headers=headers)
    assert [one["state"] for one in older.json()["items"]] == ["void"]
    nothing = await visitor.client.post(
        "/api/v1/clients/1001/invoices", json=asked | {"expense_ids": [1]}, headers=headers
    )
    assert nothing.status_code == 422
