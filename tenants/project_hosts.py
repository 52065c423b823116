"""The hosts of projects: names that a provider claims, proves to own by a record in DNS, and is reached under.

Claims of different providers do not know of each other; `hosts` has the one who was first to prove. He keeps the
name until he gives it up, or until another one proves it and his own proof has gone.
"""

import secrets
from datetime import timedelta
from typing import Any

from asyncpg import Record, UniqueViolationError
from piccolo import columns

from core import actor, audit, clock, db, jobs, policies
from core.accounts import projects, rows
from core.actor import PLATFORM, Actor
from core.checks import Checks
from core.errors import Conflict, Invalid, NotFound
from core.freshness import forget_tenant
from core.i18n import _
from core.permissions import Permission
from tenants import hosts, name_proof, providers

MOST_HOSTS = 20
"""Of one project."""
AGAIN = tuple(timedelta(minutes=minutes) for minutes in (5, 30, 120, 720, 1440, 1440))
"""After how long a look that found nothing is repeated; then somebody has to ask for it."""


class ProjectHost(db.Owned, tablename="project_hosts"):
    """A claim. `state` is pending, proven or failed; `reason` a key that says why it failed."""

    project_id = columns.BigInt()
    name = columns.Text()
    token = columns.Text()
    state = columns.Text()
    reason = columns.Text()
    tries = columns.Integer()
    checked_at = columns.Timestamptz(null=True)
    created_at = columns.Timestamptz()


class _NotHis(Exception):
    """The name stays where it is; undoes what was begun."""


async def of(project_id: int, *, by: Actor) -> list[Record]:
    """The hosts of a project by name, with `record`: where the proof belongs, and `token`: what it says."""
    await projects.get(project_id, by=by)
    return await _read("project_id", project_id)


async def get(host_id: int, *, by: Actor) -> Record:
    """One host; `NotFound` also when its project is not for `by` to see."""
    policies.require(by, Permission.PROJECT_READ)
    found = await _read("id", host_id) if rows.is_id(host_id) else []
    if not found:
        raise NotFound
    await projects.get(found[0]["project_id"], by=by)
    return found[0]


async def add(project_id: int, name: str, *, by: Actor) -> Record:
    """Claim a name for a project; a job looks for the proof. Says nothing about claims of other providers."""
    policies.require(by, Permission.PROJECT_UPDATE)
    project = await projects.locked(project_id, by=by)
    checks = Checks()
    host = hosts.checked(checks, "name", name)
    checks.done()
    if await db.value("SELECT count(*) FROM project_hosts WHERE project_id = $1", project_id) >= MOST_HOSTS:
        raise Invalid({"name": _("A project has room for %(count)s names.") % {"count": MOST_HOSTS}})
    host_id = await _insert(project_id, host)
    await audit.record(
        "project:host_added", "project", project_id, by=by, name=project["name"], new={"host": host}
    )
    await _look_later(host_id)
    return await get(host_id, by=by)


async def check_again(host_id: int, *, by: Actor) -> None:
    """Have a job look for the proof now, and again after growing delays."""
    policies.require(by, Permission.PROJECT_UPDATE)
    row = await get(host_id, by=by)
    if row["state"] == "proven":
        raise Conflict(_("This name is proven already."))
    await db.execute(
        "UPDATE project_hosts SET state = 'pending', reason = '', tries = 0 WHERE id = $1 AND state <> 'proven'",
        host_id,
    )
    await _look_later(host_id)


async def remove(host_id: int, *, by: Actor) -> None:
    """Give a name up: the provider is not reached under it any more. `Conflict` for the one that links lead to."""
    policies.require(by, Permission.PROJECT_UPDATE)
    row = await get(host_id, by=by)
    project = await projects.locked(row["project_id"], by=by)
    if await hosts.primary(by.tenant.id) == row["name"]:
        raise Conflict(_("Links in mail lead to this name. The platform can choose another one for that."))
    await db.execute("DELETE FROM project_hosts WHERE id = $1", host_id)
    await jobs.later("project_host.release", {"host": row["name"]})
    await forget_tenant(by.tenant.id)
    old = {"host": row["name"]}
    await audit.record("project:host_removed", "project", project["id"], by=by, name=project["name"], old=old)


@jobs.task("project_host.look", attempts=3)
async def look(payload: dict[str, Any], job: jobs.Job) -> None:
    """Look for the proof of one claim, and keep what came of it."""
    async with job.scope():
        claim = await db.row(
            "SELECT id, name, token FROM project_hosts WHERE id = $1 AND state <> 'proven'", payload["host"]
        )
    if claim is None:
        return
    answer = await name_proof.look(claim["name"])
    if claim["token"] not in answer.texts:
        async with job.scope():
            await _not_proven(claim, answer.reason or "other")
        return
    if not await _take(job.tenant_id, claim) and not (
        await _let_go(claim["name"], answer.texts) and await _take(job.tenant_id, claim)
    ):
        async with job.scope():
            await _not_proven(claim, "taken")


@jobs.task("project_host.release")
async def release(payload: dict[str, Any], job: jobs.Job) -> None:
    """Let a name that was given up lead nowhere, unless it was claimed and proven anew."""
    async with job.scope():
        is_kept = await db.value(
            "SELECT EXISTS (SELECT FROM project_hosts WHERE name = $1 AND state = 'proven')", payload["host"]
        )
    if not is_kept:
        async with db.as_platform():
            await db.execute(
                "DELETE FROM hosts WHERE name = $1 AND provider_id = $2 AND NOT is_primary",
                payload["host"],
                job.tenant_id,
            )
            await forget_tenant(PLATFORM)


async def _read(column: str, value: int) -> list[Record]:
    return await db.fetch(
        f"""SELECT id, project_id, name, $2 || '.' || name AS record, token, state, reason, checked_at, created_at
              FROM project_hosts WHERE {column} = $1 ORDER BY name""",
        value,
        name_proof.LABEL,
    )


async def _insert(project_id: int, host: str) -> int:
    try:
        async with db.savepoint():
            return int(
                await db.value(
                    """INSERT INTO project_hosts (project_id, name, token, created_at)
                       VALUES ($1, $2, $3, $4) RETURNING id""",
                    project_id,
                    host,
                    f"comptoir-{secrets.token_hex(16)}",
                    clock.now(),
                )
            )
    except UniqueViolationError as error:
        raise Invalid({"name": _("You have added this name already.")}) from error


async def _look_later(host_id: int, delay: timedelta | None = None) -> None:
    key = f"{host_id}:later" if delay else str(host_id)
    await jobs.later("project_host.look", {"host": host_id}, delay=delay, key=key)


async def _not_proven(claim: Record, reason: str) -> None:
    tries = await db.value(
        """UPDATE project_hosts SET state = 'failed', reason = $2, checked_at = $3, tries = tries + 1
            WHERE id = $1 AND state <> 'proven' RETURNING tries""",
        claim["id"],
        reason,
        clock.now(),
    )
    if tries is not None and tries <= len(AGAIN):
        await _look_later(claim["id"], AGAIN[tries - 1])


async def _take(provider_id: int, claim: Record) -> bool:
    """Lead the name to the provider whose claim is proven; False when it leads to another one."""
    try:
        async with db.as_platform():
            await db.execute(
                """INSERT INTO hosts (name, provider_id, created_at) VALUES ($1, $2, $3)
                   ON CONFLICT (name) DO NOTHING""",
                claim["name"],
                provider_id,
                clock.now(),
            )
            if await db.value("SELECT provider_id FROM hosts WHERE name = $1", claim["name"]) != provider_id:
                raise _NotHis
            await forget_tenant(PLATFORM)
            await db.hand_over_to(provider_id)
            await _note_proven(claim)
            await forget_tenant(provider_id)
    except _NotHis:
        return False
    return True


async def _note_proven(claim: Record) -> None:
    project = await db.row(
        """UPDATE project_hosts h SET state = 'proven', reason = '', checked_at = $3 FROM projects p
            WHERE h.id = $1 AND h.token = $2 AND p.id = h.project_id RETURNING p.id, p.name""",
        claim["id"],
        claim["token"],
        clock.now(),
    )
    if project is None:
        raise _NotHis
    await _tell("project:host_proven", project, claim["name"])


async def _let_go(host: str, texts: tuple[str, ...]) -> bool:
    """Take the name from a holder who proved it once and whose proof has gone; whether he had to let it go."""
    try:
        async with db.as_platform():
            holder = await db.value(
                "DELETE FROM hosts WHERE name = $1 AND NOT is_primary RETURNING provider_id", host
            )
            if holder is None:
                raise _NotHis
            await forget_tenant(PLATFORM)
            await db.hand_over_to(holder)
            project = await db.row(
                """UPDATE project_hosts h SET state = 'failed', reason = 'lost', tries = $3 FROM projects p
                    WHERE h.name = $1 AND h.state = 'proven' AND h.token <> ALL ($2::text[])
                      AND p.id = h.project_id RETURNING p.id, p.name""",
                host,
                list(texts),
                len(AGAIN),
            )
            if project is None:
                raise _NotHis
            await _tell("project:host_lost", project, host)
            await forget_tenant(holder)
    except _NotHis:
        return False
    return True


async def _tell(action: str, project: Record, host: str) -> None:
    by = actor.system(await providers.current())
    await audit.record(action, "project", project["id"], by=by, name=project["name"], new={"host": host})
