"""Payers in the portal."""

from typing import TYPE_CHECKING

from core import db
from core.accounts import own_payers
from core.accounts.payers import NewPayer
from core.actor import Actor
from tests.web.matrix.row import rows
from tests.web.matrix.rows import payers
from tests.web.matrix.rows.payers import PAYERS, SENT

if TYPE_CHECKING:
    from tests.web.matrix.world import World

JEAN = {"by": "dupont"}
OWN = PAYERS | {"kinds": {"payer_id": "own_payer"}}
READ, MANAGE = "portal:payers:read", "portal:payers:manage"
# The one that is the default is saved first, while it is still the first that there was.
ROWS = rows(
    "portal",
    "provider",
    ("GET /payer", READ, {"gives": 303}),
    ("POST /payer", MANAGE, {"send": SENT | {"version": 1}}),
    ("GET /payers", READ, PAYERS),
    ("POST /payers", MANAGE, PAYERS | {"send": SENT}),
    ("GET /payers/new", MANAGE, PAYERS),
    ("GET /payers/{payer_id}", READ, OWN),
    ("POST /payers/{payer_id}", MANAGE, OWN | {"send": SENT | {"version": 1}}),
    ("GET /payers/{payer_id}/edit", MANAGE, OWN),
    ("POST /payers/{payer_id}/default", MANAGE, OWN | {"send": {}}),
    ("GET /payers/{payer_id}/delete", MANAGE, OWN),
    ("POST /payers/{payer_id}/delete", MANAGE, OWN | {"send": {}}),
    **JEAN,
)


async def own_payer(world: "World", by: Actor) -> int:
    """One more payer of the client that one acts for; of staff, of one of theirs."""
    if by.client is None:
        return await payers.payer(world, by)
    new = NewPayer(**(SENT | {"name": world.fresh("payer"), "email": f"{world.fresh()}@payer.example"}))  # type: ignore[arg-type]
    async with db.as_tenant(by.tenant.id):
        return int((await own_payers.create(new, by=by))["id"])


MAKERS = {"own_payer": own_payer}
