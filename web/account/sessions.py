"""Where one is signed in."""

import re
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import sessions
from core.i18n import _, ngettext
from web.kit.guards import signed_in
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/account/sessions"

BROWSERS = (
    (re.compile(r"Edg[A-Za-z]*/(\d+)"), "Edge"),
    (re.compile(r"OPR/(\d+)"), "Opera"),
    (re.compile(r"(?:Firefox|FxiOS)/(\d+)"), "Firefox"),
    (re.compile(r"(?:Chrome|CriOS)/(\d+)"), "Chrome"),
    (re.compile(r"Version/(\d+)[^ ]* .*Safari"), "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@get("/sessions", **signed_in())
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The list, the session in use first."""
    found = [{**dict(row), "agent": device(row["agent"])} for row in await sessions.every(by=by)]
    return page(request, "account/sessions.html", sessions=found)


@post("/sessions/{session_id:int}/end", status_code=200, **signed_in())
async def end(request: AnyRequest, by: By, session_id: FromPath[int]) -> Response[None]:
    """Sign out on one device."""
    await sessions.end(session_id, by=by)
    return redirect(request, HERE, toast=_("The session was ended."))


@post("/sessions/end-others", status_code=200, **signed_in())
async def end_others(request: AnyRequest, by: By) -> Response[None]:
    """Sign out everywhere else."""
    count = await sessions.end_others(by=by)
    ended = ngettext("One session was ended.", "%(count)s sessions were ended.", count) % {"count": count}
    return redirect(request, HERE, toast=ended)


def device(agent: str) -> str:
    """A browser's name for itself as people say it: "Firefox 144, Linux"; what is not known stays as it is."""
    versions = ((name, pattern.search(agent)) for pattern, name in BROWSERS)
    browser = next((f"{name} {found[1]}" for name, found in versions if found), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return ", ".join(part for part in (browser, system) if part) or agent[:80]


ROUTES: list[Any] = [index, end, end_others]
