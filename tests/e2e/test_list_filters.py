"""A filter of the payers is kept under a name and opens the list; the list comes as a file with chosen columns."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served


def listed(page: Page, count: int) -> None:
    expect(page.locator(".list-table tbody tr")).to_have_count(count)


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_a_filter_of_payers_is_saved_opens_the_list_and_is_lifted(
    open_as: Open, served: Served, java_script_enabled: bool
) -> None:
    code = "glen" if java_script_enabled else "dale"
    owner = served.open_provider(code)
    served.register(code, "berg", "Anna Berg", country="DE")
    served.register(code, "roux", "Luc Roux")
    page = open_as(f"{code}/{owner}", "/staff/payers", java_script_enabled=java_script_enabled)
    listed(page, 2)
    pages.open_panel(page, "Filter")
    panel = page.locator(".filter-panel")
    pages.field(panel, "Country").select_option("DE")
    panel.get_by_role("button", name="Filter", exact=True).click()
    listed(page, 1)
    page.get_by_role("link", name="Save filter").click()
    pages.field(page, "Name").fill("Germans")
    page.get_by_role("button", name="Save").click()
    pages.expect_toast(page, "The filter was saved.")

    pages.open_panel(page, "Saved filters")
    expect(page.get_by_role("link", name="Germans")).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="All saved filters").click()
    page.get_by_role("button", name="Open the list with Germans").click()
    pages.expect_toast(page, "Your list opens with this filter now.")
    page.goto("/staff/payers")
    expect(page).to_have_url(pages.path("/staff/payers?country=DE"))
    listed(page, 1)

    page.get_by_role("link", name="Export").click()
    page.get_by_label("IBAN").uncheck()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download").click()
    head, *rows = Path(downloading.value.path()).read_text("utf-8-sig").splitlines()
    assert "name" in head.split(",") and "iban" not in head.split(",")
    assert len(rows) == 1 and "Anna Berg" in rows[0]

    page.goto("/staff/payers?country=DE")
    page.get_by_role("group", name="Filter in force").get_by_role("link", name="Cancel filter").click()
    listed(page, 2)
