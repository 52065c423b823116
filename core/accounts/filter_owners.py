"""Whose a saved filter is, and whether its name is free: the same for segments and for filters of other lists."""

from core import db, policies
from core.actor import Actor
from core.checks import Checks
from core.errors import Forbidden
from core.i18n import _
from core.permissions import Permission


def owner(is_shared: bool, *, by: Actor) -> int | None:
    """Whose a filter is that `by` saves: his own, nobody's when it is for all. `Forbidden` without the right."""
    if is_shared:
        policies.require(by, Permission.SEGMENT_SHARE)
        return None
    if by.staff_id is None:
        raise Forbidden(_("Only a member of staff can have a filter of his own."))
    return by.staff_id


async def free_name(
    checks: Checks, name: str, staff_id: int | None, *, table: str, among: str = "true", but: int = 0
) -> str:
    """The name as it is kept; notes in `checks` when another filter of this owner has it. `among` is SQL."""
    name = checks.text("name", name, longest=100)
    if "name" not in checks.errors and await db.value(
        f"""SELECT EXISTS (SELECT FROM {table} WHERE name_folded = lower($1) AND id <> $2 AND {among}
                          AND staff_id IS NOT DISTINCT FROM $3)""",
        name,
        but,
        staff_id,
    ):
        checks.error("name", _("This name is taken."))
    return name
