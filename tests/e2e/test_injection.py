"""What people type is shown as they typed it, and does nothing."""

import re

import pytest
from playwright.sync_api import Page, expect

from core.accounts import groups
from tests.e2e import pages
from tests.e2e.browsing import Watch
from tests.e2e.conftest import Open
from tests.e2e.served import Served

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "'-alert(3)-'",
    "{{ 7*7 }}${7*7}<%= 7*7 %>",
    '<div hx-get="/staff/settings" hx-trigger="load" hx-swap="outerHTML">',
    "</textarea></title><svg/onload=alert(4)>",
    "javascript:alert(5)",
    "<a href=//evil.example>click</a>",
)


def expect_shown(page: Page, text: str) -> None:
    expect(page.get_by_role("main")).to_contain_text(text)


def test_the_watch_sees_what_the_policy_refuses(open_as: Open, watch: Watch) -> None:
    """The other tests here are worth nothing unless this one holds."""
    page = open_as(None, "/sign-in")
    page.evaluate(
        """() => { const script = document.createElement("script"); script.textContent = "window.broken = 1";
            document.body.append(script); }"""
    )
    assert page.evaluate("window.broken") is None
    page.wait_for_function("true")
    assert len(watch.seen) == 1 and "Content Security Policy" in watch.seen[0]
    watch.seen.clear()


def test_text_is_text_on_the_way_through_the_forms(open_as: Open) -> None:
    payload, login = PAYLOADS[1], "injected-by-form"
    page = open_as("alice", "/staff/clients/new")
    pages.field(page, "Login name").fill(login)
    pages.field(page, "E-mail").fill(payload)
    page.get_by_role("radio", name="Company").check()
    pages.field(page, "Company name").fill(payload)
    pages.field(page, "Contact person").fill(payload)
    pages.field(page, "Note").fill(f"{payload}\n{payload}")
    page.get_by_role("button", name="Create").click()
    expect(pages.field(page, "E-mail")).to_have_attribute("aria-invalid", "true")
    expect(pages.field(page, "E-mail")).to_have_value(payload)
    pages.field(page, "E-mail").fill(f"{login}@client.example")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(payload)
    expect(page).to_have_title(f"{payload} · Nova")
    page.get_by_role("link", name="Edit").click()
    expect(pages.field(page, "Name")).to_have_value(payload)
    expect(pages.field(page, "Note")).to_have_value(f"{payload}\n{payload}")


def test_text_is_text_wherever_it_is_shown(open_as: Open, served: Served) -> None:
    codes = {
        payload: served.register("nova", f"inject{number}", payload, note=payload)
        for number, payload in enumerate(PAYLOADS)
    }
    page = open_as("alice", "/staff/clients")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("Search by name, contact person or login").fill("inject")
    expect(page).to_have_url(pages.path("/staff/clients?name=inject"))
    chosen = "&".join(f"code={code}" for code in codes.values())
    paths = ["clients?name=inject", f"clients/delete?{chosen}", f"clients/groups?{chosen}", "activity"]
    for path in paths:
        page.goto(f"/staff/{path}")
        for payload in PAYLOADS:
            expect_shown(page, payload)
    for payload, code in codes.items():
        page.goto(f"/staff/clients/{code}")
        expect(page.get_by_role("heading", level=1)).to_have_text(payload)
        expect(page.locator(".mail-text")).to_have_text(payload)
        page.goto(f"/staff/clients/{code}/edit")
        expect(pages.field(page, "Note")).to_have_value(payload)
    page.goto("/staff/clients?name=%22%3E%3Cscript%3Ealert(9)%3C/script%3E")
    expect(page.locator(".chip")).to_contain_text('"><script>alert(9)</script>')
    assert not [url for url in asked if "settings" in url or "evil.example" in url]


def test_names_of_groups_and_providers_are_text_too(open_as: Open, served: Served) -> None:
    payload = '<img src=x onerror=alert("group")>'
    group = served.within("nova", groups.create, groups.NewGroup(name=payload, description=payload))
    code = served.register("nova", "in-a-bad-group", "Ina Group")
    page = open_as("alice", f"/staff/clients/{code}/groups")
    page.get_by_label("Account group", exact=True).select_option(label=payload)
    page.get_by_role("button", name="Put into this group").click()
    pages.expect_toast(page, "The client was put into the group.")
    for path in (
        "/staff/groups",
        f"/staff/groups/{group['id']}",
        f"/staff/clients/{code}/groups",
        "/staff/activity",
    ):
        page.goto(path)
        expect_shown(page, payload)
    page.goto(f"/staff/groups/{group['id']}/edit")
    expect(pages.field(page, "Name")).to_have_value(payload)
    email = served.open_provider("hostile", edition="standard")
    hostile = open_as(f"hostile/{email}", "/staff/settings")
    pages.field(hostile, "Name").fill(payload)
    hostile.get_by_role("button", name="Save").click()
    pages.expect_toast(hostile, "saved")
    expect(hostile.locator(".brand-name")).to_have_text(payload)
    operator = open_as("olga", "/platform/providers")
    expect_shown(operator, payload)
    operator.goto("/platform/providers/hostile")
    operator.get_by_role("radio", name=re.compile("^Advanced")).check()
    operator.get_by_role("button", name="Change", exact=True).click()
    pages.expect_toast(operator, payload)


@pytest.mark.parametrize(
    "value", ["eyJraW5kIjoiZ29vZCIsInRleHQiOiI8aW1nIHNyYz14IG9uZXJyb3I9YWxlcnQoMSk-In0", "%00", "e30"]
)
def test_a_note_planted_in_the_cookie_is_text(open_as: Open, served: Served, value: str) -> None:
    page = open_as("alice", "/staff")
    page.context.add_cookies([{"name": "comptoir-toast", "value": value, "url": served.url("nova")}])
    page.reload()
    expect(page.get_by_role("main")).to_be_visible()
    expect(page.locator("#toasts img")).to_have_count(0)


def test_after_signing_in_nobody_is_sent_to_another_site(open_as: Open) -> None:
    for number, wanted in enumerate(("//evil.example", "https://evil.example", "/\\\\evil.example")):
        page = open_as(None, f"/sign-in?next={wanted}", host="nova")
        pages.sign_in(page, ("alice", "max", "sam")[number] + "@nova.example", "correct horse battery staple 42")
        expect(page).to_have_url(pages.path("/staff"))
