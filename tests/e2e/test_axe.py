"""Every page for everybody: axe finds nothing (WCAG 2.2 AA) in both themes, wide and on a phone.

axe-core itself stands under vendor/, as published, with its licence.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from playwright.sync_api import Page

from core import db
from core.accounts import groups
from tests.e2e.conftest import Open
from tests.e2e.places import ACCOUNT, PLATFORM, PORTAL, PUBLIC, STAFF, numbers
from tests.e2e.served import AXE_PATH, Served

EVERYTHING = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
SEEN = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
"""The rules that another theme or width can break; all others look at what is the same in both."""
STYLES = "css-orientation-lock"
"""The rule that reads the style sheets alone, which are the same on all pages of a person."""
RUN = """async ([theme, all, seen]) => {
    const root = document.documentElement, frame = () => new Promise(requestAnimationFrame);
    while (root.dataset.bsTheme !== theme) await frame();
    scrollTo(0, 0);
    await Promise.allSettled(document.getAnimations().map((one) => one.finished));
    await frame();
    const wrong = root.scrollWidth > root.clientWidth ? ["scrolls sideways"] : [];
    const shown = (nodes) => nodes.slice(0, 3).map((one) => one.html.slice(0, 160)).join(" | ");
    const cut = (all ? known : [...known, ...twins]).map((one) => [one, document.createComment("")]);
    cut.forEach(([one, place]) => one.replaceWith(place));
    const without = all && known.length ? {"STYLES": {enabled: false}} : {};
    const found = await axe.run({runOnly: all ?? seen, rules: without, resultTypes: ["violations"]});
    cut.forEach(([one, place]) => place.replaceWith(one));
    return [...wrong, ...found.violations.map(({id, nodes}) => `${id}: ${shown(nodes)}`)];
}""".replace("STYLES", STYLES)
FRAME = ".sidebar > *, .topbar > *"
"""What is the same on all pages of a person; axe looks at it on the first of them."""
SHORTEN = """async ([frame, src]) => {
    const script = document.createElement("script");
    const loaded = new Promise((done, broken) => Object.assign(script, {src, onload: done, onerror: broken}));
    document.head.append(script);
    document.querySelectorAll("option:nth-child(n + 4), svg > :not(title)").forEach((one) => one.remove());
    const still = new CSSStyleSheet();
    still.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];
    const said = /^(id|for|name|value|href|title|alt|datetime|(form)?action|aria-label(ledby)?|aria-describedby)$/;
    const shape = (node) => {
        if (node.nodeType !== Node.ELEMENT_NODE) return node.textContent.trim() && "text";
        const told = [...node.attributes].map(({name, value}) => name + (said.test(name) ? !value : `=${value}`));
        return `<${node.tagName} ${told.sort().join(" ")}>${[...node.childNodes].map(shape).join("")}</>`;
    };
    const lists = [...document.querySelectorAll("tbody, ul, ol, :has(> .form-check)")];
    window.twins = lists.flatMap((list) => [...Map.groupBy(list.children, shape).values()])
        .flatMap((alike) => alike.slice(2, -1));
    window.known = frame ? [...document.querySelectorAll(frame)] : [];
    await loaded;
}"""
"""Hundreds of countries tell axe nothing that three do not; nor do the strokes of an icon, or what still moves.

Nor are the colours of all rows of a list looked at a second time: of those that differ only by what is written in
them, the first two and the last are."""
SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 360, "height": 740}}
Look = tuple[str, str, list[str] | None]
LOOKS: tuple[Look, ...] = (("wide", "light", EVERYTHING), ("phone", "dark", None))
"""A page opens as the one before it was left, so that it is laid out twice and not three times."""
PEOPLE = {
    "": None,
    "owner": "alice",
    "auditor": "ada",
    "operator": "olga",
    "reseller": "rita",
    "small owner": "zoe",
    "user": "dupont",
}


MANY = 20
LONG = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft" + "w" * 60
ALL = (*PUBLIC, *PORTAL, *STAFF, *ACCOUNT, *PLATFORM)


@pytest.fixture(scope="package")
def found(served: Served) -> dict[str, object]:
    """Clients and groups with names that are as long as names may be, also without a space.

    Once for a process: one that took over tests of another comes back to this module.
    """
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
    if page.viewport_size == SIZES[size]:  # A theme and a size go together, and a page opens as the last was left.
        return
    page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]


def wrong_with(page: Page, looks: Sequence[Look]) -> list[str]:
    """What axe finds wide and light, what it finds else on a phone in the dark, and what scrolls sideways."""
    wrong: list[str] = []
    for size, theme, rules in looks:
        look(page, size, theme)
        wrong += [f"{size} {theme} {text}" for text in page.evaluate(RUN, [theme, rules, SEEN])]
    return wrong


@pytest.mark.parametrize("first", range(0, len(ALL), MANY))
def test_axe_finds_nothing(open_as: Open, found: dict[str, Any], first: int) -> None:
    by_person: dict[str, Page] = {}
    wrong: dict[str, list[str]] = {}
    for number, place in enumerate(ALL[first : first + MANY]):
        known = FRAME if place.who in by_person else ""
        looks = LOOKS if place.click or number % 2 == 0 else LOOKS[::-1]
        page = by_person.get(place.who) or by_person.setdefault(place.who, open_as(PEOPLE[place.who], "/"))
        look(page, *looks[0][:2])
        page.goto(place.path.format(**found))
        for selector in place.click:
            page.locator(selector).first.click()
            page.wait_for_timeout(150)  # What the click sends may answer with another page.
        if place.click:
            page.wait_for_function("document.head && document.readyState === 'complete'")
        page.evaluate(SHORTEN, [known, AXE_PATH])
        wrong[place.name] = wrong_with(page, looks)
    assert {name: texts for name, texts in wrong.items() if texts} == {}
