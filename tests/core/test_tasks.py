"""Tasks: each row once whatever happens to the worker, as who began them, until cancelled."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from core import clock, db, tasks, worker
from core.actor import Actor
from core.errors import Conflict, NotFound, PermissionMissing
from core.settings import Settings
from core.tasks import Chunk, Result, Task
from tests import cast
from tests.core.at_queue import QUICK, is_empty, until, workers

pytestmark = pytest.mark.anyio
SIZE = 10


class Bench:
    """A kind that notes each of its rows in a table, and does what a test wants before it is done with one."""

    def __init__(self) -> None:
        self.calls = 0
        self.before: Any = None

    async def step(self, task: Task, by: Actor) -> Chunk:
        self.calls += 1
        first = int(task.position.get("after", 0))
        numbers = range(first + 1, min(first + SIZE, task.total) + 1)
        for number in numbers:
            await db.execute("INSERT INTO counters (name, next) VALUES ($1, 1)", f"row-{number}")
        if self.before is not None:
            await self.before(first, by)
        outcome = {number: "failed" if number % 7 == 0 else "done" for number in numbers}
        return Chunk(
            results=[
                Result(
                    kind="row", code=number, name=f"Row {number}", outcome=said, reason="Seven" * (said != "done")
                )
                for number, said in outcome.items()
            ],
            position={"after": first + SIZE},
            is_last=first + SIZE >= task.total,
        )


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    tasks.kind("test.rows", "Rows")(made.step)
    yield made
    del tasks.KINDS["test.rows"]


async def began(by: Actor, total: int = 45) -> int:
    async with db.as_tenant(by.tenant.id):
        return await tasks.start("test.rows", "Some rows", total=total, by=by)


async def seen(task_id: int, by: Actor) -> Task:
    async with db.as_tenant(by.tenant.id):
        return await tasks.get(task_id, by=by)


async def rows_done(by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        return int(await db.value("SELECT count(*) FROM counters WHERE name LIKE 'row-%'"))


async def has_ended(task_id: int, by: Actor) -> bool:
    return not (await seen(task_id, by)).is_open


async def test_every_row_has_its_result_and_the_task_ends(database: Settings, bench: Bench) -> None:
    alice = await cast.who("alice")
    task_id = await began(alice)
    async with workers(database):
        await until(lambda: is_empty(database))
    task = await seen(task_id, alice)
    assert (task.state, task.done, task.failed, task.percent, bench.calls) == ("done", 39, 6, 100, 5)
    async with db.as_tenant(alice.tenant.id):
        first = await tasks.results(task, by=alice, size=20)
        second = await tasks.results(task, after=first.next, by=alice, size=20)
        third = await tasks.results(task, after=second.next, by=alice, size=20)
        assert [row["code"] for part in (first, second, third) for row in part.rows] == list(range(1, 46))
        assert (first.previous, third.next) == ("", "")
        back = await tasks.results(task, before=third.previous, by=alice, size=20)
        assert [row["code"] for row in back.rows] == list(range(21, 41))
        wrong = await tasks.results(task, outcome="failed", by=alice)
        assert [(row["code"], row["reason"]) for row in wrong.rows] == [(n, "Seven") for n in range(7, 46, 7)]
        told = await db.fetch("SELECT action FROM audit_entries WHERE subject_kind = 'task' ORDER BY at, id")
        assert [row["action"] for row in told] == ["task:started", "task:ended"]


async def test_a_worker_that_dies_in_the_middle_repeats_and_skips_nothing(
    database: Settings, bench: Bench
) -> None:
    alice = await cast.who("alice")
    is_stuck, is_dead = asyncio.Event(), asyncio.Event()

    async def hang(first: int, _by: Actor) -> None:
        if first == 20 and not is_stuck.is_set():
            is_stuck.set()
            await is_dead.wait()
            raise asyncio.CancelledError

    bench.before = hang
    task_id = await began(alice)
    first = asyncio.create_task(worker.work(database, stop=asyncio.Event(), rhythm=QUICK))
    await asyncio.wait_for(is_stuck.wait(), 20)
    assert (await seen(task_id, alice)).handled == 20
    first.cancel()
    is_dead.set()
    await asyncio.gather(first, return_exceptions=True)
    async with workers(database):
        await until(lambda: has_ended(task_id, alice))
    task = await seen(task_id, alice)
    assert (task.state, task.handled, await rows_done(alice)) == ("done", 45, 45)


async def test_an_error_of_ours_is_tried_again_from_where_it_stood(database: Settings, bench: Bench) -> None:
    alice, left = await cast.who("alice"), [2]

    async def stumble(first: int, _by: Actor) -> None:
        if first == 10 and left[0]:
            left[0] -= 1
            raise RuntimeError("boom")

    bench.before = stumble
    task_id = await began(alice)
    async with workers(database):
        await until(lambda: has_ended(task_id, alice))
    assert ((await seen(task_id, alice)).state, await rows_done(alice)) == ("done", 45)


async def test_cancelling_stops_before_the_next_chunk_and_keeps_what_is_done(
    database: Settings, bench: Bench
) -> None:
    alice = await cast.who("alice")
    task_id = await began(alice)

    async def ask(first: int, _by: Actor) -> None:
        if first == 10:
            await db.execute("UPDATE tasks SET is_cancel_asked = true")

    bench.before = ask
    async with workers(database):
        await until(lambda: has_ended(task_id, alice))
    task = await seen(task_id, alice)
    assert (task.state, task.handled, await rows_done(alice)) == ("cancelled", 20, 20)
    async with db.as_tenant(alice.tenant.id):
        with pytest.raises(Conflict):
            await tasks.cancel(task_id, by=alice)
        with pytest.raises(Conflict):
            await tasks.resume(task_id, by=alice)


async def test_who_loses_his_rights_meanwhile_ends_it_and_it_can_go_on_when_he_has_them_again(
    database: Settings, bench: Bench
) -> None:
    max_ = await cast.who("max")

    async def lose(first: int, by: Actor) -> None:
        assert by.name == "Max"
        if first == 10:
            await db.execute("UPDATE staff SET state = 'removed' WHERE id = $1", max_.staff_id)

    bench.before = lose
    task_id = await began(max_)
    async with workers(database):
        await until(lambda: has_ended(task_id, max_))
        task = await seen(task_id, max_)
        assert (task.state, task.handled) == ("failed", 20)
        assert task.reason == "Who began this has no rights here any more."
        bench.before = None
        async with db.as_tenant(max_.tenant.id):
            await db.execute("UPDATE staff SET state = 'active' WHERE id = $1", max_.staff_id)
            await tasks.resume(task_id, by=max_)
        await until(lambda: has_ended(task_id, max_))
    task = await seen(task_id, max_)
    assert (task.state, task.handled, await rows_done(max_)) == ("done", 45, 45)


async def test_a_refusal_of_the_step_is_the_reason(database: Settings, bench: Bench) -> None:
    alice = await cast.who("alice")

    async def refuse(first: int, _by: Actor) -> None:
        if first == 30:
            raise PermissionMissing("client:close")

    bench.before = refuse
    task_id = await began(alice)
    async with workers(database):
        await until(lambda: has_ended(task_id, alice))
    task = await seen(task_id, alice)
    assert (task.state, task.reason) == ("failed", "Your role does not allow this.")
    assert await rows_done(alice) == 30


async def test_one_sees_his_own_and_the_keeper_all_of_the_provider(database: Settings, bench: Bench) -> None:
    alice, sam, bob = [await cast.who(name) for name in ("alice", "sam", "bob")]
    mine, his = await began(alice), await began(sam)
    async with db.as_tenant(alice.tenant.id):
        assert {task.id for task in (await tasks.page(by=alice)).rows} == {mine, his}
        assert [task.id for task in (await tasks.page(by=sam)).rows] == [his]
        with pytest.raises(NotFound):
            await tasks.get(mine, by=sam)
        with pytest.raises(NotFound):
            await tasks.cancel(mine, by=sam)
    async with db.as_tenant(bob.tenant.id):
        with pytest.raises(NotFound):
            await tasks.get(mine, by=bob)


async def test_there_is_an_end_to_how_many_are_open(database: Settings, bench: Bench, monkeypatch: Any) -> None:
    alice = await cast.who("alice")
    monkeypatch.setattr(tasks, "MOST_OPEN", 1)
    await began(alice)
    with pytest.raises(Conflict):
        await began(alice)


async def test_those_for_later_stand_in_nobodys_way_and_have_an_end_of_their_own(
    database: Settings, bench: Bench, monkeypatch: Any
) -> None:
    alice = await cast.who("alice")
    monkeypatch.setattr(tasks, "MOST_OPEN", 1)
    monkeypatch.setattr(tasks, "MOST_FOR_LATER", 2)
    later = clock.now() + timedelta(days=300)
    async with db.as_tenant(alice.tenant.id):
        first, _second = [await tasks.start("test.rows", "Later", total=1, at=later, by=alice) for _ in range(2)]
        with pytest.raises(Conflict, match="later moment"):
            await tasks.start("test.rows", "Later", total=1, at=later, by=alice)
    await began(alice)
    async with db.as_tenant(alice.tenant.id):
        await db.execute("UPDATE tasks SET state = 'failed', ended_at = $2 WHERE id = $1", first, clock.now())
        await tasks.start("test.rows", "Later", total=1, at=later, by=alice)
        with pytest.raises(Conflict, match="later moment"):
            await tasks.resume(first, by=alice)
    with pytest.raises(Conflict, match="at work"):
        await began(alice)
    with clock.moved(timedelta(days=301)), pytest.raises(Conflict, match="at work"):
        await began(alice)
