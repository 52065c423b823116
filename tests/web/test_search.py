"""The palette's page and its options, without JavaScript, and the same search over JSON."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import cast
from web.staff.search import matches

pytestmark = pytest.mark.anyio
PARTS = {"hx-request": "true", "hx-request-type": "partial"}


def links(page) -> list[str]:
    return re.findall(r'<a class="palette-option"[^>]*href="([^"]+)"', page.text)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("New client", "new cl", True),
        ("New client", "client new", True),
        ("New client", "lient", False),
        ("Paramètres", "param", True),
        ("Paramètres", "PARAMÈ", True),
        ("Clés d’API", "api", True),
        ("New client", "", True),
    ],
)
def test_an_action_is_found_by_the_beginnings_of_its_words(name, text, expected):
    assert matches(name, text) is expected


@given(st.text())
def test_everything_is_found_by_its_own_name(name):
    assert matches(name, name)


@pytest.mark.parametrize("name", ["alice", "sam", "carl", "ada", "zoe"])
async def test_everything_that_is_offered_opens(visitor, name):
    somebody = await visitor.another({"zoe": "petit"}.get(name, "nova")).sign_in(cast.email(name))
    shown = []
    for text in (">", "s:", "c:a", ""):
        shown += links(await somebody.get("/staff/search", params={"q": text}))
    assert len(shown) > 5
    for href in set(shown):
        assert (await somebody.get(href)).status_code == 200, href


async def test_rights_and_the_edition_decide_what_is_offered(visitor):
    ada = await visitor.sign_in(cast.email("ada"))
    assert "/staff/clients/new" not in links(await ada.get("/staff/search?q=>"))
    zoe = await visitor.another("petit").sign_in(cast.email("zoe"))
    assert "/staff/groups/new" not in links(await zoe.get("/staff/search?q=> new"))
    assert "/staff/clients/new" in links(await zoe.get("/staff/search?q=> new"))


async def test_the_options_of_the_palette_carry_roles_and_nothing_of_the_page(visitor):
    alice = await visitor.sign_in(cast.email("alice"))
    part = await alice.get("/staff/search?q=c:dup", headers=PARTS)
    assert "<html" not in part.text and 'role="listbox"' in part.text
    assert links(part) == ["/staff/clients/1001"]
    options = re.findall(r'role="option" id="([^"]+)"', part.text)
    assert len(options) == len(set(options)) == 1
    page = await alice.get("/staff/search?q=c:dup")
    assert 'role="listbox"' not in page.text.partition("<main")[2].partition("</main>")[0]
    assert links(page) == ["/staff/clients/1001"]
    focused = await alice.get("/staff/search?q=c:dup&focus=client:1002", headers=PARTS)
    assert links(focused) == ["/staff/clients/1001?focus=client:1002"]


async def test_too_long_a_text_is_an_error_beside_the_field(visitor):
    alice = await visitor.sign_in(cast.email("alice"))
    page = await alice.get("/staff/search", params={"q": "a" * 201})
    assert page.status_code == 422 and 'id="error-q"' in page.text
    page = await alice.get("/staff/search", params={"q": '"><script>alert(1)</script>'})
    assert page.status_code == 200 and "<script>alert" not in page.text and "Nothing found" in page.text
