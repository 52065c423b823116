"""A client accepts a quote in the portal; what began is suspended, and goes on from today."""

from datetime import timedelta

from playwright.sync_api import Page, expect

from core import clock, db
from core.actor import Actor
from core.billing import accounts, offer_states, offers
from core.billing.accounts import Terms
from core.billing.services import NewService
from tests.core.catalog import shop
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served


async def quoted(by: Actor) -> None:
    """A quote that is sent to the one client, whose account is post-paid."""
    made = await shop.opened(by)
    await shop.publish(made.draft, by, clock.today(by.tenant.timezone))
    account_id = await db.value("SELECT id FROM client_projects")
    await accounts.set_terms(account_id, Terms(is_postpaid=True), by=by)
    price_id = await db.value("SELECT id FROM prices WHERE period_count = 1 LIMIT 1")
    offer = await offers.create(account_id, [NewService(price_id=price_id, label="radium.example")], by=by)
    until = clock.today(by.tenant.timezone) + timedelta(days=30)
    await offer_states.send(offer["id"], offer_states.Sending(valid_until=until, note="As agreed."), by=by)


async def weeks_pass(by: Actor) -> None:
    await db.execute("UPDATE services SET anchor = anchor - 70")
    await db.execute("UPDATE service_dues SET next_on = next_on - 70")


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def test_a_client_accepts_a_quote_and_what_began_goes_on_from_today(open_as: Open, served: Served) -> None:
    owner = served.open_provider("quoted")
    code = served.register("quoted", "marie", "Marie Curie")
    served.within("quoted", quoted)
    user = open_as("quoted/marie@client.example", "/offers")
    user.get_by_role("main").locator("tbody a").first.click()
    expect(user.get_by_role("main")).to_contain_text("radium.example")
    press(user, "Accept and order")
    pages.expect_toast(user, "Thank you. Your services have begun.")
    user.goto("/services")
    expect(user.get_by_role("main")).to_contain_text("radium.example")

    staff = open_as(f"quoted/{owner}", f"/staff/clients/{code}/services")
    main = staff.get_by_role("main")
    main.get_by_role("link", name="radium.example").first.click()
    suspending = main.locator("form[action$='/suspend']")
    suspending.get_by_role("combobox").select_option("request")
    suspending.get_by_role("textbox").fill("Holidays")
    press(staff, "Suspend the service")
    pages.expect_toast(staff, "The service is suspended.")
    served.within("quoted", weeks_pass)
    main.get_by_role("link", name="Resume").click()
    expect(staff.get_by_label("Is not charged: it goes on from today")).to_be_checked()
    expect(main.locator("tbody tr")).to_have_count(2)
    press(staff, "Resume")
    pages.expect_toast(staff, "The service goes on.")
    expect(main).to_contain_text("Active")
