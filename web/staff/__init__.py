"""Pages for the staff of a provider."""

from typing import Any

from web.staff import client_groups, client_removal, clients

PATH, HOSTS = "/staff", "provider"

ROUTES: list[Any] = [*clients.ROUTES, *client_groups.ROUTES, *client_removal.ROUTES]
