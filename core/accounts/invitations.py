"""Invitations into a client: sent by mail to an address, for seven days, for one use.

Of the link only a hash is kept, and its address is built on a host of the provider's that we keep, never on what a
request calls itself. Whether the address is known here is not looked at: the answer, the mail and the work are the
same. What happens behind the link stands in `joining.py`.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from asyncpg import Record
from piccolo.columns import Array, BigInt, Bytea, Text, Timestamptz

from core import audit, clock, db, notifications
from core.accounts import (
    account_kinds,
    client_roles,
    memberships,
    people,
    rights,
    rows,
    sessions,
    throttle,
    user_access,
    written_as,
)
from core.accounts.throttle import Limit
from core.accounts.user_access import Managed
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, Forbidden, NotFound
from core.i18n import _
from core.notifications import Recipient
from core.permissions import Permission

LASTS = timedelta(days=7)
KEPT = timedelta(days=30)
MOST = 100
"""Open invitations of one client."""
HOUR = timedelta(hours=1)
MAILED_PER_CLIENT = 30
MAILED_PER_ADDRESS = 5

READ = """SELECT i.*,
    ARRAY(SELECT o.name FROM client_roles o WHERE o.client_id = i.client_id AND o.id = ANY(i.role_ids)
        ORDER BY o.name_folded, o.id) AS role_names,
    ARRAY(SELECT unnest(o.rights) FROM client_roles o
        WHERE o.client_id = i.client_id AND o.id = ANY(i.role_ids)) AS own_rights
    FROM invitations i"""


class Invitation(db.Owned, tablename="invitations"):
    """One that was not accepted yet. `inviter_id` is the user who sent it, None for the staff."""

    client_id = BigInt()
    email = Text()
    roles = Array(base_column=Text())
    role_ids = Array(base_column=BigInt())
    token_hash = Bytea()
    invited_by = Text()
    inviter_id = BigInt(null=True)
    sent_at = Timestamptz()
    expires_at = Timestamptz()


class NewInvitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is invited, and the keys of the roles that he will have."""

    email: str
    roles: tuple[str, ...] = ()


async def of_client(client_id: int, *, by: Actor) -> list[dict[str, Any]]:
    """Those that wait, by address, with `role_keys`, `rights`, and `is_over` when the link is too old."""
    await user_access.looked_at(client_id, by=by)
    found = await db.fetch(f"{READ} WHERE i.client_id = $1 ORDER BY i.email_folded", client_id)
    return [shown(row) for row in found]


async def send(client_id: int, new: NewInvitation, *, by: Actor) -> dict[str, Any]:
    """Invite somebody into a client; returns the invitation. Raises `Invalid` under "email" and "roles"."""
    found = await user_access.managed(client_id, Permission.USER_INVITE, by=by)
    checks = Checks()
    email = people.checked_email(checks, new.email)
    given = await client_roles.chosen(checks, new.roles, found)
    if "email" not in checks.errors:
        await _check_is_new(checks, client_id, email)
    checks.done()
    if await db.value("SELECT count(*) FROM invitations WHERE client_id = $1", client_id) >= MOST:
        raise Conflict(_("A client has room for %(count)s open invitations.") % {"count": MOST})
    await _count(client_id, email)
    await db.execute("DELETE FROM invitations WHERE client_id = $1 AND email_folded = lower($2)", client_id, email)
    token, now = sessions.new_token(), clock.now()
    invitation_id = await db.value(
        """INSERT INTO invitations (client_id, email, roles, role_ids, token_hash, invited_by, inviter_id, sent_at,
               expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id""",
        client_id,
        email,
        given.roles,
        given.role_ids,
        sessions.digest(token),
        by.name,
        _inviter(by),
        now,
        now + LASTS,
    )
    told = {"email": email, "roles": given.names}
    await audit.record(
        "invitation:sent", "invitation", invitation_id, by=by, name=email, client_id=client_id, new=told
    )
    await _mail(found.client, email, token, by=by)
    return shown(await _find(client_id, invitation_id))


async def resend(client_id: int, invitation_id: int, *, by: Actor) -> dict[str, Any]:
    """Mail a new link, for seven more days; the old one opens nothing any more."""
    found = await user_access.managed(client_id, Permission.USER_INVITE, by=by)
    row = await _find(client_id, invitation_id)
    _require_reach(found, row)
    await _count(client_id, row["email"])
    token, now = sessions.new_token(), clock.now()
    await db.execute(
        """UPDATE invitations SET token_hash = $2, sent_at = $3, expires_at = $4, invited_by = $5, inviter_id = $6
           WHERE id = $1""",
        invitation_id,
        sessions.digest(token),
        now,
        now + LASTS,
        by.name,
        _inviter(by),
    )
    await audit.record(
        "invitation:resent", "invitation", invitation_id, by=by, name=row["email"], client_id=client_id
    )
    await _mail(found.client, row["email"], token, by=by)
    return shown(await _find(client_id, invitation_id))


async def withdraw(client_id: int, invitation_id: int, *, by: Actor) -> None:
    """Take it back: the link opens nothing any more."""
    found = await user_access.managed(client_id, Permission.USER_INVITE, by=by, is_open=False)
    row = await _find(client_id, invitation_id)
    _require_reach(found, row)
    await db.execute("DELETE FROM invitations WHERE id = $1", invitation_id)
    await audit.record(
        "invitation:withdrawn", "invitation", invitation_id, by=by, name=row["email"], client_id=client_id
    )


async def withdraw_all_of(client_id: int, person_id: int) -> None:
    """Those that a user sent, who may invite nobody any more. Asks for no right."""
    await db.execute("DELETE FROM invitations WHERE client_id = $1 AND inviter_id = $2", client_id, person_id)


async def still_holds(row: Record) -> bool:
    """Whether the user who sent it may still give what it brings; what staff sent holds."""
    if row["inviter_id"] is None:
        return True
    try:
        inviter = await memberships.member(row["client_id"], row["inviter_id"])
    except NotFound:
        return False
    may: frozenset[str] = inviter["rights"]
    return rights.Right.USERS_MANAGE in may and may >= rights.of(row["roles"], row["own_rights"])


async def purge(now: datetime) -> None:
    """Forget those that nobody accepted."""
    await db.execute("DELETE FROM invitations WHERE expires_at < $1", now - KEPT)


def shown(row: Record) -> dict[str, Any]:
    """An invitation as pages and the API know it."""
    return dict(row) | {
        "role_keys": memberships.keys(row["roles"], row["role_ids"]),
        "rights": rights.of(row["roles"], row["own_rights"]),
        "is_over": row["expires_at"] <= clock.now(),
    }


async def _find(client_id: int, invitation_id: int) -> Record:
    found = None
    if rows.is_id(invitation_id):
        found = await db.row(f"{READ} WHERE i.client_id = $1 AND i.id = $2", client_id, invitation_id)
    if found is None:
        raise NotFound()
    return found


async def _check_is_new(checks: Checks, client_id: int, email: str) -> None:
    """Neither a user of this client, nor invited already; nothing else is asked about the address."""
    is_member = await db.value(
        """SELECT EXISTS (SELECT FROM memberships m JOIN people p ON p.id = m.person_id
           WHERE m.client_id = $1 AND p.email_folded = lower($2))""",
        client_id,
        email,
    )
    if is_member:
        checks.error("email", _("This person is a user of this client already."))
        return
    if await db.value(
        """SELECT EXISTS (SELECT FROM invitations WHERE client_id = $1 AND email_folded = lower($2)
           AND expires_at > $3)""",
        client_id,
        email,
        clock.now(),
    ):
        checks.error("email", _("This address is invited already. Send the invitation once more instead."))


def _require_reach(found: Managed, row: Record) -> None:
    if not found.covers(rights.of(row["roles"], row["own_rights"])):
        raise Forbidden(_("This invitation gives more than you may give."))


async def _count(client_id: int, email: str) -> None:
    """So that nobody fills mailboxes by us. Raises `TooManyAttempts`."""
    await throttle.count(
        Limit(f"invite:client:{client_id}", MAILED_PER_CLIENT, HOUR),
        Limit(f"invite:address:{throttle.account(email)}", MAILED_PER_ADDRESS, HOUR),
    )


def _inviter(by: Actor) -> int | None:
    return by.person_id if by.kind == "user" else None


async def _mail(client: Record, email: str, token: str, *, by: Actor) -> None:
    """In the client's language: that of whoever is invited is not asked, so that it does not tell who he is."""
    writer = await written_as.of_project(client["project_id"], by=by)
    await notifications.notify(
        account_kinds.INVITATION,
        to=Recipient(address=email, locale=client["language"]),
        data={
            "client": client["name"],
            "who": by.name if by.kind == "user" else writer.name,
            "address": f"{by.tenant.base_url.rstrip('/')}/invitation/{token}",
        },
        client_id=client["id"],
        project_id=client["project_id"],
        by=by,
    )
