"""The portal: what a user sees of his client, and does for it."""

from typing import TYPE_CHECKING

from core.actor import Actor
from tests.web.matrix import things
from tests.web.matrix.row import rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World


async def own_client(world: "World", by: Actor) -> int:
    """The code of a client that one may act for; of staff, of one that they registered."""
    return by.client.code if by.client else await things.client_(world, by)


MAKERS = {"own_client": own_client}

JEAN = {"by": "dupont"}
ROWS = [
    *rows("portal", "any", ("GET /", "public", {})),
    *rows(
        "portal",
        "provider",
        ("POST /choose", "portal", {"send": {"client": "$own_client"}}),
        ("GET /profile", "portal", {}),
        ("GET /profile/edit", "portal:profile:update", {}),
        (
            "POST /profile",
            "portal:profile:update",
            {
                "send": {
                    "contact_person": "!name",
                    "email": "!email",
                    "phone": "",
                    "country": "FR",
                    "language": "fr",
                    "version": 1,
                }
            },
        ),
        ("GET /log", "portal:log:read", {}),
        **JEAN,
    ),
]
PARAMETERS = {"/log": "after before"}
