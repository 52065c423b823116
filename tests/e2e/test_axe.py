"""Every page for everybody: axe finds nothing (WCAG 2.2 AA) in both themes, wide and on a phone.

axe-core itself stands under vendor/, as published, with its licence.
"""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from core import db
from core.accounts import groups
from tests.e2e.conftest import Open
from tests.e2e.places import ACCOUNT, PLATFORM, PORTAL, PUBLIC, STAFF, numbers
from tests.e2e.served import Served

AXE = next((Path(__file__).parent / "vendor").glob("axe-core@*.min.js"))
EVERYTHING = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
"""The rules that another theme or width can break; all others look at what is the same in both."""
RUN = """async (runOnly) => {
    const found = await axe.run(document, {runOnly, resultTypes: ["violations"]});
    const seen = (nodes) => nodes.slice(0, 3).map((one) => one.html.slice(0, 160)).join(" | ");
    return found.violations.map(({id, nodes}) => `${id}: ${seen(nodes)}`);
}"""
SETTLED = """async (theme) => {
    const root = document.documentElement, frame = () => new Promise(requestAnimationFrame);
    while (root.dataset.bsTheme !== theme) await frame();
    scrollTo(0, 0);
    await Promise.allSettled(document.getAnimations().map((one) => one.finished));
    await frame();
    await frame();
}"""
SHORTEN = """() => {
    document.querySelectorAll("option:nth-child(n + 4)").forEach((one) => one.remove());
    const still = new CSSStyleSheet();
    still.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];
}"""
"""Hundreds of countries and time zones tell axe nothing that three do not, nor does what moves until it stands."""
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 360, "height": 740}}
PEOPLE = {
    "": None,
    "owner": "alice",
    "auditor": "ada",
    "operator": "olga",
    "reseller": "rita",
    "small owner": "zoe",
    "user": "dupont",
}


MANY = 10
LONG = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft" + "w" * 60
ALL = (*PUBLIC, *PORTAL, *STAFF, *ACCOUNT, *PLATFORM)


@pytest.fixture(scope="module")
def found(served: Served) -> dict[str, object]:
    """Clients and groups with names that are as long as names may be, also without a space."""
    for number in range(8):
        name = ("Axel", LONG, "Axel and his heirs " * 8)[number % 3].strip()
        served.register("nova", f"axe-{number}{LONG[:50]}".lower(), name, note=LONG * 3, phone="+33 1 42 68 53 00")
    for name in (LONG[:80], "A very long name of a group " * 3):
        group = served.within("nova", groups.create, groups.NewGroup(name=name.strip(), description=LONG))
    client_id = served.within(
        "nova", db.value, "SELECT id FROM clients ORDER BY code DESC OFFSET 4 LIMIT 1", by=None
    )
    served.within("nova", groups.add, group["id"], [client_id])
    return numbers(served)


def look(page: Page, size: str, theme: str) -> None:
    page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]


def wrong_with(page: Page) -> list[str]:
    """What axe finds wide and light, what it finds else on a phone in the dark, and what scrolls sideways."""
    wrong: list[str] = []
    for size, theme, rules in (("wide", "light", EVERYTHING), ("phone", "dark", PHONE)):
        look(page, size, theme)
        page.evaluate(SETTLED, theme)
        wrong += [f"{size} {theme} {text}" for text in page.evaluate(RUN, rules)]
        wrong += [f"{size} scrolls sideways"] if page.evaluate(SIDEWAYS) else []
    return wrong


@pytest.mark.parametrize("first", range(0, len(ALL), MANY))
def test_axe_finds_nothing(open_as: Open, found: dict[str, Any], first: int) -> None:
    by_person: dict[str, Page] = {}
    wrong: dict[str, list[str]] = {}
    for place in ALL[first : first + MANY]:
        page = by_person.get(place.who) or by_person.setdefault(place.who, open_as(PEOPLE[place.who], "/"))
        look(page, "wide", "light")
        page.goto(place.path.format(**found))
        for selector in place.click:
            page.locator(selector).first.click()
        page.evaluate(SHORTEN)
        page.evaluate(AXE.read_text())
        wrong[place.name] = wrong_with(page)
    assert {name: texts for name, texts in wrong.items() if texts} == {}
