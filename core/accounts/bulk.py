"""One change of many clients: of those selected, or of all that match a filter. It runs as a task.

The clients are chosen once, when it begins, so that a change that takes a client out of the filter skips nobody.
Each is changed by the rules of a single change, with its own entry in the audit; one that cannot be is reported
with its reason, and the others go on.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from asyncpg import Record

from core import audit, db, hooks, policies, tasks
from core.accounts import (
    access,
    bulk_things,
    client_choice,
    client_projects,
    clients,
    closing,
    groups,
    removal,
)
from core.accounts.cleared import CLEARED
from core.accounts.client_choice import Choice
from core.actor import Actor
from core.checks import Checks
from core.errors import Invalid, Refusal
from core.i18n import N_, _, ngettext
from core.permissions import Permission
from core.tasks import Chunk, Result, Task

KIND = "clients.change"
Act = Literal[
    "group_add", "group_remove", "attitude", "project", "account", "language", "close", "reopen", "delete"
]

ACTS: Mapping[Act, tuple[str, Permission]] = {
    "group_add": (N_("Put into an account group"), Permission.GROUP_ASSIGN),
    "group_remove": (N_("Take out of an account group"), Permission.GROUP_ASSIGN),
    "attitude": (N_("Give an attitude"), Permission.CLIENT_UPDATE),
    "project": (N_("Move to a project"), Permission.CLIENT_UPDATE),
    "account": (N_("Open an account in a project"), Permission.PROJECT_ASSIGN),
    "language": (N_("Set the language"), Permission.CLIENT_UPDATE),
    "close": (N_("Close"), Permission.CLIENT_CLOSE),
    "reopen": (N_("Open again"), Permission.CLIENT_CLOSE),
    "delete": (N_("Delete"), Permission.CLIENT_DELETE),
}
"""What can be done, what people call it, and the right it asks for."""

FIELDS: Mapping[Act, str] = {
    "group_add": "group",
    "group_remove": "group",
    "attitude": "attitude",
    "project": "project",
    "account": "project",
    "language": "language",
    "close": "reason",
}
"""What has to be said besides."""

COLUMNS = {"attitude": "attitude_id", "project": "project_id", "language": "language"}
FAST, SLOW = 1000, 100
"""Clients in one transaction: of a change by one statement, and of one that is made client by client."""


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is to be done. A group, an attitude and a project are ids, a language is a code."""

    act: Act
    group: int | None = None
    attitude: int | None = None
    project: int | None = None
    language: str = ""
    reason: str = ""


def offered(*, by: Actor) -> dict[Act, str]:
    """What `by` may do to many clients, with its name; what the edition lacks is left out."""
    return {act: _(label) for act, (label, _right) in ACTS.items() if _may(act, by=by)}


async def check(change: Change, *, by: Actor) -> Change:
    """The change as it is kept. Raises what the right, the edition and the values ask for, and `Invalid`."""
    policies.require(by, ACTS[change.act][1])
    policies.require(by, Permission.CLIENT_READ)
    checks = Checks()
    field = FIELDS.get(change.act)
    if field == "reason":
        return msgspec.structs.replace(change, reason=closing.checked_reason(change.reason))
    if field == "language":
        checks.language("language", change.language)
    elif field is not None:
        number = getattr(change, field)
        if number is None:
            checks.error(field, _("Please choose one."))
        elif not await bulk_things.is_there(field, number, by=by):
            checks.error(field, _("This is not one of the choices."))
    checks.done()
    return change


async def begin(change: Change, choice: Choice, *, by: Actor) -> int:
    """Start the task; returns its id. `Invalid` when nobody is chosen."""
    kept = await check(change, by=by)
    size = FAST if change.act in COLUMNS or FIELDS.get(change.act) in ("group", "project") else SLOW
    parts = await client_choice.parts(choice, size, by=by)
    if not parts:
        raise Invalid({"": _("No client fits, so there is nothing to do.")})
    total = sum(len(codes) for codes in parts)
    payload = {"change": msgspec.to_builtins(kept), "act": kept.act, "parts": len(parts)}
    task_id = await tasks.start(KIND, await title(kept, total), total=total, payload=payload, by=by)
    await db.executemany(
        "INSERT INTO task_clients (task_id, part, codes) VALUES ($1, $2, $3)",
        [(task_id, place, codes) for place, codes in enumerate(parts)],
    )
    return task_id


async def title(change: Change, total: int) -> str:
    """What is done to how many, in the language in force."""
    named = await _named(change)
    act = _(ACTS[change.act][0])
    text = f"{act}: {named}" if named else act
    count = ngettext("%(count)s client", "%(count)s clients", total) % {"count": total}
    return f"{text} ({count})"[: tasks.LONGEST_TITLE]


@tasks.kind(KIND, N_("Change clients"))
async def step(task: Task, by: Actor) -> Chunk:
    """One part of the clients."""
    change = await check(msgspec.convert(task.payload["change"], Change), by=by)
    part = int(task.position.get("part", 0))
    codes = await db.value("SELECT codes FROM task_clients WHERE task_id = $1 AND part = $2", task.id, part) or []
    found = await access.clients_by_code(list(codes), by=by, lock=True)
    results = await _changed(change, found, by=by)
    there = {client["code"] for client in found}
    gone = [
        Result(outcome="failed", code=code, reason=_("This client is not there any more."))
        for code in codes
        if code not in there
    ]
    return Chunk(results=results + gone, position={"part": part + 1}, is_last=part + 1 >= task.payload["parts"])


async def _changed(change: Change, found: list[Record], *, by: Actor) -> list[Result]:
    if change.act in COLUMNS:
        return await _set_column(change, found, by=by)
    if change.group is not None and FIELDS.get(change.act) == "group":
        return await _assign(change.act == "group_add", change.group, found, by=by)
    if change.act == "account" and change.project is not None:
        return await _open_accounts(change.project, found, by=by)
    return [await _one(change, client, by=by) for client in found]


async def _one(change: Change, client: Record, *, by: Actor) -> Result:
    """Close, open again or delete one client."""
    try:
        async with db.savepoint():
            if change.act == "close":
                await closing.close_one(client, change.reason, by=by)
            elif change.act == "reopen":
                await closing.reopen_one(client, by=by)
            else:
                outcome = await removal.remove([client["code"]], by=by)
                if outcome.refused:
                    return _result(client, "failed", outcome.refused[0].reason)
    except Refusal as refusal:
        return _result(client, "failed", closing.reason_of(refusal))
    return _result(client)


async def _assign(is_added: bool, group_id: int, found: list[Record], *, by: Actor) -> list[Result]:
    ids = [client["id"] for client in found]
    inside = "SELECT client_id, is_manual FROM group_members WHERE group_id = $1 AND client_id = ANY($2::bigint[])"
    by_hand = {row["client_id"]: row["is_manual"] for row in await db.fetch(inside, group_id, ids)}
    verb = groups.add if is_added else groups.remove
    await verb(group_id, ids, by=by, is_told_each=True)
    return [_assigned(client, is_added, by_hand.get(client["id"])) for client in found]


def _assigned(client: Record, is_added: bool, was_by_hand: bool | None) -> Result:
    """`was_by_hand`: None for who was not in the group, False for who is there by its rule."""
    if is_added and client["cleared_at"] is not None:
        return _result(client, "skipped", _(CLEARED))
    if bool(was_by_hand) != is_added:
        return _result(client)
    if was_by_hand is False:
        return _result(client, "skipped", _("It is in the group by its rule, which would bring it back."))
    return _result(
        client, "skipped", _("It was in the group already.") if is_added else _("It was not in the group.")
    )


async def _open_accounts(project_id: int, found: list[Record], *, by: Actor) -> list[Result]:
    results, wanted = [], []
    for client in found:
        try:
            clients.require_open(client, ["project_id"])
            wanted.append(client)
        except Refusal as refusal:
            results.append(_result(client, "failed", refusal.message))
    opened = await client_projects.open_each(project_id, wanted, by=by)
    told = _("It had an account there already.")
    return results + [
        _result(client) if client["id"] in opened else _result(client, "skipped", told) for client in wanted
    ]


async def _set_column(change: Change, found: list[Record], *, by: Actor) -> list[Result]:
    """Attitude, project or language of all that are open and have another one, by one statement."""
    column = COLUMNS[change.act]
    value = getattr(change, change.act)
    results: list[Result] = []
    wanted: list[Record] = []
    for client in found:
        refused = await _why_not(client, {column: value}, by=by)
        if client[column] == value:
            results.append(_result(client, "skipped", _("It was so already.")))
        elif refused:
            results.append(_result(client, "failed", refused))
        else:
            wanted.append(client)
            results.append(_result(client))
    saved = await db.fetch(
        f"UPDATE clients SET {column} = $2, version = version + 1 WHERE id = ANY($1::bigint[]) RETURNING *",
        [client["id"] for client in wanted],
        value,
    )
    await _tell(change.act, column, wanted, value, by=by)
    for client in saved:
        await hooks.after("after_client_updated", by=by, client=clients.shown(client), changes={column: value})
    return results


async def _why_not(client: Record, values: Mapping[str, Any], *, by: Actor) -> str:
    """Why this client cannot be changed so, "" when it can."""
    try:
        clients.require_open(client, list(values))
        if "project_id" in values:
            clients.require_movable(client, by=by)
        if errors := await hooks.validate("validate_client", by=by, client={**clients.shown(client), **values}):
            return next(iter(errors.values()))
    except Refusal as refusal:
        return closing.reason_of(refusal)
    return ""


async def _tell(act: str, column: str, changed: Sequence[Record], value: Any, *, by: Actor) -> None:
    """An entry for each client, with names in place of ids."""
    names = await bulk_things.names(act)
    await audit.record_each(
        "client:updated",
        "client",
        [
            audit.Subject(
                id=client["id"],
                name=client["name"],
                client_id=client["id"],
                old={act: names.get(client[column], client[column])},
                new={act: names.get(value, value)},
            )
            for client in changed
        ],
        by=by,
    )


async def _named(change: Change) -> str:
    """What the change sets, by its name."""
    field = FIELDS.get(change.act)
    if field in ("language", "reason", None):
        return change.language if field == "language" else ""
    return await bulk_things.name_of(str(field), getattr(change, str(field)))


def _may(act: Act, *, by: Actor) -> bool:
    if act == "project" and not policies.has_feature(by.tenant, "projects"):
        return False
    return policies.allows(by, ACTS[act][1])


def _result(client: Record, outcome: Literal["done", "skipped", "failed"] = "done", reason: str = "") -> Result:
    return Result(id=client["id"], code=client["code"], name=client["name"], outcome=outcome, reason=reason)
