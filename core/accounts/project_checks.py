"""What the fields of a project may be. Names and currencies are checked where they are written."""

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from core import colors, money, places
from core.accounts import people
from core.checks import Checks
from core.i18n import _

FEWEST_SERVERS, MOST_SERVERS = 2, 6
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def checked(checks: Checks, values: dict[str, Any]) -> dict[str, Any]:
    """The given values as they are to be kept; notes in `checks` what is wrong. `name` is not looked at."""
    check: dict[str, Callable[[Any], Any]] = {
        "site": lambda value: _site(checks, value),
        "currency": lambda value: checks.choice("currency", value.strip().upper(), places.CURRENCIES),
        "sender": lambda value: people.checked_email(checks, value, "sender") if value.strip() else "",
        "sender_name": lambda value: checks.text("sender_name", value, longest=100, required=False),
        "name_servers": lambda value: _name_servers(checks, value),
        "credit_limit": lambda value: _credit_limit(checks, value),
        "brand_name": lambda value: checks.text("brand_name", value, longest=100, required=False),
        "accent": lambda value: _accent(checks, value),
    }
    return {field: check[field](value) if field in check else value for field, value in values.items()}


def host_name(text: str) -> str:
    """A name in DNS as it is kept (lower case, IDNA); "" for what cannot be one."""
    try:
        host = text.strip().rstrip(".").lower().encode("idna").decode()
    except UnicodeError:
        return ""
    labels = host.split(".")
    is_name = len(host) <= 253 and len(labels) >= 2 and all(_LABEL.fullmatch(label) for label in labels)
    return host if is_name and not labels[-1].isdecimal() else ""


def _name_servers(checks: Checks, names: Sequence[str]) -> list[str]:
    given = [name.strip() for name in names if name.strip()]
    hosts = [host_name(name) for name in given[: MOST_SERVERS + 1]]
    if given and not FEWEST_SERVERS <= len(given) <= MOST_SERVERS:
        message = _("From %(fewest)s to %(most)s names, or none.")
        checks.error("name_servers", message % {"fewest": FEWEST_SERVERS, "most": MOST_SERVERS})
    elif not all(hosts):
        wrong = given[hosts.index("")][:60]
        checks.error("name_servers", _("“%(name)s” does not look like a host name.") % {"name": wrong})
    elif len(set(hosts)) < len(hosts):
        checks.error("name_servers", _("Each name once, please."))
    return hosts


def _credit_limit(checks: Checks, units: int) -> int:
    if not 0 <= units < money.MOST:
        checks.error("credit_limit", _("This is not an amount that can be kept."))
    return units


def _accent(checks: Checks, value: str) -> str:
    if not value.strip():
        return ""
    color = colors.normal(value)
    if not color:
        checks.error("accent", _("This is not a colour, such as #1164c8."))
    elif (ratio := colors.least_contrast(color)) < colors.LEAST_CONTRAST:
        message = _("This is too light to be read on white: a contrast of %(ratio)s, and 4.5 are needed.")
        checks.error("accent", message % {"ratio": f"{ratio:.1f}"})
    return color


def _site(checks: Checks, value: str) -> str:
    """The address of the brand's site: http or https, or nothing. A bare host name becomes https."""
    site = checks.text("site", value, longest=200, required=False)
    if not site or "site" in checks.errors:
        return site
    address = site if "://" in site else f"https://{site}"
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in ("http", "https") and "." in (parts.hostname or "") and parts.username is None
    except ValueError:
        is_web = False
    if not is_web or any(letter.isspace() or letter in "\"'<>\\" for letter in address):
        checks.error("site", _("This does not look like a web address."))
    return address
