"""The palette: opened, used and left by the keyboard alone, and a page without JavaScript."""

import re

from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.conftest import Open


def opened(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Search and go")).to_be_visible()
    expect(page.get_by_role("combobox", name="What to look for")).to_be_focused()


def selected(page: Page) -> str:
    """What the combobox says is chosen."""
    chosen = page.get_by_role("combobox").get_attribute("aria-activedescendant")
    option = page.locator(f"#{chosen}")
    expect(option).to_have_attribute("aria-selected", "true")
    return " ".join(option.inner_text().split())


def test_a_client_is_found_and_opened_by_the_keyboard_alone(open_as: Open) -> None:
    page = open_as("max", "/staff/groups")
    opened(page)
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.type("c:mull", delay=20)
    expect(page.get_by_role("option")).to_have_count(1)
    expect(page.get_by_role("combobox")).to_have_attribute("aria-expanded", "true")
    assert "Müller & Söhne GmbH" in selected(page)
    page.keyboard.press("Enter")
    expect(page).to_have_url(pages.path("/staff/clients/1002"))


def test_arrows_choose_and_go_round_and_esc_leaves_everything_as_it_was(open_as: Open) -> None:
    page = open_as("max", "/staff/groups")
    page.get_by_role("link", name="New group").focus()
    opened(page)
    page.keyboard.insert_text("> new")  # At once: the answer to a part of it would choose again later.
    expect(page.get_by_role("option", name="New client")).to_be_visible()
    first = selected(page)
    page.keyboard.press("ArrowDown")
    assert selected(page) != first
    page.keyboard.press("ArrowUp")
    assert selected(page) == first
    page.keyboard.press("ArrowUp")
    assert selected(page) != first
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.get_by_role("link", name="New group")).to_be_focused()
    expect(page).to_have_url(pages.path("/staff/groups"))


def test_the_keyboard_stays_inside_while_it_is_open(open_as: Open) -> None:
    page = open_as("max", "/staff/groups")
    opened(page)
    for _press in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('#palette')"
        )


def test_it_keeps_the_focus_and_opens_from_the_button_too(open_as: Open) -> None:
    page = open_as("max", "/staff/clients?focus=client:1002")
    page.get_by_role("link", name="Search everything").click()
    page.keyboard.type("c:dup", delay=20)
    page.get_by_role("option", name=re.compile("Jean Dupont")).click()
    expect(page).to_have_url(pages.path("/staff/clients/1001?focus=client:1002"))


def test_it_is_a_page_without_javascript(open_as: Open) -> None:
    page = open_as("max", "/staff/groups", java_script_enabled=False)
    page.get_by_role("link", name="Search everything").click()
    page.get_by_role("main").get_by_label("What to look for").fill("c:mull")
    page.get_by_role("main").get_by_role("button", name="Search").click()
    page.get_by_role("main").get_by_role("link", name=re.compile("Müller")).click()
    expect(page).to_have_url(pages.path("/staff/clients/1002"))


def test_in_french(open_as: Open) -> None:
    page = open_as("max", "/staff/groups", locale="fr-FR")
    page.goto("/account")
    page.locator("#field-locale").select_option("fr")
    page.get_by_role("button", name="Save").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-input")).to_be_focused()
    page.keyboard.type("> nouveau client", delay=10)
    expect(page.get_by_role("option", name="Nouveau client")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(pages.path("/staff/clients/new"))
    page.goto("/account")
    page.locator("#field-locale").select_option("en")
    page.locator("form[action='/account'] .btn-primary").click()
