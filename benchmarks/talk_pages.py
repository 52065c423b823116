"""The benchmark of the pages about conversations: what each asks of the database, at a big and a small provider.

Every statement of a page is explained with its real arguments under the wall, as `money-pages` does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rich.console import Console

from benchmarks import ground, money_pages, signed_in, talk_books, working
from benchmarks.client_list import Options
from benchmarks.ground import Ground
from benchmarks.scale import Scale
from core import db, freshness
from core.accounts import fraud_queue
from core.accounts.fraud_queue import FraudFilter
from core.actor import Actor
from core.settings import Settings
from core.support import deliveries_log, incoming_mail, notices, ticket_list, tickets, webhook_deliveries
from core.support.deliveries_log import DeliveryFilter
from core.support.ticket_list import TicketFilter
from web import composition

MOST_MS = 50.0
"""So long a page may take of the database."""
FEW = 60
"""Clients, and tickets, of each other provider."""
Asked = Callable[[Actor], Awaitable[Any]]


def _tickets(**chosen: Any) -> Asked:
    return lambda by: ticket_list.page(TicketFilter(**chosen), by=by)


def _mailed(**chosen: Any) -> Asked:
    return lambda by: deliveries_log.page(DeliveryFilter(**chosen), by=by)


def _checked(**chosen: Any) -> Asked:
    return lambda by: fraud_queue.listed(FraudFilter(**chosen), by=by)


async def _counted(by: Actor) -> None:
    """The number in the menu; where none waits nothing is asked, so what is remembered is asked for again."""
    freshness.MEMORY.forget(by.tenant.id)
    await fraud_queue.waiting(by=by)


async def _hooked(by: Actor, state: Any = None) -> None:
    endpoint_id = await db.value("SELECT min(id) FROM webhook_endpoints")
    await webhook_deliveries.page(endpoint_id, state=state, by=by)


async def _of_client(by: Actor) -> None:
    await tickets.of_client(await db.value("SELECT min(id) FROM clients"), by=by)


def _pages() -> Mapping[str, Asked]:
    return {
        "tickets": _tickets(),
        "tickets not closed": _tickets(queue="open"),
        "tickets of mine": _tickets(queue="mine"),
        "tickets of nobody": _tickets(queue="unassigned"),
        "tickets waiting longest": _tickets(queue="waiting"),
        "tickets watched": _tickets(queue="watched"),
        "tickets in one state": _tickets(state="waiting_staff"),
        "tickets urgent": _tickets(priority="urgent"),
        "tickets urgent and not closed": _tickets(priority="urgent", queue="open"),
        "tickets of a client": _tickets(client=1003),
        "tickets by number": _tickets(search="#57"),
        "tickets by subject": _tickets(search="mail bounces"),
        "tickets of nothing": _tickets(search="zebra"),
        "tickets with two words": _tickets(words="update error57"),
        "tickets with words not there": _tickets(words="zebra"),
        "tickets on a client's page": _of_client,
        "the bell": lambda by: notices.unread(by=by),
        "what the bell leads to": lambda by: notices.page(by=by),
        "deliveries": _mailed(),
        "deliveries given up": _mailed(state="dead"),
        "deliveries retrying": _mailed(state="retrying"),
        "deliveries of a kind": _mailed(kind="ticket.answered", state="dead"),
        "deliveries to an address": _mailed(address="a"),
        "deliveries of a client": _mailed(client=1003),
        "fraud checks": _checked(),
        "fraud checks that wait": _checked(state="waiting"),
        "fraud checks of orders approved": _checked(kind="order", state="approved"),
        "fraud checks counted": _counted,
        "webhook log": _hooked,
        "webhook log, given up": lambda by: _hooked(by, "dead"),
        "incoming mail": lambda by: incoming_mail.page(by=by),
    }


def measure(options: Options, standing: Ground, console: Console, *, tenants: int, tickets: int) -> dict[str, Any]:
    """Measure, and return the figures ready for JSON. In the main thread."""
    biggest = options.scale.biggest
    scale = Scale(clients=biggest + FEW * (tenants - 1), tenants=tenants, biggest=biggest, kind="talk")
    ground.filled(standing, scale, fresh=options.is_fresh, console=console)
    found = asyncio.run(_measured(standing.settings(scale), tickets, console))
    slow = [name for name, one in found.items() if one["ms"] > MOST_MS]
    return working.head(
        "talk-pages",
        scale=scale,
        rows=talk_books.figures(tickets),
        pages=found,
        targets={f"no page above {MOST_MS:.0f} ms": not slow},
    )


async def _measured(settings: Settings, tickets: int, console: Console) -> dict[str, Any]:
    async with composition.running(settings):
        composition.settle()
        tenants = await talk_books.kept(settings, tickets, FEW, console)
        big = (await signed_in.owner(settings)).actor
        small = (await signed_in.owner(settings, tenants[-1].code)).actor
        found = {}
        for name, ask in _pages().items():
            found[name] = await money_pages.cost(ask, big)
            found[name]["small_ms"] = (await money_pages.cost(ask, small))["ms"]
            console.print(name, found[name])
    return found
