"""Checking a file and importing it: the same work, as a task, a part of the file in each transaction.

A check writes nothing but what it found. An import writes row by row what is right and reports the rest with its
row and its reason. Nothing is mailed, and no `after_*` hook is called: nothing leaves the house for an import.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from asyncpg import Record
from piccolo.columns import BigInt, Text

from core import db, policies, tasks
from core.accounts.exports import Export
from core.accounts.imports import client_rows, fields, files, group_rows, mapping, payer_rows, user_rows
from core.accounts.imports.fields import Noun
from core.accounts.imports.mapping import Mapping
from core.accounts.imports.rows import Batch, Row, Work
from core.actor import Actor
from core.errors import Conflict, EditConflict
from core.i18n import N_, _
from core.permissions import Permission
from core.sheets import Format
from core.tasks import Chunk, Outcome, Result, Task

CHECK, RUN = "imports.check", "imports.run"
MOST_ERRORS = 10_000
"""Rows whose errors are kept one by one; of the others the task's results tell."""
SHOWN = 100
WORK: dict[str, Work] = {
    "clients": client_rows.work,
    "groups": group_rows.work,
    "payers": payer_rows.work,
    "users": user_rows.work,
}
OUTCOMES: dict[str, Outcome] = {"added": "done", "changed": "done", "unchanged": "skipped", "failed": "failed"}
SAID = {
    (True, "added"): N_("It would be added."),
    (True, "changed"): N_("It would be changed."),
    (False, "added"): N_("Added."),
    (False, "changed"): N_("Changed."),
}


class CellError(db.Owned, tablename="import_errors"):
    """What is wrong with one cell, or with a row."""

    import_id = BigInt()
    task_id = BigInt()
    row = BigInt()
    field = Text()
    heading = Text()
    value = Text()
    message = Text()


class ImportKey(db.Owned, tablename="import_keys"):
    """In which row something that names a thing stands first."""

    import_id = BigInt()
    field = Text()
    key = Text()
    row = BigInt()


async def check(import_id: int, wanted: Mapping, *, version: int, by: Actor) -> int:
    """Say what the columns mean, and look what an import would do; returns the task's id."""
    found, noun = await _locked(import_id, version=version, by=by)
    kept = await mapping.checked(noun, wanted, found["headings"], by=by)
    await mapping.remember(noun, found["headings"], kept)
    await db.execute("DELETE FROM import_keys WHERE import_id = $1", import_id)
    await db.execute("DELETE FROM import_errors WHERE import_id = $1", import_id)
    title = _("Check %(name)s") % {"name": found["name"]}
    task_id = await tasks.start(CHECK, title, total=found["rows"], payload={"import": import_id}, by=by)
    await db.execute(
        """UPDATE imports SET columns = $2, defaults = $3, is_remembered = true, check_task_id = $4,
               run_task_id = NULL, version = version + 1 WHERE id = $1""",
        import_id,
        kept.columns,
        kept.defaults,
        task_id,
    )
    return task_id


async def run(import_id: int, *, version: int, by: Actor) -> int:
    """Import the rows of a file that was checked; returns the task's id. `Conflict` before the check has ended."""
    found, _noun = await _locked(import_id, version=version, by=by)
    state = await db.value("SELECT state FROM tasks WHERE id = $1", found["check_task_id"])
    if state != "done":
        raise Conflict(_("Check the file first."))
    title = _("Import %(name)s") % {"name": found["name"]}
    task_id = await tasks.start(RUN, title, total=found["rows"], payload={"import": import_id}, by=by)
    await db.execute(
        "UPDATE imports SET run_task_id = $2, version = version + 1 WHERE id = $1", import_id, task_id
    )
    return task_id


async def task_of(task_id: int | None) -> Task | None:
    """The task, None when there is none any more. Whoever may see the file may see how it went."""
    row = await db.row("SELECT * FROM tasks WHERE id = $1", task_id) if task_id else None
    return tasks.of(row) if row is not None else None


async def errors(found: Record) -> list[Record]:
    """The first errors of what was done last with the file: row, field, heading, value, message."""
    return await db.fetch(
        f"""SELECT row, field, heading, value, message FROM import_errors WHERE import_id = $1 AND task_id = $2
            ORDER BY row, field LIMIT {SHOWN}""",
        found["id"],
        found["run_task_id"] or found["check_task_id"],
    )


def errors_file(found: Record, form: Format) -> Export:
    """All of them as a file."""
    sql = """SELECT row, heading, value, message FROM import_errors WHERE import_id = $1 AND task_id = $2
             ORDER BY row, field"""
    arguments = (found["id"], found["run_task_id"] or found["check_task_id"])
    columns = ("row", "column", "value", "message")
    return Export(noun="import-errors", columns=columns, sql=sql, arguments=arguments, format=form)


@tasks.kind(CHECK, N_("Check a file"))
async def check_step(task: Task, by: Actor) -> Chunk:
    """Look at one part of the file."""
    return await _step(task, by, is_dry=True)


@tasks.kind(RUN, N_("Import a file"))
async def run_step(task: Task, by: Actor) -> Chunk:
    """Import one part of the file."""
    return await _step(task, by, is_dry=False)


async def _step(task: Task, by: Actor, *, is_dry: bool) -> Chunk:
    policies.require(by, Permission.CLIENT_IMPORT)
    await db.execute("DISCARD PLANS")  # those of a table that was empty a moment ago look at all its rows
    found = await db.row("SELECT * FROM imports WHERE id = $1 FOR UPDATE", task.payload["import"])
    if found is None:
        raise Conflict(_("The file has been removed."))
    noun = fields.noun_of(found["noun"], by=by)
    kept = Mapping(columns=found["columns"], defaults=found["defaults"])
    await mapping.checked(noun, kept, found["headings"], by=by)
    number = int(task.position.get("part", 0))
    rows = await files.part(found, number)
    batch = Batch(import_id=found["id"], part=number, rows=rows, defaults=found["defaults"], is_dry=is_dry)
    await WORK[noun.key](batch, by)
    for row in rows:
        row.what = "failed" if row.errors else row.what
    known = await fields.every(noun)
    labels = {key: field.text for key, field in known.items()}
    await _keep_errors(task, found, rows, labels)
    counts: Counter[str] = Counter(row.what for row in rows)
    return Chunk(
        results=[_result(row, labels, is_dry=is_dry) for row in rows],
        position={"part": number + 1},
        is_last=number + 1 >= found["parts"],
        outcome={what: int(task.outcome.get(what, 0)) + counts[what] for what in OUTCOMES},
    )


async def _keep_errors(task: Task, found: Record, rows: Sequence[Row], labels: dict[str, str]) -> None:
    if task.failed >= MOST_ERRORS:
        return
    headings = dict(zip(found["columns"], found["headings"], strict=True))
    told = [
        (row.number, field, headings.get(field) or labels.get(field, ""), row.values.get(field, ""), message)
        for row in rows
        for field, message in row.errors.items()
    ]
    columns: list[Any] = [list(column) for column in zip(*told, strict=True)] if told else [[]] * 5
    await db.execute(
        """INSERT INTO import_errors (import_id, task_id, row, field, heading, value, message)
           SELECT $1, $2, e.* FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[]) e""",
        found["id"],
        task.id,
        columns[0],
        columns[1],
        columns[2],
        [value[:200].replace("\0", "�") for value in columns[3]],
        columns[4],
    )


def _result(row: Row, labels: dict[str, str], *, is_dry: bool) -> Result:
    said = _(SAID.get((is_dry, row.what), N_("It is so already.")))
    if row.what == "failed":
        told = [f"{labels[field]}: {text}" if field in labels else text for field, text in row.errors.items()]
        said = " ".join(told)
    if row.note:
        said = row.note if row.what == "unchanged" else f"{row.note} {said}"
    name = (row.name or row.values.get("name") or row.values.get("login") or "")[:200].replace("\0", "�")
    return Result(kind="row", id=row.id, code=row.number, name=name, outcome=OUTCOMES[row.what], reason=said)


async def _locked(import_id: int, *, version: int, by: Actor) -> tuple[Record, Noun]:
    """The file, that nobody else changed and no task is at."""
    found = await files.get(import_id, by=by, lock=True)
    noun = fields.noun_of(found["noun"], by=by)
    if found["version"] != version:
        raise EditConflict({"version": found["version"]})
    if await files.is_busy(found):
        raise Conflict(_("A task is at work on this file. Stop it first."))
    return found, noun
