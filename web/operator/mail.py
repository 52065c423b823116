"""The demo's caught mail. Where mail is really sent there is no such page."""

import re
from pathlib import Path
from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from core import caught_mail
from core.caught_mail import Caught
from core.errors import NotFound
from core.permissions import Permission
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page
from web.kit.visit import visit_of

LINK = re.compile(r"https?://[^\s<>\"]+")


@get("/mail", sync_to_thread=True, **requires(Permission.PLATFORM_HEALTH))
def index(request: AnyRequest) -> Response[str]:
    """What was caught, the newest first."""
    mails = [_line(one) for one in reversed(caught_mail.caught(_home(request)))]
    return page(request, "operator/mail.html", mails=mails)


@get("/mail/{name:str}", sync_to_thread=True, **requires(Permission.PLATFORM_HEALTH))
def show(request: AnyRequest, name: FromPath[str]) -> Response[str]:
    """One message, as text, with the links in it."""
    home = _home(request)
    letter = caught_mail.read(home, f"{name}.eml")
    line = next((one for one in caught_mail.caught(home) if one.name == letter.name), None)
    if line is None:
        raise NotFound
    mail = _line(line) | {"text": letter.text, "links": LINK.findall(letter.text)}
    return page(request, "operator/mail_show.html", mail=mail)


def _line(one: Caught) -> dict[str, Any]:
    return {"id": one.name.removesuffix(".eml"), "at": one.caught_at} | {
        field: getattr(one, field) for field in ("sender", "to", "subject")
    }


def _home(request: AnyRequest) -> Path:
    settings = visit_of(request).settings
    if not settings.mail_catcher:
        raise NotFound
    return settings.home


ROUTES = [index, show]
