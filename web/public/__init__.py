"""Pages for everybody: the front page, sign-in, passwords, health."""

from typing import Any

from web.public import health, home, inside, passwords, sign_in

PATH, HOSTS = "/", "any"

ROUTES: list[Any] = [*home.ROUTES, *sign_in.ROUTES, *passwords.ROUTES, *health.ROUTES, *inside.ROUTES]
