"""The portal: what a user sees of the client that he acts for. `/` on a provider's host is its start page."""

from typing import Any

from web.kit import portal_menu
from web.portal import (
    account_statements,
    clients,
    contracts,
    home,
    how_to_pay,
    invitation,
    invoices,
    log,
    money,
    offers,
    own_payer,
    payers,
    personal_data,
    phone,
    profile,
    roles,
    services,
    sign_up,
    terms,
    tickets,
    users,
)

PATH, HOSTS = "/", "provider"
OPTIONS = {"before_request": portal_menu.ask}

ROUTES: list[Any] = [
    *home.ROUTES,
    *clients.ROUTES,
    *profile.ROUTES,
    *phone.ROUTES,
    *payers.ROUTES,
    *own_payer.ROUTES,
    *contracts.ROUTES,
    *invoices.ROUTES,
    *money.ROUTES,
    *services.ROUTES,
    *how_to_pay.ROUTES,
    *offers.ROUTES,
    *tickets.ROUTES,
    *account_statements.ROUTES,
    *log.ROUTES,
    *personal_data.ROUTES,
    *sign_up.ROUTES,
    *terms.ROUTES,
    *users.ROUTES,
    *roles.ROUTES,
    *invitation.ROUTES,
]
