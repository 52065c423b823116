"""A client's own log: what its users may read of the audit.

Of what staff, plugins and the product did stand here only actions that are the client's business, without the
fields that are not, and under the provider's name: who of the team it was, from which address, is not told. Of the
users themselves everything is told that was done for the client, and to each his own sign-ins.
"""

from collections.abc import Mapping
from typing import Any

from core.accounts import activity, memberships
from core.accounts.activity import Page
from core.accounts.rights import Right
from core.actor import Actor
from core.filters import Conditions

ACTIONS = (
    "client:closed",
    "client:created",
    "client:merged",
    "client:reopened",
    "client:updated",
)
"""What is told whoever did it."""
FAMILIES = (
    "client_role:",
    "consent:",
    "contract:",
    "credit_note:",
    "expense:",
    "impersonation:",
    "invitation:",
    "invoice:",
    "membership:",
    "payer:",
    "payment:",
    "personal_data:",
    "phone:",
    "proforma:",
    "service:",
    "ticket:",
)
"""And all actions whose names begin so."""
HIDDEN = frozenset(
    {
        "attitude",
        "attitude_id",
        "groups",
        "id",
        "internal",
        "left_behind",
        "moved",
        "note",
        "project",
        "project_id",
        "reason",
        "registered_address",
    }
)
"""Fields that are the provider's own business, in whatever is told."""
OWN = ("session:", "signin:", "person:", "second_factor:", "passkey:")
"""Actions of a person about himself, which he alone reads."""


async def page(*, older_than: str = "", newer_than: str = "", by: Actor) -> Page:
    """One page of the log, the newest first, as `activity.page` gives it; "actor_kind" is "user" or "staff"."""
    seat = memberships.require(by, Right.LOG_READ)
    conditions = Conditions()
    client, me = conditions.bind(seat.id), conditions.bind(by.person_id)
    actions = conditions.bind(list(ACTIONS))
    families = conditions.bind([f"{family}%" for family in FAMILIES])
    own = conditions.bind([f"{family}%" for family in OWN])
    known = ", ".join(f"'{field}'" for field in sorted(HIDDEN))
    conditions.add(
        f"""((a.client_id = {client} AND (a.actor_kind = 'user' OR a.action = ANY({actions}::text[])
                    OR a.action LIKE ANY({families}::text[]) OR a.impersonation_id IS NOT NULL)
                AND (a.impersonation_id IS NOT NULL OR a.changes = '{{}}' OR a.changes - ARRAY[{known}] <> '{{}}'))
            OR (a.actor_kind IN ('user', 'visitor') AND a.client_id IS NULL AND a.action LIKE ANY({own}::text[])
                AND ((a.actor_kind = 'user' AND a.actor_id = {me})
                    OR (a.subject_kind = 'person' AND a.subject_id = {me}))))"""
    )
    found = await activity.page_of(conditions, older_than, newer_than)
    return Page(
        entries=[_told(entry, provider=by.tenant.name) for entry in found.entries],
        newer=found.newer,
        older=found.older,
    )


def _told(entry: Mapping[str, Any], *, provider: str) -> dict[str, Any]:
    """An entry as users read it."""
    is_users = entry["actor_kind"] in ("user", "visitor")
    hidden = HIDDEN - {"reason"} if entry["action"].startswith("impersonation:") else HIDDEN
    values = {field: change for field, change in entry["values"].items() if field not in hidden}
    told: dict[str, Any] = dict(entry) | {"changes": values}
    if not is_users:
        told |= {"actor_name": provider, "actor_kind": "staff", "actor_id": None, "address": ""}
    return told | {
        "sentence": activity.described(told),
        "changes": activity.changes_of(told),
        "values": values,
        "href": None,
    }
