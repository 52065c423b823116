"""Merging a project into another one: a preview of what moves, and the act itself.

With few clients it is one transaction. With many it is a task: the project is closed, its clients go some hundreds
at a time, and with the last of them all the rest and the project itself.
"""

import msgspec
from asyncpg import Record

from core import audit, db, freshness, hooks, images, policies, tasks
from core.accounts import account_parts, clients, project_closing, project_parts, projects, rule_projects
from core.accounts.project_parts import Count
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from core.tasks import Chunk, Result, Task

KIND = "projects.merge"
AT_ONCE = 500
"""Clients that move in the request itself; with more it is a task, with so many in each step."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What merging would do: rows by part, how many clients have an account in both, the settings that differ, of
    which those of the one that stays are kept, and whether it runs as a task."""

    gone: Record
    stays: Record
    counts: list[Count]
    in_both: int
    differing: list[str]
    is_task: bool


async def why_not(project_id: int, *, by: Actor) -> str:
    """Why a project cannot be merged into any other, "" when it can."""
    policies.require(by, Permission.PROJECT_DELETE)
    return _why_not(await projects.get(project_id, by=by))


async def candidates(project_id: int, *, by: Actor) -> dict[int, str]:
    """The projects that this one can be merged into: id to name."""
    policies.require(by, Permission.PROJECT_DELETE)
    await projects.get(project_id, by=by)
    return {key: name for key, name in (await projects.open_names(by=by)).items() if key != project_id}


async def preview(project_id: int, into_id: int, *, by: Actor) -> Preview:
    """What merging would do. `Conflict` for the default project, `Invalid` under "into" when the two cannot be."""
    policies.require(by, Permission.PROJECT_DELETE)
    gone = await projects.get(project_id, by=by)
    if reason := _why_not(gone):
        raise Conflict(reason)
    if into_id not in await candidates(project_id, by=by):
        raise Invalid({"into": _("Please choose another project that is open.")})
    stays = await projects.get(into_id, by=by)
    if gone["currency"] != stays["currency"]:
        told = {"gone": gone["currency"], "stays": stays["currency"]}
        raise Invalid({"into": _("Accounts of %(gone)s cannot become accounts of %(stays)s.") % told})
    counts = await project_parts.counts(project_id, into_id)
    accounts = next((count for count in counts if count.table == "client_projects"), None)
    return Preview(
        gone=gone,
        stays=stays,
        counts=counts,
        in_both=accounts.kept_back if accounts else 0,
        differing=[field for field in projects.EDITABLE if gone[field] != stays[field]],
        is_task=accounts is not None and accounts.rows > AT_ONCE,
    )


async def merge(project_id: int, into_id: int, *, by: Actor) -> int | None:
    """Merge a project into another one; returns the id of the task when it is one, None when it is done."""
    found = await preview(project_id, into_id, by=by)
    await _lock(project_id, into_id, by=by)
    if not found.is_task:
        await move_clients(found.gone, found.stays, by=by)
        await _finish(found.gone, found.stays, by=by)
        return None
    await project_closing.close(project_id, by=by)
    title = _("Merge the project %(gone)s into %(stays)s") % {
        "gone": found.gone["name"],
        "stays": found.stays["name"],
    }
    payload = {"gone": project_id, "stays": into_id}
    return await tasks.start(KIND, title, total=found.gone["clients"], payload=payload, by=by)


@tasks.kind(KIND, N_("Merge projects"))
async def step(task: Task, by: Actor) -> Chunk:
    """Some of the clients, and after the last of them the rest."""
    found = await preview(int(task.payload["gone"]), int(task.payload["stays"]), by=by)
    await _lock(found.gone["id"], found.stays["id"], by=by)
    moved = await move_clients(found.gone, found.stays, by=by)
    is_last = len(moved) < AT_ONCE
    if is_last:
        await _finish(found.gone, found.stays, by=by)
    results = [Result(id=client["id"], code=client["code"], name=client["name"]) for client in moved]
    return Chunk(results=results, is_last=is_last)


async def move_clients(gone: Record, stays: Record, *, by: Actor) -> list[Record]:
    """Move AT_ONCE clients with an account in the one that goes; returns them."""
    ids = [
        row["client_id"]
        for row in await db.fetch(
            "SELECT client_id FROM client_projects WHERE project_id = $1 ORDER BY client_id LIMIT $2",
            gone["id"],
            AT_ONCE,
        )
    ]
    moved = await db.fetch("SELECT * FROM clients WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", ids)
    await _keep_limits(ids, gone["id"], stays["id"])
    await _carry_accounts(ids, gone["id"], stays["id"])
    # The database takes the account along with the home, or leaves it where the client has one in both.
    changed = await db.fetch(
        """UPDATE clients SET project_id = $3, version = version + 1
            WHERE id = ANY($1::bigint[]) AND project_id = $2 RETURNING *""",
        ids,
        gone["id"],
        stays["id"],
    )
    await _move_accounts(ids, gone["id"], stays["id"])
    await _tell_clients(moved, gone, stays, by=by)
    for client in changed:
        changes = {"project_id": stays["id"]}
        await hooks.after("after_client_updated", by=by, client=clients.shown(client), changes=changes)
    return moved


async def _keep_limits(ids: list[int], gone_id: int, stays_id: int) -> None:
    """The credit limit of an account that goes is taken over by the client's other one, if that has none."""
    await db.execute(
        """UPDATE client_projects s SET credit_limit = g.credit_limit FROM client_projects g
            WHERE g.project_id = $2 AND s.project_id = $3 AND s.client_id = g.client_id
              AND g.client_id = ANY($1::bigint[]) AND s.credit_limit IS NULL""",
        ids,
        gone_id,
        stays_id,
    )


async def _carry_accounts(ids: list[int], gone_id: int, stays_id: int) -> None:
    both = await db.fetch(
        """SELECT g.id AS gone, s.id AS stays FROM client_projects g JOIN client_projects s USING (client_id)
            WHERE g.project_id = $2 AND s.project_id = $3 AND g.client_id = ANY($1::bigint[]) ORDER BY g.id""",
        ids,
        gone_id,
        stays_id,
    )
    await account_parts.carry([(row["gone"], row["stays"]) for row in both])


async def _move_accounts(ids: list[int], gone_id: int, stays_id: int) -> None:
    await db.execute(
        """UPDATE client_projects t SET project_id = $3 WHERE t.project_id = $2 AND t.client_id = ANY($1::bigint[])
              AND NOT EXISTS (SELECT FROM client_projects o
                               WHERE o.client_id = t.client_id AND o.project_id = $3)""",
        ids,
        gone_id,
        stays_id,
    )
    sql = "DELETE FROM client_projects WHERE project_id = $2 AND client_id = ANY($1::bigint[])"
    await db.execute(sql, ids, gone_id)


async def _finish(gone: Record, stays: Record, *, by: Actor) -> None:
    """Move what is not of clients, and let the project go."""
    counts = await project_parts.counts(gone["id"], stays["id"])
    # Clients that were merged into others have no account any more; where they were registered still leads on.
    await db.execute("UPDATE clients SET project_id = $2 WHERE project_id = $1", gone["id"], stays["id"])
    await project_parts.move(gone, stays, by=by)
    await db.execute("DELETE FROM projects WHERE id = $1", gone["id"])
    await images.drop(gone["logo_id"])
    await freshness.forget_tenant(by.tenant.id)
    old = {field: gone[field] for field in projects.EDITABLE if gone[field] != stays[field]}
    new = {"merged_into": stays["name"], **{count.table: count.rows for count in counts}}
    await audit.record("project:merged", "project", gone["id"], by=by, name=gone["name"], old=old, new=new)


async def _tell_clients(moved: list[Record], gone: Record, stays: Record, *, by: Actor) -> None:
    told = [
        audit.Subject(
            id=client["id"],
            name=client["name"],
            client_id=client["id"],
            old={"project": gone["name"]},
            new={"project": stays["name"]},
        )
        for client in moved
    ]
    await audit.record_each("client:updated", "client", told, by=by)


async def _lock(gone_id: int, stays_id: int, *, by: Actor) -> None:
    """Both, in the order of their ids: no two merges wait for each other, and nobody registers meanwhile. The
    groups with rules that follow come before the clients."""
    for project_id in sorted((gone_id, stays_id)):
        await projects.locked(project_id, by=by)
    await rule_projects.lock(gone_id)


def _why_not(row: Record) -> str:
    if row["is_default"]:
        return _("This is the default project. Make another one the default first.")
    return ""
