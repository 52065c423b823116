"""A provider orders its ways to pay, and a client who owes sees them in that order with what each costs."""

from playwright.sync_api import expect

from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served
from tests.e2e.test_dunning import owing


def test_a_client_sees_how_to_pay_in_the_order_of_the_provider(open_as: Open, served: Served) -> None:
    owner = served.open_provider("ways")
    served.register("ways", "marie", "Marie Curie", email="marie@client.example")
    served.within("ways", owing)
    page = open_as(f"ways/{owner}", "/staff/payment-methods")
    main = page.get_by_role("main")
    main.get_by_role("button", name="Begin with the usual ones").click()
    pages.expect_toast(page, "The usual payment methods were added.")
    for name, percent in (("Cheque", ""), ("Express", "5")):
        main.get_by_role("link", name="New payment method").click()
        pages.field(page, "Name in English").fill(name)
        pages.field(page, "Name in French").fill(name)
        pages.field(page, "How it is paid").select_option(":other")
        pages.field(page, "What clients read in English").fill(f"Send the {name} to us")
        pages.field(page, "Fee in percent").fill(percent)
        pages.field(page, "Who bears the fee").select_option("client")
        main.get_by_role("button", name="Add").click()
        pages.expect_toast(page, "The payment method was added.")
    main.get_by_role("button", name="Move Express up").click()

    user = open_as("ways/marie@client.example", "/pay")
    titles = user.get_by_role("main").locator("h2")
    expect(titles).to_have_count(2)
    expect(titles.first).to_contain_text("Express")
    card = user.locator("section", has_text="Send the Express to us")
    expect(card).to_contain_text("€10.50")
    expect(card).to_contain_text("€0.50")
    expect(user.locator("section", has_text="Send the Cheque to us")).to_contain_text("€10.00")
