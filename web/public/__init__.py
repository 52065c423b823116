"""Pages for everybody: sign-in, passwords, health."""

from typing import Any

from web.public import health, inside, passwords, sign_in

PATH, HOSTS = "/", "any"

ROUTES: list[Any] = [*sign_in.ROUTES, *passwords.ROUTES, *health.ROUTES, *inside.ROUTES]
