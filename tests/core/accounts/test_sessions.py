"""Sessions: what is kept of them, what they may, how they end, and that nothing survives what it stood on."""

from datetime import timedelta

import msgspec
import pytest

from core import clock, db, freshness, policies
from core.accounts import people, sessions
from core.actor import Tenant, system
from core.errors import Forbidden, NotFound, NotSignedIn
from core.permissions import Permission
from tests import cast
from tests.core.accounts.test_people import signed_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def visit(token: str, tenant: Tenant, **facts: str) -> sessions.SignedIn | None:
    async with db.as_tenant(tenant.id):
        return await sessions.actor_of(sessions.digest(token), tenant, **facts)


async def change(tenant: Tenant, sql: str, *arguments: object) -> None:
    async with db.as_tenant(tenant.id):
        await db.execute(sql, *arguments)


async def test_only_the_hash_of_a_token_is_kept() -> None:
    alice, token = await signed_in("alice")
    async with db.as_tenant(alice.tenant.id):
        row = await db.row("SELECT * FROM sessions WHERE id = $1", alice.session_id)
        assert row is not None
        assert row["token_hash"] == sessions.digest(token)
        assert token not in str(dict(row))
    assert len(token) == 43


async def test_an_actor_knows_who_where_and_within_which_limits() -> None:
    lea, token = await signed_in("lea")
    found = await visit(token, lea.tenant, address="198.51.100.9", request_id="r1")
    assert found is not None
    actor = found.actor
    assert (actor.kind, actor.role, actor.permissions) == ("staff", "support", None)
    assert (actor.address, actor.request_id) == ("198.51.100.9", "r1")
    assert actor.projects is not None
    assert len(actor.projects) == 1
    assert actor.groups is None


@pytest.mark.parametrize(("name", "kind"), [("olga", "operator"), ("rita", "reseller")])
async def test_the_platforms_people_act_as_what_they_are(name: str, kind: str) -> None:
    actor, _token = await signed_in(name)
    assert actor.kind == kind
    assert (actor.reseller_id is not None) == (kind == "reseller")


async def test_a_token_opens_nothing_at_another_provider() -> None:
    alice, token = await signed_in("alice")
    assert await visit(token, await cast.tenant("acme")) is None
    assert await visit(token, await cast.tenant("platform")) is None
    assert await visit(token, alice.tenant) is not None
    assert await visit("\ud800\x00" + token, alice.tenant) is None


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE people SET is_disabled = true WHERE name = 'Sam'",
        "UPDATE staff SET state = 'removed' WHERE person_id = (SELECT id FROM people WHERE name = 'Sam')",
        "UPDATE sessions SET expires_at = now()",
        "UPDATE sessions SET seen_at = now() - interval '2 hours'",
        "DELETE FROM sessions",
    ],
)
async def test_a_session_ends_with_what_it_stands_on(sql: str) -> None:
    sam, token = await signed_in("sam")
    await change(sam.tenant, sql)
    assert await visit(token, sam.tenant) is None


async def test_people_of_a_suspended_reseller_or_provider_have_no_session() -> None:
    rita, token = await signed_in("rita")
    await change(rita.tenant, "UPDATE resellers SET state = 'suspended'")
    assert await visit(token, rita.tenant) is None
    alice, token = await signed_in("alice")
    assert await visit(token, msgspec.structs.replace(alice.tenant, state="suspended")) is None


async def test_a_role_of_the_providers_own_counts_as_it_is_now() -> None:
    sam, token = await signed_in("sam")
    async with db.as_tenant(sam.tenant.id):
        role = await db.value(
            """INSERT INTO roles (name, permissions, created_at) VALUES ('Desk', '{client:read}', now())
               RETURNING id"""
        )
        await db.execute("UPDATE staff SET role = '', role_id = $2 WHERE id = $1", sam.staff_id, role)
    found = await visit(token, sam.tenant)
    assert found is not None
    assert (found.actor.role, found.actor.permissions) == ("Desk", frozenset({"client:read"}))
    await change(sam.tenant, "UPDATE roles SET permissions = '{}'")
    found = await visit(token, sam.tenant)
    assert found is not None
    assert not policies.allows(found.actor, Permission.CLIENT_READ)


async def test_what_is_remembered_is_forgotten_by_the_change_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freshness.MEMORY, "is_listening", True)
    alice, _token = await signed_in("alice")
    sam, token = await signed_in("sam")
    found = await visit(token, sam.tenant)
    async with db.as_tenant(sam.tenant.id) as scope:
        again = await sessions.actor_of(sessions.digest(token), sam.tenant)
        assert scope.queries == 0
    assert again == found
    async with db.as_tenant(sam.tenant.id):
        await people.disable(sam.person_id or 0, by=alice)
    assert await visit(token, sam.tenant) is None


async def test_being_seen_is_written_every_five_minutes_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freshness.MEMORY, "is_listening", True)
    alice, token = await signed_in("alice")
    await change(alice.tenant, "UPDATE sessions SET seen_at = $1", clock.now() - timedelta(minutes=6))
    freshness.MEMORY.forget(None)
    counts = []
    for _request in range(2):
        async with db.as_tenant(alice.tenant.id) as scope:
            assert await sessions.actor_of(sessions.digest(token), alice.tenant) is not None
            counts.append(scope.queries)
    assert counts == [2, 0]
    async with db.as_tenant(alice.tenant.id):
        seen_at = await db.value("SELECT seen_at FROM sessions WHERE id = $1", alice.session_id)
    assert clock.now() - seen_at < timedelta(minutes=1)


async def test_a_renewed_session_is_the_same_under_a_new_token() -> None:
    alice, token = await signed_in("alice")
    async with db.as_tenant(alice.tenant.id):
        fresh = await sessions.renew(token, by=alice)
    assert await visit(token, alice.tenant) is None
    found = await visit(fresh, alice.tenant)
    assert found is not None
    assert found.actor.session_id == alice.session_id
    async with db.as_tenant(alice.tenant.id):
        with pytest.raises(NotSignedIn):
            await sessions.renew(token, by=alice)


async def test_a_pending_session_has_no_rights_at_all() -> None:
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        person = await people.find_by_email(cast.email("alice"))
        assert person is not None
        await db.execute("UPDATE people SET totp_confirmed_at = now() WHERE id = $1", person["id"])
        token = await sessions.open_session(person["id"], by=system(nova), is_pending=True)
    found = await visit(token, nova)
    assert found is not None
    assert (found.lacking, found.is_pending, found.actor.kind) == ("code", True, "visitor")
    assert not policies.permissions_of(found.actor)
    async with db.as_tenant(nova.id):
        for forbidden in (people.me(by=found.actor), sessions.every(by=found.actor)):
            with pytest.raises(NotSignedIn):
                await forbidden
    await change(nova, "UPDATE people SET totp_confirmed_at = NULL")
    assert await visit(token, nova) is None


async def test_one_lists_and_ends_ones_own_sessions_and_nobody_elses() -> None:
    alice, token = await signed_in("alice")
    other, other_token = await signed_in("alice")
    sam, sams_token = await signed_in("sam")
    async with db.as_tenant(alice.tenant.id):
        listed = await sessions.every(by=alice)
        assert [row["id"] for row in listed][:2] == [alice.session_id, other.session_id]
        assert sam.session_id not in {row["id"] for row in listed}
        for foreign in (sam.session_id or 0, 2**70, -1):
            with pytest.raises(NotFound):
                await sessions.end(foreign, by=alice)
        await sessions.end(other.session_id or 0, by=alice)
    assert await visit(other_token, alice.tenant) is None
    _third, third_token = await signed_in("alice")
    async with db.as_tenant(alice.tenant.id):
        assert await sessions.end_others(by=alice) >= 1
    assert await visit(third_token, alice.tenant) is None
    assert await visit(token, alice.tenant) is not None
    assert await visit(sams_token, alice.tenant) is not None


async def test_a_key_has_no_sessions_to_end() -> None:
    alice, _token = await signed_in("alice")
    key = msgspec.structs.replace(alice, kind="api_key", session_id=None)
    async with db.as_tenant(alice.tenant.id):
        for forbidden in (sessions.every(by=key), sessions.end_others(by=key)):
            with pytest.raises(Forbidden):
                await forbidden


async def test_what_is_over_is_purged() -> None:
    alice, token = await signed_in("alice")
    _other, old = await signed_in("alice")
    await change(
        alice.tenant,
        "UPDATE sessions SET seen_at = now() - interval '1 day' WHERE token_hash = $1",
        sessions.digest(old),
    )
    async with db.as_tenant(alice.tenant.id):
        await sessions.purge(clock.now())
        assert await db.value("SELECT count(*) FROM sessions WHERE token_hash = $1", sessions.digest(old)) == 0
    assert await visit(token, alice.tenant) is not None
