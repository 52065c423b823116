"""With the keyboard alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served

FOCUSED = """() => {
    const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
    const ring = style.outlineStyle !== "none" && style.outlineWidth !== "0px" || style.boxShadow !== "none";
    const label = one.labels?.[0]?.innerText ?? one.getAttribute("aria-label") ?? one.innerText;
    return {name: label.trim(), ring, shown: box.width > 0 && box.height > 0, tag: one.tagName, id: one.id};
}"""


def press_until(page: Page, wanted: str, *, key: str = "Tab", most: int = 80) -> list[str]:
    """Go on with a key until something of this name has the focus; returns what had it on the way."""
    passed: list[str] = []
    for _step in range(most):
        page.keyboard.press(key)
        focused = page.evaluate(FOCUSED)
        assert focused["ring"] or focused["tag"] == "BODY", f"the focus is not seen on {focused}"
        passed.append(focused["name"])
        if re.fullmatch(wanted, focused["name"].replace("\n", " ")):
            return passed
    raise AssertionError(f"{wanted} is not reached: {passed}")


def test_from_the_top_of_the_page_to_a_saved_client(open_as: Open, served: Served) -> None:
    served.register("nova", "aaa-keys", "Aaa Keys")
    page = open_as("alice", "/staff/clients?sort=login")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    passed = press_until(page, "aaa-keys")
    for landmark in ("Clients", "Account groups", "Settings", "New client"):
        assert landmark in passed, passed
    assert passed.index("Clients") < passed.index("New client")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Aaa Keys", level=1)).to_be_visible()
    press_until(page, "Edit")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Edit client", level=1)).to_be_visible()
    press_until(page, "Name")
    page.keyboard.press("Control+A")
    page.keyboard.type("Aaa Typed")
    press_until(page, "OK")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Aaa Typed", level=1)).to_be_visible()


def test_the_skip_link_leads_past_the_menu(open_as: Open) -> None:
    page = open_as("alice", "/staff/clients")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("main a, main button").first).to_be_focused()


@pytest.mark.parametrize("path", ["/staff", "/staff/clients", "/staff/groups"])
def test_a_slash_goes_to_the_search(open_as: Open, path: str) -> None:
    page = open_as("alice", path)
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.type("a/b")
    expect(page.locator("[data-search]")).to_have_value("a/b")


def test_the_search_of_any_page_leads_to_the_filtered_list(open_as: Open) -> None:
    page = open_as("alice", "/staff/groups")
    page.keyboard.press("/")
    page.keyboard.type("tanaka")
    page.keyboard.press("Enter")
    expect(page).to_have_url(pages.path("/staff/clients?name=tanaka"))
    expect(pages.rows(page)).to_have_count(1)


def test_c_creates(open_as: Open) -> None:
    page = open_as("alice", "/staff/clients")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="New client", level=1)).to_be_visible()
    pages.field(page, "Login name").press_sequentially("ccc")
    expect(pages.field(page, "Login name")).to_have_value("ccc")


def test_menus_open_with_enter_and_close_with_escape(open_as: Open) -> None:
    page = open_as("alice", "/staff/clients")
    for summary, inside in (
        (page.locator("summary[aria-label='Language']"), page.get_by_role("button", name="Français")),
        (pages.panel(page, "Filter"), page.locator("#filter #field-country")),
    ):
        summary.focus()
        page.keyboard.press("Enter")
        expect(inside).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Escape")
        expect(inside).to_be_hidden()
        expect(summary).to_be_focused()


def test_a_dialog_keeps_the_focus_and_escape_does_nothing_else(open_as: Open, served: Served) -> None:
    email = served.open_provider("asked", edition="standard")
    page, other = open_as(f"asked/{email}", "/account/sessions"), open_as(f"asked/{email}")
    page.reload()
    button = page.get_by_role("button", name="End all others")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Are you sure?")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("You stay signed in here")
    for _step in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement.closest('dialog') !== null || document.activeElement === document.body"
        )
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    other.reload()
    expect(other.get_by_role("heading", name="Clients", level=1)).to_be_visible()


def test_the_selection_works_with_space(open_as: Open, meadow: str) -> None:
    page = open_as(meadow, "/staff/clients?sort=code")
    page.get_by_label("Select client 1001").focus()
    page.keyboard.press("Space")
    expect(page.locator(".bulk-bar").get_by_role("status")).to_have_text("1 selected")
    press_until(page, "Delete", most=200)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete one client?")
