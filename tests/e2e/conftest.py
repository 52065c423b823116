"""One server and one Chromium for all tests here, and a fresh browser context for each person of a test.

A test fails on whatever went wrong behind its back: an error of JavaScript, a breach of the content security
policy, an answer of 500 or more.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from core.accounts import passwords
from tests import cast
from tests.conftest import TEMPLATE, Server, settings_for
from tests.e2e.browsing import FLAGS, Watch
from tests.e2e.served import Served, serving
from tests.machine import chromium

Open = Callable[..., Page]
PATIENCE = 30_000
USUAL = {
    "locale": "en-GB",
    "viewport": {"width": 1280, "height": 900},
    "color_scheme": "light",
    "reduced_motion": "reduce",
}
expect.set_options(timeout=PATIENCE / 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="package")
def served(server: Server) -> Iterator[Served]:
    """The product on a clone of the cast's database."""
    name = "comptoir_e2e"
    server.clone(TEMPLATE, name)
    with serving(settings_for(server.urls.on(name), home=server.home)) as running:
        passwords.configure(parallel=8, cheap=True)
        yield running
    server.drop(name)


@pytest.fixture(scope="package")
def chrome(served: Served) -> Iterator[Browser]:
    """The one browser process."""
    program = chromium()
    assert program, "no Chromium: python -m tests.machine"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What went wrong in any page of the test; `watch.expect` names what a test wants to go wrong."""
    watching = Watch()
    yield watching
    assert watching.seen == []


@pytest.fixture
def open_as(chrome: Browser, served: Served, watch: Watch) -> Iterator[Open]:
    """`open_as("alice", "/staff/clients")`: a page in a browser of its own, signed in; `None` for nobody.

    A name of the cast, or `code/email` for somebody else. More: `host`, and options of a browser context.
    """
    contexts: list[BrowserContext] = []

    def opened(who: str | None, path: str = "/staff/clients", *, host: str = "nova", **options: object) -> Page:
        code, email = _place(who, host)
        context = chrome.new_context(base_url=served.url(code), **(USUAL | options))  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        watch.over(context)
        contexts.append(context)
        if email:
            context.add_cookies(
                [{"name": "comptoir-session", "value": served.token(code, email), "url": served.url(code)}]
            )
        page = context.new_page()
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()


def _place(who: str | None, host: str) -> tuple[str, str]:
    if who is None:
        return host, ""
    if "/" in who:
        code, _slash, email = who.partition("/")
        return code, email
    return cast.home(who), cast.email(who)


@pytest.fixture(scope="package")
def meadow(served: Served) -> str:
    """Who owns a provider with 130 clients that no test changes: a name for `open_as`."""
    return f"meadow/{served.open_provider('meadow', invented=130)}"
