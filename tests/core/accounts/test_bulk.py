"""One change of many clients: each by its own rules, with its own entry, and as who began it."""

from typing import Any

import pytest

from core import db, tasks
from core.accounts import bulk, client_choice, closing, groups, personal_clearing
from core.accounts.bulk import Change
from core.accounts.client_choice import Choice
from core.accounts.client_filter import ClientFilter
from core.actor import Actor
from core.errors import Invalid, NotInEdition, PermissionMissing
from core.settings import Settings
from core.tasks import Task
from tests import cast
from tests.core.accounts.house import entries, open_provider, worker
from tests.core.at_queue import until, workers

pytestmark = pytest.mark.anyio
ALL = Choice(filter=ClientFilter())


async def carried_out(settings: Settings, change: Change, choice: Choice, by: Actor) -> Task:
    async with db.as_tenant(by.tenant.id):
        task_id = await bulk.begin(change, choice, by=by)
    return await ended(settings, task_id, by)


async def ended(settings: Settings, task_id: int, by: Actor) -> Task:
    async def has_ended() -> bool:
        async with db.as_tenant(by.tenant.id):
            return not (await tasks.read(task_id)).is_open

    async with workers(settings):
        await until(has_ended)
    async with db.as_tenant(by.tenant.id):
        return await tasks.read(task_id)


async def results(task: Task, by: Actor) -> dict[str, tuple[str, str]]:
    async with db.as_tenant(by.tenant.id):
        page = await tasks.results(task, by=by)
        return {row["name"]: (row["outcome"], row["reason"]) for row in page.rows}


async def value(sql: str, *arguments: Any) -> Any:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return await db.value(sql, *arguments)


async def test_all_that_match_get_the_language_and_each_has_its_entry(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        assert await client_choice.count(Choice(filter=ClientFilter(country="FR")), by=alice) == 2
        await closing.close([1001], "Left", by=alice)
    task = await carried_out(database, Change(act="language", language="de"), ALL, alice)
    assert (task.state, task.done, task.skipped, task.failed) == ("done", 3, 1, 1)
    told = await results(task, alice)
    assert told["Jean Dupont"] == ("failed", "This client is closed. Open it again to change it.")
    assert told["Müller & Söhne GmbH"] == ("skipped", "It was so already.")
    assert await value("SELECT count(*) FROM clients WHERE language = 'de'") == 4
    async with db.as_tenant(alice.tenant.id):
        changed = await entries("client:updated")
        assert len({entry["client_id"] for entry in changed}) == len(changed) == 3
        assert all(entry["changes"]["language"][1] == "de" for entry in changed)
        assert {entry["actor_name"] for entry in changed} == {"Alice"}
        assert set(await db.value("SELECT array_agg(version) FROM clients WHERE language = 'de'")) == {1, 2}


async def test_a_change_that_takes_clients_out_of_the_filter_skips_nobody(
    database: Settings, monkeypatch: Any
) -> None:
    monkeypatch.setattr(bulk, "SLOW", 2)
    alice = await cast.who("alice")
    active = Choice(filter=ClientFilter(status="active"))
    task = await carried_out(database, Change(act="close", reason="The end"), active, alice)
    assert (task.state, task.total, task.done) == ("done", 5, 5)
    assert await value("SELECT count(*) FROM clients WHERE status = 'closed' AND closed_reason = 'The end'") == 5
    again = await carried_out(
        database, Change(act="close", reason="Again"), Choice(filter=ClientFilter(status="closed")), alice
    )
    assert (again.done, again.failed) == (0, 5)
    back = await carried_out(database, Change(act="reopen"), ALL, alice)
    assert back.done == 5


async def test_groups_and_attitudes_by_their_names_in_the_audit(database: Settings) -> None:
    alice = await cast.who("alice")
    group = await value("SELECT id FROM account_groups WHERE name = 'VIP circle'")
    task = await carried_out(database, Change(act="group_add", group=group), ALL, alice)
    assert (task.done, task.skipped) == (4, 1)
    assert await value("SELECT count(*) FROM group_members WHERE group_id = $1", group) == 5
    codes = await value("SELECT array_agg(code) FROM clients")
    task = await carried_out(
        database, Change(act="group_remove", group=group), Choice(codes=(*codes, 99999)), alice
    )
    assert (task.done, task.total) == (5, 5)
    attitude = await value("SELECT id FROM attitudes WHERE NOT is_default LIMIT 1")
    task = await carried_out(database, Change(act="attitude", attitude=attitude), ALL, alice)
    assert task.done == 5
    async with db.as_tenant(alice.tenant.id):
        assert len([one for one in await entries("group:clients_removed") if one["client_id"]]) == 5
        name = await db.value("SELECT name FROM attitudes WHERE id = $1", attitude)
        assert (await entries("client:updated"))[0]["changes"]["attitude"][1] == name


async def test_deleting_removes_them_and_names_what_they_were(database: Settings) -> None:
    alice = await cast.who("alice")
    task = await carried_out(database, Change(act="delete"), Choice(filter=ClientFilter(country="FR")), alice)
    assert (task.state, task.done) == ("done", 2)
    assert set(await results(task, alice)) == {"Jean Dupont", "Élodie Lefèvre"}
    assert await value("SELECT count(*) FROM clients") == 3


async def test_rights_that_are_withdrawn_meanwhile_stop_it(database: Settings, monkeypatch: Any) -> None:
    monkeypatch.setattr(bulk, "SLOW", 1)
    max_ = await cast.who("max")
    seen: list[int] = []
    close = closing.close_one

    async def close_and_lose(client: Any, reason: str, *, by: Actor) -> Any:
        seen.append(client["code"])
        if len(seen) == 2:
            await db.execute("UPDATE staff SET role = 'support' WHERE id = $1", max_.staff_id)
        return await close(client, reason, by=by)

    monkeypatch.setattr(closing, "close_one", close_and_lose)
    task = await carried_out(database, Change(act="close", reason="The end"), ALL, max_)
    assert (task.state, task.reason, task.done) == ("failed", "Your role does not allow this.", 2)
    assert await value("SELECT count(*) FROM clients WHERE status = 'closed'") == 2


async def test_who_is_limited_changes_only_what_he_sees(database: Settings) -> None:
    lea = await cast.who("lea")
    task = await carried_out(database, Change(act="language", language="it"), ALL, lea)
    assert (task.total, task.done) == (1, 1)
    assert await value("SELECT login FROM clients WHERE language = 'it'") == "mueller"


async def test_what_cannot_be_is_said_before_it_begins(database: Settings) -> None:
    alice, sam = await cast.who("alice"), await cast.who("sam")
    async with db.as_tenant(alice.tenant.id):
        for change, field in (
            (Change(act="group_add"), "group"),
            (Change(act="group_add", group=5), "group"),
            (Change(act="attitude", attitude=2**70), "attitude"),
            (Change(act="language", language="tlh"), "language"),
            (Change(act="close"), "reason"),
        ):
            with pytest.raises(Invalid) as refused:
                await bulk.begin(change, ALL, by=alice)
            assert set(refused.value.errors) == {field}
        with pytest.raises(Invalid):
            await bulk.begin(Change(act="reopen"), Choice(codes=(99999,)), by=alice)
        with pytest.raises(Invalid):
            await bulk.begin(Change(act="reopen"), Choice(), by=alice)
        with pytest.raises(PermissionMissing):
            await bulk.begin(Change(act="delete"), ALL, by=sam)
    petit = await open_provider(edition="standard")
    async with db.as_tenant(petit.id):
        with pytest.raises(NotInEdition):
            await bulk.begin(Change(act="project", project=1), ALL, by=worker(petit))
        assert "project" not in bulk.offered(by=worker(petit))
        assert "group_add" not in bulk.offered(by=worker(petit))


async def test_a_cleared_client_comes_into_no_group_and_the_result_says_so(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        group = await groups.create(groups.NewGroup(name="Good clients"), by=alice)
        await closing.close([1001], "Left", by=alice)
        await personal_clearing.clear(1001, "1001", "Asked", by=alice)
    task = await carried_out(database, Change(act="group_add", group=group["id"]), ALL, alice)
    assert (task.done, task.skipped) == (4, 1)
    told = [reason for outcome, reason in (await results(task, alice)).values() if outcome == "skipped"]
    assert told == ["The personal data of this client was cleared; nothing in it changes any more."]
