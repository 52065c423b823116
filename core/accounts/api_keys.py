"""API keys of staff: a random key, shown once, of which only the hash is kept.

A key acts for the staff member who made it, within the permissions it was given and within what that person may
now. When he loses a right, his key loses it; when he goes, it is dead.
"""

from datetime import date, datetime
from typing import Any

import msgspec
from asyncpg import Record
from piccolo.columns import Array, BigInt, Bytea, Date, Text, Timestamptz

from core import audit, clock, db, freshness, policies, quotas
from core.accounts import sessions, standing
from core.accounts.rows import is_id
from core.accounts.sessions import person_of
from core.accounts.standing import Standing
from core.actor import Actor, Tenant
from core.checks import Checks
from core.errors import NotFound
from core.i18n import _
from core.permissions import Permission

PREFIX = "comptoir_"
HINT_LETTERS = 6
LONGEST_NAME = 100


class ApiKey(db.Owned, tablename="api_keys"):
    """One key. `hint` is how it begins, for people to tell it from others."""

    staff_id = BigInt()
    name = Text()
    key_hash = Bytea()
    hint = Text()
    scopes = Array(base_column=Text())
    created_at = Timestamptz()
    expires_at = Timestamptz(null=True)
    last_used_on = Date(null=True)
    revoked_at = Timestamptz(null=True)


class NewKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`scopes` are permissions of one's own; without `expires_at` the key lasts until it is revoked."""

    name: str
    scopes: frozenset[str]
    expires_at: datetime | None = None


class Created(msgspec.Struct, frozen=True):
    """The key is shown this once."""

    id: int
    key: str


class _Remembered(msgspec.Struct, kw_only=True):
    id: int
    scopes: frozenset[str]
    expires_at: datetime | None
    last_used_on: date | None
    standing: Standing


async def actor_of_key(key: str, tenant: Tenant, *, address: str = "", request_id: str = "") -> Actor | None:
    """Who calls with this key; None for a wrong, revoked or expired one, and when its maker has no standing."""
    if tenant.state != "active" or not key.startswith(PREFIX):
        return None
    hashed = sessions.digest(key)
    found: _Remembered | None = await freshness.MEMORY.get(
        tenant.id, f"api_key:{hashed.hex()}", lambda: _load("k.key_hash = $1", hashed)
    )
    now = clock.now()
    if found is None or found.standing.kind(tenant) is None or (found.expires_at and found.expires_at <= now):
        return None
    if found.last_used_on != now.date():
        await _note_use(found, now.date())
    more: dict[str, Any] = {"api_key_id": found.id, "address": address, "request_id": request_id}
    return found.standing.actor("api_key", tenant, scopes=found.scopes, **more)


async def actor_by_id(key_id: int, tenant: Tenant, *, address: str = "", request_id: str = "") -> Actor | None:
    """Who a key that began a task acts for, as of now; None when the key or its maker has ended."""
    found = await _load("k.id = $1", key_id)
    if (
        found is None
        or found.standing.kind(tenant) is None
        or (found.expires_at and found.expires_at <= clock.now())
    ):
        return None
    more: dict[str, Any] = {"api_key_id": found.id, "address": address, "request_id": request_id}
    return found.standing.actor("api_key", tenant, scopes=found.scopes, **more)


async def every(*, by: Actor) -> list[Record]:
    """One's own keys that are not revoked, the newest first."""
    policies.require(by, Permission.API_KEY_MANAGE)
    person_of(by)
    return await db.fetch(
        """SELECT id, name, hint, scopes, created_at, expires_at, last_used_on FROM api_keys
           WHERE staff_id = $1 AND revoked_at IS NULL ORDER BY created_at DESC, id DESC""",
        by.staff_id,
    )


async def create(new: NewKey, *, by: Actor) -> Created:
    """Make a key for oneself. A key makes no keys, or it would outlive its own end."""
    policies.require(by, Permission.API_KEY_MANAGE)
    person_of(by)
    checks = Checks()
    name = checks.text("name", new.name, longest=LONGEST_NAME)
    if not new.scopes:
        checks.error("scopes", _("Please choose what the key may do."))
    elif not new.scopes <= policies.permissions_of(by):
        checks.error("scopes", _("A key cannot do more than you can."))
    if new.expires_at is not None and new.expires_at <= clock.now():
        checks.error("expires_at", _("This is in the past."))
    checks.done()
    key = PREFIX + sessions.new_token()
    key_id = await _insert(name, key, new, by=by)
    told = {"name": name, "scopes": new.scopes, "expires_at": new.expires_at}
    await audit.record("api_key:created", "api_key", key_id, by=by, name=name, new=told)
    return Created(key_id, key)


async def revoke(key_id: int, *, by: Actor) -> None:
    """End one of one's own keys, at once."""
    policies.require(by, Permission.API_KEY_MANAGE)
    person_of(by)
    row = is_id(key_id) and await db.row(
        """UPDATE api_keys SET revoked_at = $3 WHERE id = $1 AND staff_id = $2 AND revoked_at IS NULL
           RETURNING id, name""",
        key_id,
        by.staff_id,
        clock.now(),
    )
    if not row:
        raise NotFound()
    await audit.record("api_key:revoked", "api_key", key_id, by=by, name=row["name"])
    await freshness.forget_tenant(by.tenant.id)


async def revoke_all_of(staff_id: int, *, by: Actor) -> int:
    """End all keys of a staff member; returns how many. Asks for no right: it is part of removing him."""
    rows = await db.fetch(
        "UPDATE api_keys SET revoked_at = $2 WHERE staff_id = $1 AND revoked_at IS NULL RETURNING id, name",
        staff_id,
        clock.now(),
    )
    for row in rows:
        await audit.record("api_key:revoked", "api_key", row["id"], by=by, name=row["name"])
    if rows:
        await freshness.forget_tenant(by.tenant.id)
    return len(rows)


async def _load(condition: str, value: bytes | int) -> _Remembered | None:
    row = await db.row(
        f"""SELECT k.id AS key_id, k.scopes, k.expires_at, k.last_used_on, {standing.COLUMNS}
            FROM api_keys k JOIN staff f ON f.tenant_id = k.tenant_id AND f.id = k.staff_id
            {standing.JOINS} WHERE {condition} AND k.revoked_at IS NULL AND {standing.HOLDS}""",
        value,
    )
    if row is None:
        return None
    return _Remembered(
        id=row["key_id"],
        scopes=frozenset(row["scopes"]),
        expires_at=row["expires_at"],
        last_used_on=row["last_used_on"],
        standing=standing.of(row),
    )


async def _insert(name: str, key: str, new: NewKey, *, by: Actor) -> int:
    await quotas.require_room("api_keys", "SELECT count(*) FROM api_keys WHERE revoked_at IS NULL", by=by)
    return int(
        await db.value(
            """INSERT INTO api_keys (staff_id, name, key_hash, hint, scopes, created_at, expires_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id""",
            by.staff_id,
            name,
            sessions.digest(key),
            key[: len(PREFIX) + HINT_LETTERS],
            sorted(new.scopes),
            clock.now(),
            new.expires_at,
        )
    )


async def _note_use(found: _Remembered, today: date) -> None:
    """Once a day, without waiting for another request that does the same."""
    await db.execute(
        """UPDATE api_keys SET last_used_on = $2 WHERE id = (
               SELECT id FROM api_keys WHERE id = $1 AND last_used_on IS DISTINCT FROM $2
               FOR NO KEY UPDATE SKIP LOCKED)""",
        found.id,
        today,
    )
    found.last_used_on = today
