"""Where the platform and its providers are reached from outside: names and links, made from the settings only.

A link that leaves the house never takes its host from a request.
"""

import msgspec

from core.settings import Settings


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """Where the platform itself is reached; providers are opened below `name`."""

    name: str = "localhost"
    scheme: str = "https"
    port: int | None = None


_platform = Platform()


def configure(settings: Settings) -> None:
    """Take the platform's own name from the settings. Plain http is for development, and names its port."""
    global _platform
    is_plain = not settings.secure_cookies
    _platform = Platform(
        name=settings.base_host.lower(),
        scheme="http" if is_plain else "https",
        port=settings.port if is_plain and settings.port != 80 else None,
    )


def platform_name() -> str:
    """The platform's own host."""
    return _platform.name


def below_platform(code: str) -> str:
    """The name that a provider of this code gets from us."""
    return f"{code}.{_platform.name}"


def link(host: str = "", path: str = "") -> str:
    """The address of a page on a host, or on the platform's own when none is named."""
    port = f":{_platform.port}" if _platform.port else ""
    return f"{_platform.scheme}://{host or _platform.name}{port}{path}"
