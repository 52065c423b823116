"""From nothing to a price in force, and to the next one, as somebody does it who opens the shop."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def go(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("link", name=name, exact=True).click()


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_a_product_is_added_priced_published_and_raised(
    open_as: Open, served: Served, java_script_enabled: bool
) -> None:
    code = "shore" if java_script_enabled else "strand"
    owner = served.open_provider(code)
    page = open_as(f"{code}/{owner}", "/staff/products", java_script_enabled=java_script_enabled)
    page.get_by_role("main").get_by_role("link", name="New product").first.click()
    press(page, "Create")
    expect(page.locator("#error-name")).to_be_visible()
    pages.field(page, "Name").fill("Hosting")
    pages.field(page, "Type").select_option(label="Servers")
    page.get_by_label("On sale").check()
    press(page, "Create")
    pages.expect_toast(page, "The product was added. Here are its plans.")
    go(page, "New addon")
    pages.field(page, "Name").fill("Disk space")
    pages.field(page, "Unit").fill("GB")
    press(page, "Create")
    go(page, "New plan")
    pages.field(page, "Name").fill("Start")
    press(page, "Create")
    expect(page.get_by_role("heading", name="Price list 1")).to_be_visible()
    add_prices(page)
    offer_disk(page)
    go(page, "Publish")
    expect(page.get_by_role("main")).to_contain_text("€9.90, set-up €5.00")
    press(page, "Publish the price list")
    pages.expect_toast(page, "The price list was published.")
    raise_price(page)


def add_prices(page: Page) -> None:
    """By the month with a set-up fee, and by the year."""
    go(page, "New price")
    pages.field(page, "Price").fill("9.9O")
    press(page, "Add")
    expect(page.locator("#error-units")).to_be_visible()
    pages.field(page, "Price").fill("9.90")
    pages.field(page, "Set-up fee").fill("5")
    press(page, "Add")
    go(page, "New price")
    pages.field(page, "Length of a period").fill("1")
    pages.field(page, "Days, months or years").select_option(label="Years")
    pages.field(page, "Price").fill("99")
    press(page, "Add")
    expect(page.get_by_role("row", name="every year EUR €99.00")).to_be_visible()


def offer_disk(page: Page) -> None:
    """First with a gap, which the list tells, then without."""
    go(page, "Offer Disk space")
    pages.field(page, "Included").fill("10")
    page.get_by_label("Step 1, EUR, every month").fill("0.20")
    press(page, "Offer")
    expect(page.get_by_role("main")).to_contain_text("A price of “Disk space” is missing (EUR, every year).")
    go(page, "Edit Disk space")
    page.get_by_label("Step 1, EUR, every year").fill("2")
    press(page, "OK")
    expect(page.get_by_role("main")).to_contain_text("10 included")
    expect(page.get_by_role("main")).not_to_contain_text("It cannot be published yet")


def raise_price(page: Page) -> None:
    """The next list says what it changes; the one before stays as it was."""
    press(page, "New price list")
    go(page, "Edit EUR every month")
    pages.field(page, "Price").fill("12.50")
    press(page, "OK")
    go(page, "Publish")
    expect(
        page.get_by_role("row", name="Price changed EUR, every month €9.90, set-up €5.00 €12.50")
    ).to_be_visible()
    press(page, "Publish the price list")
    expect(page.get_by_role("row", name="Price list 2 In force")).to_be_visible()
    go(page, "Price list 1")
    expect(page.get_by_role("main")).to_contain_text("never changes")
    expect(page.get_by_role("row", name="every month EUR €9.90 €5.00")).to_be_visible()
