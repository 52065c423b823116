"""Pages about oneself: profile, password, sessions, second factor, passkeys."""

from typing import Any

from web.account import notices, passkeys, profile, sessions, two_factor
from web.kit import portal_menu

PATH, HOSTS = "/account", "any"
OPTIONS = {"before_request": portal_menu.ask}

ROUTES: list[Any] = [*profile.ROUTES, *sessions.ROUTES, *two_factor.ROUTES, *passkeys.ROUTES, *notices.ROUTES]
