"""Pages for everybody: sign-in, passwords, brands, health."""

from typing import Any

from web.public import brand, callbacks, health, inside, passkeys, passwords, sign_in, unsubscribing

PATH, HOSTS = "/", "any"

ROUTES: list[Any] = [
    *sign_in.ROUTES,
    *passkeys.ROUTES,
    *passwords.ROUTES,
    *brand.ROUTES,
    *health.ROUTES,
    *inside.ROUTES,
    *callbacks.ROUTES,
    *unsubscribing.ROUTES,
]
