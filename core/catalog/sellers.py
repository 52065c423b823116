"""What a member of staff who is limited to projects or groups sees of the catalogue, and that he changes nothing.

A product concerns all who may buy it; who sees only some of them does not decide on its prices.
"""

from core import policies
from core.accounts import access
from core.actor import Actor
from core.errors import Forbidden
from core.i18n import _
from core.permissions import Permission


def require_unlimited(by: Actor) -> None:
    """Nothing, unless `by` is limited to projects or groups: `Forbidden`."""
    if by.projects is not None:
        raise Forbidden(_("You are limited to certain projects, so you cannot change what is sold."))
    if by.groups is not None:
        raise Forbidden(_("You are limited to certain account groups, so you cannot change what is sold."))


def may_change(by: Actor, permission: str = Permission.PRODUCT_UPDATE) -> bool:
    """Whether `by` has this right and no limits: what pages offer him."""
    return by.projects is None and by.groups is None and policies.allows(by, permission)


def visible(by: Actor) -> str:
    """The condition under which `by` sees a row of `products p`: it is sold where, and to whom, he looks."""
    parts = ["true"]
    if by.projects is not None:
        parts.append(
            f"""(p.is_for_all_projects OR EXISTS (SELECT FROM product_projects v WHERE v.product_id = p.id
                     AND v.project_id IN ({access.listed(by.projects)})))"""
        )
    if by.groups is not None:
        parts.append(
            f"""(p.is_for_all_groups OR EXISTS (SELECT FROM product_groups v WHERE v.product_id = p.id
                     AND v.group_id IN ({access.listed(by.groups)})))"""
        )
    return " AND ".join(parts)
