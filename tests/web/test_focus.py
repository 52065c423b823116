"""The focus on pages: in the address, in every link and form, and lifted by one."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import cast
from tests.rules.places import TEMPLATES, files
from web.kit import focusing

pytestmark = pytest.mark.anyio
ON = "focus=client:1001"
PAGES = (
    "/staff",
    "/staff/clients",
    "/staff/clients?country=FR&sort=name",
    "/staff/clients/1002",
    "/staff/clients/1002/edit",
    "/staff/clients/new",
    "/staff/clients/delete?code=1002",
    "/staff/groups",
    "/staff/activity",
    "/staff/people",
    "/staff/settings",
    "/account",
)
PARTS = {"hx-request": "true", "hx-request-type": "partial"}


@pytest.fixture
async def alice(visitor):
    return await visitor.sign_in(cast.email("alice"))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/staff", "/staff?focus=client:7"),
        ("/staff/clients?a=1#top", "/staff/clients?a=1&focus=client:7#top"),
        ("/staff/clients?focus=client:8", "/staff/clients?focus=client:8"),
        ("/staff/clients?focus=", "/staff/clients?focus="),
        ("/account/sessions", "/account/sessions?focus=client:7"),
        ("/staffing", "/staffing"),
        ("/sign-out", "/sign-out"),
        ("/api/v1/clients", "/api/v1/clients"),
        ("/static/comptoir.css", "/static/comptoir.css"),
        ("https://elsewhere.example/staff", "https://elsewhere.example/staff"),
        ("//elsewhere.example/staff", "//elsewhere.example/staff"),
        ("#content", "#content"),
    ],
)
def test_an_address_of_ours_carries_the_focus_and_no_other_does(address, expected):
    assert focusing.carried(address, "client:7") == expected
    assert focusing.carried(address, "") == address


@given(st.dictionaries(st.text(min_size=1).filter(lambda name: name != "focus"), st.text(min_size=1)))
def test_lifting_takes_away_the_focus_and_nothing_else(given_):
    query = "&".join(f"{focusing.urlencode({name: value})}" for name, value in given_.items())
    carried = focusing.carried(f"/staff/clients?{query}" if query else "/staff/clients", "client:7")
    assert focusing.asked(urlsplit(carried).query) == "client:7"
    lifted = focusing.lifted("/staff/clients", urlsplit(carried).query)
    assert parse_qs(urlsplit(lifted).query) == parse_qs(query)


def test_forms_carry_it_as_their_method_wants():
    page = '<form method="get" action="/staff/clients"><button formaction="/staff/focus">'
    hidden = '<input type="hidden" name="focus" value="client:7">'
    assert focusing.in_page(page, "client:7") == (
        f'<form method="get" action="/staff/clients">{hidden}<button formaction="/staff/focus?focus=client:7">'
    )
    post = '<form class="x" method="post" action="/staff/groups?a=1&amp;b=2">'
    assert focusing.in_page(post, "client:7") == (
        '<form class="x" method="post" action="/staff/groups?a=1&amp;b=2&amp;focus=client:7">'
    )
    for other in (
        '<form method="dialog">',
        '<form method="get" action="/elsewhere">',
        '<a href="/staff" data-lift>',
    ):
        assert focusing.in_page(other, "client:7") == other
    assert focusing.in_page(page, "") == page


def test_no_attribute_of_a_template_hides_the_end_of_its_tag():
    """The tags of a page are found by `<` and `>`: neither may stand in a value."""
    wrong = []
    for path in files("web/templates/*.html"):
        text = re.sub(r"(?s){#.*?#}|{%.*?%}|{{.*?}}", "", (TEMPLATES / path).read_text())
        wrong += [f"{path.name}: {value}" for value in re.findall(r'\s[\w:-]+="([^"]*[<>][^"]*)"', text)]
    assert wrong == []


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_says_so_and_every_link_and_form_carries_it(alice, path):
    page = await alice.get(f"{path}{'&' if '?' in path else '?'}{ON}")
    assert page.status_code == 200
    chip = re.search(r'(?s)<div class="focus-chip.*?</div>', page.text)
    assert chip and "Jean Dupont" in chip[0]
    lift = re.search(r'<a href="([^"]+)" data-lift', chip[0])
    assert lift and unescape(lift[1]) == path
    without = [
        tag
        for tag in re.findall(r"<[a-z][^<>]*>", page.text)
        for address in re.findall(r'\s(?:href|action|formaction)="([^"]*)"', tag)
        if focusing.carries(unescape(address)) and "focus=" not in address and "data-lift" not in tag
        if not (tag.startswith("<form") and 'method="post"' not in tag)
    ]
    assert without == []
    forms = re.findall(
        r'<form(?![^<>]*method="(?:post|dialog)")[^<>]*>(<input[^<>]*name="focus"[^<>]*>)?', page.text
    )
    assert all(forms)


async def test_lists_show_only_the_client(alice):
    text = alice.text(await alice.get(f"/staff/clients?{ON}"))
    assert "dupont" in text and "mueller" not in text and "Clients: 1" in text
    part = await alice.get(f"/staff/clients?{ON}&sort=name", headers=PARTS)
    assert "dupont" in part.text and "mueller" not in part.text and "<html" not in part.text
    assert f"{ON}" in part.text
    text = alice.text(await alice.get(f"/staff/clients?country=DE&{ON}"))
    assert "No client fits this filter" in text and "Lift the focus" in text
    text = alice.text(await alice.get(f"/staff/activity?{ON}"))
    assert "Jean Dupont" in text and "Tanaka" not in text and "田中" not in text


async def test_a_redirect_and_a_refused_form_keep_it(alice):
    answer = await alice.post(f"/staff/groups?{ON}", {"name": "Kept"})
    assert answer.status_code == 303 and answer.headers["location"].endswith(f"?{ON}")
    refused = await alice.post(f"/staff/groups?{ON}", {"name": ""})
    assert refused.status_code == 422 and 'id="focus"' in refused.text
    assert f'action="/staff/groups?{ON}"' in refused.text
    missing = await alice.get(f"/staff/clients/999999?{ON}")
    assert missing.status_code == 404 and 'id="focus"' in missing.text and f"/staff/clients?{ON}" in missing.text
    nowhere = await alice.get(f"/staff/nowhere-at-all?{ON}")
    assert nowhere.status_code == 404 and "Jean Dupont" in nowhere.text


async def test_filter_on_a_selected_client_turns_it_on(alice):
    answer = await alice.get("/staff/focus?code=1002")
    assert answer.headers["location"] == "/staff/clients?focus=client:1002"
    again = await alice.get(f"/staff/focus?code=1002&{ON}")
    assert again.headers["location"] == "/staff/clients?focus=client:1002"
    for query in ("", "?code=1001&code=1002", "?code=x"):
        answer = await alice.get(f"/staff/focus{query}")
        assert answer.headers["location"] == "/staff/clients", query
    assert (await alice.get("/staff/focus?code=999999")).status_code == 404


@pytest.mark.parametrize(
    "text", ["client:9999", "client:1001", "nonsense", "client:", '"><script>', "client:²", "%ff"]
)
async def test_what_one_may_not_see_is_said_to_be_no_client(visitor, text):
    lea = await visitor.sign_in(cast.email("lea"))
    page = await lea.get("/staff/clients", params={"focus": text})
    assert page.status_code == 200
    assert "No such client" in page.text and "Dupont" not in page.text and "<script>" not in page.text
    assert "mueller" not in page.text.partition("<main")[2]


async def test_a_shared_link_outlives_the_sign_in(visitor):
    answer = await visitor.get(f"/staff/activity?{ON}&actor=1")
    assert answer.headers["location"] == "/sign-in?next=/staff/activity%3Ffocus%3Dclient%3A1001"


async def test_the_api_knows_no_focus_and_pages_without_one_are_untouched(alice):
    page = await alice.get("/staff/clients")
    assert "focus=client" not in page.text and 'id="focus"' not in page.text
