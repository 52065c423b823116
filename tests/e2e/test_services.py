"""A service is ordered, charged, paid for in part, and charged again by the billing run."""

import pytest
from playwright.sync_api import Page, expect

from core import clock, db
from core.actor import Actor
from tests.core.catalog import shop
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served


async def stocked(by: Actor) -> None:
    made = await shop.opened(by)
    await shop.publish(made.draft, by, clock.today(by.tenant.timezone))


async def a_month_passes(by: Actor) -> None:
    await db.execute("UPDATE services SET anchor = anchor - 32")
    await db.execute("UPDATE service_dues SET next_on = next_on - 32")


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_from_the_order_to_the_next_period(open_as: Open, served: Served, java_script_enabled: bool) -> None:
    provider = "tidal" if java_script_enabled else "ebb"
    owner = served.open_provider(provider)
    code = served.register(provider, "marie", "Marie Curie")
    served.within(provider, stocked)
    page = open_as(
        f"{provider}/{owner}", f"/staff/clients/{code}/accounts", java_script_enabled=java_script_enabled
    )
    main = page.get_by_role("main")
    main.get_by_text("What it may owe").click()
    page.get_by_label("Post-paid: charged first").check()
    press(page, "Save")
    pages.expect_toast(page, "What the account may owe was saved.")
    main.get_by_role("link", name="Order a service").click()
    main.get_by_role("link", name="Choose Hosting Start every month").click()
    pages.field(page, "Which one").fill("radium.example")
    page.get_by_label("Disk (GB)").fill("26")
    press(page, "Order")
    expect(main).to_contain_text("In steps of 5")
    page.get_by_label("Disk (GB)").fill("25")
    press(page, "Reckon again")
    expect(main).to_contain_text("€11.75")
    page.get_by_label("Begin today").check()
    press(page, "Order")
    pages.expect_toast(page, "The service was ordered.")
    expect(main).to_contain_text("Active")

    page.goto(f"/staff/clients/{code}/payments/new")
    pages.field(page, "Amount").fill("10")
    press(page, "Record the payment")
    pages.expect_toast(page, "The payment was recorded.")
    expect(main).to_contain_text("Set-up")

    served.within(provider, a_month_passes)
    page.goto("/staff/billing-run")
    expect(main).to_contain_text("€14.10")
    press(page, "Start the run")
    if java_script_enabled:
        page.locator("dialog[open] [data-ask-yes]").click()
    expect(main).to_contain_text("Billing run of")
    with served.working():
        expect(page.locator("#progress .state-dot")).to_have_text("Done")
    page.goto(f"/staff/clients/{code}/expenses")
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(main).to_contain_text("Not covered")
    page.goto(f"/staff/clients/{code}/accounts")
    expect(main).to_contain_text("-€24.20")
