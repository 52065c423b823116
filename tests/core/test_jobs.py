"""Jobs: asked for inside a transaction, for the right tenant, and once however often."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from core import actor, db, job_queue, jobs
from core.settings import Settings
from tests.core.at_queue import ACME, NOVA, is_empty, nothing, until, waiting, workers

pytestmark = pytest.mark.anyio

# What the transaction asks for


async def test_a_job_is_done_for_the_tenant_that_asked_for_it(database: Settings, register: Any) -> None:
    seen: list[tuple[int, Any, int]] = []

    async def look(payload: dict[str, Any], job: jobs.Job) -> None:
        async with job.scope():
            seen.append(
                (job.tenant_id, payload["word"], await db.value("SELECT current_setting('app.tenant_id')::int"))
            )

    register("test.look", look)
    for tenant, word in ((NOVA, "nova"), (ACME, "acme"), (actor.PLATFORM, "platform")):
        async with db.as_tenant(tenant):
            await jobs.later("test.look", {"word": word})
    async with workers(database):
        await until(lambda: len(seen) == 3)
    assert sorted(seen) == [(0, "platform", 0), (NOVA, "nova", NOVA), (ACME, "acme", ACME)]
    assert await is_empty(database)


async def test_a_transaction_that_rolls_back_leaves_no_job(database: Settings, register: Any) -> None:
    register("test.nothing", nothing)

    async def ask_and_fail() -> None:
        async with db.as_tenant(NOVA):
            await jobs.later("test.nothing", {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await ask_and_fail()
    assert await is_empty(database)


async def test_a_job_follows_a_transaction_that_was_handed_over(database: Settings, register: Any) -> None:
    register("test.nothing", nothing)
    async with db.as_platform():
        await db.hand_over_to(NOVA)
        await jobs.later("test.nothing", {})
    rows = await waiting(database, "(headers ->> 'tenant')::int AS tenant")
    assert [row["tenant"] for row in rows] == [NOVA]


async def test_a_kind_that_nobody_does_cannot_be_asked_for(database: Settings) -> None:
    async with db.as_tenant(NOVA):
        with pytest.raises(jobs.UnknownKind):
            await jobs.later("test.misspelt", {})


async def test_a_payload_cannot_forge_the_tenant(database: Settings, register: Any) -> None:
    seen: list[int] = []

    async def look(payload: dict[str, Any], job: jobs.Job) -> None:
        seen.append(job.tenant_id)

    register("test.look", look)
    async with db.as_tenant(NOVA):
        await jobs.later(
            "test.look", {"tenant": ACME, "tenant_id": ACME, "headers": {"tenant": ACME}}, key=f"{ACME}:x"
        )
    async with workers(database):
        await until(lambda: seen)
    assert seen == [NOVA]


async def test_without_a_tenant_the_database_takes_no_job(database: Settings) -> None:
    connection = await asyncpg.connect(database.database_url)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="belongs to a tenant"):
        await connection.execute("SELECT queue.enqueue('x', '{}', NULL, NULL, NULL)")
    await connection.close()


async def test_the_application_may_not_touch_the_queue(database: Settings) -> None:
    connection = await asyncpg.connect(database.database_url)
    for statement in (
        "SELECT * FROM queue.pgqueuer",
        "SELECT * FROM queue.pgqueuer_log",
        "INSERT INTO queue.pgqueuer (priority, entrypoint, status) VALUES (0, 'x', 'queued')",
        "UPDATE queue.pgqueuer SET headers = '{}'",
        "DELETE FROM queue.pgqueuer",
        "SELECT nextval('queue.pgqueuer_id_seq')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


async def test_the_worker_s_role_sees_no_tenant(database: Settings) -> None:
    connection = await asyncpg.connect(database.database_worker_url)
    await connection.execute("SET app.tenant_id = '701'")
    for statement in (
        "SELECT * FROM public.people",
        "SELECT * FROM public.providers",
        "SELECT * FROM public.job_failures",
        "SELECT * FROM public.audit_entries",
        "SELECT queue.enqueue('x', '{}', NULL, NULL, NULL)",
        "SELECT queue.hold(1, NULL)",
        "SELECT queue.hasten('x', 'x')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


async def test_the_backup_may_read_all_of_the_queue(database: Settings) -> None:
    owner = await asyncpg.connect(database.database_owner_url)
    rows = await owner.fetch(
        """SELECT c.relname FROM pg_class c
            WHERE c.relnamespace = 'queue'::regnamespace AND c.relkind IN ('r', 'S')
              AND NOT has_table_privilege('comptoir_backup', c.oid, 'SELECT')"""
    )
    await owner.close()
    assert rows == []


async def test_the_queue_is_as_this_pgqueuer_wants_it(database: Settings) -> None:
    owner = await asyncpg.connect(database.database_owner_url)
    plan = await job_queue.queries(owner).plan_upgrade()
    await owner.close()
    assert (plan.statements, plan.notes) == ((), ())


# One job for several wishes


async def test_a_key_that_waits_already_is_enough(database: Settings, register: Any) -> None:
    register("test.nothing", nothing)
    register("test.other", nothing)
    for _ in range(3):
        async with db.as_tenant(NOVA):
            await jobs.later("test.nothing", {}, key="recount")
            await jobs.later("test.nothing", {}, key="recount")
    assert len(await waiting(database)) == 1
    async with db.as_tenant(ACME):
        await jobs.later("test.nothing", {}, key="recount")
    async with db.as_tenant(NOVA):
        await jobs.later("test.other", {}, key="recount")
        await jobs.later("test.nothing", {}, key="another")
    assert len(await waiting(database)) == 4


async def test_who_cannot_wait_has_the_one_that_waits_begin_now(database: Settings, register: Any) -> None:
    register("test.nothing", nothing)
    for tenant in (NOVA, ACME):
        async with db.as_tenant(tenant):
            await jobs.later("test.nothing", {}, delay=timedelta(hours=1), key="k")
    async with db.as_tenant(NOVA):
        await jobs.later("test.nothing", {}, key="k")
        await jobs.at_once("test.nothing", {}, key="k")
    rows = await waiting(database, "(headers ->> 'tenant')::int AS tenant, execute_after <= now() AS is_due")
    assert [(row["tenant"], row["is_due"]) for row in rows] == [(NOVA, True), (ACME, False)]


async def test_wishes_during_the_work_are_one_job_after_it(database: Settings, register: Any) -> None:
    begun, go_on, told = asyncio.Event(), asyncio.Event(), []

    async def count(payload: dict[str, Any], job: jobs.Job) -> None:
        told.append("begun")
        begun.set()
        await go_on.wait()
        told.append("ended")

    register("test.count", count)
    async with db.as_tenant(NOVA):
        await jobs.later("test.count", {}, key="k")
    async with workers(database):
        await begun.wait()
        for _ in range(5):
            async with db.as_tenant(NOVA):
                await jobs.later("test.count", {}, key="k")
            await asyncio.sleep(0.05)
        go_on.set()
        await until(lambda: is_empty(database))
    assert told == ["begun", "ended"] * 2


async def test_a_next_job_that_missed_its_turn_waits_for_the_one_before(database: Settings, register: Any) -> None:
    begun, go_on, told = asyncio.Event(), asyncio.Event(), []

    async def count(payload: dict[str, Any], job: jobs.Job) -> None:
        told.append("begun")
        begun.set()
        await go_on.wait()
        told.append("ended")

    register("test.count", count)
    async with db.as_tenant(NOVA):
        await jobs.later("test.count", {}, key="k")
    async with workers(database):
        await begun.wait()
        async with db.as_tenant(NOVA):
            await jobs.later("test.count", {}, key="k")
        await asyncio.sleep(1.5)
        assert told == ["begun"]
        go_on.set()
        await until(lambda: is_empty(database))
    assert told == ["begun", "ended"] * 2


async def test_many_wishes_at_once_are_all_seen_to(database: Settings, register: Any) -> None:
    counted: list[int] = []

    async def count(payload: dict[str, Any], job: jobs.Job) -> None:
        async with job.scope():
            counted.append(await db.value("SELECT next FROM counters WHERE name = 'wishes'"))

    register("test.count", count)
    async with db.as_tenant(NOVA):
        await db.execute("INSERT INTO counters (name, next) VALUES ('wishes', 0)")

    async def wish() -> None:
        async with db.as_tenant(NOVA):
            await db.execute("UPDATE counters SET next = next + 1 WHERE name = 'wishes'")
            await jobs.later("test.count", {}, key="k")
            await asyncio.sleep(0.002)

    async with workers(database, count=2):
        await asyncio.gather(*(wish() for _ in range(60)))
        await until(lambda: is_empty(database))
    assert counted[-1] == 60
    assert len(counted) <= 60


async def test_a_shared_job_waits_for_the_transaction_that_counts_on_it(database: Settings, register: Any) -> None:
    runs: list[str] = []

    async def note(payload: dict[str, Any], job: jobs.Job) -> None:
        runs.append("job")

    register("test.note", note)
    async with db.as_tenant(NOVA):
        await jobs.later("test.note", {}, key="k")
    async with db.as_tenant(NOVA):
        await jobs.later("test.note", {}, key="k")
        async with _beside(), workers(database):
            await asyncio.sleep(0.5)
            assert runs == []
            runs.append("commit")
    async with workers(database):
        await until(lambda: is_empty(database))
    assert runs == ["commit", "job"]


@asynccontextmanager
async def _beside() -> AsyncIterator[None]:
    """As in another process: what is started here knows nothing of the scope around it."""
    token = db._scope.set(None)
    try:
        yield
    finally:
        db._scope.reset(token)
