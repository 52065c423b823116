"""Whether a member of staff gets in: a new invitation, being kept out for a while, a lost second factor.

As with roles, nobody does it to himself or to somebody who may do more, and one owner can always get in.
"""

from core import audit, policies
from core.accounts import links, passkeys, people, second_factor, staff
from core.actor import Actor
from core.errors import Conflict
from core.i18n import _
from core.permissions import Permission


async def invite_again(staff_id: int, *, base_url: str, by: Actor) -> None:
    """Mail a new link to somebody who has not chosen a password yet; the old one opens nothing any more."""
    policies.require(by, Permission.STAFF_MANAGE)
    row = await staff.locked(staff_id, by=by)
    if row["state"] != "active" or row["has_password"]:
        raise Conflict(_("There is no open invitation."))
    await staff.withdraw_invitation(row["person_id"])
    await audit.record("staff:reinvited", "staff", staff_id, by=by, name=row["name"])
    await links.send("invitation", row["person_id"], base_url=base_url, by=by)


async def keep_out(staff_id: int, *, by: Actor) -> None:
    """Shut somebody out until he is let in again: the sessions end, and no password or key opens anything."""
    policies.require(by, Permission.STAFF_MANAGE)
    row = await staff.locked(staff_id, by=by)
    await staff.require_other_owner(row, by=by)
    await people.disable(row["person_id"], by=by)


async def let_in(staff_id: int, *, by: Actor) -> None:
    """Let somebody in again, with the password and the keys he had."""
    policies.require(by, Permission.STAFF_MANAGE)
    row = await staff.locked(staff_id, by=by)
    await people.enable(row["person_id"], by=by)


async def take_factor(staff_id: int, *, by: Actor) -> None:
    """Switch off the second factor of somebody who has lost it; passkeys and sessions go too."""
    policies.require(by, Permission.STAFF_MANAGE)
    row = await staff.locked(staff_id, by=by)
    if not row["has_factor"]:
        raise Conflict(_("The second factor is not on."))
    await second_factor.take_away(row["person_id"], by=by)
    await passkeys.remove_all_of(row["person_id"], by=by)
