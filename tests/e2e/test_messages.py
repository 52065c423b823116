"""A message to hundreds in two languages, with a template in it, and an answer that returns to its author."""

import re

from playwright.sync_api import Locator, Page, expect

from core.support import response_templates
from core.support.response_templates import TemplateValues
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served

CLIENTS = 300


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def language(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=re.compile(f"^{name}"))


def test_hundreds_are_written_to_in_two_languages_and_an_answer_returns_to_the_author(
    open_as: Open, served: Served
) -> None:
    owner = served.open_provider("glade", invented=CLIENTS)
    served.register("glade", "marie", "Marie Curie", language="fr")
    greeting = TemplateValues(
        name="Works", audience="all", subjects={"fr": "Travaux"}, bodies={"fr": "Bonjour {{ client.contact }},"}
    )
    served.within("glade", response_templates.create, greeting)
    page = open_as(f"glade/{owner}", "/staff/clients?status=active")
    page.get_by_role("link", name="Message to all of them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Message to \d+ clients"))
    pages.field(page, "Category").select_option(label="General questions")
    page.get_by_label("Return the ticket to me when new messages arrive").check()
    french, english = language(page, "French"), language(page, "English")
    english.get_by_role("button", name="Autofill").click()
    expect(english.get_by_text("Fills in the text: English")).to_be_in_viewport()
    expect(english.get_by_label("Search response templates by name")).to_be_focused()
    french.get_by_role("button", name="Autofill").click()
    expect(french.get_by_text("Fills in the text: French")).to_be_in_viewport()
    page.get_by_role("button", name=re.compile("^Works")).click()
    expect(french.get_by_role("textbox", name="Text", exact=True)).to_have_value("Bonjour {{ client.contact }},")
    expect(french.get_by_role("textbox", name="Subject", exact=True)).to_have_value("Travaux")
    english.get_by_label("Subject").fill("Works")
    english.get_by_label("Text").fill("Dear {{ client.contact }}, the network will be slow {{ client.shoe }}.")
    press(page, "Save and look at it")
    expect(page.get_by_role("main")).to_contain_text("There is no variable “client.shoe” here.")
    english.get_by_label("Text").fill("Dear {{ client.contact }}, the network will be **slow**.")
    press(page, "Save and look at it")

    who = page.get_by_role("region", name="Who gets this message")
    expect(who).to_contain_text("French")
    expect(who).to_contain_text("Passed over: There is no text in the client’s language")
    expect(page.get_by_role("article")).to_contain_text("Bonjour")
    press(page, "Send")
    page.locator("dialog#ask").get_by_role("button", name="Send", exact=True).click()
    with served.working():
        progress = page.locator("#progress")
        expect(progress).to_contain_text("Sent", timeout=60_000)
        expect(progress.locator("progress")).to_have_attribute("value", "100", timeout=60_000)

    user = open_as("glade/marie@client.example", "/tickets")
    user.get_by_role("main").get_by_role("link", name="Travaux").click()
    expect(user.locator("#messages")).to_contain_text("Bonjour Marie Curie,")
    user.get_by_role("main").locator("textarea").first.fill("Merci, à quelle heure ?")
    press(user, "Envoyer")
    staff = open_as(f"glade/{owner}", "/staff/tickets?queue=mine")
    expect(staff.get_by_role("main")).to_contain_text("Travaux")
