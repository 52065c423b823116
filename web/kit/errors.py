"""How a refusal is answered: the only place that knows HTTP statuses.

Pages get a page, the API gets problem details (RFC 9457), htmx gets the same page as anybody. What is not a
refusal of ours is a 500 that says nothing but the number of the request, and is logged whole.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

import asyncpg
import msgspec
import structlog
from litestar import Response
from litestar.enums import MediaType
from litestar.exceptions import HTTPException

from core import errors
from core.accounts.focus import parse
from core.accounts.impersonation import VisitOver
from core.i18n import _
from core.scope import NotCommitted
from web.kit import focusing
from web.kit.csrf import Forged
from web.kit.guards import MustEnroll, SecondFactorNeeded
from web.kit.pages import AnyRequest, is_partial, local, redirect, surroundings
from web.kit.templates import render
from web.kit.visit import Visit, visit_of

log = structlog.get_logger(__name__)

DOCS, DESCRIPTION = "/api/v1/docs", "/api/v1/openapi.json"
"""What describes the API. The first is a page like any other, for who is signed in, and so are its errors; the
second is read with a key or by who is signed in."""

PHONE_NEEDED = f"{DOCS}#phone-verification-needed"
"""The type of the problem that a program solves by having the client's number verified."""


class Unreadable(errors.Refusal):
    """The body is not what its content type says."""


class WrongMediaType(errors.Refusal):
    """The body is of a kind that is not read here."""


STATUSES: tuple[tuple[type[BaseException], int], ...] = (
    (Unreadable, 400),
    (WrongMediaType, 415),
    (errors.NotFound, 404),
    (errors.NotSignedIn, 401),
    (errors.Forbidden, 403),
    (Forged, 403),
    (errors.Invalid, 422),
    (errors.Conflict, 409),
    (NotCommitted, 409),
    (asyncpg.SerializationError, 409),
    (asyncpg.DeadlockDetectedError, 409),
    (errors.TooManyAttempts, 429),
    (errors.Unavailable, 503),
    (asyncpg.PostgresConnectionError, 503),
    (asyncpg.CannotConnectNowError, 503),
    (asyncpg.TooManyConnectionsError, 503),
    (asyncpg.ReadOnlySQLTransactionError, 503),
    (asyncpg.InterfaceError, 503),
    (asyncpg.QueryCanceledError, 503),
    (ConnectionError, 503),
    (TimeoutError, 503),
)

PAGES = {401: 403, 405: 404, 400: 422, 413: 422, 414: 422, 415: 422, 431: 422}
"""Statuses that borrow the page of another one."""


def answer(request: AnyRequest, error: Exception) -> Response[Any]:
    """The answer to whatever was raised while this request was handled."""
    visit = visit_of(request)
    status = status_of(error)
    if status == 500:
        log.exception("failed", request_id=visit.request_id, path=request.url.path, exc_info=error)
    if status == 403 and (visit.inside is not None or isinstance(error, errors.ForbiddenInside)):
        visit.is_refused = True
    if is_api(request.url.path):
        return problem(visit, error, status)
    if isinstance(error, VisitOver):
        return _way_back(request, error)
    if isinstance(error, errors.NotSignedIn):
        return _to_sign_in(request, error)
    if isinstance(error, errors.PhoneNeeded) and visit.actor.kind == "user" and visit.inside is None:
        return _to_phone(request, error)
    return Response(
        error_page(visit, error, status, path=request.url.path),
        status_code=status,
        media_type=MediaType.HTML,
        headers=_headers(error),
    )


def status_of(error: BaseException) -> int:
    """The HTTP status of an error."""
    if isinstance(error, HTTPException):
        return error.status_code
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def is_api(path: str) -> bool:
    """Whether this address belongs to the JSON API."""
    path = f"/{path.strip('/')}"
    return (path == "/api" or path.startswith("/api/")) and path != DOCS


def is_for_keys(path: str, headers: Mapping[str, str]) -> bool:
    """Whether an address takes API keys and no session. The description takes either, a key before a session."""
    return is_api(path) and (path != DESCRIPTION or "authorization" in headers)


def problem(visit: Visit, error: BaseException, status: int) -> Response[Any]:
    """Problem details (RFC 9457); errors of fields stand under `errors`, a missing feature names its edition."""
    body: dict[str, Any] = {"type": "about:blank", "title": _title(status), "status": status}
    if isinstance(error, errors.Refusal):
        body["detail"] = error.message
    if isinstance(error, errors.Invalid):
        body["errors"] = error.errors
    if isinstance(error, errors.PhoneNeeded):
        body["type"] = PHONE_NEEDED
    if isinstance(error, errors.NotInEdition):
        body |= {"feature": error.feature, "edition": error.edition}
    if isinstance(error, errors.PermissionMissing):
        body["permission"] = error.permission
    if isinstance(error, errors.EditConflict):
        body["current"] = {field: value for field, value in error.current.items() if not _is_inner(field)}
    if status == 500:
        body["request_id"] = visit.request_id
    content = msgspec.json.encode(body, enc_hook=str)
    headers = _headers(error) | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
    return Response(content, status_code=status, media_type="application/problem+json", headers=headers)


def error_page(visit: Visit, error: BaseException, status: int, *, path: str) -> str:
    """The page of a status, in the frame of whoever reads it."""
    name = (
        str(PAGES.get(status, status)) if PAGES.get(status, status) in KNOWN else "500" if status > 499 else "422"
    )
    context: dict[str, Any] = {"message": "", "request_id": ""}
    if isinstance(error, errors.Refusal) and not isinstance(error, errors.NotFound):
        context["message"] = error.message
    if isinstance(error, errors.NotInEdition):
        name, context = "edition", context | {"feature": error.feature, "edition": error.edition}
    if isinstance(error, errors.TooManyAttempts):
        context["retry_after"] = error.retry_after
    if status == 500:
        context["request_id"] = visit.request_id
    page = render(f"errors/{name}.html", surroundings(visit, path) | context)
    return focusing.in_page(page, visit.focus.text if visit.focus else "")


KNOWN = frozenset({403, 404, 409, 422, 429, 500, 503})


def _is_inner(field: str) -> bool:
    """Whether a column is no business of anybody outside."""
    return field == "tenant_id" or field.endswith("_folded")


def _way_back(request: AnyRequest, error: VisitOver) -> Response[Any]:
    """Out of a client's account, to where it was entered, with the reason."""
    answer: Response[Any] = redirect(
        request, local(error.back, "/staff/clients"), toast=error.message, kind="info"
    )
    if is_partial(request):
        return Response(None, status_code=401, headers={"HX-Redirect": answer.headers["Location"]})
    return answer


def _to_sign_in(request: AnyRequest, error: errors.NotSignedIn) -> Response[Any]:
    if isinstance(error, SecondFactorNeeded):
        target = "/sign-in/code"
    elif isinstance(error, MustEnroll):
        target = "/account/two-factor"
    else:
        target = "/sign-in"
    if is_partial(request):
        return Response(None, status_code=401, headers={"HX-Redirect": target})
    if request.headers.get("accept") == "text/event-stream":
        return Response(None, status_code=204)  # which tells a browser not to ask for the stream again
    if request.method == "GET" and target == "/sign-in" and request.url.path not in ("/", "/sign-in"):
        asked = focusing.asked(request.url.query)
        wanted = focusing.carried(request.url.path, parse(asked).text if asked else "")
        target += f"?next={quote(wanted, errors='replace')}"
    return Response(None, status_code=303, headers={"Location": target})


def _to_phone(request: AnyRequest, error: errors.PhoneNeeded) -> Response[Any]:
    """To where the number is verified, and afterwards back to the page from which somebody came."""
    back = request.url if request.method == "GET" else _came_from(request)
    here = f"{back.path}?{back.query}" if back.query else back.path
    target = f"/phone?next={quote(local(here, '/'), safe='/', errors='replace')}"
    answer: Response[Any] = redirect(request, target, toast=error.message, kind="info")
    if is_partial(request):
        return Response(None, status_code=403, headers={"HX-Redirect": answer.headers["Location"]})
    return answer


def _came_from(request: AnyRequest) -> SplitResult:
    """The address of the page before; an empty one for what is no address."""
    try:
        return urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return urlsplit("")


def _headers(error: BaseException) -> dict[str, str]:
    if isinstance(error, errors.TooManyAttempts):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, HTTPException) and error.headers:
        return {name: value for name, value in error.headers.items() if name.lower() == "allow"}
    return {}


def _title(status: int) -> str:
    titles = {
        400: _("The request cannot be read"),
        401: _("Not signed in"),
        403: _("Not allowed"),
        404: _("Not found"),
        405: _("Not possible here"),
        409: _("Conflict"),
        413: _("Too large"),
        415: _("Not a kind that is read here"),
        422: _("Not valid"),
        429: _("Too many attempts"),
        503: _("Not available now"),
    }
    return titles.get(status, _("Something went wrong"))
