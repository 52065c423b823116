"""What is over is thrown away, once an hour, for every tenant and whoever asks first."""

import asyncio
from datetime import timedelta

import pytest
import structlog

from core import clock, db, logs
from core.accounts import links, sessions
from core.actor import visitor
from tenants import housekeeping
from tests import cast

pytestmark = pytest.mark.anyio


async def test_of_many_who_ask_in_one_hour_one_is_heard(database):
    now = clock.now()
    asked = [await housekeeping.ask(now) for _ in range(3)]
    assert asked == [4, 0, 0]
    together = await asyncio.gather(*(housekeeping.ask(now + housekeeping.EVERY) for _ in range(4)))
    assert sorted(together) == [0, 0, 0, 4]


async def test_old_sessions_and_links_go_and_the_others_stay(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await sessions.open_session(alice.person_id, by=visitor(alice.tenant))
        await links.create("password", alice.person_id, by=alice)
        long_ago = clock.now() - timedelta(days=90)
        await sessions.open_session(alice.person_id, by=visitor(alice.tenant))
        await db.execute("UPDATE sessions SET expires_at = $1 WHERE id = (SELECT max(id) FROM sessions)", long_ago)
        kept = await db.value("SELECT count(*) FROM sessions WHERE expires_at > now()")
        await db.execute("INSERT INTO attempts (subject, ends_at, count) VALUES ('x', $1, 3)", long_ago)
    async with db.as_tenant(alice.tenant.id):
        for purge in housekeeping.PURGES:
            await purge(clock.now())
        assert await db.value("SELECT count(*) FROM sessions") == kept
        assert await db.value("SELECT count(*) FROM attempts") == 0
        assert await db.value("SELECT count(*) FROM links") == 1


def test_a_traceback_in_the_log_shows_no_values(capsys):
    logs.configure(is_terminal=False)
    log = structlog.get_logger()
    try:
        password = "swordfish-" + "1234"
        raise ValueError("failed")
    except ValueError:
        log.exception("something broke", of=len(password))
    finally:
        structlog.reset_defaults()
    told = capsys.readouterr().err
    assert "ValueError" in told
    assert "swordfish-1234" not in told
