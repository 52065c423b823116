"""The categories that a message to clients can have: those whose tickets its author sees."""

from core import db
from core.accounts import access
from core.actor import Actor
from core.support import departments, ticket_categories


async def offered(*, by: Actor) -> list[tuple[int, str]]:
    """The categories a message of `by` can have, in the provider's order, as the reader calls them: of projects
    that he sees, and of departments whose tickets he sees. Asks for no right."""
    found = await db.fetch(
        """SELECT k.id, k.name_en, k.name_fr, k.project_id FROM ticket_categories k
           JOIN departments d ON d.id = k.department_id
           WHERE k.is_on AND ($1 OR NOT d.is_closed OR EXISTS (
               SELECT FROM department_members m WHERE m.department_id = d.id AND m.staff_id = $2))
           ORDER BY k.position, k.id""",
        departments.sees_all(by),
        by.staff_id or 0,
    )
    return [
        (row["id"], ticket_categories.name(row))
        for row in found
        if row["project_id"] is None or access.may_use_project(row["project_id"], by=by)
    ]
