"""Every link and form that a page shows to somebody leads somewhere, and to nothing that he may not open.

Walks from the start page through all pages, as each of the cast: a button that answers 403 or 404 is a fault of
the page that shows it.
"""

import re
from functools import cache
from html import unescape
from urllib.parse import urlencode, urljoin, urlsplit

import pytest

from tests import cast
from tests.web.matrix.table import ROWS
from tests.web.matrix.world import Somebody, World

pytestmark = pytest.mark.anyio

TAG = re.compile(r"<(a|form|input|select|textarea|button)\b([^>]*)>|</(form)>")
ATTRIBUTE = re.compile(r'([\w:-]+)(?:="([^"]*)")?')
MOST = 300
ADDRESSES = {
    re.compile(row.method + " " + re.sub(r"\{(\w+)\}", r"[^/]+", row.path))
    for row in ROWS
    if row.area != "api" or row.path.endswith(("docs", "openapi.json"))
}


@pytest.mark.parametrize("name", ["alice", "sam", "carl", "ada", "lea", "bob", "zoe", "olga", "rita", "dupont"])
async def test_nothing_that_a_page_shows_leads_astray(world, name):
    await world.admin.execute("UPDATE providers SET edition = 'advanced' WHERE code = 'acme'")
    somebody = await world.person(name)
    start = "/platform" if somebody.host == "" else "/" if name in cast.USERS else "/staff"
    wrong, seen, ahead = [], {pattern(start)}, [(start, "the start")]
    while ahead and len(seen) < MOST:
        path, where = ahead.pop(0)
        answer = await open_page(world, somebody, path)
        if answer.status_code not in (200, 303):
            wrong.append(f"{path}: {answer.status_code}, shown by {where}")
            continue
        links, actions = read(answer.text, path)
        wrong += [f"{action}: no such route, shown by {path}" for action in actions if not is_route(action)]
        for link in links:
            if (alike := pattern(link)) not in seen:
                seen.add(alike)
                ahead.append((link, path))
    assert not wrong, "\n".join(wrong)
    assert len(seen) > 4


async def open_page(world: World, somebody: Somebody, path: str):
    host = f"{somebody.host}.localhost" if somebody.host else "localhost"
    headers = {"cookie": f"comptoir-session={somebody.token}"}
    return await world.client.get(f"http://{host}{path}", headers=headers)


def read(page: str, path: str) -> tuple[list[str], list[str]]:
    """The links of a page, with the forms that are sent by GET as they would be sent; and where it posts to."""
    links, actions, form = [], [], None
    for tag, attributes, end in TAG.findall(page):
        given = {key: unescape(value) for key, value in ATTRIBUTE.findall(attributes)}
        if end:
            links += [form.address] if form and form.can_be_sent else []
            form = None
        elif tag == "form" and given.get("method", "get").lower() == "get":
            form = GetForm(urljoin(path, given.get("action", "")))
        elif tag == "form" and given["method"].lower() == "post":
            actions.append(f"POST {urlsplit(urljoin(path, given.get('action', ''))).path}")
        elif tag == "a" and given.get("href", "").startswith(("/", "?")):
            links.append(urljoin(path, given["href"]))
        elif tag != "a" and form:
            form.take(tag, given)
        if "formaction" in given and form:
            links.append(f"{given['formaction']}?{urlencode(form.fields)}")
        elif "formaction" in given:
            actions.append(f"POST {urlsplit(given['formaction']).path}")
    return [link.partition("#")[0] for link in links], actions


class GetForm:
    """A form that is sent by GET: what it would send, and whether there is a way to send it."""

    def __init__(self, action: str) -> None:
        self.action, self.fields, self.can_be_sent = action, {}, False

    @property
    def address(self) -> str:
        return f"{self.action}?{urlencode(self.fields)}"

    def take(self, tag: str, given: dict[str, str]) -> None:
        is_button = tag == "button" and given.get("type", "submit") == "submit" and "formaction" not in given
        self.can_be_sent |= is_button or given.get("type") == "search"
        if given.get("name"):
            typed = "x" if given.get("type") == "search" else ""
            self.fields[given["name"]] = given.get("value", "") or typed


@cache
def is_route(address: str) -> bool:
    return any(route.fullmatch(address) for route in ADDRESSES)


@cache
def pattern(link: str) -> str:
    """Links that differ only by a number or by what a list is filtered by are one link."""
    parts = urlsplit(link)
    names = sorted(part.partition("=")[0] for part in parts.query.split("&"))
    return re.sub(r"\d+", "1", parts.path) + "?" + "&".join(names)
