"""Places of every page, made from the demo: `python -m tests.e2e.screenshots DIR [--only clients ...]`.

A page is taken light and dark, at 1280 and 360 pixels, in English and French. `--readme` takes only the pictures
of the README, into docs/images.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from core import db, provision, schema, sealing
from core.settings import Settings
from tenants import demo, isolation
from tests.conftest import FAST, SECRET
from tests.e2e.browsing import FLAGS
from tests.e2e.places import PLACES, Place, numbers
from tests.e2e.served import Served, serving
from tests.machine import chromium

IMAGES = Path(__file__).parents[2] / "docs" / "images"
LONGEST = 1700
SIZES = {"wide": (1280, 800), "phone": (360, 740)}
EMAILS = {
    "": "",
    "auditor": "auditor@nova.example",
    "operator": "operator@comptoir.example",
    "owner": "owner@nova.example",
    "middle owner": "owner@acme.example",
    "reseller": "horizon@comptoir.example",
    "small owner": "owner@petit.example",
    "user": "user@nova.example",
}
README = (
    (Place("clients", "/staff/clients", who="middle owner"), "light", "wide"),
    (Place("clients-dark", "/staff/clients", who="middle owner"), "dark", "wide"),
)


@contextmanager
def demonstration() -> Iterator[Served]:
    """The demo on a database of its own that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="comptoir-") as name:
        home = Path(name)
        home.chmod(0o711)
        cluster, urls = provision.local(home, options=FAST)
        try:
            asyncio.run(schema.migrate(urls.owner, isolate=isolation.enforce))
            settings = Settings(
                home=home,
                database_url=urls.app,
                database_owner_url=urls.owner,
                database_worker_url=urls.worker,
                secret_key=SECRET,
                secure_cookies=False,
                mail_catcher=True,
            )
            sealing.configure(SECRET)
            with serving(settings) as served:
                served.do(demo.fill)
                yield served
        finally:
            cluster.erase()


def take(page: Page, place: Place, found: dict[str, object], file: Path) -> str:
    """One picture; returns what went wrong, or nothing."""
    answer = page.goto(place.path.format(**found))
    for selector in place.click:
        page.locator(selector).first.click()
        page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    width = page.evaluate("document.documentElement.clientWidth")
    height = page.evaluate("document.documentElement.scrollHeight")
    page.screenshot(
        path=file, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": min(height, LONGEST)}
    )
    wide = page.evaluate(f"document.documentElement.scrollWidth > {width}")
    status = answer.status if answer else 0
    return " ".join([str(status), "scrolls sideways" if wide else ""]).strip()


def open_page(browser: Browser, served: Served, who: str, *, theme: str, size: str, language: str) -> Page:
    """A browser of its own for somebody of the demo."""
    width, height = SIZES[size]
    email = EMAILS[who]
    code = email.rpartition("@")[2].partition(".")[0].replace("comptoir", "platform") or "nova"
    context = browser.new_context(
        base_url=served.url(code), viewport={"width": width, "height": height}, locale=language
    )
    cookies = {"theme": theme, "locale": language}
    if email:
        look = "UPDATE people SET theme = $1, locale = $2 WHERE email = $3"
        served.within(code, db.execute, look, theme, language, email, by=None)
        cookies["session"] = served.token(code, email)
    context.add_cookies(
        [{"name": f"comptoir-{name}", "value": value, "url": served.url(code)} for name, value in cookies.items()]
    )
    return context.new_page()


def take_all(browser: Browser, served: Served, directory: Path, only: list[str]) -> None:
    """Every picture in every look."""
    found = numbers(served)
    wanted = [place for place in PLACES if not only or place.name in only]
    for theme, size, language in product(("light", "dark"), SIZES, ("en", "fr")):
        by_person = {
            who: open_page(browser, served, who, theme=theme, size=size, language=language)
            for who in {place.who for place in wanted}
        }
        for place in wanted:
            file = directory / f"{place.name}-{theme}-{size}-{language}.png"
            print(file.name, take(by_person[place.who], place, found, file), flush=True)
        for page in by_person.values():
            page.context.close()


def take_readme(browser: Browser, served: Served) -> None:
    """The pictures of the README."""
    for place, theme, size in README:
        page = open_page(browser, served, place.who, theme=theme, size=size, language="en")
        page.goto(place.path)
        page.evaluate("document.fonts.ready")
        page.screenshot(path=IMAGES / f"{place.name}.png")
        page.context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--readme", action="store_true")
    given = parser.parse_args()
    with demonstration() as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        if given.readme:
            IMAGES.mkdir(parents=True, exist_ok=True)
            take_readme(browser, served)
        if given.directory:
            given.directory.mkdir(parents=True, exist_ok=True)
            take_all(browser, served, given.directory, given.only)
        browser.close()


if __name__ == "__main__":
    main()
