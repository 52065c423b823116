"""One server and one Chromium for all tests here, and a fresh browser context for each person of a test.

A test fails on whatever went wrong behind its back: an error of JavaScript, a breach of the content security
policy, an answer of 500 or more.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

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


class Contexts:
    """Browser contexts, to be lent one after the other: what they hold of styles and scripts is compiled already.

    One comes back without pages, cookies and permissions, and so without anybody who is signed in. No page of the
    product may be kept by a browser, and none of its scripts keeps anything there.
    """

    def __init__(self, chrome: Browser) -> None:
        self.chrome = chrome
        self.idle: dict[str, BrowserContext] = {}

    @contextmanager
    def lent(self) -> Iterator[Callable[..., BrowserContext]]:
        """Gives contexts with a base address and options, until the block ends."""
        given: list[tuple[str, BrowserContext]] = []

        def give(url: str, **options: object) -> BrowserContext:
            kind = repr((url, sorted(options.items())))
            context = self.idle.pop(kind, None) or self.chrome.new_context(base_url=url, **options)  # type: ignore[arg-type]
            given.append((kind, context))
            return context

        yield give
        for kind, context in given:
            if kind in self.idle:
                context.close()
            else:
                self._clear(context)
                self.idle[kind] = context

    @staticmethod
    def _clear(context: BrowserContext) -> None:
        for page in context.pages:
            page.close()
        context.clear_cookies()
        context.clear_permissions()


@pytest.fixture(scope="package")
def contexts(chrome: Browser) -> Contexts:
    """What is lent to the tests of the one browser."""
    return Contexts(chrome)


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What went wrong in any page of the test; `watch.expect` names what a test wants to go wrong."""
    watching = Watch()
    yield watching
    assert watching.seen == []


@pytest.fixture
def open_as(contexts: Contexts, served: Served, watch: Watch) -> Iterator[Open]:
    """`open_as("alice", "/staff/clients")`: a page in a browser of its own, signed in; `None` for nobody.

    A name of the cast, or `code/email` for somebody else. More: `host`, and options of a browser context.
    """
    with contexts.lent() as lend:

        def opened(
            who: str | None, path: str = "/staff/clients", *, host: str = "nova", **options: object
        ) -> Page:
            code, email = _place(who, host)
            context = lend(served.url(code), **(USUAL | options))
            context.set_default_timeout(PATIENCE)
            watch.over(context)
            if email:
                context.add_cookies(
                    [{"name": "comptoir-session", "value": served.token(code, email), "url": served.url(code)}]
                )
            page = context.new_page()
            page.goto(path)
            return page

        yield opened
    watch.away()


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
