"""Tasks on the pages, in the stream and over JSON."""

import asyncio
from collections.abc import Iterator

import pytest

from core import db, tasks
from core.accounts import api_keys
from core.i18n import N_
from core.tasks import Chunk, Result
from tests import cast
from tests.core.at_queue import until, workers
from web.kit import streams

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def kind() -> Iterator[None]:
    async def step(task, by):
        await asyncio.sleep(0.1)
        first = task.position.get("after", 0)
        results = [
            Result(kind="line", code=number, name=f"Line {number}", outcome="failed" if number == 3 else "done",
                   reason="Three is wrong." if number == 3 else "")
            for number in range(first + 1, first + 3)
        ]  # fmt: skip
        return Chunk(results=results, position={"after": first + 2}, is_last=first + 2 >= task.total)

    tasks.kind("test.lines", N_("Tasks"))(step)
    yield
    del tasks.KINDS["test.lines"]


@pytest.fixture
async def alice(visitor):
    return await visitor.sign_in(cast.email("alice"))


async def began(name="alice", total=6):
    by = await cast.who(name)
    async with db.as_tenant(by.tenant.id):
        return await tasks.start("test.lines", "Six lines", total=total, by=by)


async def has_ended(task_id):
    async with db.as_tenant((await cast.tenant("nova")).id):
        return await db.value("SELECT ended_at IS NOT NULL FROM tasks WHERE id = $1", task_id)


async def test_the_stream_tells_the_progress_until_the_end_and_holds_no_connection(alice, database, monkeypatch):
    monkeypatch.setattr(streams, "EVERY", 0.05)
    task_id = await began()
    assert f'data-progress="/staff/tasks/{task_id}/events"' in (await alice.get(f"/staff/tasks/{task_id}")).text
    async with workers(database):
        stream = await alice.get(f"/staff/tasks/{task_id}/events")
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert stream.text.index("2 of 6") < stream.text.index("4 of 6") < stream.text.index("6 of 6")
    assert stream.text.rstrip().endswith("event: end\r\ndata:") or "event: end" in stream.text
    assert streams._open.total() == 0


async def test_idle_streams_take_no_connection(alice, database, monkeypatch):
    monkeypatch.setattr(streams, "MOST_OF_ONE", 50)
    monkeypatch.setattr(streams, "LONGEST", 2.0)
    task_id = await began()
    going = [asyncio.create_task(alice.client.get(f"/staff/tasks/{task_id}/events")) for _ in range(20)]
    await until(lambda: streams._open.total() == 20)
    assert db.DB.pool.get_size() <= 5
    async with asyncio.timeout(1):
        assert (await alice.get("/staff/clients")).status_code == 200
    assert all(answer.status_code == 200 for answer in await asyncio.gather(*going))
    assert streams._open.total() == 0


async def test_the_stream_ends_with_the_session(alice, database, monkeypatch):
    monkeypatch.setattr(streams, "EVERY", 0.05)
    task_id = await began()
    going = asyncio.create_task(alice.client.get(f"/staff/tasks/{task_id}/events"))
    await until(lambda: streams._open.total() == 1)
    await alice.post("/sign-out")
    async with asyncio.timeout(5):
        answer = await going
    assert "event: end" not in answer.text


async def test_there_is_an_end_to_how_many_streams_one_opens(alice, monkeypatch):
    monkeypatch.setattr(streams, "MOST_OF_ONE", 0)
    assert (await alice.get(f"/staff/tasks/{await began()}/events")).status_code == 429


async def test_the_page_shows_each_row_and_those_that_failed_alone(alice, database):
    task_id = await began()
    async with workers(database):
        await until(lambda: has_ended(task_id))
    text = alice.text(await alice.get(f"/staff/tasks/{task_id}"))
    assert "6 of 6" in text
    assert "Line 1" in text
    assert "Three is wrong." in text
    failed = alice.text(await alice.get(f"/staff/tasks/{task_id}?outcome=failed"))
    assert "Line 3" in failed
    assert "Line 1" not in failed
    assert "Six lines" in alice.text(await alice.get("/staff/tasks"))


async def test_one_that_waits_refreshes_itself_without_scripts_and_can_be_stopped(alice, database):
    task_id = await began()
    assert '<noscript><meta http-equiv="refresh"' in (await alice.get(f"/staff/tasks/{task_id}")).text
    page = await alice.follow(await alice.post(f"/staff/tasks/{task_id}/cancel"))
    assert "It stops after what it is at." in alice.text(page)
    async with workers(database):
        await until(lambda: has_ended(task_id))
    page = await alice.get(f"/staff/tasks/{task_id}")
    assert "Cancelled" in alice.text(page)
    assert "http-equiv" not in page.text
    assert (await alice.post(f"/staff/tasks/{task_id}/cancel")).status_code == 409


async def test_another_members_task_is_not_there_for_who_keeps_none(visitor):
    task_id = await began("alice")
    sam = await visitor.sign_in(cast.email("sam"))
    for path in ("", "/events"):
        assert (await sam.get(f"/staff/tasks/{task_id}{path}")).status_code == 404
    assert "Six lines" not in (await sam.get("/staff/tasks")).text


async def test_a_program_follows_a_task_to_its_end(visitor, database):
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        made = await api_keys.create(api_keys.NewKey(name="k", scopes=frozenset({"task:read"})), by=by)
    headers = {"Authorization": f"Bearer {made.key}"}
    task_id = await began()
    async with workers(database):
        await until(lambda: has_ended(task_id))
    told = (await visitor.client.get(f"/api/v1/tasks/{task_id}", headers=headers)).json()
    assert (told["state"], told["done"], told["failed"], told["percent"]) == ("done", 5, 1, 100)
    wrong = (await visitor.client.get(f"/api/v1/tasks/{task_id}/results?outcome=failed", headers=headers)).json()
    assert [(row["code"], row["reason"]) for row in wrong["items"]] == [(3, "Three is wrong.")]
    assert (await visitor.client.post(f"/api/v1/tasks/{task_id}/cancel", headers=headers)).status_code == 409
    assert (await visitor.client.get("/api/v1/tasks?after=x", headers=headers)).status_code == 422
