"""Pages about oneself: profile, password, sessions, second factor."""

from typing import Any

from web.account import profile, sessions, two_factor

PATH, HOSTS = "/account", "any"

ROUTES: list[Any] = [*profile.ROUTES, *sessions.ROUTES, *two_factor.ROUTES]
