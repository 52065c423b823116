"""The portal as its users meet it: signing up, a forgotten password, the log, sessions, and who one acts for.

One walk is in French from the first page to the last.
"""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from core import clock, db
from core.accounts import sign_up_settings, terms
from core.accounts.sign_up_settings import SignUpChanges
from core.support import deliveries_writing
from tests import cast
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served

NEW = "purple turnips dance at noon"
LINK = re.compile(r"https?://[^/\s]+(/(?:sign-up|password)/[\w-]+)")
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def opened(served: Served, code: str, *, locale: str) -> str:
    """A provider whose clients sign up by themselves, with terms; returns its owner's address."""
    email = served.open_provider(code, edition="standard", locale=locale)
    served.within(code, sign_up_settings.update, SignUpChanges(is_open=True), version=1)
    served.within(code, terms.publish, terms.NewTerms(text_en="We host.", text_fr="Nous hébergeons."))
    return email


def link_mailed(served: Served, code: str, email: str) -> str:
    """The path of the link in the last mail to this address: it waits, sealed, as no mail server is set."""

    tenant_id = served.do(cast.tenant, code).id

    async def read() -> list[str]:
        rows = await db.fetch(
            "SELECT * FROM deliveries WHERE address = $1 AND medium = 'mail' ORDER BY created_at DESC", email
        )
        return [deliveries_writing.texts_of(row, tenant_id)["text"] for row in rows]

    for _try in range(200):
        found = [match for text in served.within(code, read, by=None) if (match := LINK.search(text))]
        if found:
            return found[0][1]
        time.sleep(0.1)
    raise AssertionError(f"no mail to {email}")


def choose_password(page: Page, labels: tuple[str, str, str]) -> None:
    pages.field(page, labels[0]).fill(NEW)
    pages.field(page, labels[1]).fill(NEW)
    page.get_by_role("button", name=labels[2]).click()


def test_from_the_sign_up_form_to_the_start_page(open_as: Open, served: Served) -> None:
    opened(served, "open-house", locale="en")
    page = open_as(None, "/", host="open-house")
    page.get_by_role("link", name="Sign up").first.click()
    pages.field(page, "Your name").fill("Nina New")
    pages.field(page, "E-mail").fill("nina@new.example")
    page.get_by_label("Country").select_option("FR")
    page.get_by_role("button", name="Sign up").click()
    expect(page.locator("#error-terms")).to_be_visible()
    page.get_by_label("I have read the terms of service").check()
    with served.working():
        page.get_by_role("button", name="Sign up").click()
        expect(page.get_by_role("main")).to_contain_text("nina@new.example")
        link = link_mailed(served, "open-house", "nina@new.example")
    page.goto(link)
    choose_password(page, ("Password", "Repeat the password", "Open the account"))
    pages.expect_toast(page, "Your account is ready.")
    pages.sign_in(page, "nina@new.example", NEW)
    expect(page).to_have_url(pages.path("/"))
    expect(page.get_by_role("heading", name="Welcome, Nina")).to_be_visible()
    page.goto(link)
    expect(page.get_by_role("main")).to_contain_text("This link does not work any more")
    page.goto("/log")
    expect(page.get_by_role("main")).to_contain_text("agreed to")


def test_the_whole_walk_in_french(open_as: Open, served: Served) -> None:
    opened(served, "maison", locale="fr")
    page = open_as(None, "/", host="maison", locale="fr-FR", viewport={"width": 360, "height": 740})
    page.get_by_role("link", name="S’inscrire").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    pages.field(page, "Votre nom").fill("Élodie Petit")
    pages.field(page, "E-mail").fill("elodie@petit.example")
    page.get_by_label("Pays").select_option("FR")
    page.get_by_label(re.compile("conditions générales")).check()
    with served.working():
        page.get_by_role("button", name="S’inscrire").click()
        expect(page.get_by_role("main")).to_contain_text("elodie@petit.example")
        link = link_mailed(served, "maison", "elodie@petit.example")
    page.goto(link)
    choose_password(page, ("Mot de passe", "Répéter le mot de passe", "Ouvrir le compte"))
    expect(page).to_have_url(pages.path("/sign-in"))
    pages.field(page, "E-mail").fill("elodie@petit.example")
    pages.field(page, "Mot de passe").fill(NEW)
    page.get_by_role("main").get_by_role("button", name="Se connecter", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Élodie")
    words = {
        "/profile": "Ce que nous savons de vous",
        "/profile/edit": "Interlocuteur",
        "/payer": "Payeur",
        "/log": "Journal",
        "/account": "Mon compte",
        "/account/sessions": "Où vous êtes connecté",
        "/account/two-factor": "Un code de votre téléphone",
        "/account/passkeys": "Clés d’accès",
        "/terms": "Nous hébergeons.",
        "/nowhere": "Il n’y a rien ici",
    }
    for path, word in words.items():
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        expect(page.get_by_role("main")).to_contain_text(word)
        assert page.evaluate(FITS), f"{path}: something sticks out at 360 px"


def test_a_forgotten_password_ends_what_was_open_and_opens_with_the_new_one(open_as: Open, served: Served) -> None:
    served.register("nova", "forgetful", "Fiona Forgetful")
    email = "forgetful@client.example"
    before = open_as(f"nova/{email}", "/")
    expect(before.get_by_role("heading", name="Welcome, Fiona")).to_be_visible()
    page = open_as(None, "/sign-in")
    page.get_by_role("link", name="Forgot your password?").click()
    pages.field(page, "E-mail").fill(email)
    with served.working():
        page.get_by_role("main").get_by_role("button").click()
        expect(page.get_by_role("main")).to_contain_text("30 minutes")
        link = link_mailed(served, "nova", email)
    page.goto(link)
    pages.field(page, "New password").or_(pages.field(page, "Password")).first.fill(NEW)
    page.get_by_label(re.compile("Repeat")).fill(NEW)
    page.get_by_role("main").locator("button.btn-primary").click()
    pages.expect_toast(page, "Your password is set.")
    pages.sign_in(page, email, NEW)
    expect(page).to_have_url(pages.path("/"))
    before.goto("/profile")
    expect(before).to_have_url(pages.path("/sign-in?next=/profile"))
    page.goto(link)
    expect(page.get_by_role("main")).to_contain_text("This link has gone")


def test_sessions_language_and_log_are_ones_own(open_as: Open, served: Served) -> None:
    served.register("nova", "traveller", "Tess Traveller")
    email = "traveller@client.example"
    other, page = open_as(f"nova/{email}", "/"), open_as(f"nova/{email}", "/account/sessions")
    expect(page.locator("#sessions li")).to_have_count(2)
    page.get_by_role("button", name="End Chrome 156, Linux").click()
    pages.expect_toast(page, "The session was ended.")
    other.goto("/profile")
    expect(other).to_have_url(pages.path("/sign-in?next=/profile"))
    page.goto("/log")
    expect(page.get_by_role("main")).to_contain_text("Tess Traveller ended a session")
    pages.open_menu(page, "Language")
    page.get_by_role("button", name="Français").click()
    expect(page.get_by_role("main")).to_contain_text("Journal")
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "fr")


def test_who_is_in_two_clients_chooses_and_an_old_form_is_void(open_as: Open, served: Served) -> None:
    served.register("nova", "first-firm", "First Firm")
    served.register("nova", "second-firm", "Second Firm")
    join = """INSERT INTO memberships (client_id, person_id, roles, created_at)
              SELECT c.id, p.id, '{billing}', $1 FROM clients c, people p
              WHERE c.login = 'second-firm' AND p.email_folded = 'first-firm@client.example'"""
    served.within("nova", db.execute, join, clock.now(), by=None)
    page = open_as("nova/first-firm@client.example", "/profile/edit")
    tab = page.context.new_page()
    tab.goto("/")
    tab.locator(".client-menu summary").click()
    tab.get_by_role("button", name="Second Firm").click()
    expect(tab.locator(".client-menu .client-name")).to_contain_text("Second Firm")
    expect(tab.get_by_role("main")).to_contain_text("Billing")
    expect(tab.get_by_role("navigation", name="Main menu")).not_to_contain_text("Log")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).to_contain_text("This form has expired")
    page.get_by_role("link", name="To the start page").click()
    expect(page).to_have_url(pages.path("/"))


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_of_the_portal_sticks_out(open_as: Open, width: int) -> None:
    for scheme in ("light", "dark"):
        page = open_as("dupont", "/", viewport={"width": width, "height": 800}, color_scheme=scheme)
        for path in ("/", "/profile", "/profile/edit", "/payers", "/payers/new", "/log", "/account/passkeys"):
            page.goto(path)
            assert page.evaluate(FITS), f"{path} at {width} px"
