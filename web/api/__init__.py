"""The JSON API for the keys of a provider's staff."""

from typing import Any

PATH, HOSTS = "/api", "provider"

ROUTES: list[Any] = []
