"""Pictures of every page, made from the demo: `python -m tests.e2e.screenshots DIR [--only clients ...]`.

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

import msgspec
from playwright.sync_api import Browser, Page, sync_playwright

from core import db, provision, schema, sealing
from core.settings import Settings
from tenants import demo, isolation
from tests import cast
from tests.conftest import FAST, SECRET
from tests.e2e.browsing import FLAGS
from tests.e2e.served import Served, serving
from tests.machine import chromium

IMAGES = Path(__file__).parents[2] / "docs" / "images"
LONGEST = 1700
SIZES = {"wide": (1280, 800), "phone": (360, 740)}


class Picture(msgspec.Struct, frozen=True):
    """One page: what it is called, whose it is ("" for nobody), and what is clicked before it is taken.

    Numbers in braces are looked up: `{client}`, `{group}`, `{project}`, `{member}`, `{attitude}`, `{provider}`.
    """

    name: str
    path: str
    email: str = "owner@nova.example"
    click: tuple[str, ...] = ()


OPERATOR = "operator@comptoir.example"
STAFF = (
    Picture("dashboard", "/staff"),
    Picture("clients", "/staff/clients"),
    Picture("clients-filter", "/staff/clients?country=FR&kind=company&name=a"),
    Picture("clients-filter-open", "/staff/clients", click=(".list-tools details:first-of-type > summary",)),
    Picture("clients-columns", "/staff/clients", click=(".list-tools > details > summary",)),
    Picture(
        "clients-picked", "/staff/clients", click=("tbody tr:nth-child(2) .pick", "tbody tr:nth-child(4) .pick")
    ),
    Picture("clients-nothing", "/staff/clients?name=nobodyhere"),
    Picture("clients-wrong-filter", "/staff/clients?code=abc"),
    Picture("client-new", "/staff/clients/new"),
    Picture(
        "client-new-refused", "/staff/clients/new", click=("input[value=company]", "#client-form .btn-primary")
    ),
    Picture("client", "/staff/clients/{client}"),
    Picture("client-groups", "/staff/clients/{client}/groups"),
    Picture("client-activity", "/staff/clients/{client}/activity"),
    Picture("client-edit", "/staff/clients/{client}/edit"),
    Picture("clients-delete", "/staff/clients/delete?code={client}&code={another}"),
    Picture("clients-groups", "/staff/clients/groups?code={client}&code={another}"),
    Picture("groups", "/staff/groups"),
    Picture("group-new", "/staff/groups/new"),
    Picture("group", "/staff/groups/{group}"),
    Picture("group-edit", "/staff/groups/{group}/edit"),
    Picture("group-delete", "/staff/groups/{group}/delete"),
    Picture("attitudes", "/staff/attitudes"),
    Picture("projects", "/staff/projects"),
    Picture("project-new", "/staff/projects/new"),
    Picture("project-edit", "/staff/projects/{project}/edit"),
    Picture("project-delete", "/staff/projects/{project}/delete"),
    Picture("people", "/staff/people"),
    Picture("person-new", "/staff/people/new"),
    Picture("person", "/staff/people/{member}"),
    Picture("roles", "/staff/roles"),
    Picture("role-new", "/staff/roles/new"),
    Picture("plugins", "/staff/plugins"),
    Picture("plugin-settings", "/staff/plugins/welcome-mail"),
    Picture("api-keys", "/staff/api-keys"),
    Picture("api-key-new", "/staff/api-keys/new"),
    Picture("activity", "/staff/activity"),
    Picture("settings", "/staff/settings"),
    Picture("not-found", "/staff/clients/999999"),
    Picture("not-in-edition", "/staff/groups", email="owner@petit.example"),
    Picture("not-allowed", "/staff/settings", email="auditor@nova.example"),
)
ACCOUNT = (
    Picture("account", "/account"),
    Picture("sessions", "/account/sessions"),
    Picture("two-factor", "/account/two-factor"),
    Picture("two-factor-scan", "/account/two-factor", click=(".form-actions .btn-primary",)),
)
PLATFORM = (
    Picture("platform", "/platform", email=OPERATOR),
    Picture("providers", "/platform/providers", email=OPERATOR),
    Picture("provider-new", "/platform/providers/new", email=OPERATOR),
    Picture("provider", "/platform/providers/{provider}", email=OPERATOR),
    Picture("resellers", "/platform/resellers", email=OPERATOR),
    Picture("reseller-new", "/platform/resellers/new", email=OPERATOR),
    Picture("health", "/platform/health", email=OPERATOR),
    Picture("platform-activity", "/platform/activity", email=OPERATOR),
    Picture("mail", "/platform/mail", email=OPERATOR),
    Picture("reseller-start", "/platform", email="horizon@comptoir.example"),
)
PUBLIC = (
    Picture("home", "/", email=""),
    Picture("sign-in", "/sign-in", email=""),
    Picture("sign-in-refused", "/sign-in", email="", click=(".btn-primary",)),
    Picture("password-forgotten", "/password", email=""),
    Picture("password-gone", "/password/nothing", email=""),
)
PICTURES = (*PUBLIC, *STAFF, *ACCOUNT, *PLATFORM)
README = (
    (Picture("clients", "/staff/clients", email="owner@acme.example"), "light", "wide"),
    (Picture("clients-dark", "/staff/clients", email="owner@acme.example"), "dark", "wide"),
    (Picture("client", "/staff/clients/1040", email="owner@acme.example"), "light", "wide"),
    (Picture("clients-phone", "/staff/clients", email="owner@acme.example"), "light", "phone"),
)

NUMBERS = {
    "client": "SELECT max(code) - 4 FROM clients",
    "another": "SELECT max(code) - 7 FROM clients",
    "group": "SELECT min(id) FROM account_groups",
    "project": "SELECT max(id) FROM projects",
    "member": "SELECT max(id) FROM staff",
}


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


def numbers(served: Served) -> dict[str, object]:
    """The numbers in the addresses of nova's pages."""

    async def read() -> dict[str, object]:
        place = await cast.tenant("nova")
        async with db.as_tenant(place.id):
            return {name: await db.value(sql) for name, sql in NUMBERS.items()} | {"provider": "nova"}

    return served.do(read)


def take(page: Page, picture: Picture, found: dict[str, object], file: Path) -> str:
    """One picture; returns what went wrong, or nothing."""
    answer = page.goto(picture.path.format(**found))
    for selector in picture.click:
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


def open_page(browser: Browser, served: Served, email: str, *, theme: str, size: str, language: str) -> Page:
    """A browser of its own for somebody."""
    width, height = SIZES[size]
    code = "platform" if "comptoir.example" in email else email.rpartition("@")[2].partition(".")[0] or "nova"
    url = served.url(code)
    context = browser.new_context(base_url=url, viewport={"width": width, "height": height}, locale=language)
    cookies = {"theme": theme, "locale": language}
    if email:
        cookies["session"] = served.token(code, email)
        served.within(
            code,
            db.execute,
            "UPDATE people SET theme = $1, locale = $2 WHERE email = $3",
            theme,
            language,
            email,
            by=None,
        )
    context.add_cookies(
        [{"name": f"comptoir-{name}", "value": value, "url": url} for name, value in cookies.items()]
    )
    return context.new_page()


def take_all(browser: Browser, served: Served, directory: Path, only: list[str]) -> None:
    """Every picture in every look."""
    found = numbers(served)
    for theme, size, language in product(("light", "dark"), SIZES, ("en", "fr")):
        by_person: dict[str, Page] = {}
        for picture in PICTURES:
            if only and picture.name not in only:
                continue
            if picture.email not in by_person:
                by_person[picture.email] = open_page(
                    browser, served, picture.email, theme=theme, size=size, language=language
                )
            file = directory / f"{picture.name}-{theme}-{size}-{language}.png"
            print(file.name, take(by_person[picture.email], picture, found, file), flush=True)
        for page in by_person.values():
            page.context.close()


def take_readme(browser: Browser, served: Served) -> None:
    """The pictures of the README."""
    for picture, theme, size in README:
        page = open_page(browser, served, picture.email, theme=theme, size=size, language="en")
        page.goto(picture.path)
        page.evaluate("document.fonts.ready")
        page.screenshot(path=IMAGES / f"{picture.name}.png")
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
