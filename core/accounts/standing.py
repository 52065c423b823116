"""What a person is here right now: the staff row, the role, the rights and limits, read in one query.

Sessions and API keys both make their actors from it, so that neither outlives the person, the staff row, the
role or the reseller behind it.
"""

from typing import Any

import msgspec
from asyncpg import Record

from core import db
from core.actor import Actor, Kind, Tenant

COLUMNS = """p.id AS person_id, p.name, p.email, p.locale, p.theme, p.preferences,
    p.totp_confirmed_at IS NOT NULL AS has_factor,
    f.id AS staff_id, f.role, f.role_id, f.reseller_id, r.name AS role_name, r.permissions,
    ARRAY(SELECT project_id FROM staff_projects l
        WHERE l.tenant_id = f.tenant_id AND l.staff_id = f.id) AS projects,
    ARRAY(SELECT group_id FROM staff_groups l
        WHERE l.tenant_id = f.tenant_id AND l.staff_id = f.id) AS groups"""

JOINS = """JOIN people p ON p.tenant_id = f.tenant_id AND p.id = f.person_id AND NOT p.is_disabled
    LEFT JOIN roles r ON r.tenant_id = f.tenant_id AND r.id = f.role_id
    LEFT JOIN resellers x ON x.id = f.reseller_id"""

HOLDS = "f.state = 'active' AND (f.reseller_id IS NULL OR x.state = 'active')"
"""A query selects COLUMNS from `staff f` with JOINS, under HOLDS and its own condition."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One row of such a query."""

    person_id: int
    name: str
    email: str
    locale: str
    theme: str
    preferences: dict[str, Any]
    has_factor: bool
    staff_id: int
    role: str
    role_id: int | None
    reseller_id: int | None
    permissions: frozenset[str] | None
    projects: frozenset[int] | None
    groups: frozenset[int] | None

    def needs_factor(self, tenant: Tenant) -> bool:
        """Whether the provider asks a second factor of this role; one of his own is named or given by its id."""
        return self.role in tenant.mfa_roles or str(self.role_id) in tenant.mfa_roles

    def kind(self, tenant: Tenant) -> Kind | None:
        """As what the person acts; None when the role does not belong where it stands."""
        if not tenant.is_platform:
            return "staff" if self.reseller_id is None else None
        if self.role == "operator" and self.reseller_id is None:
            return "operator"
        return "reseller" if self.role == "reseller" and self.reseller_id is not None else None

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
            locale=self.locale,
            **more,
        )


def of(row: Record) -> Standing:
    """The standing in a row of COLUMNS."""
    return Standing(
        person_id=row["person_id"],
        name=row["name"],
        email=row["email"],
        locale=row["locale"],
        theme=row["theme"],
        preferences=row["preferences"],
        has_factor=row["has_factor"],
        staff_id=row["staff_id"],
        role=row["role"] or row["role_name"] or "",
        role_id=row["role_id"],
        reseller_id=row["reseller_id"],
        permissions=None if row["permissions"] is None else frozenset(row["permissions"]),
        projects=frozenset(row["projects"]) or None,
        groups=frozenset(row["groups"]) or None,
    )


async def find(person_id: int) -> Standing | None:
    """The standing of a person; None when he has none."""
    row = await db.row(f"SELECT {COLUMNS} FROM staff f {JOINS} WHERE f.person_id = $1 AND {HOLDS}", person_id)
    return of(row) if row else None
