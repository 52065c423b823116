"""What clients can be filed under, for lists, filters and forms: attitudes, projects, groups, in one question."""

from typing import Any

import msgspec

from core import db, policies
from core.actor import Actor
from core.permissions import Permission

FILED_UNDER = """
    SELECT noun, id, name, color FROM (
        SELECT 'attitude' AS noun, id, name, color, position AS place, '' AS folded FROM attitudes
        UNION ALL SELECT 'group', id, name, '', 0, name_folded FROM account_groups WHERE $1
        UNION ALL SELECT CASE WHEN closed_at IS NULL THEN 'project' ELSE 'project closed' END, id, name, '', 0,
                         name_folded FROM projects WHERE $2) found
    ORDER BY noun, place, folded, id
"""


class ClientChoices(msgspec.Struct, frozen=True, kw_only=True):
    """Attitudes (id to name and color) in the provider's order; groups and projects (id to name) by their names.

    Of the projects, `closed` are those that take no clients any more; they come last. Groups and projects that are
    not for `by` to see, or that the edition lacks, are not there.
    """

    attitudes: dict[int, dict[str, Any]]
    groups: dict[int, str]
    projects: dict[int, str]
    closed: set[int]


async def of(*, by: Actor) -> ClientChoices:
    """The choices of the provider, as `by` may see them."""
    policies.require(by, Permission.CLIENT_READ)
    has_groups = policies.allows(by, Permission.GROUP_READ)
    has_projects = policies.allows(by, Permission.PROJECT_READ)
    found = ClientChoices(attitudes={}, groups={}, projects={}, closed=set())
    for row in await db.fetch(FILED_UNDER, has_groups, has_projects):
        row_id, name = row["id"], row["name"]
        if row["noun"] == "attitude":
            found.attitudes[row_id] = {"id": row_id, "name": name, "color": row["color"]}
        elif row["noun"] == "group" and _is_visible(row_id, by.groups):
            found.groups[row_id] = name
        elif row["noun"].startswith("project") and _is_visible(row_id, by.projects):
            found.projects[row_id] = name
            if row["noun"] != "project":
                found.closed.add(row_id)
    return found


def _is_visible(row_id: int, limits: frozenset[int] | None) -> bool:
    return limits is None or row_id in limits
