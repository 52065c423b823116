"""The fault run of a message to clients: its worker is killed at 40 %, and another one goes on.

Each client has to have one ticket with one text in it, and to be told once: nobody twice, nobody not at all.
"""

import asyncio
import time
from typing import Any

from rich.console import Console

from benchmarks import ground, killed_worker, signed_in, working
from benchmarks.client_list import Options
from benchmarks.ground import Ground
from benchmarks.messages import TEXTS
from core import db
from core.accounts.client_choice import Choice
from core.accounts.client_filter import ClientFilter
from core.actor import Actor
from core.settings import Settings
from core.support import mass_message_recipients, mass_message_sending, mass_messages
from core.support.mass_messages import MessageValues
from web import composition

SHARE = 0.4
"""How much of it is done when the worker is killed."""
SECONDS = 120
SENT = "SELECT count(*) FROM mass_message_recipients WHERE message_id = $1 AND state = 'sent'"
CAME_TO = """
    SELECT count(*) AS clients, count(*) FILTER (WHERE tickets = 0 OR texts = 0 OR told = 0) AS left_out,
           count(*) FILTER (WHERE tickets > 1 OR texts > 1 OR told > 1) AS twice
      FROM mass_message_recipients r,
           LATERAL (SELECT count(*) AS tickets, min(t.id) AS id FROM tickets t
                     WHERE t.client_id = r.client_id AND t.key LIKE 'message-' || r.message_id || '-%') AS t,
           LATERAL (SELECT count(*) AS texts FROM ticket_messages m WHERE m.ticket_id = t.id) AS m,
           LATERAL (SELECT count(*) AS told FROM notifications n
                     WHERE n.client_id = r.client_id AND n.about_kind = 'ticket' AND n.about_id = t.id) AS n
     WHERE r.message_id = $1 AND r.reason = ''
"""
"""Of all who were to get it: those with less than one of everything, and those with more."""


def measure(options: Options, standing: Ground, console: Console) -> dict[str, Any]:
    """Kill and go on, and return what came of it ready for JSON. In the main thread."""
    ground.filled(standing, options.scale, fresh=options.is_fresh, console=console)
    found = asyncio.run(_measured(standing.settings(options.scale)))
    is_once = found["clients"] == found["reached"] and not found["left_out"] + found["twice"]
    reached = {"each client once": is_once, "killed in the middle": 0.3 < found["share_at_kill"] < 0.6}
    return working.head("message-faults", scale=options.scale, **found, targets=reached)


async def _measured(settings: Settings) -> dict[str, Any]:
    async with composition.running(settings):
        by = (await signed_in.owner(settings)).actor
        async with db.as_tenant(by.tenant.id):
            category = await db.value("SELECT min(id) FROM ticket_categories")
            values = MessageValues(category=category, texts=TEXTS)
            message_id = await mass_messages.create(values, Choice(filter=ClientFilter()), by=by)
            counted = await mass_message_recipients.count(await mass_messages.get(message_id, by=by), by=by)
            task_id = await mass_message_sending.send(message_id, version=1, by=by)
        done = await killed_at(settings, message_id, int(counted.reached * SHARE), by=by)
        since = time.perf_counter()
        async with working.worker_of(settings):
            waited = await _goes_on(message_id, done, by=by) - since
            await working.ended(task_id, by.tenant.id)
            rest = time.perf_counter() - since - waited
        return {
            "reached": counted.reached,
            "share_at_kill": round(done / counted.reached, 2),
            "taken_over_after_s": round(waited, 1),
            "rest_s": round(rest, 1),
            **await came_to(message_id, by=by),
        }


async def killed_at(
    settings: Settings, message_id: int, enough: int, *, program: str = killed_worker.WORK, by: Actor
) -> int:
    """Let a process of its own send so many, and kill it; how many are sent when it is gone."""
    with killed_worker.begun(settings, program) as process:
        async with asyncio.timeout(SECONDS):
            while await sent(message_id, by=by) < enough:
                assert process.poll() is None, "the worker ended by itself"
                await asyncio.sleep(0.02)
    return await sent(message_id, by=by)


async def came_to(message_id: int, *, by: Actor) -> dict[str, int]:
    """How many clients were to get it, how many of them were left out, and how many have something twice."""
    async with db.as_tenant(by.tenant.id):
        row = await db.row(CAME_TO, message_id)
    assert row is not None
    return dict(row)


async def sent(message_id: int, *, by: Actor) -> int:
    """How many have it."""
    async with db.as_tenant(by.tenant.id):
        return int(await db.value(SENT, message_id))


async def _goes_on(message_id: int, done: int, *, by: Actor) -> float:
    """Wait until somebody else has it; when that was."""
    while await sent(message_id, by=by) == done:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    return time.perf_counter()
