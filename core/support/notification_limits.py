"""Which notifications about a client somebody of the staff may see, besides that he sees the client.

What was told in a project is for those who see the project. What was told about a ticket is for those who may read
the ticket as it is now: its text stands in what was sent.
"""

from core.accounts import access, ticket_access
from core.actor import Actor
from core.filters import Conditions


def condition(*, by: Actor) -> str:
    """The condition on `notifications n`; "" when it lets all of them through."""
    in_project = f"(n.project_id IS NULL OR {access.in_projects('n.project_id', by=by)})"
    if ticket := ticket_access.said_in("n.about_id", by=by):
        return f"(CASE WHEN n.about_kind = 'ticket' THEN {ticket} ELSE {in_project} END)"
    return ""


def limit(bound: Conditions, *, by: Actor) -> None:
    """Add the condition to a query of `deliveries d`: a sub-select, so that the list is walked."""
    if seen := condition(by=by):
        bound.add(f"(SELECT {seen} FROM notifications n WHERE n.id = d.notification_id)")
