"""What a person is here right now: the staff row, the role, the rights and limits, and the seat in a client.

Read in one query. Sessions and API keys both make their actors from it, so that neither outlives the person, the
staff row, the role, the reseller or the membership behind it.
"""

from typing import Any

import msgspec
from asyncpg import Record

from core import db, policies
from core.accounts import rights
from core.accounts.rights import Right
from core.actor import Actor, ClientSeat, Kind, Tenant

COLUMNS = """p.id AS person_id, p.name, p.email, p.locale, p.theme, p.preferences,
    p.totp_confirmed_at IS NOT NULL AS has_factor,
    EXISTS (SELECT FROM passkeys k WHERE k.tenant_id = p.tenant_id AND k.person_id = p.id) AS has_passkey,
    f.id AS staff_id, f.role, f.role_id, f.reseller_id, r.name AS role_name, r.permissions,
    ARRAY(SELECT project_id FROM staff_projects l
        WHERE l.tenant_id = f.tenant_id AND l.staff_id = f.id) AS projects,
    ARRAY(SELECT group_id FROM staff_groups l
        WHERE l.tenant_id = f.tenant_id AND l.staff_id = f.id) AS groups"""

JOINS = """JOIN people p ON p.tenant_id = f.tenant_id AND p.id = f.person_id AND NOT p.is_disabled
    LEFT JOIN roles r ON r.tenant_id = f.tenant_id AND r.id = f.role_id
    LEFT JOIN resellers x ON x.id = f.reseller_id"""

HOLDS = "f.state = 'active' AND (f.reseller_id IS NULL OR x.state = 'active')"
"""A query about staff selects COLUMNS from `staff f` with JOINS, under HOLDS and its own condition."""

SEAT_COLUMNS = """m.roles AS seat_roles, c.id AS seat_id, c.code AS seat_code, c.name AS seat_name,
    c.status AS seat_status,
    ARRAY(SELECT unnest(o.rights) FROM membership_roles l
        JOIN client_roles o ON o.tenant_id = l.tenant_id AND o.id = l.role_id
        WHERE l.tenant_id = m.tenant_id AND l.client_id = m.client_id AND l.person_id = m.person_id
    ) AS seat_rights"""

OF_A_PERSON = f"""LEFT JOIN (staff f LEFT JOIN resellers x ON x.id = f.reseller_id)
        ON f.tenant_id = p.tenant_id AND f.person_id = p.id AND {HOLDS}
    LEFT JOIN roles r ON r.tenant_id = f.tenant_id AND r.id = f.role_id
    LEFT JOIN clients c ON c.tenant_id = m.tenant_id AND c.id = m.client_id"""

FIRST_SEAT = """LEFT JOIN LATERAL (
        SELECT b.* FROM memberships b JOIN clients d ON d.tenant_id = b.tenant_id AND d.id = b.client_id
        WHERE b.tenant_id = p.tenant_id AND b.person_id = p.id AND (b.is_owner OR $2)
        ORDER BY d.status = 'closed', NOT b.is_owner, b.created_at, b.client_id LIMIT 1
    ) m ON true"""
"""The membership that somebody begins with: of a client that is open and his own, if he has one; else the one he
joined first. `$2` says whether others than owners have a seat."""

IS_SOMEBODY = "NOT p.is_disabled AND (f.id IS NOT NULL OR c.id IS NOT NULL)"
"""A query about whoever signs in selects COLUMNS and SEAT_COLUMNS from `people p`, a membership `m` and
OF_A_PERSON, under IS_SOMEBODY and its own condition."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One row of such a query. `staff_id` is None for who is a user only, `seat` for who is in no client."""

    person_id: int
    name: str
    email: str
    locale: str
    theme: str
    preferences: dict[str, Any]
    has_factor: bool
    has_passkey: bool
    staff_id: int | None
    role: str
    role_id: int | None
    reseller_id: int | None
    permissions: frozenset[str] | None
    projects: frozenset[int] | None
    groups: frozenset[int] | None
    seat: ClientSeat | None = None

    def needs_factor(self, tenant: Tenant) -> bool:
        """Whether the provider asks a second factor of this role; one of his own is named or given by its id."""
        return self.role in tenant.mfa_roles or str(self.role_id) in tenant.mfa_roles

    def has_second_step(self, tenant: Tenant) -> bool:
        """Whether the password alone is not enough; a passkey alone asks that of nobody who may do without."""
        return self.has_factor or (self.has_passkey and self.needs_factor(tenant))

    def kind(self, tenant: Tenant) -> Kind | None:
        """As what the person acts; None when the role does not belong where it stands."""
        if self.staff_id is None:
            return "user" if self.seat_in(tenant) else None
        if not tenant.is_platform:
            return "staff" if self.reseller_id is None else None
        if self.role == "operator" and self.reseller_id is None:
            return "operator"
        return "reseller" if self.role == "reseller" and self.reseller_id is not None else None

    def seat_in(self, tenant: Tenant) -> ClientSeat | None:
        """The seat, unless the edition has none but the owner's."""
        if self.seat is None or self.seat.is_owner or policies.has_feature(tenant, "users"):
            return self.seat
        return None

    def actor(self, kind: Kind, tenant: Tenant, **more: Any) -> Actor:
        """The actor that stands for the person, with what the caller knows of the request."""
        return Actor(
            kind=kind,
            tenant=tenant,
            name=self.name,
            role=self.role,
            person_id=self.person_id,
            staff_id=self.staff_id,
            reseller_id=self.reseller_id,
            permissions=self.permissions,
            projects=self.projects,
            groups=self.groups,
            client=None if kind == "api_key" else self.seat_in(tenant),
            locale=self.locale,
            **more,
        )


def of(row: Record, *, is_seated: bool = False) -> Standing:
    """The standing in a row of COLUMNS, and of SEAT_COLUMNS when `is_seated`."""
    return Standing(
        person_id=row["person_id"],
        name=row["name"],
        email=row["email"],
        locale=row["locale"],
        theme=row["theme"],
        preferences=row["preferences"],
        has_factor=row["has_factor"],
        has_passkey=row["has_passkey"],
        staff_id=row["staff_id"],
        role=row["role"] or row["role_name"] or "",
        role_id=row["role_id"],
        reseller_id=row["reseller_id"],
        permissions=None if row["permissions"] is None else frozenset(row["permissions"]),
        projects=frozenset(row["projects"]) or None,
        groups=frozenset(row["groups"]) or None,
        seat=_seat(row) if is_seated and row["seat_id"] is not None else None,
    )


def brings(right: Right, *, tenant: Tenant) -> str:
    """The condition that a membership `m` gives its person a right: by a built-in role or one of the client's own.

    Where the edition has no further users only the owner's does.
    """
    built_in = ", ".join(f"'{role}'" for role, given in rights.BUILT_IN.items() if right in given)
    seated = "true" if policies.has_feature(tenant, "users") else "m.is_owner"
    return f"""({seated} AND (m.roles && ARRAY[{built_in}]::text[] OR EXISTS (SELECT FROM membership_roles l
        JOIN client_roles o ON o.tenant_id = l.tenant_id AND o.id = l.role_id
        WHERE l.tenant_id = m.tenant_id AND l.client_id = m.client_id AND l.person_id = m.person_id
        AND '{right}' = ANY(o.rights))))"""


async def find(person_id: int) -> Standing | None:
    """The standing of a person; None when he has none."""
    row = await db.row(f"SELECT {COLUMNS} FROM staff f {JOINS} WHERE f.person_id = $1 AND {HOLDS}", person_id)
    return of(row) if row else None


def _seat(row: Record) -> ClientSeat:
    return ClientSeat(
        id=row["seat_id"],
        code=row["seat_code"],
        name=row["seat_name"],
        roles=frozenset(row["seat_roles"]),
        rights=rights.of(row["seat_roles"], row["seat_rights"]),
        is_closed=row["seat_status"] == "closed",
    )
