"""What a user may do inside a client, and which of it each role brings. Pure; of the staff's rights knows
`core/permissions.py`.

A member has one or several roles: built-in ones, and ones that the client made. What any of them allows he may
(the permissive one wins); nothing is ever taken away by a role. The owner may everything, also what is no right
that can be given: hand the client over to somebody else.
"""

from collections.abc import Iterable
from enum import StrEnum
from types import MappingProxyType

from core.i18n import N_


class Right(StrEnum):
    """One right inside a client. Alphabetical; the text for people is in DESCRIPTIONS."""

    CONTRACTS_READ = "contracts:read"
    CONTRACTS_REQUEST = "contracts:request"
    INVOICES_READ = "invoices:read"
    LOG_READ = "log:read"
    ORDERS_PLACE = "orders:place"
    PAYERS_MANAGE = "payers:manage"
    PAYERS_READ = "payers:read"
    PAYMENTS_MAKE = "payments:make"
    PROFILE_UPDATE = "profile:update"
    SERVICES_MANAGE = "services:manage"
    SERVICES_READ = "services:read"
    TICKETS_READ = "tickets:read"
    TICKETS_WRITE = "tickets:write"
    USERS_MANAGE = "users:manage"
    USERS_READ = "users:read"


DESCRIPTIONS = MappingProxyType(
    {
        Right.CONTRACTS_READ: N_("Read contracts"),
        Right.CONTRACTS_REQUEST: N_("Ask for contracts"),
        Right.INVOICES_READ: N_("See invoices and what the account owes"),
        Right.LOG_READ: N_("Read who did what for the client, and when"),
        Right.ORDERS_PLACE: N_("Order services"),
        Right.PAYERS_MANAGE: N_("Add and edit payers"),
        Right.PAYERS_READ: N_("See payers"),
        Right.PAYMENTS_MAKE: N_("Pay and top up the account"),
        Right.PROFILE_UPDATE: N_("Edit the client’s profile"),
        Right.SERVICES_MANAGE: N_("Change and end services"),
        Right.SERVICES_READ: N_("See services"),
        Right.TICKETS_READ: N_("Read tickets"),
        Right.TICKETS_WRITE: N_("Open and answer tickets"),
        Right.USERS_MANAGE: N_("Invite users, change their roles and remove them"),
        Right.USERS_READ: N_("See the other users"),
    }
)

ALL = frozenset(right.value for right in Right)
OWNER = "owner"

BUILT_IN = MappingProxyType(
    {
        OWNER: frozenset(Right),
        "billing": frozenset(
            {
                Right.CONTRACTS_READ,
                Right.CONTRACTS_REQUEST,
                Right.INVOICES_READ,
                Right.PAYERS_MANAGE,
                Right.PAYERS_READ,
                Right.PAYMENTS_MAKE,
                Right.SERVICES_READ,
                Right.TICKETS_READ,
                Right.TICKETS_WRITE,
            }
        ),
        "technical": frozenset(
            {
                Right.ORDERS_PLACE,
                Right.SERVICES_MANAGE,
                Right.SERVICES_READ,
                Right.TICKETS_READ,
                Right.TICKETS_WRITE,
            }
        ),
        "read-only": frozenset(
            {
                Right.CONTRACTS_READ,
                Right.INVOICES_READ,
                Right.PAYERS_READ,
                Right.SERVICES_READ,
                Right.TICKETS_READ,
                Right.USERS_READ,
            }
        ),
    }
)
"""The built-in roles and what they bring."""

ROLE_NAMES = MappingProxyType(
    {
        OWNER: N_("Owner"),
        "billing": N_("Billing"),
        "technical": N_("Technical"),
        "read-only": N_("Read only"),
    }
)

GIVEABLE = tuple(role for role in BUILT_IN if role != OWNER)
"""The built-in roles that can be given; a client is handed over by a verb of its own."""


def of(roles: Iterable[str], own: Iterable[str] = ()) -> frozenset[str]:
    """All that these built-in roles allow together, with the rights `own` of roles that the client made.

    A role or right that is not known any more allows nothing.
    """
    found = {right.value for role in roles for right in BUILT_IN.get(role, frozenset())}
    return frozenset(found | (ALL & set(own)))


def covers(mine: Iterable[str], theirs: Iterable[str]) -> bool:
    """Whether somebody with the rights `mine` may give or take the rights `theirs`: nobody gives what he lacks."""
    return set(theirs) <= set(mine)
