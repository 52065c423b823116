"""Links to choose a password: once, for a time, for one password, and mailed without telling who is known."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from core import clock, db, jobs
from core.accounts import links, people, sessions
from core.actor import visitor
from core.errors import Invalid, NotFound, TooManyAttempts
from core.settings import Settings
from tests import cast
from tests.core.accounts.house import entries
from tests.core.accounts.test_people import NEW_PASSWORD, signed_in
from tests.core.accounts.test_signin import attempt, enroll
from tests.letters import waiting
from tests.visitor import PASSWORD

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

BASE = "https://nova.example"


async def new_link(name: str = "alice", purpose: Any = "password") -> str:
    actor, _token = await signed_in(name)
    async with db.as_tenant(actor.tenant.id):
        return await links.create(purpose, actor.person_id or 0, by=actor)


async def use(token: str, password: str = NEW_PASSWORD, place: str = "nova") -> Exception | None:
    tenant = await cast.tenant(place)
    try:
        async with db.as_tenant(tenant.id):
            await links.use(token, password, by=visitor(tenant))
    except (Invalid, NotFound) as refusal:
        return refusal
    return None


async def queued(settings: Settings) -> list[dict[str, Any]]:
    """What waits in the queue, as its owner reads it."""
    connection = await asyncpg.connect(settings.database_owner_url)
    try:
        rows = await connection.fetch(
            "SELECT id, entrypoint, payload, headers, queue_manager_id FROM queue.pgqueuer WHERE status = 'queued'"
            " ORDER BY id"
        )
    finally:
        await connection.close()
    return [
        {"id": row["id"], "kind": row["entrypoint"], "payload": msgspec.json.decode(row["payload"])}
        for row in rows
    ]


async def carry_out(settings: Settings, job: dict[str, Any], tenant_id: int) -> None:
    """Do a job as the worker does: picked, held, done."""
    worker = uuid4()
    connection = await asyncpg.connect(settings.database_owner_url)
    await connection.execute(
        "UPDATE queue.pgqueuer SET status = 'picked', queue_manager_id = $2 WHERE id = $1", job["id"], worker
    )
    await connection.close()
    held = jobs.Job(
        tenant_id=tenant_id,
        id=job["id"],
        kind=job["kind"],
        key="k",
        attempt=1,
        asked_at=clock.now(),
        worker=worker,
    )
    await jobs.TASKS[job["kind"]].run(job["payload"], held)


async def ask(email: str, place: str = "nova", address: str = "203.0.113.9") -> int:
    """Ask for a link; returns how many queries that took."""
    tenant = await cast.tenant(place)
    async with db.as_tenant(tenant.id) as scope:
        await links.request_reset(email, tenant=tenant, base_url=BASE, address=address)
        return scope.queries


async def test_a_link_changes_the_password_once_and_ends_all_sessions() -> None:
    alice, session = await signed_in("alice")
    token = await new_link()
    assert await use(token) is None
    async with db.as_tenant(alice.tenant.id):
        assert await sessions.actor_of(sessions.digest(session), alice.tenant) is None
        assert token not in str(await db.fetch("SELECT * FROM links"))
        assert (await entries("person:password_changed"))[-1]["actor_kind"] == "visitor"
    assert isinstance(await attempt("alice", PASSWORD), Invalid)
    assert not isinstance(await attempt("alice", NEW_PASSWORD), Exception)
    assert isinstance(await use(token, "yet another password, longer"), links.NotValid)


async def test_unknown_used_old_foreign_and_outdated_links_get_one_answer() -> None:
    used, old, outdated = await new_link(), await new_link("sam"), await new_link("max")
    foreign = await new_link("bob")
    await use(used)
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        await db.execute("UPDATE links SET expires_at = now() WHERE token_hash = $1", sessions.digest(old))
        await db.execute("UPDATE people SET password_hash = 'changed meanwhile' WHERE name = 'Max'")
    answers = [await use(token) for token in (used, old, outdated, foreign, "unknown", "\x00\ud800")]
    assert {str(answer) for answer in answers} == {str(links.NotValid())}


async def test_a_weak_password_does_not_use_the_link_up() -> None:
    token = await new_link()
    for weak in ("short", "alice@nova.example", "password1234"):
        answer = await use(token, weak)
        assert isinstance(answer, Invalid)
        assert list(answer.errors) == ["password"]
    assert await use(token) is None


async def test_of_two_at_the_same_moment_one_is_first() -> None:
    tokens = [await new_link(), await new_link()]
    answers = await asyncio.gather(*(use(tokens[number % 2]) for number in range(6)))
    assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", *["NotValid"] * 5]


async def test_a_person_who_is_shut_out_cannot_use_a_link() -> None:
    token = await new_link("sam")
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        await db.execute("UPDATE people SET is_disabled = true WHERE name = 'Sam'")
    assert isinstance(await use(token), links.NotValid)


async def test_a_reset_leaves_the_second_factor_in_place() -> None:
    await enroll("alice")
    assert await use(await new_link()) is None
    outcome = await attempt("alice", NEW_PASSWORD)
    assert not isinstance(outcome, Exception)
    assert outcome.needs_second_factor


@pytest.mark.parametrize(("purpose", "lasts"), [("password", 30), ("welcome", 7 * 1440), ("invitation", 7 * 1440)])
async def test_a_link_lasts_as_long_as_its_purpose_needs(purpose: str, lasts: int) -> None:
    token = await new_link(purpose=purpose)
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        link = await links.get(token)
    assert abs(link["expires_at"] - clock.now() - timedelta(minutes=lasts)) < timedelta(minutes=1)
    assert (link["purpose"], link["email"]) == (purpose, "alice@nova.example")


async def test_asking_is_the_same_work_for_known_and_unknown(database: Settings) -> None:
    assert len({await ask(email) for email in ("alice@nova.example", "nobody@nova.example")}) == 1
    assert [job["kind"] for job in await queued(database)] == ["password.reset"] * 2


async def test_whoever_is_known_gets_a_letter_with_a_link_to_a_host_of_ours(database: Settings) -> None:
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        await db.execute("UPDATE people SET locale = 'fr' WHERE name = 'Alice'")
    await ask(" Alice@Nova.example")
    await ask("nobody@nova.example")
    for job in await queued(database):
        await carry_out(database, job, nova.id)
    letters = await waiting(nova.id)
    assert [letter["to"] for letter in letters] == ["alice@nova.example"]
    (token,) = [
        word.rpartition("/")[2] for word in letters[0]["text"].split() if word.startswith(f"{BASE}/password/")
    ]
    assert await use(token) is None


async def test_a_mailbox_is_not_flooded(database: Settings) -> None:
    nova = await cast.tenant("nova")
    for number in range(6):
        await ask("alice@nova.example", address=f"198.51.100.{number}")
    for job in await queued(database):
        await carry_out(database, job, nova.id)
    assert len(await waiting(nova.id)) == links.ASKED_PER_ACCOUNT


async def test_asking_is_counted_per_address() -> None:
    for _time in range(links.ASKED_PER_ADDRESS):
        await ask("nobody@nova.example")
    with pytest.raises(TooManyAttempts):
        await ask("alice@nova.example")


async def test_any_text_may_be_asked_about(database: Settings) -> None:
    for text in ("", "\x00", "\ud800", "x" * 5000):
        await ask(text)
    for job in await queued(database):
        await carry_out(database, job, (await cast.tenant("nova")).id)
    assert await waiting((await cast.tenant("nova")).id) == []


async def test_old_links_are_purged() -> None:
    await new_link()
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        await links.purge(clock.now() + timedelta(days=20))
        assert await db.value("SELECT count(*) FROM links") == 1
        await links.purge(clock.now() + timedelta(days=31))
        assert await db.value("SELECT count(*) FROM links") == 0
        assert await people.find_by_email("alice@nova.example") is not None
