"""Language, appearance and small screens."""

import re
from collections.abc import Iterable

import polib
import pytest
from playwright.sync_api import Page, expect

from core.i18n import CATALOGUES
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.places import ACCOUNT, PORTAL, PUBLIC, STAFF, Place, numbers
from tests.e2e.served import Served
from tests.visitor import PASSWORD

BOTH = pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
ENGLISH = re.compile(
    r"\b(the|and|of|with|your|this|here|not|new|save|cancel|delete|search|choose|none|from|by|at)\b", re.IGNORECASE
)
SAID = """async (path) => {
    const page = new DOMParser().parseFromString(await (await fetch(path)).text(), "text/html");
    page.querySelectorAll("[name=timezone] option").forEach((zone) => zone.remove());
    const names = ["aria-label", "placeholder", "title", "alt", "data-ask", "data-copied", "data-generated"];
    const all = [...page.querySelectorAll("*")];
    const named = all.flatMap((one) => names.map((name) => one.getAttribute(name)));
    const said = [page.body, ...page.querySelectorAll("template")].map((one) => one.content ?? one);
    const language = page.documentElement.lang === "fr" ? "" : "not in French";
    const texts = said.flatMap((one) => one.textContent.split("\\n"));
    return [...new Set([language, page.title, ...texts, ...named].map((text) => text?.trim()))].filter(Boolean);
}"""


def english_left(page: Page, path: str) -> list[str]:
    """What is not French at an address: in the text, also where it is hidden, the labels and the title."""
    return sorted(text for text in page.evaluate(SAID, path) if ENGLISH.search(text))


def test_every_page_speaks_french(open_as: Open, served: Served) -> None:
    owner = served.open_provider("verger", locale="fr", invented=12)
    page = open_as(f"verger/{owner}", "/staff/clients?sort=name")
    for name, language in (("Langue", "en"), ("Language", "fr")):
        pages.open_menu(page, name)
        page.locator(f"button[name=locale][value={language}]").click()
        expect(page).to_have_url(pages.path("/staff/clients?sort=name"))
        expect(page.locator("html")).to_have_attribute("lang", language)
    found = numbers(served, "verger")
    theirs = [place for place in (*PUBLIC, *STAFF, *ACCOUNT) if place.who in ("owner", "")]
    assert not_french(page, theirs, found) == {}
    assert not_french(open_as(f"verger/{found['user']}", "/", locale="fr-FR"), PORTAL, found) == {}


def not_french(page: Page, places: Iterable[Place], found: dict[str, object]) -> dict[str, list[str]]:
    """The pages that say something in English, and what. They are fetched and not shown, which takes long."""
    left = {}
    for place in places:
        if "None" in place.path.format(**found):
            continue
        if english := english_left(page, place.path.format(**found)):
            left[place.name] = english
    return left


def test_the_catalogue_is_complete() -> None:
    """What is not translated would be English in the middle of a French page."""
    catalogue = polib.pofile(str(CATALOGUES / "fr" / "LC_MESSAGES" / "comptoir.po"))
    assert [entry.msgid for entry in catalogue if not entry.obsolete and not entry.translated()] == []


def test_a_visitor_chooses_a_language_and_a_theme_before_signing_in(open_as: Open) -> None:
    page = open_as(None, "/sign-in?next=/staff/clients")
    pages.open_menu(page, "Language")
    page.get_by_role("button", name="Français").click()
    expect(page).to_have_url(pages.path("/sign-in?next=/staff/clients"))
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.locator("summary").nth(1).click()
    page.locator("button[name=theme][value=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page).to_have_url(pages.path("/sign-in?next=/staff/clients"))


@BOTH
def test_dark_stays_dark_over_signing_out_and_in(open_as: Open, served: Served, java_script_enabled: bool) -> None:
    code = f"dusk-{java_script_enabled}".lower()
    email = served.open_provider(code, edition="standard")
    page = open_as(f"{code}/{email}", java_script_enabled=java_script_enabled)
    light = background(page)
    pages.open_menu(page, "Appearance")
    page.get_by_role("button", name="Dark").click()
    html = page.locator("html")
    expect(html).to_have_attribute("data-bs-theme", "dark")
    expect(page).to_have_url(pages.path("/staff/clients"))
    expect(page.locator("body")).not_to_have_css("background-color", light)
    pages.open_menu(page, "Your account: Olivia Owner")
    page.get_by_role("button", name="Sign out").click()
    expect(html).to_have_attribute("data-bs-theme", "dark")
    pages.sign_in(page, email, PASSWORD)
    expect(page).to_have_url(pages.path("/staff"))
    expect(html).to_have_attribute("data-bs-theme", "dark")
    elsewhere = open_as(f"{code}/{email}")
    expect(elsewhere.locator("html")).to_have_attribute("data-bs-theme", "dark")


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_as_the_system_follows_the_system(open_as: Open) -> None:
    page = open_as("carl", color_scheme="dark")
    dark = background(page)
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    expect(page.locator("body")).not_to_have_css("background-color", dark)


@BOTH
def test_on_a_phone_the_menu_opens_and_leads_on(open_as: Open, java_script_enabled: bool) -> None:
    page = open_as(
        "max", "/staff", viewport={"width": 360, "height": 740}, java_script_enabled=java_script_enabled
    )
    menu = page.get_by_role("navigation", name="Main menu")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Open the menu").click()
    expect(menu).to_be_visible()
    menu.get_by_role("link", name="Clients", exact=True).click()
    expect(page.get_by_role("heading", name="Clients", level=1)).to_be_visible()
    expect(menu).to_be_hidden()
    pages.rows(page).first.get_by_role("link").first.click()
    expect(page.get_by_role("link", name="Edit")).to_be_in_viewport()
    pages.open_more(page.locator(".page-actions"))
    expect(page.get_by_role("link", name="Close client")).to_be_in_viewport()


@BOTH
def test_the_tabs_of_a_client_fit_in_french_and_the_rest_is_reached_by_keyboard(
    open_as: Open, served: Served, java_script_enabled: bool
) -> None:
    code = "pages" if java_script_enabled else "papier"
    owner = served.open_provider(code, locale="fr")
    client = served.register(code, "dupont", "Jean Dupont")
    page = open_as(f"{code}/{owner}", f"/staff/clients/{client}", java_script_enabled=java_script_enabled)
    for wanted in ("Données personnelles", "Conditions"):
        tabs = page.get_by_role("navigation", name="Rubriques de ce client")
        more = tabs.locator("summary")
        more.focus()
        page.keyboard.press("Enter")
        hidden = tabs.locator(".drop-panel").get_by_role("link", name=wanted)
        expect(hidden).to_be_in_viewport()
        hidden.focus()
        page.keyboard.press("Enter")
        expect(tabs.locator(".tabs").get_by_role("link", name=wanted)).to_have_attribute("aria-current", "page")
        expect(more).to_be_in_viewport()
        assert page.evaluate(
            "(({scrollWidth, clientWidth}) => scrollWidth <= clientWidth)(document.querySelector('.tabs'))"
        )
