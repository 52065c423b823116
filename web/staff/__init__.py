"""Pages for the staff of a provider."""

from typing import Any

from web.kit import menus
from web.staff import (
    activity,
    api_keys,
    attitudes,
    client_bulk,
    client_closing,
    client_groups,
    client_removal,
    clients,
    focus,
    groups,
    impersonation,
    people,
    plugins,
    projects,
    roles,
    search,
    settings,
    start,
    tasks,
)

PATH, HOSTS = "/staff", "provider"
OPTIONS = {"before_request": menus.ask_plugins}

ROUTES: list[Any] = [
    *start.ROUTES,
    *clients.ROUTES,
    *client_groups.ROUTES,
    *client_bulk.ROUTES,
    *client_closing.ROUTES,
    *client_removal.ROUTES,
    *focus.ROUTES,
    *search.ROUTES,
    *impersonation.ROUTES,
    *groups.ROUTES,
    *projects.ROUTES,
    *attitudes.ROUTES,
    *people.ROUTES,
    *roles.ROUTES,
    *activity.ROUTES,
    *tasks.ROUTES,
    *settings.ROUTES,
    *plugins.ROUTES,
    *api_keys.ROUTES,
]
