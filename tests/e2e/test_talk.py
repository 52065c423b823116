"""An invoice is mailed with its PDF, and an answer is filled in with what its ticket is about; in the browser."""

from playwright.sync_api import expect

from core import db
from core.actor import Actor
from core.billing import invoice_files
from core.support import response_templates, ticket_opening
from core.support.response_templates import TemplateValues
from core.support.ticket_opening import NewTicket
from tests import cast
from tests.core.billing import bills
from tests.core.support import posting
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served

HOUSE, LOGIN = "stationer", "marie"
NAMES = "{{ client.name }}: {{ ticket.number }}, {{ invoice.number }} of {{ invoice.total }}"


async def asked(*, by: Actor) -> tuple[int, int]:
    """An issued invoice, and a ticket about it; their ids."""
    invoice = await bills.issued(10_000, login=LOGIN, by=by)
    new = NewTicket(subject="My invoice", text="What is this?", invoice_id=invoice["id"])
    ticket = await ticket_opening.open_ticket(invoice["client_id"], new, by=by)
    return int(ticket["id"]), int(invoice["id"])


async def switched_off(*, by: Actor) -> None:
    """As an update leaves it where a provider was before."""
    await db.execute(
        "INSERT INTO notification_switches (kind, is_on, is_new) VALUES ('invoice.issued', false, true)"
    )


def test_invoices_are_mailed_once_it_is_decided_and_an_answer_knows_what_it_is_about(
    open_as: Open, served: Served
) -> None:
    owner = served.open_provider(HOUSE)
    served.register(HOUSE, LOGIN, "*Marie* [x](http://evil.example)")
    served.within(HOUSE, switched_off)
    page = open_as(f"{HOUSE}/{owner}", "/staff/notification-templates")
    main = page.get_by_role("main")
    expect(main).to_contain_text("An update brought notifications to clients, which are off")
    main.get_by_role("button", name="Send all of them", exact=True).click()
    pages.expect_toast(page, "All of them are sent from now on.")
    expect(main).not_to_contain_text("An update brought")
    expect(main.locator("#kind-invoice-issued")).to_contain_text("with PDF")

    ticket_id, invoice_id = served.within(HOUSE, asked)
    letters = served.do(posting.mailed, served.do(cast.tenant, HOUSE).id, served.settings)
    (file,) = [one for letter in letters for one in letter.iter_attachments()]
    paper = served.within(HOUSE, invoice_files.of, invoice_id)
    assert (file.get_filename(), file.get_content()) == (paper.name, paper.content)

    served.within(
        HOUSE, response_templates.create, TemplateValues(name="Facts", audience="all", bodies={"en": NAMES})
    )
    page.goto(f"/staff/tickets/{ticket_id}")
    page.keyboard.press("?")
    expect(main.get_by_text("Leave the field", exact=True)).to_be_visible()
    page.keyboard.press("a")
    expect(pages.field(page, "Message")).to_be_focused()
    page.keyboard.press("Escape")
    expect(pages.field(page, "Message")).not_to_be_focused()
    main.get_by_role("button", name="Autofill", exact=True).click()
    main.get_by_role("button", name="Facts").click()
    answer = pages.field(page, "Message")
    expect(answer).to_have_value(r"\*Marie\* \[x\](http://evil.example): 1001, " + paper.name[:-4] + " of €120.00")
    main.get_by_role("button", name="Send the answer", exact=True).click()
    pages.expect_toast(page, "The answer was sent.")
    messages = page.locator("#messages")
    expect(messages).to_contain_text("*Marie* [x](http://evil.example): 1001")
    expect(messages.get_by_role("link", name="x", exact=True)).to_have_count(0)
