"""Accepting what was matched: lines of a statement that are sure enough become payments, at once or by a task."""

from typing import Literal

from core import audit, db, tasks
from core.actor import Actor
from core.billing import accounts, bank_lines, bank_statements
from core.errors import Conflict
from core.i18n import N_, _
from core.tasks import Chunk, Task

KIND = "banking.record"
AT_ONCE = 500
Sure = Literal["sure", "likely"]
ENOUGH: dict[str, list[str]] = {"sure": ["sure"], "likely": ["sure", "likely"]}
WAITING = "l.statement_id = $1 AND l.state = 'open' AND l.account_id IS NOT NULL AND l.sure = ANY($2::text[])"


async def accept(statement_id: int, upto: Sure, *, by: Actor) -> int | None:
    """Record the lines that are sure, or likely as well; returns the id of the task when there are many.

    `Conflict` when there is none, or a task is at work on the statement.
    """
    found = await bank_statements.get(statement_id, lock=True, by=by)
    if await is_busy(statement_id):
        raise Conflict(_("A task is at work on this statement. Wait for it to end."))
    count = int(await db.value(f"SELECT count(*) FROM bank_lines l WHERE {WAITING}", statement_id, ENOUGH[upto]))
    if not count:
        raise Conflict(_("No line of this statement is matched that surely."))
    if count <= AT_ONCE:
        done, _last = await _some(statement_id, upto, after=0, by=by)
        await _tell(statement_id, found["name"], done, by=by)
        return None
    title = _("Record the payments of %(name)s") % {"name": found["name"]}
    task_id = await tasks.start(KIND, title, total=count, payload={"statement": statement_id, "upto": upto}, by=by)
    await db.execute("UPDATE bank_statements SET record_task_id = $2 WHERE id = $1", statement_id, task_id)
    return task_id


async def is_busy(statement_id: int) -> bool:
    """Whether a task matches or records lines of the statement."""
    return bool(
        await db.value(
            """SELECT EXISTS (SELECT FROM tasks t JOIN bank_statements s
                ON t.id IN (s.match_task_id, s.record_task_id) WHERE s.id = $1 AND t.ended_at IS NULL)""",
            statement_id,
        )
    )


@tasks.kind(KIND, N_("Record payments of bank statements"))
async def step(task: Task, by: Actor) -> Chunk:
    """Record some of the lines."""
    bank_statements.require(by)
    await db.execute("DISCARD PLANS")  # those of a table that was empty a moment ago look at all its rows
    statement_id, upto = int(task.payload["statement"]), str(task.payload["upto"])
    done, last = await _some(statement_id, upto, after=int(task.position.get("after", 0)), by=by)
    recorded = int(task.outcome.get("recorded", 0)) + done
    if last is None:
        name = await db.value("SELECT name FROM bank_statements WHERE id = $1", statement_id)
        await _tell(statement_id, name or task.title, recorded, by=by)
    return Chunk(done=done, position={"after": last or 0}, outcome={"recorded": recorded}, is_last=last is None)


async def _some(statement_id: int, upto: str, *, after: int, by: Actor) -> tuple[int, int | None]:
    """Record some lines behind a number; returns how many, and the number of the last one, None at the end."""
    found = await db.fetch(
        f"""SELECT l.id, l.number, l.account_id, a.client_id
              FROM bank_lines l JOIN client_projects a ON a.id = l.account_id
             WHERE {WAITING} AND l.number > $3 ORDER BY l.number LIMIT {AT_ONCE}""",
        statement_id,
        ENOUGH[upto],
        after,
    )
    if not found:
        return 0, None
    await accounts.lock_with_clients(found, is_for_verbs=True)
    lines = await db.fetch(
        """SELECT l.* FROM bank_lines l JOIN client_projects a ON a.id = l.account_id
             JOIN clients c ON c.id = a.client_id AND c.cleared_at IS NULL
             JOIN projects j ON j.id = a.project_id AND j.currency = l.currency
            WHERE l.id = ANY($1::bigint[]) AND l.state = 'open' ORDER BY l.number FOR UPDATE OF l""",
        [row["id"] for row in found],
    )
    done = await bank_lines.settle(lines, by=by)
    return done, found[-1]["number"] if len(found) == AT_ONCE else None


async def _tell(statement_id: int, name: str, count: int, *, by: Actor) -> None:
    new = {"payments": count}
    await audit.record("bank_statement:recorded", "bank_statement", statement_id, by=by, name=name, new=new)
