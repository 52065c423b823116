"""Telling the owners of a provider that a text of theirs cannot be filled in, once for each version of it."""

from core import db, notifications
from core.accounts import people
from core.actor import Actor
from core.i18n import N_
from core.notification_kinds import Kind, declare

OWNERS = """SELECT p.id, p.name, p.email, p.locale FROM staff s JOIN people p ON p.id = s.person_id
    WHERE s.role = 'owner' AND s.state = 'active' AND NOT p.is_disabled ORDER BY p.id"""
BROKEN = declare(
    Kind(
        key="notification.broken",
        title=N_("A text cannot be filled in"),
        description=N_("To the owners, once for each version of a text; the usual text was sent in its place."),
        audience="staff",
        group="team",
        channels=("mail", "panel"),
        variables={
            "kind": N_("Key of the notification"),
            "trouble": N_("Which text it is, and what is wrong with it"),
            "link": N_("The address where texts are changed"),
        },
        samples={
            "kind": "invoice.issued",
            "trouble": "provider/fr/3: There is no variable “total” here.",
            "link": "https://nova.example/staff/notification-templates/invoice.issued",
        },
        subject=N_("The text of {{ kind }} cannot be filled in"),
        text=N_(
            "A text of yours for {{ kind }} cannot be filled in any more:\n\n{{ trouble }}\n\n"
            "The next one that can was sent in its place. Please correct it here:\n\n<{{ link }}>"
        ),
    )
)


async def tell(kind: Kind, trouble: str, *, by: Actor) -> None:
    """Tell the owners what is wrong, if they were not told yet."""
    place = trouble.partition(":")[0]
    for person in await db.fetch(OWNERS):
        await notifications.notify(
            BROKEN,
            to=people.recipient(person),
            data={
                "kind": kind.key,
                "trouble": trouble,
                "link": f"{by.tenant.base_url.rstrip('/')}/staff/notification-templates/{kind.key}",
            },
            key=f"{kind.key}/{place}/{person['id']}",
            by=by,
        )
