"""Streams of server-sent events: each look opens a transaction of its own, and nothing is held in between.

A stream ends with the session, with the right to see, with the provider, and after a while in any case: a browser
asks for a new one by itself, which is let in anew.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog
from asyncpg import InterfaceError, PostgresError
from litestar.response import ServerSentEvent, ServerSentEventMessage

from core import db, i18n
from core.accounts import sessions
from core.actor import Actor
from core.errors import NotSignedIn, Refusal, TooManyAttempts
from core.scope import NotCommitted
from tenants import providers
from web.kit.visit import Visit

EVERY = 0.7
"""Seconds between two looks."""
LONGEST = 50.0
"""Seconds of one stream."""
MOST, MOST_OF_ONE = 100, 6
"""Streams of this process, and of one session."""
SELDOM = 5.0
MOST_SELDOM, MOST_SELDOM_OF_ONE = 300, 2
"""The same of those that look more seldom, such as the bell of every page: they keep no others out."""

Look = Callable[[Actor], Awaitable[tuple[str, str, bool]]]
"""What there is to tell `by` now: a mark that changes with it, the text, and whether it was the last."""

TROUBLE = (Refusal, PostgresError, InterfaceError, OSError, TimeoutError, NotCommitted)

_open: Counter[str] = Counter()
_seldom: Counter[str] = Counter()

log = structlog.get_logger(__name__)


def answer(visit: Visit, look: Look, *, is_seldom: bool = False) -> ServerSentEvent:
    """A stream for whoever visits, who is signed in by a session. `TooManyAttempts` when there are too many."""
    if visit.signed_in is None:
        raise NotSignedIn()
    streams = _seldom if is_seldom else _open
    most, most_of_one = (MOST_SELDOM, MOST_SELDOM_OF_ONE) if is_seldom else (MOST, MOST_OF_ONE)
    if streams.total() >= most or streams[visit.seed] >= most_of_one:
        raise TooManyAttempts(30)
    return ServerSentEvent(_events(visit, look, streams, SELDOM if is_seldom else EVERY))


async def _events(
    visit: Visit, look: Look, streams: Counter[str], every: float
) -> AsyncIterator[ServerSentEventMessage]:
    streams[visit.seed] += 1
    told, until = "", time.monotonic() + LONGEST
    try:
        while time.monotonic() < until:
            seen = await _look(visit, look)
            if seen is None:
                return
            mark, text, is_last = seen
            if mark != told:
                told = mark
                yield ServerSentEventMessage(data=text, event="progress", retry=1500)
            if is_last:
                yield ServerSentEventMessage(data="", event="end")
                return
            await asyncio.sleep(min(every, max(0.0, until - time.monotonic())))
    finally:
        streams[visit.seed] -= 1
        streams[visit.seed] or streams.pop(visit.seed)


async def _look(visit: Visit, look: Look) -> tuple[str, str, bool] | None:
    """What there is to tell; None when the visitor is nobody any more, or may not see it."""
    try:
        tenant = await providers.tenant(visit.tenant.id)
        async with db.as_tenant(tenant.id):
            found = await sessions.actor_of(
                sessions.digest(visit.seed), tenant, address=visit.address, request_id=visit.request_id
            )
            if found is None or found.lacking:
                return None
            with i18n.speaking(visit.locale):
                return await look(found.actor)
    except TROUBLE as error:
        log.info("stream ended", reason=type(error).__name__)
        return None
