"""Pages for everybody: the front page, sign-in, passwords, health."""

from typing import Any

PATH, HOSTS = "/", "any"

ROUTES: list[Any] = []
