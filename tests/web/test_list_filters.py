"""Saved filters of the lists besides that of clients on pages: saving, using, opening the list with one."""

import pytest

from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
LISTS = {
    "payers": ("/staff/payers", "country=FR", "Country: France"),
    "users": ("/staff/users", "status=active", "Client’s status: Active"),
    "contracts": ("/staff/contracts", "state=signed", "State: Signed"),
    "accounts": ("/staff/accounts", "balance=owes", "Balance: Owes"),
    "expenses": ("/staff/expenses", "age=late_30", "Due: 1 to 30 days late"),
    "invoices": ("/staff/invoices", "paid=overdue", "Payment: Overdue"),
    "payments": ("/staff/payments", "method=cash", "Method: Cash"),
    "offers": ("/staff/offers", "state=sent", "State: Sent"),
    "services": ("/staff/services", "waits=funds", "Waits for: Money"),
    "activity": ("/staff/activity", "day_from=2026-01-01", "From day: 2026-01-01"),
}


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


def words(visitor: Visitor, page: object) -> str:
    return " ".join(visitor.text(page).split())


def number_in(text: str) -> str:
    return text.partition('id="filter-')[2].partition('"')[0]


@pytest.mark.parametrize("name", LISTS)
async def test_a_filter_is_saved_used_opens_the_list_and_is_deleted(alice: Visitor, name: str) -> None:
    path, asked, told = LISTS[name]
    listed = await alice.get(f"{path}?{asked}")
    assert f'href="/staff/filters/new?list={name}&amp;{asked}"' in listed.text
    form = words(alice, await alice.get(f"/staff/filters/new?list={name}&{asked}"))
    assert told.replace(":", "") in form
    answer = await alice.post(f"/staff/filters?list={name}&{asked}", {"name": "Kept", "is_shared": "1"})
    assert answer.headers["location"].endswith(f"{path}?{asked}")
    assert f'href="{path}?{asked}" aria-current="true">Kept</a>' in (await alice.follow(answer)).text

    page = await alice.get(f"/staff/filters?list={name}")
    assert told in words(alice, page)
    number = number_in(page.text)
    await alice.post(f"/staff/filters/{number}/default", {})
    assert (await alice.get(path)).headers["location"].endswith(f"{path}?{asked}")
    everything = await alice.get(f"{path}?all=1")
    assert everything.status_code == 200
    assert f'href="{path}?all=1"' in (await alice.get(f"{path}?{asked}")).text, "lifted, it shows everything"
    assert "Opens the list" in words(alice, await alice.get(f"/staff/filters?list={name}"))

    assert "Delete the saved filter" in words(alice, await alice.get(f"/staff/filters/{number}/delete"))
    await alice.post(f"/staff/filters/{number}/delete", {})
    assert (await alice.get(path)).status_code == 200, "a list that opened with it shows everything again"


async def test_the_list_opens_with_everything_again(alice: Visitor) -> None:
    await alice.post("/staff/filters?list=payers&country=FR", {"name": "French"})
    number = number_in((await alice.get("/staff/filters?list=payers")).text)
    await alice.post(f"/staff/filters/{number}/default", {})
    await alice.post("/staff/filters/none", {"list": "payers"})
    assert (await alice.get("/staff/payers")).status_code == 200


async def test_it_is_renamed_and_a_name_that_is_missing_or_taken_is_told(alice: Visitor) -> None:
    await alice.post("/staff/filters?list=payers&country=FR", {"name": "French"})
    refused = await alice.post("/staff/filters?list=payers&country=DE", {"name": "French"})
    assert refused.status_code == 422 and "This name is taken." in alice.text(refused)
    number = number_in((await alice.get("/staff/filters?list=payers")).text)
    sent = {"name": "", "version": "1"}
    assert (await alice.post(f"/staff/filters/{number}", sent)).status_code == 422
    page = await alice.follow(await alice.post(f"/staff/filters/{number}", sent | {"name": "From France"}))
    assert "From France" in alice.text(page)
    late = await alice.post(f"/staff/filters/{number}", sent | {"name": "Late"})
    assert late.status_code == 409


async def test_without_a_filter_there_is_nothing_to_save(alice: Visitor) -> None:
    assert "Save filter" not in alice.text(await alice.get("/staff/payers"))
    assert "Save filter" not in alice.text(await alice.get("/staff/payers?country=XX"))
    answer = await alice.get("/staff/filters/new?list=payers")
    assert answer.headers["location"].endswith("/staff/payers")
    assert (await alice.get("/staff/filters?list=clients")).status_code == 404


async def test_without_one_the_page_says_how_to_make_one(alice: Visitor) -> None:
    assert "No saved filters yet" in alice.text(await alice.get("/staff/filters?list=users"))
