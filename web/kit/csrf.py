"""Proof that a form was sent from a page of ours: a token bound to the sender's own cookie, and the origin.

The token is an HMAC of the session cookie (of the visitor's cookie before sign-in), so a token of somebody else's
session is worth nothing, and nothing has to be stored.
"""

import hashlib
import hmac
import secrets
from typing import Any

from litestar import Request
from litestar.exceptions import ClientException

from core.errors import Refusal
from core.i18n import _
from web.kit.visit import Visit, visit_of

FIELD, HEADER = "_csrf", "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Forged(Refusal):
    """The request does not prove that it came from one of our own pages."""

    def __init__(self) -> None:
        super().__init__(_("This form has expired. Please open the page again and send it once more."))


def new_seed() -> str:
    """A random value for the visitor's cookie."""
    return secrets.token_urlsafe(24)


def token(visit: Visit) -> str:
    """The token for the forms of this visit."""
    return hmac.new(visit.settings.secret_key.encode(), visit.seed.encode(), hashlib.sha256).hexdigest()


async def check(request: Request[Any, Any, Any]) -> None:
    """Raise `Forged` unless the request is safe, or carries the right token and comes from our own pages."""
    if request.method in SAFE:
        return
    visit = visit_of(request)
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", "null")
    if site not in ("same-origin", "none") or (origin != "null" and origin != visit.base_url):
        raise Forged()
    try:
        sent = await request.form()
    except LookupError as error:
        raise ClientException("a part of the form is in no known encoding") from error
    given = request.headers.get(HEADER) or sent.get(FIELD, "")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), token(visit).encode()):
        raise Forged()
