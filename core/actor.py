"""Who acts, and for whom: the provider and the person that every write, check and audit entry names."""

from typing import Literal

import msgspec

PLATFORM = 0
"""The tenant id of the platform itself: operators and resellers sign in there. Providers start at 1."""

Kind = Literal["staff", "user", "operator", "reseller", "api_key", "system", "plugin", "visitor"]


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a provider on every request.

    `granted` and `refused` are features on top of, and taken from, the edition. `plugins` are the names of
    those that are switched on. `color` is one of the brand colours of the stylesheet. `base_url` begins the
    links in what is mailed; it comes from the hosts we keep, never from a request. In a sandbox time can be moved.
    """

    id: int
    code: str
    name: str
    state: Literal["active", "suspended"] = "active"
    edition: str = "standard"
    granted: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    plugins: frozenset[str] = frozenset()
    locale: str = "en"
    timezone: str = "UTC"
    country: str = "FR"
    color: str = "blue"
    mfa_roles: frozenset[str] = frozenset()
    base_url: str = ""
    is_sandbox: bool = False

    @property
    def is_platform(self) -> bool:
        """Whether this is the platform itself and no provider."""
        return self.id == PLATFORM


class ClientSeat(msgspec.Struct, frozen=True, kw_only=True):
    """The client that a person acts for in the portal, and what he may there (`core/accounts/rights.py`).

    `roles` are the built-in ones; `rights` are all that he may, also by roles that the client made.
    """

    id: int
    code: int
    name: str
    roles: frozenset[str]
    rights: frozenset[str]
    is_closed: bool = False

    @property
    def is_owner(self) -> bool:
        """Whether the client is his."""
        return "owner" in self.roles


class Impersonator(msgspec.Struct, frozen=True, kw_only=True):
    """The member of staff who acts inside a client's account, and the visit it is part of."""

    visit_id: int
    staff_id: int
    name: str


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, or something, that acts inside one tenant.

    `role` names a built-in role or one the provider made; for the latter `permissions` holds its permissions,
    for a built-in one it is None. `projects` and `groups` are the ids a staff member is limited to, None for
    all. `scopes` are the permissions an API key was given; None when no key is involved. `client` is the seat of
    a user, and of a member of staff who is also one; None when no client was chosen or the membership is gone.
    `impersonator` is the member of staff who has entered the client's account; there is no person then.
    """

    kind: Kind
    tenant: Tenant
    name: str
    role: str = ""
    person_id: int | None = None
    staff_id: int | None = None
    reseller_id: int | None = None
    api_key_id: int | None = None
    session_id: int | None = None
    permissions: frozenset[str] | None = None
    scopes: frozenset[str] | None = None
    projects: frozenset[int] | None = None
    groups: frozenset[int] | None = None
    client: ClientSeat | None = None
    impersonator: Impersonator | None = None
    address: str = ""
    request_id: str = ""
    locale: str = "en"

    @property
    def is_signed_in(self) -> bool:
        """Whether a person or a key stands behind this actor."""
        return self.kind not in ("visitor",)


def visitor(tenant: Tenant, *, address: str = "", request_id: str = "", locale: str = "en") -> Actor:
    """Somebody who has not signed in."""
    return Actor(
        kind="visitor", tenant=tenant, name="visitor", address=address, request_id=request_id, locale=locale
    )


def system(tenant: Tenant, *, name: str = "system") -> Actor:
    """Comptoir itself: jobs, migrations of data, the command line. May do what the edition allows."""
    return Actor(kind="system", tenant=tenant, name=name, locale=tenant.locale)
