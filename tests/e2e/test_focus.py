"""The focus in a browser: turned on from the list, carried through the pages, lifted from the header."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.conftest import Open

ON = re.compile(r"[?&]focus=client:1002(&|$)")


def turn_on(page: Page) -> None:
    page.get_by_role("row").filter(has_text="mueller").get_by_role("checkbox").check()
    page.locator(".bulk-bar").get_by_role("button", name="Filter").click()
    expect(page).to_have_url(ON)


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_every_module_shows_only_the_client_until_the_focus_is_lifted(open_as: Open, java_script_enabled: bool):
    page = open_as("max", java_script_enabled=java_script_enabled)
    turn_on(page)
    chip = page.get_by_role("group", name="Focus")
    expect(chip).to_contain_text("Müller & Söhne GmbH")
    expect(pages.rows(page)).to_have_count(1)
    menu = page.get_by_role("navigation", name="Main menu")
    menu.get_by_role("link", name="Activity").click()
    expect(page).to_have_url(ON)
    expect(chip).to_be_visible()
    expect(page.locator("main .history")).not_to_contain_text("Dupont")
    menu.get_by_role("link", name="Account groups").click()
    page.get_by_role("link", name="VIP circle").click()
    expect(page).to_have_url(ON)
    expect(page.locator("main")).not_to_contain_text("Dupont")
    chip.get_by_role("link", name="Lift the focus").click()
    expect(page).not_to_have_url(re.compile("focus="))
    expect(chip).to_have_count(0)
    expect(page.locator("main")).to_contain_text("Dupont")


def test_searching_sorting_and_going_back_keep_it(open_as: Open) -> None:
    page = open_as("max", "/staff/clients?focus=client:1002")
    page.evaluate("window.stays = true")
    page.get_by_label("Search by name, contact person or login").press_sequentially("mul", delay=20)
    expect(page).to_have_url(re.compile(r"name=mul"))
    assert re.search(r"focus=client(:|%3A)1002", page.url)
    expect(pages.rows(page)).to_have_count(1)
    page.get_by_role("columnheader", name="Code").get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"sort="))
    assert re.search(r"focus=client(:|%3A)1002", page.url)
    assert page.evaluate("window.stays")
    expect(pages.rows(page)).to_have_count(1)
    page.go_back()
    expect(page.get_by_role("group", name="Focus")).to_be_visible()
    expect(pages.rows(page)).to_have_count(1)


def test_it_survives_saving_a_form_and_is_offered_on_the_clients_page(open_as: Open) -> None:
    page = open_as("max", "/staff/clients/1002")
    page.get_by_role("link", name="Filter").click()
    expect(page).to_have_url(pages.path("/staff/clients/1002?focus=client:1002"))
    expect(page.get_by_role("main").get_by_role("link", name="Filter")).to_have_count(0)
    page.get_by_role("main").get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="OK").click()
    pages.expect_toast(page, "The client was saved.")
    expect(page).to_have_url(ON)


@pytest.mark.parametrize("width", [320, 768])
def test_the_chip_fits_a_narrow_window(open_as: Open, width: int) -> None:
    page = open_as("max", "/staff/clients?focus=client:1002", viewport={"width": width, "height": 700})
    expect(page.get_by_role("link", name="Lift the focus").first).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
