"""Pages for everybody: the front page, sign-in, passwords, brands, health."""

from typing import Any

from web.public import brand, health, home, passwords, sign_in

PATH, HOSTS = "/", "any"

ROUTES: list[Any] = [*home.ROUTES, *sign_in.ROUTES, *passwords.ROUTES, *brand.ROUTES, *health.ROUTES]
