"""The cookie of a session: put on at sign-in and at every new token, taken off at the end."""

from web.kit import cookies
from web.kit.pages import AnyRequest
from web.kit.visit import visit_of


def token_of(request: AnyRequest) -> str:
    """The token of the session in use, "" without one."""
    visit = visit_of(request)
    return visit.seed if visit.signed_in else ""


def carry_on(request: AnyRequest, token: str) -> None:
    """From now on the browser sends this token; forms of the answer are already bound to it."""
    visit = visit_of(request)
    visit.seed = token
    visit.cookies.append(cookies.write(cookies.SESSION, token, visit.settings))


def leave(request: AnyRequest) -> None:
    """The browser sends no token any more."""
    visit = visit_of(request)
    visit.cookies.append(cookies.forget(cookies.SESSION, visit.settings))
