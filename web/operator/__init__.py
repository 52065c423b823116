"""Pages for the operator and the resellers, on the platform's own host."""

from typing import Any

from web.operator import activity, health, mail, provider, providers, resellers

PATH, HOSTS = "/platform", "platform"

ROUTES: list[Any] = [
    *health.ROUTES,
    *providers.ROUTES,
    *provider.ROUTES,
    *resellers.ROUTES,
    *activity.ROUTES,
    *mail.ROUTES,
]
