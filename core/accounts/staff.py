"""Staff: who of the people works here, in which role, and limited to which projects and groups.

Nobody gives rights that he does not have, nobody changes somebody who may do more than he, nobody changes his own
role, and one owner always remains. A change of rights ends the sessions of whom it concerns.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import BigInt, Integer, Text, Timestamptz

from core import audit, clock, db, freshness, policies, quotas
from core.accounts import api_keys, links, passkeys, people, roles, rows, sessions, staff_limits
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound
from core.i18n import _
from core.permissions import Permission

READ = """SELECT s.id, s.person_id, p.name, p.email, s.role, s.role_id, r.name AS role_name, r.permissions,
           s.state, s.reseller_id, s.created_at, s.version, p.is_disabled,
           p.password_hash IS NOT NULL AS has_password,
           p.totp_confirmed_at IS NOT NULL
               OR EXISTS (SELECT FROM passkeys k WHERE k.person_id = p.id) AS has_factor,
           (SELECT max(x.seen_at) FROM sessions x WHERE x.person_id = s.person_id) AS seen_at,
           ARRAY(SELECT l.project_id FROM staff_projects l WHERE l.staff_id = s.id ORDER BY 1) AS project_ids,
           ARRAY(SELECT l.group_id FROM staff_groups l WHERE l.staff_id = s.id ORDER BY 1) AS group_ids
    FROM staff s JOIN people p ON p.id = s.person_id LEFT JOIN roles r ON r.id = s.role_id"""


class Staff(db.Owned, tablename="staff"):
    """A person at work here. Either a built-in `role`, or the `role_id` of one the provider made."""

    person_id = BigInt()
    role = Text()
    role_id = BigInt(null=True)
    reseller_id = BigInt(null=True)
    state = Text()
    created_at = Timestamptz()
    version = Integer()


class NewStaff(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody to be invited. `role` is the key of a role (`core/accounts/roles.py`); no ids are no limit."""

    email: str
    name: str
    role: str
    project_ids: tuple[int, ...] = ()
    group_ids: tuple[int, ...] = ()


class StaffChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    role: str | UnsetType = UNSET
    project_ids: tuple[int, ...] | UnsetType = UNSET
    group_ids: tuple[int, ...] | UnsetType = UNSET


async def every(*, by: Actor) -> list[dict[str, Any]]:
    """The staff by name, those who were removed last: with `role_key`, `role_title`, and the limits' ids."""
    policies.require(by, Permission.STAFF_READ)
    found = await db.fetch(f"{READ} WHERE s.reseller_id IS NULL ORDER BY s.state, lower(p.name), s.id")
    return [_shown(row) for row in found]


async def get(staff_id: int, *, by: Actor) -> dict[str, Any]:
    """One member of staff."""
    policies.require(by, Permission.STAFF_READ)
    return _shown(await _read(staff_id))


async def invite(new: NewStaff, *, base_url: str, by: Actor) -> dict[str, Any]:
    """Take somebody onto the staff, and mail him a link on `base_url` to choose a password."""
    policies.require(by, Permission.STAFF_MANAGE)
    checks = Checks()
    email, name = people.checked_email(checks, new.email), checks.text("name", new.name, longest=200)
    person_id = None if "email" in checks.errors else await _free_person(checks, email)
    role, role_id = await _checked_role(checks, new.role, by=by)
    limits = staff_limits.Limits(projects=new.project_ids, groups=new.group_ids)
    await staff_limits.check(checks, limits, before=staff_limits.NONE, by=by)
    checks.done()
    await quotas.require_room("staff", "SELECT count(*) FROM staff WHERE state = 'active'", by=by)
    if person_id is None:
        person_id = await people.create(people.NewPerson(email=email, name=name), by=by)
    else:
        await people.forget_password(person_id, by=by)
        await passkeys.remove_all_of(person_id, by=by)
    row = await _add(person_id, role, role_id, limits)
    await audit.record("staff:invited", "staff", row["id"], by=by, name=row["name"], new=await _told(row))
    await links.send("invitation", person_id, base_url=base_url, by=by)
    await freshness.forget_tenant(by.tenant.id)
    return _shown(row)


async def update(staff_id: int, changes: StaffChanges, *, version: int, by: Actor) -> dict[str, Any]:
    """Change somebody's role or limits, which ends his sessions; `EditConflict` on a stale version."""
    policies.require(by, Permission.STAFF_MANAGE)
    before = await locked(staff_id, by=by)
    if before["version"] != version:
        raise EditConflict(_shown(before))
    checks, limits = Checks(), staff_limits.changed(before, changes.project_ids, changes.group_ids)
    role, role_id = before["role"], before["role_id"]
    if changes.role is not UNSET and changes.role != _key(before):
        role, role_id = await _checked_role(checks, changes.role, by=by)
    await staff_limits.check(checks, limits, before=staff_limits.of(before), by=by)
    checks.done()
    if (role, role_id, limits) == (before["role"], before["role_id"], staff_limits.of(before)):
        return _shown(before)
    if role != before["role"]:
        await require_other_owner(before, by=by)
    await db.execute(
        "UPDATE staff SET role = $2, role_id = $3, version = version + 1 WHERE id = $1", staff_id, role, role_id
    )
    await staff_limits.save(staff_id, limits)
    after = await _read(staff_id)
    old, new = await _told(before), await _told(after)
    await audit.record("staff:updated", "staff", staff_id, by=by, name=after["name"], old=old, new=new)
    await sessions.end_all_of(after["person_id"], by=by)
    await freshness.forget_tenant(by.tenant.id)
    return _shown(after)


async def remove(staff_id: int, *, by: Actor) -> None:
    """Let somebody go: his sessions, API keys and open invitation end with it. The name stays in the activity."""
    policies.require(by, Permission.STAFF_MANAGE)
    row = await locked(staff_id, by=by)
    if row["state"] == "removed":
        return
    await require_other_owner(row, by=by)
    await db.execute("UPDATE staff SET state = 'removed', version = version + 1 WHERE id = $1", staff_id)
    old, new = {"state": "active"}, {"state": "removed"}
    await audit.record("staff:removed", "staff", staff_id, by=by, name=row["name"], old=old, new=new)
    await sessions.end_all_of(row["person_id"], by=by)
    await api_keys.revoke_all_of(staff_id, by=by)
    await withdraw_invitation(row["person_id"])
    await freshness.forget_tenant(by.tenant.id)


async def restore(staff_id: int, *, by: Actor) -> None:
    """Take somebody back, with the role and limits he had. His API keys and his invitation do not come back."""
    policies.require(by, Permission.STAFF_MANAGE)
    row = await locked(staff_id, by=by)
    if row["state"] == "active":
        return
    await quotas.require_room("staff", "SELECT count(*) FROM staff WHERE state = 'active'", by=by)
    await db.execute("UPDATE staff SET state = 'active', version = version + 1 WHERE id = $1", staff_id)
    old, new = {"state": "removed"}, {"state": "active"}
    await audit.record("staff:restored", "staff", staff_id, by=by, name=row["name"], old=old, new=new)
    await freshness.forget_tenant(by.tenant.id)


async def _add(person_id: int, role: str, role_id: int | None, limits: staff_limits.Limits) -> Record:
    staff_id = await db.value(
        """INSERT INTO staff (person_id, role, role_id, created_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (tenant_id, person_id) DO NOTHING RETURNING id""",
        person_id,
        role,
        role_id,
        clock.now(),
    )
    if staff_id is None:
        raise Invalid({"email": _("This person is on the staff already.")})
    await staff_limits.save(staff_id, limits)
    return await _read(staff_id)


async def _read(staff_id: int) -> Record:
    found = (
        await db.row(f"{READ} WHERE s.id = $1 AND s.reseller_id IS NULL", staff_id)
        if rows.is_id(staff_id)
        else None
    )
    if found is None:
        raise NotFound()
    return found


async def withdraw_invitation(person_id: int) -> None:
    """The links that are still open lead nowhere any more."""
    await db.execute(
        "DELETE FROM links WHERE person_id = $1 AND purpose = 'invitation' AND used_at IS NULL", person_id
    )


async def locked(staff_id: int, *, by: Actor) -> Record:
    """The row for a change; `Forbidden` when it is one's own, or that of somebody who may do more.

    Changes of the staff take turns: of two owners who remove each other at the same moment, one remains.
    """
    await quotas.take_turn("staff", by=by)
    await rows.locked("staff", staff_id)
    row = await _read(staff_id)
    if row["id"] == by.staff_id:
        raise Forbidden(_("Nobody changes his own rights. Ask a colleague."))
    if not is_in_reach(row, by=by):
        raise Forbidden(_("%(name)s may do more than you, so you cannot change this.") % {"name": row["name"]})
    return row


def is_in_reach(row: Mapping[str, Any], *, by: Actor) -> bool:
    """Whether this member of staff may do and see no more than `by`."""
    own = row["permissions"]
    return roles.covers(_key(row), own, by=by) and staff_limits.covers(staff_limits.of(row), by=by)


async def _free_person(checks: Checks, email: str) -> int | None:
    """The person with this address when he is here in another part; None when he is to be added."""
    person = await people.find_by_email(email)
    if person is None:
        return None
    state = await db.value("SELECT state FROM staff WHERE person_id = $1", person["id"])
    if state == "active":
        checks.error("email", _("This person is on the staff already."))
    elif state == "removed":
        checks.error("email", _("This person was on the staff before. Take him back in the list instead."))
    return int(person["id"])


async def _checked_role(checks: Checks, key: str, *, by: Actor) -> tuple[str, int | None]:
    """The columns `role` and `role_id` for the key of a role that `by` may give."""
    if key in policies.roles(by.tenant) and key != "reseller":
        chosen: tuple[str, int | None] = (key, None)
        permissions = None
    else:
        own = await roles.find(key)
        if own is None:
            checks.error("role", _("Please choose one.") if not key else _("This is not one of the choices."))
            return "", None
        chosen, permissions = ("", own["id"]), own["permissions"]
    if not roles.covers(key, permissions, by=by):
        checks.error("role", _("This role may do more than you, so you cannot give it."))
    return chosen


async def require_other_owner(row: Record, *, by: Actor) -> None:
    """`Conflict` when this is the last one in the mightiest role."""
    mightiest = policies.roles(by.tenant)[0]
    if row["role"] != mightiest or row["state"] != "active":
        return
    has_other = await db.value(
        """SELECT EXISTS (SELECT FROM staff s JOIN people p ON p.id = s.person_id
           WHERE s.role = $1 AND s.id <> $2 AND s.state = 'active' AND NOT p.is_disabled)""",
        mightiest,
        row["id"],
    )
    if not has_other:
        raise Conflict(_("%(name)s is the last owner. Make somebody else an owner first.") % {"name": row["name"]})


def _key(row: Mapping[str, Any]) -> str:
    return row["role"] or str(row["role_id"])


def _shown(row: Record) -> dict[str, Any]:
    return dict(row) | {
        "role_key": _key(row),
        "role_title": row["role_name"] or roles.title(row["role"]),
        "is_invited": row["state"] == "active" and not row["has_password"],
    }


async def _told(row: Record) -> dict[str, Any]:
    """What the audit keeps: names, because ids say nothing to people and rows may go."""
    return {"role": row["role_name"] or row["role"]} | await staff_limits.names(staff_limits.of(row))
