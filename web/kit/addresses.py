"""Where a request comes from and which host it names, believing proxies only where the settings say so."""

import ipaddress
from typing import Any

from core.settings import Settings


def headers_of(scope: Any) -> dict[str, str]:
    """The request's headers by their lower-case name; of repeated ones the last."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def host_of(scope: Any) -> str:
    """The name in the `Host` header, without the port. `X-Forwarded-Host` is never looked at."""
    host = headers_of(scope).get("host", "").lower()
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host


def address_of(scope: Any, settings: Settings) -> str:
    """The visitor's address: the connection's, or what the nearest trusted proxy says."""
    client = scope.get("client")
    address = client[0] if client else ""
    if address in settings.trusted_proxies:
        for hop in reversed(headers_of(scope).get("x-forwarded-for", "").split(",")):
            if _is_address(hop.strip()) and hop.strip() not in settings.trusted_proxies:
                return hop.strip()
    return address


def base_url_of(scope: Any, settings: Settings) -> str:
    """The origin a browser names for this host, such as `https://nova.example`."""
    scheme = scope.get("scheme", "http")
    client = scope.get("client")
    if client and client[0] in settings.trusted_proxies:
        scheme = headers_of(scope).get("x-forwarded-proto", scheme)
    return f"{scheme}://{headers_of(scope).get('host', '').lower()}"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
