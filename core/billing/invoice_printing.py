"""The files of invoices that were issued by the hundred: printed and kept by a task, behind the run.

Until an invoice's turn comes its file is printed whenever somebody asks for it, from what is frozen.
"""

from contextlib import suppress
from datetime import datetime

from core import db, policies, tasks
from core.actor import Actor
from core.billing import invoice_files
from core.errors import Conflict
from core.filters import cursor_at, moment_of, read_cursor
from core.i18n import N_, _
from core.permissions import Permission
from core.tasks import Chunk, Task

KIND = "invoice.print"
AT_ONCE = 25
"""Files that are printed in one transaction: some seconds of work."""


async def start(since: datetime, count: int, *, by: Actor) -> None:
    """Begin to print so many invoices that were issued from a moment on, unless too many tasks are open."""
    if count:
        title = _("Files of %(count)s invoices") % {"count": count}
        with suppress(Conflict):
            await tasks.start(KIND, title, total=count, payload={"since": cursor_at(since, 0)}, by=by)


@tasks.kind(KIND, N_("Printing of invoices"))
async def step(task: Task, by: Actor) -> Chunk:
    """The next invoices without a file, in the order in which they were written."""
    policies.require(by, Permission.INVOICE_READ)
    cursor = read_cursor(str(task.position.get("after") or task.payload["since"]), int)
    assert cursor is not None
    found = await db.fetch(
        f"""SELECT k.* FROM invoices k WHERE (k.created_at, k.id) > ($1, $2) AND k.created_at <= $3
               AND k.state <> 'draft' AND NOT EXISTS (SELECT FROM invoice_files f WHERE f.invoice_id = k.id)
            ORDER BY k.created_at, k.id LIMIT {AT_ONCE:d}""",
        moment_of(cursor),
        cursor.id,
        task.created_at,
    )
    for row in found:
        await invoice_files.keep(row)
    last = found[-1] if found else None
    return Chunk(
        done=len(found),
        position={"after": cursor_at(last["created_at"], last["id"])} if last else dict(task.position),
        is_last=len(found) < AT_ONCE,
    )
