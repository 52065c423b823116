"""A provider to test with, put straight into its tables, and the people who work there."""

from collections.abc import Mapping
from typing import Any

from core import clock, db, policies
from core.accounts import attitudes, companies, projects
from core.actor import Actor, Tenant, system
from core.permissions import Permission

BEYOND_THE_CAST = 900


async def open_provider(number: int = 1, edition: str = "corporate", **facts: Any) -> Tenant:
    """A provider with its default project and its attitudes."""
    tenant = Tenant(
        id=BEYOND_THE_CAST + number, code=f"p{number}", name=f"Provider {number}", edition=edition, **facts
    )
    async with db.as_platform():
        await db.execute(
            """INSERT INTO providers (id, code, name, edition, created_at, state_changed_at)
               VALUES ($1, $2, $3, $4, $5, $5)""",
            tenant.id,
            tenant.code,
            tenant.name,
            edition,
            clock.now(),
        )
    async with db.as_tenant(tenant.id):
        await db.execute("INSERT INTO counters (name, next) VALUES ('client', 1001)")
        await projects.create_default(tenant.name, by=system(tenant))
        await companies.create_default(tenant.name, "FR", by=system(tenant))
        await attitudes.create_first(by=system(tenant))
    return tenant


def worker(tenant: Tenant, role: str = "owner", **facts: Any) -> Actor:
    """Somebody with this role; without a row, for verbs that ask for rights only."""
    return Actor(kind="staff", tenant=tenant, name=role.capitalize(), role=role, **facts)


def rights_of(tenant: Tenant, role: str) -> tuple[str, ...]:
    """All that a built-in role may in this provider's edition."""
    by = worker(tenant, role)
    return tuple(permission.value for permission in Permission if policies.allows(by, permission))


async def hire(tenant: Tenant, name: str, role: str = "owner", **facts: Any) -> Actor:
    """Somebody with this role, and the person and the staff row behind it. Inside the tenant's scope."""
    person_id = await db.value(
        "INSERT INTO people (email, name, password_hash, created_at) VALUES ($1, $2, 'x', $3) RETURNING id",
        f"{name.lower()}@{tenant.code}.example",
        name,
        clock.now(),
    )
    staff_id = await db.value(
        "INSERT INTO staff (person_id, role, created_at) VALUES ($1, $2, $3) RETURNING id",
        person_id,
        role,
        clock.now(),
    )
    return Actor(
        kind="staff", tenant=tenant, name=name, role=role, person_id=person_id, staff_id=staff_id, **facts
    )


async def add_client(login: str, **columns: Any) -> int:
    """A client of the tenant in scope; returns its id."""
    values: Mapping[str, Any] = {
        "code": await db.value("UPDATE counters SET next = next + 1 WHERE name = 'client' RETURNING next - 1"),
        "login": login,
        "name": login.title(),
        "kind": "individual",
        "email": f"{login}@example.org",
        "country": "FR",
        "project_id": await projects.default_id(),
        "attitude_id": await attitudes.default_id(),
        "registered_at": clock.now(),
    } | columns
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    return int(
        await db.value(
            f"INSERT INTO clients ({', '.join(values)}) VALUES ({places}) RETURNING id", *values.values()
        )
    )


async def entries(action: str) -> list[dict[str, Any]]:
    """What the audit of the tenant in scope has of an action, the oldest first."""
    found = await db.fetch("SELECT * FROM audit_entries WHERE action = $1 ORDER BY at, id", action)
    return [dict(row) for row in found]
