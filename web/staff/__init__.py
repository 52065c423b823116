"""Pages for the staff of a provider."""

from typing import Any

from web.kit import menus
from web.staff import (
    activity,
    api_keys,
    attitudes,
    client_bulk,
    client_closing,
    client_consents,
    client_export,
    client_groups,
    client_merging,
    client_payers,
    client_personal_data,
    client_removal,
    clients,
    focus,
    groups,
    impersonation,
    payer_merging,
    payers,
    people,
    plugins,
    project_brands,
    projects,
    roles,
    search,
    settings,
    sign_up,
    start,
    tasks,
)

PATH, HOSTS = "/staff", "provider"
OPTIONS = {"before_request": menus.ask_plugins}

ROUTES: list[Any] = [
    *start.ROUTES,
    *clients.ROUTES,
    *client_consents.ROUTES,
    *client_groups.ROUTES,
    *client_bulk.ROUTES,
    *client_closing.ROUTES,
    *client_export.ROUTES,
    *client_merging.ROUTES,
    *client_removal.ROUTES,
    *client_payers.ROUTES,
    *client_personal_data.ROUTES,
    *payers.ROUTES,
    *payer_merging.ROUTES,
    *focus.ROUTES,
    *search.ROUTES,
    *impersonation.ROUTES,
    *groups.ROUTES,
    *projects.ROUTES,
    *project_brands.ROUTES,
    *attitudes.ROUTES,
    *people.ROUTES,
    *roles.ROUTES,
    *activity.ROUTES,
    *tasks.ROUTES,
    *settings.ROUTES,
    *sign_up.ROUTES,
    *plugins.ROUTES,
    *api_keys.ROUTES,
]
