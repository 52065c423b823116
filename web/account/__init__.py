"""Pages about oneself: profile, password, sessions, second factor."""

from typing import Any

PATH, HOSTS = "/account", "any"

ROUTES: list[Any] = []
