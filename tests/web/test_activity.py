"""The page of what was done, without JavaScript."""

import re

import pytest

from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
HERE = "/staff/activity"


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def test_what_was_done_is_told_in_sentences_that_lead_to_the_subject(alice: Visitor) -> None:
    made = await alice.post("/staff/groups", {"name": "Gold"})
    page = await alice.get(HERE)
    assert "Alice added the group Gold" in alice.text(page)
    assert f'href="{made.headers["location"]}"' in page.text
    await alice.post(f"{made.headers['location']}/delete")
    page = await alice.get(HERE)
    assert "Alice deleted the group Gold" in alice.text(page)
    assert f'href="{made.headers["location"]}"' not in page.text


async def test_a_filter_stands_in_the_address_and_says_what_is_in_force(alice: Visitor) -> None:
    await alice.post("/staff/groups", {"name": "Gold"})
    await alice.post("/staff/groups", {"name": "Silver"})
    page = await alice.get(f"{HERE}?search=gol&subject_kind=group")
    text = alice.text(page)
    assert "the group Gold" in text
    assert "the group Silver" not in text
    assert "Cancel filter" in text
    text = alice.text(await alice.get(f"{HERE}?client=1001"))
    assert "Jean Dupont" in text
    assert "the group Gold" not in text


@pytest.mark.parametrize(
    "query", ["actor=x", "client=abc", "client=999999", "day_from=yesterday", "action=x:y", "colour=red"]
)
async def test_a_filter_that_cannot_be_is_told_beside_its_field(alice: Visitor, query: str) -> None:
    page = await alice.get(f"{HERE}?{query}")
    assert page.status_code == 422
    assert "data-error-summary" in page.text


async def test_older_pages_follow(alice: Visitor) -> None:
    for number in range(60):
        await alice.post("/staff/attitudes", {"name": f"A{number:02}", "color": "red"})
    page = await alice.get(f"{HERE}?subject_kind=attitude")
    first = re.findall(r"attitude (A\d\d)", page.text)
    older = re.search(r'href="([^"]+)" rel="next"', page.text)
    assert older
    second = re.findall(r"attitude (A\d\d)", (await alice.get(older.group(1).replace("&amp;", "&"))).text)
    assert list(dict.fromkeys(first + second)) == [f"A{number:02}" for number in reversed(range(60))]


async def test_a_client_has_what_was_done_about_it_on_its_own_page(alice: Visitor) -> None:
    page = await alice.get("/staff/clients/1001/timeline")
    assert page.status_code == 200
    assert "Jean Dupont" in alice.text(page)
    assert "registered the client" in alice.text(page)


async def test_support_sees_none_and_limited_staff_only_what_is_theirs(visitor: Visitor) -> None:
    sam = await visitor.sign_in(cast.email("sam"))
    assert (await sam.get(HERE)).status_code == 403


async def test_names_of_one_provider_are_not_in_anothers(alice: Visitor) -> None:
    await alice.post("/staff/groups", {"name": "Canary"})
    bob = alice.another("acme")
    await bob.sign_in(cast.email("bob"))
    assert "Canary" not in (await bob.get(HERE)).text
    found = await bob.get(f"{HERE}?search=Canary")
    assert "Nothing fits this filter" in found.text
    assert '<ul class="history"' not in found.text
