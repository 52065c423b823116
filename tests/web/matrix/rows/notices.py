"""What one is told in the panel, what one wants to be told, and the link that opts out."""

from typing import TYPE_CHECKING

from core import db, notification_kinds
from core.actor import Actor
from core.support import deliveries_unsubscribing
from core.support.deliveries_writing import Content
from tests.core.support.posting import NEWS
from tests.web.matrix.row import rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

LINK = {"kinds": {"token": "unsubscribe_link"}}
ROWS = [
    *rows(
        "account",
        "any",
        ("GET /account/notices", "signed-in", {}),
        ("GET /account/notices/events", "signed-in", {}),
        ("POST /account/notices/read", "signed-in", {"send": {}}),
        (
            "POST /account/notices/{delivery_id}/open",
            "signed-in",
            {"send": {}, "kinds": {"delivery_id": "notice"}},
        ),
        ("GET /account/notifications", "signed-in", {}),
        ("POST /account/notifications", "signed-in", {"send": {"wanted": "x|mail"}}),
    ),
    *rows(
        "public",
        "any",
        ("GET /unsubscribe/{token}", "public", LINK),
        ("POST /unsubscribe/{token}", "public", {"send": {}, "gives": 200, **LINK}),
    ),
]
PARAMETERS = {"/account/notices": "after before"}
CHANGES_NOTHING = ("/account/notices/read", "/account/notifications")
RULED = {"deliveries.audience"}


async def notice(world: "World", by: Actor) -> int:
    """Something that stands in one's own panel, and was not read."""
    async with db.as_tenant(by.tenant.id):
        return int(
            await db.value(
                """WITH n AS (INSERT INTO notifications (kind, state, created_at)
                              VALUES ('x', 'handed_out', now()) RETURNING id)
                   INSERT INTO deliveries (notification_id, kind, channel, medium, audience, person_id, subject, state,
                       created_at, ended_at)
                   SELECT id, 'x', 'panel', 'panel', $2, $1, 'x', 'sent', now(), now() FROM n RETURNING id""",
                by.person_id,
                "user" if by.kind == "user" else "staff",
            )
        )


async def unsubscribe_link(world: "World", by: Actor) -> str:
    """The end of the link in a mail that was no service message."""
    notification_kinds.KINDS.setdefault(NEWS.key, NEWS)
    to = f"{world.fresh('reader')}@example.org"
    made = deliveries_unsubscribing.with_link(Content(), NEWS, to, None, by=by)
    return made.head["unsubscribe"].rpartition("/")[2]


MAKERS = {"notice": notice, "unsubscribe_link": unsubscribe_link}
