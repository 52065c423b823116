"""The worker: jobs are done at least once, by one at a time, whatever happens to it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from core import actor, db, jobs, policies, worker
from core.errors import Conflict, NotFound, PermissionMissing
from core.hookspecs import Edition
from core.settings import Settings
from tests.core.at_queue import ACME, NOVA, QUICK, is_empty, nothing, until, waiting, workers

pytestmark = pytest.mark.anyio

# When it fails


async def test_a_failing_job_is_tried_again_and_then_solved(database: Settings, register: Any) -> None:
    seen: list[tuple[int, str]] = []

    async def flaky(payload: dict[str, Any], job: jobs.Job) -> None:
        seen.append((job.attempt, job.key))
        if job.attempt < 3:
            raise ConnectionError("no answer from\r\nthe other side\x00 \ud800")

    register("test.flaky", flaky)
    async with db.as_tenant(NOVA):
        await jobs.later("test.flaky", {"secret": "link"})
    async with workers(database):
        await until(lambda: is_empty(database))
    assert [attempt for attempt, _key in seen] == [1, 2, 3]
    assert len({key for _attempt, key in seen}) == 1
    async with db.as_tenant(ACME):
        assert await jobs.failures(states=("retrying", "dead", "solved")) == []
    async with db.as_tenant(NOVA):
        assert await jobs.failures() == []
        (failure,) = await jobs.failures(states=("solved",))
        assert await db.value("SELECT payload FROM job_failures") == {}
    assert (failure.attempt, failure.error) == (2, "no answer from the other side ?")


async def test_a_job_is_dead_after_its_attempts_and_can_be_begun_anew(
    database: Settings, register: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    edition = Edition(name="standard", title="Standard", policies=(("owner", "settings", "*"),))
    monkeypatch.setattr(policies, "_policies", policies.Policies([edition]))
    seen: list[str] = []
    is_mended = asyncio.Event()

    async def broken(payload: dict[str, Any], job: jobs.Job) -> None:
        seen.append(job.key)
        if not is_mended.is_set():
            raise RuntimeError("broken")
        assert payload == {"n": 1}

    register("test.broken", broken, attempts=3)
    async with db.as_tenant(NOVA):
        await jobs.later("test.broken", {"n": 1})
    async with workers(database):
        await until(lambda: is_empty(database))
        assert len(seen) == 3
        async with db.as_tenant(NOVA):
            (failure,) = await jobs.failures()
            assert (failure.state, failure.attempt, failure.error) == ("dead", 3, "broken")
            assert failure.first_failed_at < failure.last_failed_at
        is_mended.set()
        by = actor.system(actor.Tenant(id=NOVA, code="nova", name="Nova"))
        with pytest.raises(PermissionMissing):
            async with db.as_tenant(NOVA):
                await jobs.retry(failure.id, by=actor.visitor(by.tenant))
        with pytest.raises(NotFound):
            async with db.as_tenant(ACME):
                await jobs.retry(failure.id, by=by)
        async with db.as_tenant(NOVA):
            await jobs.retry(failure.id, by=by)
        with pytest.raises(Conflict):
            async with db.as_tenant(NOVA):
                await jobs.retry(failure.id, by=by)
        await until(lambda: is_empty(database))
    assert len(seen) == 4
    assert len(set(seen)) == 1
    async with db.as_tenant(NOVA):
        assert [failure.state for failure in await jobs.failures(states=("dead", "retrying", "solved"))] == [
            "solved"
        ]


async def test_a_permanent_failure_is_not_tried_again(database: Settings, register: Any) -> None:
    runs: list[int] = []

    async def hopeless(payload: dict[str, Any], job: jobs.Job) -> None:
        runs.append(job.attempt)
        raise jobs.Permanent("there is no such mailbox")

    register("test.hopeless", hopeless)
    async with db.as_tenant(NOVA):
        await jobs.later("test.hopeless", {})
    async with workers(database):
        await until(lambda: is_empty(database))
    async with db.as_tenant(NOVA):
        (failure,) = await jobs.failures()
    assert (runs, failure.state, failure.error) == ([1], "dead", "there is no such mailbox")


async def test_what_a_failing_task_wrote_is_rolled_back(database: Settings, register: Any) -> None:
    async def half(payload: dict[str, Any], job: jobs.Job) -> None:
        async with job.scope():
            await db.execute("INSERT INTO counters (name, next) VALUES ('half', 1)")
            raise jobs.Permanent("half way")

    register("test.half", half)
    async with db.as_tenant(NOVA):
        await jobs.later("test.half", {})
    async with workers(database):
        await until(lambda: is_empty(database))
    async with db.as_tenant(NOVA):
        assert await db.value("SELECT count(*) FROM counters WHERE name = 'half'") == 0


async def test_a_task_that_hangs_is_interrupted(database: Settings, register: Any) -> None:
    async def hang(payload: dict[str, Any], job: jobs.Job) -> None:
        await asyncio.Event().wait()

    register("test.hang", hang, attempts=1, timeout=timedelta(seconds=0.1))
    async with db.as_tenant(NOVA):
        await jobs.later("test.hang", {})
    async with workers(database):
        await until(lambda: is_empty(database))
    async with db.as_tenant(NOVA):
        assert [failure.error for failure in await jobs.failures()] == ["TimeoutError"]


def test_the_delays_grow_and_stay_below_their_cap() -> None:
    means = worker.Rhythm().delays
    for attempt, mean in enumerate([*means, means[-1], means[-1]], start=1):
        found = {worker.delay_after(attempt, means).total_seconds() for _ in range(50)}
        assert len(found) > 1
        assert all(0.8 * mean <= seconds <= 1.2 * mean for seconds in found)
    assert list(means) == sorted(means)


# Tenants that are suspended, and workers that go away


async def test_a_suspended_tenant_s_job_waits_and_has_not_failed(database: Settings, register: Any) -> None:
    seen: list[int] = []
    suspended = {NOVA}

    async def note(payload: dict[str, Any], job: jobs.Job) -> None:
        seen.append(job.attempt)

    async def is_active(tenant_id: int) -> bool:
        return tenant_id not in suspended

    register("test.note", note, attempts=2)
    async with db.as_tenant(NOVA):
        await jobs.later("test.note", {})
    async with workers(database, is_active=is_active):
        await asyncio.sleep(1)
        assert seen == []
        assert [row["attempts"] for row in await waiting(database, "attempts")] in ([0], [-1])
        suspended.clear()
        await until(lambda: seen)
    assert seen == [1]
    async with db.as_tenant(NOVA):
        assert await jobs.failures() == []


async def test_a_delayed_job_waits_its_time(database: Settings, register: Any) -> None:
    register("test.nothing", nothing)
    async with db.as_tenant(NOVA):
        await jobs.later("test.nothing", {}, delay=timedelta(seconds=0.6))
    async with workers(database):
        await asyncio.sleep(0.3)
        assert len(await waiting(database)) == 1
        await until(lambda: is_empty(database))


async def test_several_workers_do_each_job_once(database: Settings, register: Any) -> None:
    seen: list[int] = []

    async def note(payload: dict[str, Any], job: jobs.Job) -> None:
        await asyncio.sleep(0.002)
        seen.append(payload["n"])

    register("test.note", note)
    async with db.as_tenant(NOVA):
        for n in range(300):
            await jobs.later("test.note", {"n": n})
    async with workers(database, count=3):
        await until(lambda: is_empty(database), 15)
    assert sorted(seen) == list(range(300))


async def test_a_worker_that_stops_puts_back_what_takes_too_long(database: Settings, register: Any) -> None:
    begun = asyncio.Event()
    seen: list[int] = []

    async def slow(payload: dict[str, Any], job: jobs.Job) -> None:
        begun.set()
        if not payload["quick"] and not seen:
            seen.append(job.attempt)
            await asyncio.Event().wait()
        seen.append(job.attempt)

    register("test.slow", slow)
    async with db.as_tenant(NOVA):
        await jobs.later("test.slow", {"quick": False})
    async with workers(database):
        await begun.wait()
    assert [row["status"] for row in await waiting(database, "status::text")] == ["queued"]
    async with workers(database):
        await until(lambda: is_empty(database))
    assert seen == [1, 1]


async def test_a_cancelled_worker_loses_no_job(database: Settings, register: Any) -> None:
    begun = asyncio.Event()
    runs: list[int] = []

    async def slow(payload: dict[str, Any], job: jobs.Job) -> None:
        runs.append(job.attempt)
        begun.set()
        if len(runs) == 1:
            await asyncio.Event().wait()

    register("test.slow", slow)
    async with db.as_tenant(NOVA):
        await jobs.later("test.slow", {})
    before = asyncio.all_tasks()
    torn_down = asyncio.create_task(worker.work(database, stop=asyncio.Event(), rhythm=QUICK))
    await begun.wait()
    for task in asyncio.all_tasks() - before:
        task.cancel()
    await asyncio.wait({torn_down})
    assert len(await waiting(database)) == 1
    async with workers(database):
        await until(lambda: is_empty(database))
    assert len(runs) == 2


async def test_a_worker_connects_again_when_its_connection_is_cut(database: Settings, register: Any) -> None:
    seen: list[int] = []

    async def note(payload: dict[str, Any], job: jobs.Job) -> None:
        seen.append(payload["n"])

    register("test.note", note)
    owner = await asyncpg.connect(database.database_worker_url)
    async with workers(database):
        for n in range(3):
            async with db.as_tenant(NOVA):
                await jobs.later("test.note", {"n": n})
            await until(lambda n=n: n in seen)
            await owner.execute(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE usename = current_user AND application_name = 'comptoir worker'"""
            )
        await asyncio.sleep(0.3)
    await owner.close()
    assert sorted(set(seen)) == [0, 1, 2]


OTHER_WORKER = """
import asyncio, sys
from core import db, jobs, worker
from core.settings import Settings

async def write(payload, job):
    print("begun", flush=True)
    await asyncio.sleep(payload["seconds"])
    try:
        async with job.scope():
            await db.execute("INSERT INTO counters (name, next) VALUES ($1, 1)", payload["name"])
    except jobs.Lost:
        print("lost", flush=True)
        raise
    print("written", flush=True)

async def main():
    jobs.task("test.write")(write)
    settings = Settings(database_url=sys.argv[1], database_worker_url=sys.argv[2])
    await db.start(settings)
    rhythm = worker.Rhythm(poll=0.2, silence=1.0, grace=0.2)
    await worker.work(settings, stop=asyncio.Event(), rhythm=rhythm)

asyncio.run(main())
"""


@asynccontextmanager
async def another_process(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        OTHER_WORKER,
        settings.database_url,
        settings.database_worker_url,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _said(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(10):
        return (await process.stdout.readline()).decode().strip()


async def test_a_killed_worker_s_job_is_taken_over(database: Settings, register: Any) -> None:
    runs: list[int] = []

    async def write(payload: dict[str, Any], job: jobs.Job) -> None:
        runs.append(job.attempt)

    register("test.write", write)
    async with another_process(database) as process:
        async with db.as_tenant(NOVA):
            await jobs.later("test.write", {"seconds": 60, "name": "killed"})
        assert await _said(process) == "begun"
        process.send_signal(signal.SIGKILL)
        async with workers(database):
            await until(lambda: is_empty(database))
    assert runs == [2]


async def test_a_job_that_brings_down_every_worker_is_given_up(database: Settings, register: Any) -> None:
    register("test.deadly", nothing, attempts=1)
    async with db.as_tenant(NOVA):
        await jobs.later("test.deadly", {})
    owner = await asyncpg.connect(database.database_owner_url)
    for _worker in range(5):
        await owner.execute(
            """UPDATE queue.pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(),
                   heartbeat = now() - interval '1 day'"""
        )
    await owner.close()
    async with workers(database):
        await until(lambda: is_empty(database))
    async with db.as_tenant(NOVA):
        assert [(failure.state, failure.error[:8]) for failure in await jobs.failures()] == [("dead", "given up")]


async def test_a_worker_that_was_frozen_cannot_commit_its_stale_job(database: Settings, register: Any) -> None:
    runs: list[int] = []

    async def write(payload: dict[str, Any], job: jobs.Job) -> None:
        runs.append(job.attempt)
        await asyncio.sleep(2)
        async with job.scope():
            await db.execute("INSERT INTO counters (name, next) VALUES ($1, 2)", payload["name"])

    register("test.write", write)
    async with another_process(database) as process:
        async with db.as_tenant(NOVA):
            await jobs.later("test.write", {"seconds": 0.2, "name": "frozen"})
        assert await _said(process) == "begun"
        process.send_signal(signal.SIGSTOP)
        async with workers(database):
            await until(lambda: runs)
            process.send_signal(signal.SIGCONT)
            assert await _said(process) == "lost"
            assert len(await waiting(database)) == 1
            await until(lambda: is_empty(database))
    async with db.as_tenant(NOVA):
        assert await db.value("SELECT next FROM counters WHERE name = 'frozen'") == 2
