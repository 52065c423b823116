"""The timeline and the summary of a client's page, without JavaScript and in parts."""

import pytest

from core import db
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
TAB = "/staff/clients/1001/timeline"


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    """Alice, after the client's user signed in and she wrote a note and changed the client."""
    await visitor.another().sign_in(cast.email("dupont"))
    await visitor.sign_in(cast.email("alice"))
    await visitor.post("/staff/clients/1001/notes", {"text": "Calls on Mondays"})
    await visitor.post("/staff/clients/1001/files", files={"file": ("letter.txt", b"Dear Sir")})
    await visitor.post("/staff/clients/1001", {"version": "1", "note": "Seen"})
    return visitor


async def person(login: str) -> int:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return int(await db.value("SELECT id FROM people WHERE email_folded = lower($1)", cast.email(login)))


async def test_it_tells_what_was_done_about_the_client_and_what_its_users_did(alice: Visitor) -> None:
    page = await alice.get(TAB)
    text = alice.text(page)
    for told in ("Alice changed the client", "Alice added a note", "Calls on Mondays", "letter.txt", "signed in"):
        assert told in text, told
    assert "/staff/files/" in page.text
    assert "#note-" in page.text


@pytest.mark.parametrize(
    ("query", "told", "hidden"),
    [
        ("kind=notes", "Calls on Mondays", "changed the client"),
        ("kind=sign_ins", "signed in", "Calls on Mondays"),
        ("kind=client", "changed the client", "signed in"),
        ("who=team", "changed the client", "signed in"),
        ("who=users", "signed in", "changed the client"),
        ("day_to=2020-01-01", "Nothing fits this filter", "signed in"),
        ("kind=groups&who=product", "Nothing fits this filter", "signed in"),
    ],
)
async def test_it_is_filtered_by_kind_person_and_period(
    alice: Visitor, query: str, told: str, hidden: str
) -> None:
    text = alice.text(await alice.get(f"{TAB}?{query}")).partition("Filter:")[2]
    assert told in text
    assert hidden not in text


async def test_a_person_can_be_asked_for(alice: Visitor) -> None:
    page = await alice.get(f"{TAB}?who={await person('dupont')}")
    assert "signed in" in alice.text(page)
    assert "changed the client" not in alice.text(page)
    assert "Who: Jean Dupont" in alice.text(page)


@pytest.mark.parametrize("query", ["kind=x", "who=x", "who=99999999999999999999", "day_from=x", "bogus=1"])
async def test_what_cannot_be_asked_for_is_told(alice: Visitor, query: str) -> None:
    assert (await alice.get(f"{TAB}?{query}")).status_code == 422


async def test_htmx_gets_the_list_alone(alice: Visitor) -> None:
    page = await alice.get(f"{TAB}?kind=notes", headers={"HX-Request-Type": "partial"})
    assert page.status_code == 200
    assert page.text.lstrip().startswith('<div id="timeline">')


async def test_it_is_paged_by_key_and_nothing_is_lost_between_pages(alice: Visitor) -> None:
    for number in range(2, 62):
        await alice.post("/staff/clients/1001", {"version": str(number), "note": str(number)})
    first = await alice.get(TAB)
    older = first.text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = await alice.get(older.replace("&amp;", "&"))
    seen = [line for page in (first, second) for line in page.text.split('<li id="entry-')[1:]]
    assert len({line.partition('"')[0] for line in seen}) == len(seen) > 60
    assert "signed in" in alice.text(second)


async def test_support_who_may_not_read_activity_has_no_timeline(alice: Visitor) -> None:
    sam = await alice.another().sign_in(cast.email("sam"))
    assert (await sam.get(TAB)).status_code == 403
    assert TAB not in (await sam.get("/staff/clients/1001")).text


async def test_the_summary_tells_the_last_sign_in_and_the_verified_phone(alice: Visitor) -> None:
    assert "Verified phone" not in alice.text(await alice.get(TAB)).partition("Code 1001")[2]
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute("UPDATE clients SET phone_verified = '+33123456789' WHERE code = 1001")
    text = alice.text(await alice.get(TAB)).partition("Code 1001")[2]
    assert "Last sign-in" in text
    assert "· Jean Dupont" in text
    assert "+33123456789" in text
    assert "Last sign-in –" in alice.text(await alice.get("/staff/clients/1002/timeline"))
