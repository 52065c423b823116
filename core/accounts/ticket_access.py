"""From an actor to the tickets he may see, as conditions: the one place that decides it by department and project.

Tickets are `core/support`; it stands here because what is done to them is in the activity of clients. That the
client is his to see is asked by `access`.
"""

from core import policies
from core.accounts import access
from core.actor import Actor
from core.permissions import Permission


def sees_all_departments(by: Actor) -> bool:
    """Whether `by` sees the tickets of all departments: whoever sets them up."""
    return policies.allows(by, Permission.TICKET_MANAGE)


def condition(*, by: Actor) -> str:
    """The condition that `tickets t` is in a project and a department of his; "" when each of them is.

    Whom a ticket was given to, and whom it returns to, sees it whichever department it is in.
    """
    parts = [] if by.projects is None else [access.in_projects("t.project_id", by=by)]
    if not sees_all_departments(by):
        me = f"{by.staff_id or 0:d}"
        parts.append(f"""(t.department_id IS NULL OR t.assignee_id = {me} OR t.returns_to_staff_id = {me}
        OR t.department_id = ANY(ARRAY(SELECT d.id FROM departments d WHERE NOT d.is_closed OR EXISTS (
            SELECT FROM department_members m WHERE m.department_id = d.id AND m.staff_id = {me}))))""")
    return " AND ".join(parts)


def named(column: str, *, by: Actor) -> str:
    """The condition that the ticket whose id a column holds is for `by` to read; "" when each of them is."""
    return _all_of(column, by=by)


def said_in(column: str, *, by: Actor) -> str:
    """The same of what was said in it: of one that was merged that stands in the other one, so both have to be."""
    return _all_of(f"{column}, (SELECT k.merged_into_id FROM tickets k WHERE k.id = {column})", by=by)


def _all_of(ids: str, *, by: Actor) -> str:
    if not policies.allows(by, Permission.TICKET_READ):
        return "false"
    seen = condition(by=by)
    return f"(SELECT bool_and(({seen}) IS TRUE) FROM tickets t WHERE t.id = ANY(ARRAY[{ids}]))" if seen else ""
