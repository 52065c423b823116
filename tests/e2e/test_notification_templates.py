"""A text of a notification: edited, looked at with a real client, put in force, and in the mail that goes out."""

from playwright.sync_api import Page, expect

from core import db
from core.actor import Actor
from core.support import ticket_opening
from core.support.ticket_opening import NewTicket
from tests import cast
from tests.core.support import posting
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served

HOUSE = "printer"
KIND = "/staff/notification-templates/ticket.answered?language=en"


async def written_to(subject: str, *, by: Actor) -> None:
    """The team opens a ticket of the one client, who is told of it."""
    client_id = await db.value("SELECT id FROM clients")
    await ticket_opening.open_ticket(client_id, NewTicket(subject=subject, text="It **glows**."), by=by)


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def test_a_text_is_edited_looked_at_with_a_client_and_mailed(open_as: Open, served: Served) -> None:
    owner = served.open_provider(HOUSE)
    code = served.register(HOUSE, "marie", "Marie Curie")
    served.within(HOUSE, written_to, "Radium")
    page = open_as(f"{HOUSE}/{owner}", "/staff/notification-templates")
    page.get_by_role("main").get_by_role("link", name="Ticket answered", exact=True).click()
    text, subject = pages.field(page, "Text"), pages.field(page, "Subject")
    text.fill("Dear {{ name }}, {{ shoe }}")
    subject.press("Enter")
    expect(page.locator("#error-text")).to_contain_text("shoe")
    expect(text).to_have_value("Dear {{ name }}, {{ shoe }}")

    text.fill("Dear {{ name }}, read *this*:\n\n{{ text_markdown }}")
    pages.field(page, "Code of a client").fill(str(code))
    press(page, "Preview")
    preview = page.frame_locator("iframe[name='template-preview']")
    expect(preview.locator("dl")).to_contain_text("Radium")
    expect(preview.locator(".mail")).to_contain_text("Dear Marie Curie, read this:")
    expect(preview.locator(".mail strong", has_text="glows")).to_be_visible()
    subject.fill("{{ provider }} answers: {{ subject }}")
    subject.press("Enter")
    pages.expect_toast(page, "The text is in force.")
    page.get_by_role("link", name="History", exact=True).click()
    changes = page.get_by_role("region", name="What version 1 changed")
    expect(changes.locator("ins", has_text="Dear {{ name }}, read *this*:")).to_be_visible()
    expect(changes.locator("del", has_text="Hello {{ name }},")).to_be_visible()

    served.within(HOUSE, written_to, "Polonium")
    letters = served.do(posting.mailed, served.do(cast.tenant, HOUSE).id, served.settings)
    (letter,) = [one for one in letters if one["Subject"] == "Printer answers: Polonium"]
    plain = letter.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().split("\r\n\r\n")[:2] == ["Dear Marie Curie, read this:", "It glows.\r\n"]
