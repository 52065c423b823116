"""Dunning: policies, what holds for all of them, what comes for a client, and pauses."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from core import db
from core.actor import Actor
from core.billing import dunning_pauses, dunning_policies, promise_making
from core.billing.dunning_pauses import NewPause
from core.billing.dunning_policies import NewPolicy
from core.billing.promised_payments import NewPromise
from tests.web.matrix import things
from tests.web.matrix.row import GONE, NEW, rows
from tests.web.matrix.rows import payments

if TYPE_CHECKING:
    from tests.web.matrix.world import World

READ, MANAGE, PAUSE, RUN = (f"dunning:{act}" for act in ("read", "manage", "pause", "run"))
SOON = (date.today() + timedelta(days=30)).isoformat()
FORM = {"name": "!name", "recipient": "client", "client": "$client", "day_0": "7", "action_0": "remind"}
SENT = {"name": "!name", "recipient": "client", "client": "$client", "steps": [{"day": 7, "action": "remind"}]}
PAUSED = {"until_day": SOON, "reason": "Talks to us"}
DECIDED = {"most_stops": "20", "days": "12-25", "version": "!dunning_version"}
NEXT = (date.today() + timedelta(days=1)).isoformat()
INTO = {"kinds": {"account_id": "owing_account"}}
PLACEHOLDERS = {"promise_id": "promise", "policy_id": "dunning_policy", "pause_id": "dunning_pause"}
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
        (
            "POST /staff/accounts/{account_id}/promises",
            PAUSE,
            INTO | {"send": {"units": "10", "until_day": SOON}},
        ),
        ("POST /staff/promises/{promise_id}/withdraw", PAUSE, {"send": {}}),
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
        (
            "POST /api/v1/balances/{account_id}/promises",
            PAUSE,
            INTO | NEW | {"send": {"units": 1000, "until_day": SOON}},
        ),
        ("POST /api/v1/promises/{promise_id}/withdraw", PAUSE, {"send": {}}),
    ),
    *rows(
        "portal",
        "provider",
        (
            "POST /balance/{account_id}/promises",
            "portal:payments:make",
            {"kinds": {"account_id": "promising_account"}, "send": {"units": "1", "until_day": NEXT}},
        ),
        by="dupont",
    ),
]
RULED = {
    "dunning_settings.letters_to",
    *(f"dunning_policies.{column}" for column in ("recipient", "steps", "least")),
    *(f"dunning_events.{column}" for column in ("action", "result", "currency")),
    *("promised_payments.state", "promised_payments.currency", "dunning_settings.promise_most"),
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


async def promise(world: "World", by: Actor) -> int:
    account_id = await payments.owing_account(world, by)
    async with db.as_tenant(by.tenant.id):
        new = NewPromise(units=1000, until_day=date.today() + timedelta(days=30))
        return int((await promise_making.create(account_id, new, by=by))["id"])


async def promising_account(world: "World", by: Actor) -> int:
    """The account of Dupont, which may promise; of another provider that of anybody."""
    async with db.as_tenant(by.tenant.id):
        await db.execute(
            """INSERT INTO dunning_settings (most_stops, promise_most, promise_age, promise_every)
               VALUES (50, '{"EUR": 100000}', 0, 0) ON CONFLICT (tenant_id) DO UPDATE
               SET promise_most = EXCLUDED.promise_most, promise_age = 0, promise_every = 0"""
        )
        account_id = await db.value(
            """SELECT a.id FROM client_projects a JOIN clients c ON c.id = a.client_id
                ORDER BY c.login <> 'dupont', a.id LIMIT 1"""
        )
        await db.execute(
            """UPDATE promised_payments SET state = 'kept', ended_on = from_day
                WHERE account_id = $1 AND state = 'open'""",
            account_id,
        )
        return int(account_id)


async def ready_to_dun(world: "World", by: Actor) -> bool:
    """Whether to confirm. There is a policy then, and no run at work."""
    await dunning_policy(world, by)
    async with db.as_tenant(by.tenant.id):
        await db.execute(
            "UPDATE tasks SET ended_at = now(), state = 'done' WHERE kind = 'dunning.run' AND ended_at IS NULL"
        )
    return True


MAKERS = {
    made.__name__: made for made in (dunning_policy, dunning_pause, promise, promising_account, ready_to_dun)
}
