"""API keys: shown once, never more than their maker may now, and dead when he is gone."""

from datetime import timedelta

import msgspec
import pytest

from core import clock, db, freshness, policies
from core.accounts import api_keys, people
from core.accounts.api_keys import Created, NewKey
from core.actor import Actor, Tenant
from core.errors import Conflict, Forbidden, Invalid, NotFound, PermissionMissing
from core.permissions import Permission
from tests import cast
from tests.core.accounts.house import entries
from tests.core.accounts.test_people import signed_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

READ, CREATE = Permission.CLIENT_READ, Permission.CLIENT_CREATE


async def new_key(actor: Actor, *scopes: Permission, name: str = "Shop") -> Created:
    async with db.as_tenant(actor.tenant.id):
        return await api_keys.create(NewKey(name=name, scopes=frozenset(scopes or (READ, CREATE))), by=actor)


async def called(key: str, tenant: Tenant) -> Actor | None:
    async with db.as_tenant(tenant.id):
        return await api_keys.actor_of_key(key, tenant, address="198.51.100.3", request_id="r2")


async def test_a_key_is_shown_once_and_acts_for_its_maker_within_its_scopes() -> None:
    alice, _token = await signed_in("alice")
    made = await new_key(alice)
    assert made.key.startswith("comptoir_")
    actor = await called(made.key, alice.tenant)
    assert actor is not None
    assert (actor.kind, actor.name, actor.staff_id, actor.api_key_id) == (
        "api_key",
        "Alice",
        alice.staff_id,
        made.id,
    )
    assert policies.permissions_of(actor) == {READ, CREATE}
    async with db.as_tenant(alice.tenant.id):
        (listed,) = await api_keys.every(by=alice)
        assert (listed["name"], listed["last_used_on"]) == ("Shop", clock.now().date())
        assert made.key.startswith(listed["hint"])
        assert made.key not in str(await db.fetch("SELECT * FROM api_keys"))
        assert made.key not in str(await entries("api_key:created"))


async def test_a_key_loses_what_its_maker_loses() -> None:
    sam, _token = await signed_in("sam")
    made = await new_key(sam)
    async with db.as_tenant(sam.tenant.id):
        await db.execute("UPDATE staff SET role = 'auditor' WHERE id = $1", sam.staff_id)
    actor = await called(made.key, sam.tenant)
    assert actor is not None
    assert policies.permissions_of(actor) == {READ}


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE staff SET state = 'removed' WHERE person_id = (SELECT id FROM people WHERE name = 'Sam')",
        "UPDATE people SET is_disabled = true WHERE name = 'Sam'",
        "UPDATE api_keys SET expires_at = now()",
        "UPDATE api_keys SET revoked_at = now()",
    ],
)
async def test_a_key_dies_with_what_it_stands_on(sql: str) -> None:
    sam, _token = await signed_in("sam")
    made = await new_key(sam)
    assert await called(made.key, sam.tenant) is not None
    async with db.as_tenant(sam.tenant.id):
        await db.execute(sql)
    assert await called(made.key, sam.tenant) is None


async def test_a_revoked_key_is_dead_at_once_though_it_was_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freshness.MEMORY, "is_listening", True)
    alice, _token = await signed_in("alice")
    sam, _sams = await signed_in("sam")
    mine, sams = await new_key(alice), await new_key(sam)
    for made in (mine, sams):
        assert await called(made.key, alice.tenant) is not None
    async with db.as_tenant(alice.tenant.id):
        with pytest.raises(NotFound):
            await api_keys.revoke(sams.id, by=alice)
        await api_keys.revoke(mine.id, by=alice)
        await people.disable(sam.person_id or 0, by=alice)
    for made in (mine, sams):
        assert await called(made.key, alice.tenant) is None
    async with db.as_tenant(alice.tenant.id):
        with pytest.raises(NotFound):
            await api_keys.revoke(mine.id, by=alice)
        assert await api_keys.every(by=alice) == []


async def test_all_keys_of_a_member_who_goes_are_revoked() -> None:
    alice, _token = await signed_in("alice")
    sam, _sams = await signed_in("sam")
    made = [await new_key(sam) for _key in range(2)]
    async with db.as_tenant(alice.tenant.id):
        assert await api_keys.revoke_all_of(sam.staff_id or 0, by=alice) == 2
    assert [await called(each.key, sam.tenant) for each in made] == [None, None]


async def test_a_key_opens_nothing_elsewhere_and_nothing_at_a_suspended_provider() -> None:
    alice, _token = await signed_in("alice")
    made = await new_key(alice)
    assert await called(made.key, await cast.tenant("acme")) is None
    assert await called(made.key, msgspec.structs.replace(alice.tenant, state="suspended")) is None
    for wrong in ("", "comptoir_", made.key + "x", made.key.removeprefix("comptoir_"), "comptoir_\x00\ud800"):
        assert await called(wrong, alice.tenant) is None


async def test_a_key_is_given_no_more_than_its_maker_has() -> None:
    sam, _token = await signed_in("sam")
    async with db.as_tenant(sam.tenant.id):
        for scopes in (frozenset({"staff:manage"}), frozenset({"no:such"}), frozenset[str]()):
            with pytest.raises(Invalid) as refusal:
                await api_keys.create(NewKey(name="", scopes=scopes, expires_at=clock.now()), by=sam)
            assert set(refusal.value.errors) == {"name", "scopes", "expires_at"}
    ada, _token = await signed_in("ada")
    with pytest.raises(PermissionMissing):
        await new_key(ada)


async def test_a_key_makes_no_keys_and_revokes_none() -> None:
    alice, _token = await signed_in("alice")
    made = await new_key(alice, Permission.API_KEY_MANAGE)
    actor = await called(made.key, alice.tenant)
    assert actor is not None
    with pytest.raises(Forbidden):
        await new_key(actor, Permission.API_KEY_MANAGE)
    async with db.as_tenant(alice.tenant.id):
        with pytest.raises(Forbidden):
            await api_keys.revoke(made.id, by=actor)


async def test_an_edition_has_room_for_so_many() -> None:
    zoe, _token = await signed_in("zoe")
    limit = policies.limit(zoe.tenant, "api_keys")
    assert limit
    for _key in range(limit):
        made = await new_key(zoe)
    with pytest.raises(Conflict):
        await new_key(zoe)
    async with db.as_tenant(zoe.tenant.id):
        await api_keys.revoke(made.id, by=zoe)
    await new_key(zoe)


async def test_a_key_with_an_end_works_until_then() -> None:
    alice, _token = await signed_in("alice")
    async with db.as_tenant(alice.tenant.id):
        new = NewKey(name="Brief", scopes=frozenset({READ}), expires_at=clock.now() + timedelta(days=1))
        made = await api_keys.create(new, by=alice)
    assert await called(made.key, alice.tenant) is not None
