"""The files that a mail goes with: made anew for each attempt from what is frozen, so the same bytes each time.

A file that cannot be made delays its mail for some minutes; then the mail goes without, for what it says matters
more. So does a mail whose file is larger than mail servers take; of several go as many as they take together.
"""

from typing import NamedTuple

import structlog
from asyncpg import AdminShutdownError, PostgresConnectionError, Record

from core import db, notification_files, notification_switches
from core.channel_contract import AttachedFile

MOST_BYTES = 5 * 1024 * 1024
"""Of all files of a mail together."""
PATIENT_FOR = 3
"""So many attempts wait for a file that cannot be made."""
LOST = (PostgresConnectionError, AdminShutdownError)
"""The database went away: the whole job waits for it. Any other error of it is that of one file."""

log = structlog.get_logger(__name__)


class NotMade(Exception):
    """The file cannot be made now; the mail waits for it."""


class Files(NamedTuple):
    """What a mail goes with, and the names of the files for which it has no room."""

    taken: list[AttachedFile]
    left_out: list[str]


async def of(delivery: Record) -> Files:
    """The files of a delivery by mail. Inside the provider's scope; raises `NotMade` when it should wait."""
    maker = notification_files.maker_of(delivery["kind"])
    if maker is None or not await notification_switches.has_file(delivery["kind"]):
        return Files([], [])
    told = await db.row("SELECT about_id, data FROM notifications WHERE id = $1", delivery["notification_id"])
    if told is None or told["about_id"] is None:
        return Files([], [])
    try:
        async with db.savepoint():
            made = await maker(told["about_id"], told["data"])
    except LOST:
        raise
    except Exception as error:
        log.warning("file of a notification cannot be made", kind=delivery["kind"], error=type(error).__name__)
        if delivery["attempts"] < PATIENT_FOR:
            raise NotMade from error
        return Files([], [])
    return _bounded(made)


def _bounded(made: list[AttachedFile]) -> Files:
    """As many of them as a mail takes, each that still finds room, in their order."""
    files, room = Files([], []), MOST_BYTES
    for file in made:
        if len(file.content) > room:
            files.left_out.append(file.name)
        else:
            files.taken.append(file)
            room -= len(file.content)
    return files
