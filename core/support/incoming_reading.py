"""The reading of incoming mail: each plugin that brings some is asked every minute, by one worker at a time.

A position is kept after all that was read is dealt with, so that nothing is lost; what comes twice is one.
"""

from datetime import timedelta
from typing import Any

import structlog
from asyncpg import Record
from piccolo.columns import Text, Timestamptz

from core import clock, db, hooks, jobs, task_runs
from core.actor import Actor, system
from core.hookspecs import IncomingMails
from core.plugin_calls import Busy, PluginFailed
from core.support import incoming_mail

HOOK = "provide_incoming_mail"
JOB = "incoming_mail.read"
EVERY = timedelta(minutes=1)
SECONDS = 20.0
MOST_TURNS = 5
"""So often a plugin is asked in one job while it brings something."""

log = structlog.get_logger(__name__)


class IncomingMailPlace(db.Owned, tablename="incoming_mail_places"):
    """How far a plugin has read, and what was said when it could not."""

    plugin = Text()
    position = Text()
    read_at = Timestamptz(null=True)
    failed_at = Timestamptz(null=True)
    trouble = Text()


async def places() -> list[Record]:
    """How it goes with each plugin, for pages."""
    return await db.fetch("SELECT * FROM incoming_mail_places ORDER BY plugin")


@jobs.task(JOB, timeout=timedelta(minutes=4))
async def read(_payload: dict[str, Any], job: jobs.Job) -> None:
    """Ask every plugin of the provider for new mail, and deal with what it brings."""
    async with job.scope():
        by = system(await task_runs.provider())
    for plugin in hooks.heard(HOOK, by=by):
        for _turn in range(MOST_TURNS):
            if not await _turn_of(plugin, job, by=by):
                break
    async with job.scope():
        if hooks.heard(HOOK, by=by):
            await jobs.later(JOB, {}, delay=EVERY, key="incoming-mail")


async def _turn_of(plugin: str, job: jobs.Job, *, by: Actor) -> bool:
    """One call of a plugin, outside of any transaction; whether it brought something. One that is not called now
    is called the next time, and what troubled it before stays on its page."""
    async with job.scope():
        position = await db.value("SELECT position FROM incoming_mail_places WHERE plugin = $1", plugin) or ""
    try:
        found: IncomingMails | None = await hooks.ask(HOOK, plugin, seconds=SECONDS, by=by, position=position)
    except (hooks.Resting, Busy):
        return False
    except PluginFailed as error:
        async with job.scope():
            await _failed(plugin, str(error))
        return False
    if found is None:
        return False
    for mail in found.mails:
        async with job.scope():
            await incoming_mail.take(mail.content, is_cut=mail.is_cut, by=by)
    async with job.scope():
        await _read(plugin, found.position)
    return bool(found.mails)


async def _read(plugin: str, position: str) -> None:
    await db.execute(
        """INSERT INTO incoming_mail_places (plugin, position, read_at) VALUES ($1, $2, $3)
           ON CONFLICT (tenant_id, plugin) DO UPDATE SET position = $2, read_at = $3, trouble = ''""",
        *(plugin, position, clock.now()),
    )


async def _failed(plugin: str, trouble: str) -> None:
    await db.execute(
        """INSERT INTO incoming_mail_places (plugin, trouble, failed_at) VALUES ($1, $2, $3)
           ON CONFLICT (tenant_id, plugin) DO UPDATE SET trouble = $2, failed_at = $3""",
        *(plugin, trouble[:500], clock.now()),
    )


async def begin(*, by: Actor) -> bool:
    """Ask for it soon, where a plugin brings mail; whether there is one."""
    if not hooks.heard(HOOK, by=by):
        return False
    await jobs.at_once(JOB, {}, key="incoming-mail")
    return True
