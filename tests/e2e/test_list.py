"""The list of clients: searched, filtered, sorted and paged, always by the address alone."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served

BOTH = pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])


def search(page: Page) -> None:
    """Type the beginning of a name, letter by letter, and wait for the list."""
    page.get_by_label("Search by name, contact person or login").press_sequentially("mul", delay=20)
    expect(page).to_have_url(re.compile(r"[?&]name=mul(&|$)"))


def expect_in_force(page: Page, *chips: str | re.Pattern[str]) -> None:
    """The line names these parameters first, in this order."""
    for place, text in enumerate(chips):
        expect(page.locator(".chip").nth(place)).to_have_text(text)


def expect_parameters(page: Page, wanted: dict[str, list[str]]) -> None:
    """The address has these and no others."""
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query) == wanted)


def test_searching_while_typing_swaps_only_the_list_and_back_restores_it(open_as: Open) -> None:
    page = open_as("max", "/staff/clients")
    before = pages.rows(page).count()
    assert before >= 5
    page.evaluate("window.stays = true")
    search(page)
    expect(pages.rows(page)).to_have_count(1)
    expect(pages.rows(page)).to_contain_text("Müller & Söhne GmbH")
    assert page.evaluate("window.stays"), "the page itself was not loaded again"
    assert page.evaluate("document.activeElement.id") == "field-name", "the search keeps the focus"
    expect_in_force(page, "Name: mul")
    expect(page.locator(".chip")).to_have_count(1)
    page.go_back()
    expect(page).to_have_url(pages.path("/staff/clients"))
    expect(pages.rows(page)).to_have_count(before)
    expect(page.get_by_label("Search by name, contact person or login")).to_have_value("")
    page.go_forward()
    expect(pages.rows(page)).to_have_count(1)
    expect(page.get_by_label("Search by name, contact person or login")).to_have_value("mul")


@BOTH
def test_the_filter_says_what_is_in_force_and_can_be_cancelled(
    open_as: Open, meadow: str, java_script_enabled: bool
) -> None:
    page = open_as(meadow, "/staff/clients", java_script_enabled=java_script_enabled)
    pages.open_panel(page, "Filter")
    panel = page.locator(".filter-panel")
    pages.field(panel, "Country").select_option(label="France")
    pages.field(panel, "Kind").select_option(label="Company")
    pages.field(panel, "Registered from").fill("2024-01-01")
    pages.field(panel, "Registered to").fill("2099-12-31")
    panel.get_by_role("button", name="Filter").click()
    expect(page.locator(".chips")).to_be_visible()
    chosen = {
        "country": ["FR"],
        "kind": ["company"],
        "registered_from": ["2024-01-01"],
        "registered_to": ["2099-12-31"],
    }
    expect_parameters(page, chosen)
    expect_in_force(page, "Kind: Company", "Country: France")
    assert set(pages.cells(page, "Country")) == {"France"}
    count = pages.rows(page).count()
    expect(page.locator(".list-foot")).to_contain_text(f"Clients: {count}")
    page.get_by_role("link", name="Remove Kind").click()
    expect(page).not_to_have_url(re.compile("kind="))
    expect(pages.rows(page).nth(count)).to_be_attached()
    page.locator(".chips").get_by_role("link", name="Cancel filter").click()
    expect(page).to_have_url(pages.path("/staff/clients"))
    expect(page.locator(".chips")).to_have_count(0)
    expect(pages.rows(page)).to_have_count(50)
    expect(page.locator("#filter #field-country")).to_have_value("")


def test_a_link_with_the_filter_shows_the_same_elsewhere(open_as: Open, meadow: str) -> None:
    page = open_as(meadow, "/staff/clients?sort=name")
    pages.open_panel(page, "Filter")
    pages.field(page.locator(".filter-panel"), "Country").select_option(label="Belgium")
    page.locator(".filter-panel").get_by_role("button", name="Filter").click()
    expect(page.locator(".chips")).to_contain_text("Belgium")
    expect(page).to_have_url(re.compile("country=BE"))
    shared = urlsplit(page.url)
    other = open_as(meadow, f"{shared.path}?{shared.query}", java_script_enabled=False)
    for one in (page, other):
        expect_in_force(one, "Country: Belgium")
        expect(one.locator(".chip")).to_have_count(1)
    assert pages.cells(other, "Code") == pages.cells(page, "Code")
    expect(other.locator("#filter #field-country")).to_have_value("BE")


@BOTH
def test_a_filter_that_cannot_be_is_refused_beside_its_field(open_as: Open, java_script_enabled: bool) -> None:
    page = open_as("max", "/staff/clients", java_script_enabled=java_script_enabled)
    pages.open_panel(page, "Filter")
    pages.field(page.locator(".filter-panel"), "Code").fill("abc")
    page.locator(".filter-panel").get_by_role("button", name="Filter").click()
    code = page.locator(".filter-panel #field-code")
    expect(code).to_be_visible()
    expect(code).to_have_attribute("aria-invalid", "true")
    expect(code).to_have_value("abc")
    expect(code).to_have_accessible_description("Please enter a whole number.")


@BOTH
def test_a_click_on_a_head_sorts_and_another_turns_it(
    open_as: Open, meadow: str, java_script_enabled: bool
) -> None:
    page = open_as(meadow, "/staff/clients?country=FR", java_script_enabled=java_script_enabled)
    head = page.locator("thead th", has_text="Login name")
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    ascending = pages.cells(page, "Login name")
    assert ascending == sorted(ascending) and len(ascending) > 5
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    descending = pages.cells(page, "Login name")
    assert descending == sorted(descending, reverse=True) and descending != ascending
    expect_in_force(page, "Country: France")
    expect(page.locator(".chip")).to_have_count(1)
    expect_parameters(page, {"country": ["FR"], "sort": ["-login"]})


@BOTH
def test_pages_lead_to_every_client_once_and_back_with_the_filter_kept(
    open_as: Open, meadow: str, java_script_enabled: bool
) -> None:
    page = open_as(
        meadow, "/staff/clients?sort=code&registered_from=2000-01-01", java_script_enabled=java_script_enabled
    )
    pager = page.get_by_role("navigation", name="Pages")
    seen, places = [], []
    while True:
        codes = pages.cells(page, "Code")
        seen += codes
        places.append(codes)
        expect_in_force(page, re.compile("^Registered from"))
        forward = pager.get_by_role("link", name="Next")
        if not forward.count():
            break
        forward.click()
        expect(pages.rows(page).first).not_to_contain_text(codes[0])
    assert [len(codes) for codes in places] == [50, 50, 30]
    assert seen == [str(code) for code in range(1001, 1131)]
    pager.get_by_role("link", name="Previous").click()
    expect(pages.rows(page).first).to_contain_text(places[1][0])
    assert pages.cells(page, "Code") == places[1]
    expect(page.locator(".list-foot")).to_contain_text("Clients: 130")


@BOTH
def test_columns_are_chosen_and_kept_for_the_person(open_as: Open, java_script_enabled: bool) -> None:
    page = open_as("sam", "/staff/clients?country=FR", java_script_enabled=java_script_enabled)
    pages.open_panel(page, "Columns")
    chooser = page.get_by_role("group", name="Columns")
    expect(chooser.get_by_label("Code")).to_be_disabled()
    chooser.get_by_label("Phone", exact=True).check()
    chooser.get_by_label("Groups").check()
    chooser.get_by_label("E-mail").uncheck()
    page.get_by_role("button", name="Show these").click()
    pages.expect_toast(page, "The columns were kept.")
    expect(page).to_have_url(pages.path("/staff/clients?country=FR"))
    heads = [text.strip() for text in page.locator("thead th").all_inner_texts()]
    assert "Phone" in heads and "Groups" in heads and "E-mail" not in heads
    again = open_as("sam", "/staff/clients")
    expect(again.locator("thead")).to_contain_text("Phone")
    pages.open_panel(again, "Columns")
    again.get_by_role("button", name="As usual").click()
    expect(again.locator("thead")).to_contain_text("E-mail")
    expect(again.locator("thead")).not_to_contain_text("Phone")


def test_a_search_that_finds_nobody_offers_the_way_back(open_as: Open) -> None:
    page = open_as("max", "/staff/clients?name=nobody+has+this+name")
    expect(page.get_by_role("heading", name="No client fits this filter")).to_be_visible()
    page.locator(".empty-note").get_by_role("link", name="Cancel filter").click()
    expect(pages.rows(page).nth(4)).to_be_visible()


def test_an_empty_list_teaches_the_first_step(open_as: Open, served: Served) -> None:
    owner = served.open_provider("blank", edition="standard")
    page = open_as(f"blank/{owner}", "/staff/clients")
    expect(page.get_by_role("heading", name="No clients yet")).to_be_visible()
    page.get_by_role("link", name="Register the first client").click()
    expect(page.get_by_role("heading", name="New client", level=1)).to_be_visible()
