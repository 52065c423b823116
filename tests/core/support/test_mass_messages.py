"""A message to many clients: who gets it, in which language, each once, whatever stops it."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import message_faults
from core import clock, db, jobs, rich_text, tasks
from core.accounts import client_projects, closing, projects
from core.accounts.client_choice import Choice
from core.accounts.client_filter import ClientFilter
from core.accounts.projects import NewProject
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid, NotFound, PermissionMissing
from core.settings import Settings
from core.support import (
    mass_message_categories,
    mass_message_delivery,
    mass_message_recipients,
    mass_message_sending,
    mass_messages,
)
from core.support.mass_messages import MessageValues, Words
from tests import cast
from tests.core.accounts.house import entries, worker
from tests.core.at_queue import until, waiting, workers

pytestmark = pytest.mark.anyio
ALL = Choice(filter=ClientFilter())
FRENCH = Words(subject="Travaux dimanche", text="Bonjour {{ client.name }},\n\nle réseau sera **lent**.")
ENGLISH = Words(subject="Work on Sunday", text="Dear {{ client.name }},\n\nthe network will be **slow**.")
LANGUAGES = st.sampled_from(["fr", "en", "de", "ja"])
CLIENT = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["active", "closed", "merged"]),
        "has_address": st.booleans(),
        "wants_news": st.booleans(),
        "is_in_project": st.booleans(),
        "language": LANGUAGES,
    }
)


@given(client=CLIENT, languages=st.sets(LANGUAGES), fallback=LANGUAGES, is_news=st.booleans(), only=st.booleans())
def test_whoever_gets_a_text_gets_one_there_is_and_only_what_he_may(
    client: dict[str, Any], languages: set[str], fallback: str, is_news: bool, only: bool
) -> None:
    reason, language = mass_message_recipients.verdict(
        client, languages, fallback, is_news=is_news, only_matching=only
    )
    assert (reason == "") == (language in languages) == (language != "")
    if not reason:
        assert client["status"] == "active"
        assert client["has_address"] and client["is_in_project"]
        assert client["wants_news"] or not is_news
        assert language == client["language"] if only or client["language"] in languages else True
        assert language == fallback if client["language"] not in languages and fallback in languages else True
    else:
        assert reason in mass_message_recipients.REASONS
    if reason == "language":
        assert client["language"] not in languages
        assert only or not languages


async def drafted(by: Actor, choice: Choice = ALL, **facts: Any) -> int:
    """A draft with both texts, to those that are chosen. Inside a scope."""
    category = await db.value("SELECT min(id) FROM ticket_categories")
    values = MessageValues(**({"category": category, "texts": {"fr": FRENCH, "en": ENGLISH}} | facts))
    return await mass_messages.create(values, choice, by=by)


async def sent(settings: Settings, message_id: int, by: Actor) -> dict[str, Any]:
    """Send it, and wait until it has ended."""
    async with db.as_tenant(by.tenant.id):
        message = await mass_messages.get(message_id, by=by)
        await mass_message_sending.send(message_id, version=message["version"], by=by)
    return await ended(settings, message_id, by)


async def ended(settings: Settings, message_id: int, by: Actor) -> dict[str, Any]:
    async def has_ended() -> bool:
        async with db.as_tenant(by.tenant.id):
            return (await mass_messages.get(message_id, by=by))["task_state"] not in ("waiting", "running")

    async with workers(settings):
        await until(has_ended)
    async with db.as_tenant(by.tenant.id):
        return await mass_messages.get(message_id, by=by)


async def letters(by: Actor) -> list[dict[str, Any]]:
    """The tickets there are, with what was said first and how often it was told, by the name of the client."""
    async with db.as_tenant(by.tenant.id):
        found = await db.fetch(
            """SELECT c.name, t.subject, t.language, t.returns_to_staff_id, m.text,
                      (SELECT count(*) FROM notifications n
                        WHERE n.about_kind = 'ticket' AND n.about_id = t.id) AS told
                 FROM tickets t JOIN clients c ON c.id = t.client_id JOIN ticket_messages m ON m.ticket_id = t.id
                WHERE t.key LIKE 'message-%' ORDER BY c.code"""
        )
    return [dict(row) for row in found]


BARE_WORKER = """
import asyncio, os
from core import settings, worker
from core.support import mass_message_delivery
from web import composition

async def work():
    found = settings.load(os.environ)
    async with composition.running(found, verify=False):
        await worker.work(found, stop=asyncio.Event())

mass_message_delivery.AT_ONCE = 10
asyncio.run(work())
"""
MANY = """INSERT INTO clients (code, login, name, kind, email, country, language, project_id, registered_at)
    SELECT 9000 + n, 'many' || n, 'Many ' || n, 'individual', 'many' || n || '@client.example', 'FR', 'fr',
           (SELECT min(id) FROM projects), $1 FROM generate_series(1, 300) AS n"""


async def test_each_client_gets_a_ticket_in_his_language_once_and_is_told(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await closing.close([1001], "Left", by=alice)
        await db.execute("UPDATE clients SET email = '' WHERE code = 1002")
        message_id = await drafted(alice, only_matching=True, returns_to_author=True)
        counted = await mass_message_recipients.count(await mass_messages.get(message_id, by=alice), by=alice)
    message = await sent(database, message_id, alice)
    assert message["task_state"] == "done"
    found = await letters(alice)
    assert len(found) == counted.reached == message["done"] > 0
    assert len({row["name"] for row in found}) == len(found)
    for row in found:
        subject = FRENCH.subject if row["language"] == "fr" else ENGLISH.subject
        assert (row["subject"], row["told"]) == (subject, 1)
        assert row["name"] in row["text"]
        assert row["returns_to_staff_id"] == alice.staff_id
    async with db.as_tenant(alice.tenant.id):
        outcome = await mass_message_recipients.outcome(message_id)
        assert outcome["reasons"] == counted.skipped
        assert {"closed", "no_address", "language"} <= set(outcome["reasons"])
        assert [entry["actor_name"] for entry in await entries("message:sent")] == ["Alice"]


async def test_a_category_of_a_project_reaches_who_is_in_it_and_a_name_stays_letters(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        games = (await projects.create(NewProject(name="Games"), by=alice))["id"]
        client = await db.row("SELECT id, code FROM clients WHERE login = 'dupont'")
        assert client is not None
        await client_projects.open_account(client["id"], games, by=alice)
        await db.execute("UPDATE clients SET name = '[x](http://evil.example)' WHERE id = $1", client["id"])
        category = await db.value("SELECT min(id) FROM ticket_categories")
        await db.execute("UPDATE ticket_categories SET project_id = $2 WHERE id = $1", category, games)
        elsewhere = msgspec.structs.replace(alice, projects=frozenset({games + 1}))
        assert await mass_message_categories.offered(by=elsewhere) == []
        message_id = await drafted(alice)
        counted = await mass_message_recipients.count(await mass_messages.get(message_id, by=alice), by=alice)
        assert counted.reached == 1 and counted.skipped["project"] > 0
    await sent(database, message_id, alice)
    async with db.as_tenant(alice.tenant.id):
        (row,) = await db.fetch(
            "SELECT t.client_id, t.project_id, m.text FROM tickets t JOIN ticket_messages m ON m.ticket_id = t.id"
        )
        assert (row["client_id"], row["project_id"]) == (client["id"], games)
        assert "<a" not in rich_text.html(row["text"]) and "[x](http://evil.example)" in rich_text.plain(
            row["text"]
        )
        outcome = await mass_message_recipients.outcome(message_id)
        assert outcome["reasons"]["project"] == counted.skipped["project"]


async def test_a_closed_department_is_written_for_by_its_members_only(database: Settings) -> None:
    alice, sam = await cast.who("alice"), await cast.who("sam")
    async with db.as_tenant(alice.tenant.id):
        department_id = await db.value("UPDATE departments SET is_closed = true RETURNING id")
        assert (
            await mass_message_categories.offered(by=sam) == [] != await mass_message_categories.offered(by=alice)
        )
        await db.execute(
            "INSERT INTO department_members (department_id, staff_id, level) VALUES ($1, $2, 'answer')",
            department_id,
            sam.staff_id,
        )
        assert await mass_message_categories.offered(by=sam) == await mass_message_categories.offered(by=alice)


async def test_a_worker_that_is_killed_in_the_middle_leaves_no_gap_and_no_repeat(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mass_message_delivery, "AT_ONCE", 2)
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        message_id = await drafted(alice)
        task_id = await mass_message_sending.send(message_id, version=1, by=alice)
        await _step(task_id, alice)
        await _step(task_id, alice)
    with pytest.raises(RuntimeError):
        async with db.as_tenant(alice.tenant.id):
            await _step(task_id, alice)
            raise RuntimeError("the worker dies before its commit")
    assert len(await letters(alice)) == 2
    message = await ended(database, message_id, alice)
    found = await letters(alice)
    async with db.as_tenant(alice.tenant.id):
        active = await db.value("SELECT count(*) FROM clients WHERE status = 'active'")
    assert len(found) == len({row["name"] for row in found}) == active == message["done"]
    assert all(row["told"] == 1 for row in found)


async def test_a_process_that_is_killed_at_two_fifths_leaves_nobody_out_and_writes_to_nobody_twice(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mass_message_delivery, "AT_ONCE", 50)
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await db.execute(MANY, clock.now())
        message_id = await drafted(alice)
        await mass_message_sending.send(message_id, version=1, by=alice)
    done = await message_faults.killed_at(database, message_id, 120, program=BARE_WORKER, by=alice)
    message = await ended(database, message_id, alice)
    assert 120 <= done < 290
    assert message["task_state"] == "done"
    found = await message_faults.came_to(message_id, by=alice)
    assert found == {"clients": message["done"], "left_out": 0, "twice": 0}
    assert message["done"] > 300


async def _step(task_id: int, by: Actor) -> None:
    """What a worker does with one chunk of the task."""
    task = await tasks.read(task_id)
    chunk = await mass_message_delivery.step(task, by)
    await db.execute(
        "UPDATE tasks SET position = $2, done = done + $3 WHERE id = $1", task_id, chunk.position, chunk.done
    )


async def test_it_pauses_goes_on_and_is_stopped_for_good(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mass_message_delivery, "AT_ONCE", 2)
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        message_id = await drafted(alice)
        task_id = await mass_message_sending.send(message_id, version=1, by=alice)
        await _step(task_id, alice)
        await _step(task_id, alice)
        await mass_message_sending.pause(message_id, by=alice)
    message = await ended(database, message_id, alice)
    assert mass_messages.status(message, clock.now()) == "paused"
    assert len(await letters(alice)) == 2
    async with db.as_tenant(alice.tenant.id):
        await mass_message_sending.resume(message_id, by=alice)
        await mass_message_sending.withdraw(message_id, by=alice)
        with pytest.raises(Conflict):
            await mass_message_sending.resume(message_id, by=alice)
    assert mass_messages.status(await ended(database, message_id, alice), clock.now()) == "withdrawn"
    assert len(await letters(alice)) == 2


async def test_one_for_later_waits_and_can_be_stopped_before(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        message_id = await drafted(alice)
        with pytest.raises(Invalid) as refused:
            await mass_message_sending.send(message_id, version=1, at=clock.now() - timedelta(minutes=1), by=alice)
        assert list(refused.value.errors) == ["at"]
        await mass_message_sending.send(message_id, version=1, at=clock.now() + timedelta(days=2), by=alice)
        message = await mass_messages.get(message_id, by=alice)
        assert mass_messages.status(message, clock.now()) == "scheduled"
        assert not (await tasks.read(message["task_id"])).may_go_on
        await mass_message_sending.withdraw(message_id, by=alice)
    message = await ended(database, message_id, alice)
    assert (message["task_state"], await letters(alice)) == ("cancelled", [])


async def _paused_before_its_moment(settings: Settings, by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        message_id = await drafted(by)
        await mass_message_sending.send(message_id, version=1, at=clock.now() + timedelta(days=7), by=by)
        await mass_message_sending.pause(message_id, by=by)
    assert mass_messages.status(await ended(settings, message_id, by), clock.now()) == "paused"
    return message_id


async def test_one_for_later_that_was_paused_and_goes_on_still_waits_for_its_moment(database: Settings) -> None:
    alice = await cast.who("alice")
    message_id = await _paused_before_its_moment(database, alice)
    async with db.as_tenant(alice.tenant.id):
        await mass_message_sending.resume(message_id, by=alice)
        message = await mass_messages.get(message_id, by=alice)
        assert mass_messages.status(message, clock.now()) == "scheduled"
        assert (await tasks.read(message["task_id"])).due_at == message["send_at"]
        await jobs.later(tasks.JOB, {"id": message["task_id"]})

    async def all_wait() -> bool:
        soon = clock.now() + timedelta(days=6)
        asked = await waiting(database, "entrypoint, execute_after")
        return all(job["execute_after"] > soon for job in asked if job["entrypoint"] == tasks.JOB)

    async with workers(database):
        await until(all_wait)
    async with db.as_tenant(alice.tenant.id):
        assert (await tasks.read(message["task_id"])).state == "waiting"
    assert await letters(alice) == []


async def test_one_for_later_that_goes_on_after_its_moment_is_sent_at_once(database: Settings) -> None:
    alice = await cast.who("alice")
    message_id = await _paused_before_its_moment(database, alice)
    with clock.moved(timedelta(days=8)):
        async with db.as_tenant(alice.tenant.id):
            await mass_message_sending.resume(message_id, by=alice)
        message = await ended(database, message_id, alice)
        assert mass_messages.status(message, clock.now()) == "sent"
    assert await letters(alice) != []


async def test_what_lacks_something_is_not_sent_and_what_was_sent_does_not_change(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        empty = await drafted(alice, category=None, texts={})
        with pytest.raises(Invalid) as refused:
            await mass_message_sending.send(empty, version=1, by=alice)
        assert set(refused.value.errors) == {"category", ""}
        message_id = await drafted(alice)
        await mass_messages.update(message_id, MessageValues(texts={"fr": FRENCH}), version=1, by=alice)
        with pytest.raises(EditConflict):
            await mass_message_sending.send(message_id, version=1, by=alice)
        with pytest.raises(EditConflict):
            await mass_messages.update(message_id, MessageValues(), version=1, by=alice)
        category = await db.value("SELECT min(id) FROM ticket_categories")
        values = MessageValues(category=category, texts={"fr": FRENCH})
        await mass_messages.update(message_id, values, version=2, by=alice)
        await mass_message_sending.send(message_id, version=3, by=alice)
        for verb in (
            mass_messages.update(message_id, values, version=3, by=alice),
            mass_messages.delete(message_id, by=alice),
            mass_message_sending.send(message_id, version=3, by=alice),
        ):
            with pytest.raises(Conflict):
                await verb


async def test_a_text_that_was_changed_a_moment_before_is_not_sent_unseen(database: Settings) -> None:
    alice, max_ = await cast.who("alice"), await cast.who("max")
    async with db.as_tenant(alice.tenant.id):
        message_id = await drafted(alice)
        category = await db.value("SELECT min(id) FROM ticket_categories")
    is_changed = asyncio.Event()

    async def change() -> None:
        values = MessageValues(category=category, texts={"fr": ENGLISH})
        async with db.as_tenant(alice.tenant.id):
            await mass_messages.update(message_id, values, version=1, by=alice)
            is_changed.set()
            await until(_somebody_waits)

    async def send() -> None:
        await is_changed.wait()
        async with db.as_tenant(alice.tenant.id):
            await mass_message_sending.send(message_id, version=1, by=max_)

    changed, refused = await asyncio.gather(change(), send(), return_exceptions=True)
    assert (changed, type(refused)) == (None, EditConflict)
    async with db.as_tenant(alice.tenant.id):
        assert (await mass_messages.get(message_id, by=alice))["state"] == "draft"


async def _somebody_waits() -> bool:
    """Whether another connection waits for a row that this transaction holds."""
    waits = "SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    return bool(await db.value(f"SELECT EXISTS ({waits})"))


async def test_a_text_with_a_variable_that_is_not_there_is_refused_beside_its_field(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        for text in ("{{ client.password }}", "{% for x in range(9) %}", "{{ ''.__class__ }}"):
            with pytest.raises(Invalid) as refused:
                await drafted(alice, texts={"fr": Words(subject="Bonjour", text=text)})
            assert list(refused.value.errors) == ["text.fr"]
            assert "variable" in refused.value.errors["text.fr"] or "Line 1" in refused.value.errors["text.fr"]
        with pytest.raises(Invalid) as refused:
            await drafted(alice, texts={"fr": Words(subject="", text="Bonjour")})
        assert list(refused.value.errors) == ["subject.fr"]


async def test_news_leaves_out_who_wants_none_and_a_service_message_reaches_him(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await db.execute(
            """INSERT INTO notification_optouts (kind, medium, address_folded, created_at)
               SELECT 'message.news', 'mail', email_folded, $1 FROM clients WHERE code = 1001""",
            clock.now(),
        )
        news = await mass_messages.get(await drafted(alice, is_news=True), by=alice)
        service = await mass_messages.get(await drafted(alice), by=alice)
        assert (await mass_message_recipients.count(news, by=alice)).skipped == {"news": 1}
        assert (await mass_message_recipients.count(service, by=alice)).skipped == {}
        assert (await mass_message_recipients.seen_by(news, 1001, by=alice)).reason == "news"


async def test_who_is_limited_writes_to_his_clients_and_sees_his_own_messages_only(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        message_id = await drafted(alice)
        limited = worker(alice.tenant, "manager", projects=frozenset({1}), staff_id=10**9)
        with pytest.raises(NotFound):
            await mass_messages.get(message_id, by=limited)
        assert (await mass_messages.page(by=limited)).rows == []
        with pytest.raises(Invalid):
            await drafted(limited)
        with pytest.raises(PermissionMissing):
            await drafted(worker(alice.tenant, "support"))
