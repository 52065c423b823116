"""People who sign in for clients, as the staff keep them: one of them, his address, whether he gets in.

Where the edition has users as a module these are rights of their own. Where it has not, a client has its one user,
who is a part of it: who may see the client sees him, who may edit the client edits him.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType

from core import audit, db, freshness, i18n, notifications, policies
from core.accounts import (
    access,
    account_kinds,
    client_roles,
    links,
    memberships,
    people,
    rows,
    sessions,
    throttle,
    written_as,
)
from core.accounts.throttle import Limit
from core.accounts.user_access import FEATURE
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound
from core.filters import Conditions
from core.i18n import _
from core.permissions import Permission

LINKS_AN_HOUR = 5
READ = """SELECT p.id, p.name, p.email, p.locale, p.is_disabled, p.created_at, p.signed_in_at, p.version,
    p.password_hash IS NOT NULL AS has_password, p.totp_confirmed_at IS NOT NULL AS has_factor,
    EXISTS (SELECT FROM staff s WHERE s.person_id = p.id) AS is_staff FROM people p WHERE p.id = $1"""


class UserChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    name: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    locale: str | UnsetType = UNSET


async def get(person_id: int, *, by: Actor) -> dict[str, Any]:
    """One person, with the `memberships` in clients that `by` may see; `NotFound` when there is none."""
    policies.require(by, Permission.USER_READ)
    return await _seen(person_id, by=by)


async def owner_of(client_id: int, *, by: Actor) -> dict[str, Any]:
    """The person who owns a client: its one user, where the edition has no more."""
    policies.require(by, Permission.CLIENT_READ)
    await access.client(client_id, by=by)
    found = await db.value("SELECT person_id FROM memberships WHERE client_id = $1 AND is_owner", client_id)
    return await _seen(found or 0, by=by)


async def update(person_id: int, changes: UserChanges, *, version: int, by: Actor) -> dict[str, Any]:
    """Change his name, address or language; `EditConflict` when somebody else did meanwhile.

    With another address his sessions end and open links die; the old one is told.
    """
    before = await _managed(person_id, right_of(by), by=by)
    if before["version"] != version:
        raise EditConflict(before)
    values = _checked({field: before[field] for field in ("name", "email", "locale")} | rows.given(changes))
    changed = {field: value for field, value in values.items() if value != before[field]}
    if not changed:
        return before
    await _require_free(values["email"], person_id)
    await rows.save("people", before, values)
    old = {field: before[field] for field in changed}
    await audit.record("person:updated", "person", person_id, by=by, name=before["name"], old=old, new=changed)
    if "email" in changed:
        await _moved(before, by=by)
    await freshness.forget_tenant(by.tenant.id)
    return await _seen(person_id, by=by)


async def send_link(person_id: int, *, by: Actor) -> dict[str, Any]:
    """Mail him a link to choose a password; returns him. Raises `TooManyAttempts`."""
    found = await _managed(person_id, right_of(by), by=by)
    if found["is_disabled"]:
        raise Conflict(_("%(name)s is kept out. Let in again first.") % {"name": found["name"]})
    await throttle.count(Limit(f"link:person:{person_id}", LINKS_AN_HOUR, timedelta(hours=1)))
    purpose: links.Purpose = "password" if found["has_password"] else "welcome"
    await links.send(purpose, person_id, base_url=by.tenant.base_url, by=by)
    return found


async def keep_out(person_id: int, *, by: Actor) -> dict[str, Any]:
    """Shut him out of all his clients until he is let in again; his sessions end. Returns him."""
    await _managed(person_id, Permission.USER_DISABLE, by=by)
    await people.shut_out(person_id, by=by)
    return await _seen(person_id, by=by)


async def let_in(person_id: int, *, by: Actor) -> dict[str, Any]:
    """Let him in again, with the password as it was; returns him."""
    await _managed(person_id, Permission.USER_DISABLE, by=by)
    await people.let_in(person_id, by=by)
    return await _seen(person_id, by=by)


def why_not(found: Mapping[str, Any]) -> str:
    """Why the staff may not change this person, "" when they may."""
    if found["is_staff"]:
        return _("%(name)s works here, and keeps this on the own page.") % {"name": found["name"]}
    if found["is_cleared"]:
        return _("The personal data of this user was cleared; nothing in it changes any more.")
    if found["hidden"]:
        return _("%(name)s is a user of clients, too, that you may not see.") % {"name": found["name"]}
    return ""


async def _managed(person_id: int, permission: Permission, *, by: Actor) -> dict[str, Any]:
    """The person, locked, for a change of what counts for all of his clients: `by` must see each of them."""
    policies.require(by, permission)
    await people.find(person_id, lock=True)
    found = await _seen(person_id, by=by)
    if refusal := why_not(found):
        raise Forbidden(refusal)
    return found


async def _seen(person_id: int, *, by: Actor) -> dict[str, Any]:
    person = await db.row(READ, person_id) if rows.is_id(person_id) else None
    if person is None:
        raise NotFound()
    conditions = Conditions()
    conditions.equals("m.person_id", person_id)
    access.limit_to_visible(conditions, by=by)
    found = await db.fetch(
        f"""SELECT {memberships.COLUMNS}, c.code AS client_code, c.name AS client_name, c.status AS client_status,
                c.cleared_at
            FROM memberships m JOIN people p ON p.id = m.person_id JOIN clients c ON c.id = m.client_id
            WHERE {conditions.sql} ORDER BY m.is_owner DESC, c.name_folded, c.id""",
        *conditions.arguments,
    )
    if not found:
        raise NotFound()
    count = await db.value("SELECT count(*) FROM memberships WHERE person_id = $1", person_id)
    return dict(person) | {
        "memberships": [_member(row) for row in found],
        "hidden": count - len(found),
        "is_cleared": count == len(found) and all(row["cleared_at"] is not None for row in found),
    }


def _member(row: Record) -> dict[str, Any]:
    return memberships.shown(row) | {"role_labels": client_roles.names(row["roles"], row["role_names"])}


def right_of(by: Actor) -> Permission:
    """The right that is asked for: of users as a module, or of the client that the user is a part of."""
    return Permission.USER_UPDATE if policies.has_feature(by.tenant, FEATURE) else Permission.CLIENT_UPDATE


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    checks = Checks()
    kept = {
        "name": checks.text("name", values["name"], longest=people.LONGEST_NAME),
        "email": people.checked_email(checks, values["email"]),
        "locale": checks.choice("locale", values["locale"], i18n.LOCALES),
    }
    checks.done()
    return kept


async def _require_free(email: str, person_id: int) -> None:
    other = await people.find_by_email(email)
    if other is not None and other["id"] != person_id:
        raise Invalid({"email": _("Somebody here has this address already.")})


async def _moved(before: Mapping[str, Any], *, by: Actor) -> None:
    """What the old mailbox opened opens nothing any more, and it is told."""
    await db.execute("DELETE FROM links WHERE person_id = $1 AND used_at IS NULL", before["id"])
    await sessions.end_all_of(before["id"], by=by)
    home = await written_as.home(before["id"])
    await notifications.notify(
        account_kinds.ADDRESS_CHANGED,
        to=people.recipient(before),
        data={"name": before["name"]},
        client_id=home.client_id,
        project_id=home.project_id,
        by=by,
    )
