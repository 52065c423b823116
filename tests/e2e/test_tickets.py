"""A client asks, the team answers by the keyboard and keeps a note to itself; what anybody types stays text."""

from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served
from tests.e2e.test_injection import PAYLOADS

SUBJECT = PAYLOADS[1]
TEXT = "\n\n".join((*PAYLOADS, "[here](javascript:alert(6)) **bold** ![x](https://evil.example/x.png)"))


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def expect_inert(page: Page) -> None:
    """What was typed is there as text, and nothing of it is part of the page."""
    messages = page.locator("#messages")
    expect(messages).to_contain_text(PAYLOADS[0])
    expect(messages.locator("strong", has_text="bold")).to_be_visible()
    expect(messages.locator("img, script, svg, [hx-get], a[href^='javascript:'], a[href^='//']")).to_have_count(0)


def test_a_ticket_goes_to_and_fro_and_what_is_typed_does_nothing(open_as: Open, served: Served) -> None:
    owner = served.open_provider("asking")
    served.register("asking", "marie", "Marie Curie")
    user = open_as("asking/marie@client.example", "/tickets")
    user.get_by_role("main").get_by_role("link", name="New ticket").click()
    press(user, "Send")
    expect(pages.field(user, "Subject")).to_have_attribute("aria-invalid", "true")
    pages.field(user, "What is it about?").select_option(label="General questions")
    pages.field(user, "Subject").fill(SUBJECT)
    pages.field(user, "Message").fill(TEXT)
    press(user, "Send")
    pages.expect_toast(user, "Thank you. We come back to you.")
    expect_inert(user)

    staff = open_as(f"asking/{owner}", "/staff/tickets?queue=waiting")
    expect(staff.get_by_role("main")).to_contain_text(SUBJECT)
    staff.keyboard.press("j")
    expect(staff.get_by_role("main").locator("tbody th a").first).to_be_focused()
    staff.keyboard.press("Enter")
    expect(staff.get_by_role("heading", level=1)).to_contain_text(SUBJECT)
    expect_inert(staff)
    staff.keyboard.press("t")
    pages.expect_toast(staff, "The ticket is yours.")
    staff.keyboard.press("a")
    staff.keyboard.type("She always asks.")
    press(staff, "Keep as an internal note")
    pages.expect_toast(staff, "The note was kept. The client does not see it.")
    staff.keyboard.press("a")
    staff.keyboard.type("We look at it.")
    press(staff, "Send the answer")
    pages.expect_toast(staff, "The answer was sent.")

    user.reload()
    expect(user.locator("#messages")).to_contain_text("We look at it.")
    expect(user.locator("#messages")).not_to_contain_text("She always asks.")
    expect(user.get_by_role("main")).to_contain_text("Waiting for you")
    press(user, "It is done: close it")
    pages.expect_toast(user, "The ticket was closed.")
