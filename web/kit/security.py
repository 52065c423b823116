"""Headers that go out with every answer, and the cookies the visit collected."""

from collections.abc import Awaitable, Callable
from typing import Any

from web.kit.visit import Visit

Send = Callable[[dict[str, Any]], Awaitable[None]]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; frame-src 'self';"
    " manifest-src 'self'"
)
FRAMED_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; form-action 'none';"
    " base-uri 'none'; frame-ancestors 'self'; sandbox allow-same-origin"
)
"""Of what a page of ours shows in a frame, such as a mail: it has styles of its own, and can do nothing."""

HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
    (b"x-frame-options", b"DENY"),
]

FRAMED = [
    (b"content-security-policy", FRAMED_POLICY.encode()),
    *HEADERS[1:-1],
    (b"x-frame-options", b"SAMEORIGIN"),
]
HTTPS = [(b"strict-transport-security", b"max-age=31536000")]
KEPT = [(b"cache-control", b"public, max-age=31536000, immutable")]
KEPT_SHORTLY = [(b"cache-control", b"public, max-age=300")]
NOT_KEPT = [(b"cache-control", b"no-store")]


def secured(scope: Any, visit: Visit, send: Send) -> Send:
    """Add the headers to whatever is sent."""

    async def send_secured(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            is_ok = message["status"] == 200
            is_kept = visit.is_kept and is_ok
            is_static = is_kept or (scope["path"].startswith("/static/") and is_ok)
            fixed = FRAMED if visit.is_framed else HEADERS
            headers = [*message.get("headers", []), *fixed, (b"x-request-id", visit.request_id.encode())]
            headers = [header for header in headers if header[0].lower() != b"cache-control"]
            headers += (KEPT if is_kept or _is_marked(scope) else KEPT_SHORTLY) if is_static else NOT_KEPT
            if visit.settings.secure_cookies:
                headers += HTTPS
            if not is_static:
                headers += [(b"set-cookie", cookie.encode("latin-1")) for cookie in visit.cookies]
            message = message | {"headers": headers}
        await send(message)

    return send_secured


def _is_marked(scope: Any) -> bool:
    """Whether the address of a static file changes with the file; what scripts name in turn has no mark."""
    return bool(scope["query_string"].startswith(b"v=")) or scope["path"].startswith("/static/vendor/")
