"""Saved filters in a browser: filter, save, open the list with it, focus every module on it."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e import pages
from tests.e2e.conftest import Open


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_a_filter_is_saved_opens_the_list_and_becomes_the_focus(open_as: Open, java_script_enabled: bool) -> None:
    page = open_as("max", "/staff/clients", java_script_enabled=java_script_enabled)
    name = f"In Germany {java_script_enabled}"
    pages.open_panel(page, "Filter")
    page.locator("#field-country").select_option("DE")
    page.locator("#field-login").fill("muell")
    page.locator(".filter-panel").get_by_role("button", name="Filter").click()
    expect(pages.rows(page)).to_have_count(1)
    page.get_by_role("link", name="Save filter").click()
    expect(page.get_by_role("main")).to_contain_text("Germany")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).to_contain_text("Please fill this in")
    pages.field(page, "Name").fill(name)
    page.get_by_role("checkbox", name="For all").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("group", name="Filter in force")).to_contain_text(name)
    expect(pages.rows(page)).to_have_count(1)

    pages.open_panel(page, "Saved filters")
    page.get_by_role("link", name="All saved filters").click()
    row = page.get_by_role("row").filter(has_text=name)
    row.get_by_role("button", name=f"Open the list with {name}").click()
    expect(row).to_contain_text("Opens the list")
    page.goto("/staff/clients")
    expect(page).to_have_url(re.compile(r"segment=\d+"))
    page.get_by_role("link", name="Cancel filter").first.click()
    expect(page).to_have_url(re.compile("all=1"))
    expect(page.get_by_role("main")).to_contain_text("dupont")

    page.goto("/staff/segments")
    page.get_by_role("button", name="Open the list with all clients").click()
    pages.expect_toast(page, "Your list of clients opens with all clients now.")
    row.get_by_role("link", name=re.compile("^Filter")).click()
    expect(page.get_by_role("group", name="Focus")).to_contain_text(name)
    page.get_by_role("navigation", name="Main menu").get_by_role("link", name="Payers").click()
    expect(page.get_by_role("main")).to_contain_text("Müller")
    expect(page.get_by_role("main")).not_to_contain_text("Jean Dupont")
    page.goto("/staff/segments")
    row.get_by_role("link", name=f"Delete {name}").click()
    page.get_by_role("button", name="Delete the filter").click()
    expect(page.get_by_role("main")).not_to_contain_text(name)
