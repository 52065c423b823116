"""Dunning: policies, what holds for all of them, what comes for a client, and pauses."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from core import db
from core.actor import Actor
from core.billing import dunning_pauses, dunning_policies
from core.billing.dunning_pauses import NewPause
from core.billing.dunning_policies import NewPolicy
from tests.web.matrix import things
from tests.web.matrix.row import GONE, NEW, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

READ, MANAGE, PAUSE, RUN = (f"dunning:{act}" for act in ("read", "manage", "pause", "run"))
SOON = (date.today() + timedelta(days=30)).isoformat()
FORM = {"name": "!name", "recipient": "client", "client": "$client", "day_0": "7", "action_0": "remind"}
SENT = {"name": "!name", "recipient": "client", "client": "$client", "steps": [{"day": 7, "action": "remind"}]}
PAUSED = {"until_day": SOON, "reason": "Talks to us"}
DECIDED = {"most_stops": "20", "days": "12-25", "version": "!dunning_version"}
PLACEHOLDERS = {"policy_id": "dunning_policy", "pause_id": "dunning_pause"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/dunning", READ, {}),
        ("GET /staff/dunning/policies/new", MANAGE, {}),
        ("POST /staff/dunning/policies", MANAGE, {"send": FORM}),
        ("GET /staff/dunning/settings", MANAGE, {}),
        ("POST /staff/dunning/settings", MANAGE, {"send": DECIDED}),
        ("GET /staff/dunning/policies/{policy_id}", READ, {}),
        ("GET /staff/dunning/policies/{policy_id}/edit", MANAGE, {}),
        (
            "POST /staff/dunning/policies/{policy_id}",
            MANAGE,
            {"send": {"name": "!name", "recipient": "client", "day_0": "9", "action_0": "remind", "version": 1}},
        ),
        ("GET /staff/dunning/policies/{policy_id}/delete", MANAGE, {}),
        ("POST /staff/dunning/policies/{policy_id}/delete", MANAGE, {"send": {}}),
        ("GET /staff/dunning/run", RUN, {}),
        ("POST /staff/dunning/run", RUN, {"send": {"is_confirmed": "$ready_to_dun"}}),
        ("GET /staff/clients/{code}/dunning", READ, {}),
        ("POST /staff/clients/{code}/dunning/pauses", PAUSE, {"send": PAUSED}),
        ("POST /staff/dunning/pauses/{pause_id}/lift", PAUSE, {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/dunning-policies", READ, {}),
        ("POST /api/v1/dunning-policies", MANAGE, NEW | {"send": SENT}),
        ("GET /api/v1/dunning-policies/{policy_id}", READ, {}),
        ("PATCH /api/v1/dunning-policies/{policy_id}", MANAGE, {"send": {"name": "!name", "version": 1}}),
        ("DELETE /api/v1/dunning-policies/{policy_id}", MANAGE, GONE),
        ("GET /api/v1/dunning-settings", READ, {}),
        ("PATCH /api/v1/dunning-settings", MANAGE, {"send": {"most_stops": 20, "version": "!dunning_version"}}),
        ("GET /api/v1/dunning-run", RUN, {}),
        ("POST /api/v1/dunning-run", RUN, {"gives": 202, "send": {"is_confirmed": "$ready_to_dun"}}),
        ("GET /api/v1/clients/{code}/dunning", READ, {}),
        ("POST /api/v1/clients/{code}/dunning/pauses", PAUSE, NEW | {"send": PAUSED}),
        ("POST /api/v1/dunning-pauses/{pause_id}/lift", PAUSE, {"send": {}}),
    ),
]
RULED = {
    *(f"dunning_policies.{column}" for column in ("recipient", "steps", "least")),
    *(f"dunning_events.{column}" for column in ("action", "result", "currency")),
}
FILLERS = {
    "dunning_settings": "(most_stops) VALUES (50) ON CONFLICT DO NOTHING",
    "dunning_events": """(client_id, account_id, due_on, step_day, action, result, on_day, at, policy, currency, units)
        SELECT client_id, id, '2026-01-01', 7, 'remind', 'done', '2026-01-08', now(), 'x', 'EUR', 1
        FROM client_projects WHERE tenant_id = {tenant} LIMIT 1""",
}


async def dunning_policy(world: "World", by: Actor) -> int:
    """One for a client of its own."""
    code = await things.client_(world, by)
    async with db.as_tenant(by.tenant.id):
        new = NewPolicy(name=world.fresh("policy"), recipient="client", client=code)
        return int((await dunning_policies.create(new, by=by))["id"])


async def dunning_pause(world: "World", by: Actor) -> int:
    code = await things.client_(world, by)
    async with db.as_tenant(by.tenant.id):
        client_id = await db.value("SELECT id FROM clients WHERE code = $1", code)
        new = NewPause(until_day=date.today() + timedelta(days=30), reason="Talks")
        return int((await dunning_pauses.create(client_id, new, by=by))["id"])


async def ready_to_dun(world: "World", by: Actor) -> bool:
    """Whether to confirm. There is a policy then, and no run at work."""
    await dunning_policy(world, by)
    async with db.as_tenant(by.tenant.id):
        await db.execute(
            "UPDATE tasks SET ended_at = now(), state = 'done' WHERE kind = 'dunning.run' AND ended_at IS NULL"
        )
    return True


MAKERS = {made.__name__: made for made in (dunning_policy, dunning_pause, ready_to_dun)}
