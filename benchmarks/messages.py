"""The benchmark of a message to clients: a ticket and what tells of it for each client of the biggest provider."""

import asyncio
from typing import Any

from rich.console import Console

from benchmarks import ground, signed_in, working
from benchmarks.client_list import Options
from benchmarks.ground import Ground
from benchmarks.working import Watch
from core import db
from core.accounts.client_choice import Choice
from core.accounts.client_filter import ClientFilter
from core.settings import Settings
from core.support import mass_message_recipients, mass_message_sending, mass_messages
from core.support.mass_messages import MessageValues, Words
from web import composition

PER_SECOND = 167
"""What is to be reached: 10,000 clients in a minute."""
TEXTS = {
    "fr": Words(subject="Travaux", text="Bonjour {{ client.contact }},\n\nle réseau sera **lent** dimanche."),
    "en": Words(subject="Works", text="Dear {{ client.contact }},\n\nthe network will be **slow** on Sunday."),
}


def measure(options: Options, standing: Ground, console: Console) -> dict[str, Any]:
    """Measure, and return the figures ready for JSON. In the main thread."""
    ground.filled(standing, options.scale, fresh=options.is_fresh, console=console)
    found = asyncio.run(_measured(standing.settings(options.scale)))
    reached = found["sent"]["rows_per_s"] >= PER_SECOND
    return working.head("messages", scale=options.scale, **found, targets={f"{PER_SECOND} clients/s": reached})


async def _measured(settings: Settings) -> dict[str, Any]:
    async with composition.running(settings), working.worker_of(settings):
        by = (await signed_in.owner(settings)).actor
        async with db.as_tenant(by.tenant.id):
            category = await db.value("SELECT min(id) FROM ticket_categories")
            values = MessageValues(category=category, texts=TEXTS)
            message_id = await mass_messages.create(values, Choice(filter=ClientFilter()), by=by)
            message = await mass_messages.get(message_id, by=by)
            with Watch() as looked:
                counted = await mass_message_recipients.count(message, by=by)
        with Watch() as cost:
            async with db.as_tenant(by.tenant.id):
                task_id = await mass_message_sending.send(message_id, version=1, by=by)
            task = await working.ended(task_id, by.tenant.id)
        assert task.done == counted.reached > 0
    return {"looked_at": looked.figures(counted.reached), "sent": cost.figures(counted.reached)}
