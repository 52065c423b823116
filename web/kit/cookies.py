"""Cookies: their names, and the attributes that keep them where they belong.

Over https every name gets the `__Host-` prefix (RFC 6265bis), so that no other host can plant one.
"""

from http.cookies import CookieError, SimpleCookie

from core.settings import Settings

SESSION, VISITOR, TOAST, LOCALE, THEME = ("session", "visitor", "toast", "locale", "theme")
INSIDE = "inside"
"""Of staff inside a client's account; worth nothing without the session it was begun from."""


def name_of(cookie: str, settings: Settings) -> str:
    """The name on the wire."""
    return f"__Host-comptoir-{cookie}" if settings.secure_cookies else f"comptoir-{cookie}"


def read(header: str) -> dict[str, str]:
    """The cookies of a `Cookie` header; what cannot be read is left out."""
    found: SimpleCookie = SimpleCookie()
    for part in header.split(";"):
        try:
            found.load(part.strip())
        except CookieError:
            continue
    return {name: morsel.value for name, morsel in found.items()}


def write(cookie: str, value: str, settings: Settings, *, seconds: int | None = None) -> str:
    """A `Set-Cookie` value; without `seconds` it lasts as long as the browser's session."""
    parts = [f"{name_of(cookie, settings)}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if settings.secure_cookies:
        parts.append("Secure")
    if seconds is not None:
        parts.append(f"Max-Age={seconds}")
    return "; ".join(parts)


def forget(cookie: str, settings: Settings) -> str:
    """A `Set-Cookie` value that removes the cookie."""
    return write(cookie, "", settings, seconds=0)
