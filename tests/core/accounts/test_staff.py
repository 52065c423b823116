"""Staff: invited, limited, changed, let go and taken back, under rules by which nobody rises by himself."""

import asyncio
from typing import Any

import pytest

from core import clock, db
from core.accounts import api_keys, clients, groups, projects, roles, sessions, signin, staff, staff_access
from core.accounts.clients import NewClient
from core.accounts.groups import NewGroup
from core.accounts.projects import NewProject
from core.accounts.roles import NewRole
from core.accounts.staff import NewStaff, StaffChanges
from core.actor import Actor, Tenant, system
from core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound, NotInEdition, PermissionMissing
from tests.core.accounts.house import entries, hire, open_provider, rights_of, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]
BASE = "http://nova.localhost"


def keeper(tenant: Tenant, *permissions: str, **facts: Any) -> Actor:
    """Somebody in a role of the provider's own that keeps the staff."""
    return worker(tenant, "Keeper", permissions=frozenset({"staff:manage", "staff:read", *permissions}), **facts)


async def links() -> int:
    return int(await db.value("SELECT count(*) FROM links WHERE purpose = 'invitation' AND used_at IS NULL"))


async def test_who_is_invited_is_on_the_staff_and_has_a_link_and_it_is_told() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        alice = await hire(tenant, "Alice")
        made = await staff.invite(
            NewStaff(email="bob@x.example", name="Bob", role="support"), base_url=BASE, by=alice
        )
        assert (made["name"], made["role_key"], made["is_invited"], made["state"]) == (
            "Bob",
            "support",
            True,
            "active",
        )
        assert [row["name"] for row in await staff.every(by=alice)] == ["Alice", "Bob"]
        assert await links() == 1
        (entry,) = await entries("staff:invited")
    assert (entry["actor_name"], entry["subject_name"]) == ("Alice", "Bob")
    assert entry["changes"] == {"role": [None, "support"], "projects": [None, []], "groups": [None, []]}


async def test_a_person_known_by_the_address_is_not_made_twice() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        alice = await hire(tenant, "Alice")
        person_id = await db.value(
            "INSERT INTO people (email, name, created_at) VALUES ('Bob@X.example', 'Robert', $1) RETURNING id",
            clock.now(),
        )
        made = await staff.invite(
            NewStaff(email="bob@x.example", name="Bob", role="support"), base_url=BASE, by=alice
        )
        assert (made["person_id"], made["name"]) == (person_id, "Robert")


async def test_all_that_is_wrong_with_an_invitation_is_said_at_once() -> None:
    tenant = await open_provider()
    new = NewStaff(email="bob@", name="", role="emperor", project_ids=(42,), group_ids=(2**70,))
    async with db.as_tenant(tenant.id):
        alice = await hire(tenant, "Alice")
        with pytest.raises(Invalid) as refusal:
            await staff.invite(new, base_url=BASE, by=alice)
    assert set(refusal.value.errors) == {"email", "name", "role", "project_ids", "group_ids"}


async def test_who_comes_onto_the_staff_chooses_a_password_himself() -> None:
    """Whoever registered him as a client before, and set the password then, must not get in by it."""
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        alice, sam = await hire(tenant, "Alice"), await hire(tenant, "Sam", "support")
        known = "violet anchor 99 meadow"
        new = NewClient(
            login="boss", email="boss@x.example", country="FR", contact_person="B", password=known, language="en"
        )
        await clients.create(new, by=sam)
        made = await staff.invite(
            NewStaff(email="boss@x.example", name="B", role="owner"), base_url=BASE, by=alice
        )
        assert made["is_invited"]
        assert await db.value("SELECT password_hash FROM people WHERE id = $1", made["person_id"]) is None
        assert len(await entries("person:password_forgotten")) == 1
    async with db.as_tenant(tenant.id):
        with pytest.raises(Invalid):
            await signin.sign_in("boss@x.example", known, tenant=tenant, address="203.0.113.1")


async def test_nobody_is_invited_twice_and_who_was_removed_is_taken_back_instead() -> None:
    tenant = await open_provider()
    new = NewStaff(email="bob@x.example", name="Bob", role="support")
    async with db.as_tenant(tenant.id):
        alice = await hire(tenant, "Alice")
        made = await staff.invite(new, base_url=BASE, by=alice)
        for reason in ("already", "before"):
            with pytest.raises(Invalid) as refusal:
                await staff.invite(new, base_url=BASE, by=alice)
            assert reason in refusal.value.errors["email"]
            await staff.remove(made["id"], by=alice)


async def test_a_second_invitation_makes_the_first_link_void_and_needs_one_that_is_open() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        alice = await hire(tenant, "Alice")
        made = await staff.invite(
            NewStaff(email="bob@x.example", name="Bob", role="support"), base_url=BASE, by=alice
        )
        await staff_access.invite_again(made["id"], base_url=BASE, by=alice)
        assert await links() == 1
        await db.execute("UPDATE people SET password_hash = 'x'")
        with pytest.raises(Conflict):
            await staff_access.invite_again(made["id"], base_url=BASE, by=alice)


async def test_who_may_not_keep_the_staff_changes_nothing() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        bob = await hire(tenant, "Bob", "support")
        by = await hire(tenant, "Mia", "manager")
        assert bob.staff_id
        for attempt in (
            staff.invite(NewStaff(email="c@x.example", name="C", role="support"), base_url=BASE, by=by),
            staff_access.invite_again(bob.staff_id, base_url=BASE, by=by),
            staff.update(bob.staff_id, StaffChanges(role="manager"), version=1, by=by),
            staff.remove(bob.staff_id, by=by),
            staff.restore(bob.staff_id, by=by),
        ):
            with pytest.raises(PermissionMissing):
                await attempt
        assert len(await staff.every(by=by)) == 2


async def test_nobody_gives_a_role_that_may_do_more_than_he() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        bob = await hire(tenant, "Bob", "support")
        killer = await roles.create(NewRole(name="Killer", permissions=("client:delete",)), by=worker(tenant))
        by = keeper(tenant, *rights_of(tenant, "support"))
        assert bob.staff_id
        for role in ("owner", "manager", str(killer["id"])):
            with pytest.raises(Invalid) as refusal:
                await staff.invite(NewStaff(email="c@x.example", name="C", role=role), base_url=BASE, by=by)
            assert set(refusal.value.errors) == {"role"}
            with pytest.raises(Invalid):
                await staff.update(bob.staff_id, StaffChanges(role=role), version=1, by=by)
        await staff.invite(NewStaff(email="c@x.example", name="C", role="support"), base_url=BASE, by=by)


async def test_nobody_changes_or_removes_somebody_who_may_do_more() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        await hire(tenant, "Olga")
        alice = await hire(tenant, "Alice")
        by = keeper(tenant, *rights_of(tenant, "support"))
        assert alice.staff_id
        for attempt in (
            staff.update(alice.staff_id, StaffChanges(role="support"), version=1, by=by),
            staff.remove(alice.staff_id, by=by),
            staff.restore(alice.staff_id, by=by),
        ):
            with pytest.raises(Forbidden, match="Alice may do more"):
                await attempt
        assert (await staff.get(alice.staff_id, by=by))["state"] == "active"


async def test_nobody_changes_himself() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        await hire(tenant, "Olga")
        alice = await hire(tenant, "Alice")
        assert alice.staff_id
        for attempt in (
            staff.update(alice.staff_id, StaffChanges(role="support"), version=1, by=alice),
            staff.remove(alice.staff_id, by=alice),
        ):
            with pytest.raises(Forbidden, match="his own rights"):
                await attempt


async def test_the_last_owner_can_neither_be_removed_nor_lowered() -> None:
    tenant = await open_provider()
    by = system(tenant)
    async with db.as_tenant(tenant.id):
        alice, olga = await hire(tenant, "Alice"), await hire(tenant, "Olga")
        assert alice.staff_id
        assert olga.staff_id
        await staff.update(olga.staff_id, StaffChanges(role="auditor"), version=1, by=by)
        for attempt in (
            staff.remove(alice.staff_id, by=by),
            staff.update(alice.staff_id, StaffChanges(role="manager"), version=1, by=by),
        ):
            with pytest.raises(Conflict, match="last owner"):
                await attempt
        await staff.update(olga.staff_id, StaffChanges(role="owner"), version=2, by=by)
        await staff.remove(alice.staff_id, by=by)


async def test_an_owner_who_is_shut_out_does_not_count_as_one() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        alice, olga = await hire(tenant, "Alice"), await hire(tenant, "Olga")
        await db.execute("UPDATE people SET is_disabled = true WHERE id = $1", olga.person_id)
        assert alice.staff_id
        with pytest.raises(Conflict, match="last owner"):
            await staff.remove(alice.staff_id, by=system(tenant))


async def test_two_owners_who_remove_each_other_at_the_same_moment_leave_one() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        alice, olga = await hire(tenant, "Alice"), await hire(tenant, "Olga")

    async def let_go(somebody: Actor, by: Actor) -> bool:
        assert somebody.staff_id
        async with db.as_tenant(tenant.id):
            try:
                await staff.remove(somebody.staff_id, by=by)
            except Conflict:
                return False
            await asyncio.sleep(0.05)
        return True

    assert sorted(await asyncio.gather(let_go(alice, olga), let_go(olga, alice))) == [False, True]
    async with db.as_tenant(tenant.id):
        assert await db.value("SELECT count(*) FROM staff WHERE state = 'active'") == 1


async def test_who_is_removed_loses_sessions_keys_and_the_invitation_at_once() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        alice, bob = await hire(tenant, "Alice"), await hire(tenant, "Bob", "support")
        assert bob.person_id
        assert bob.staff_id
        token = await sessions.open_session(bob.person_id, by=bob)
        key = await api_keys.create(api_keys.NewKey(name="k", scopes=frozenset({"client:read"})), by=bob)
        await db.execute("UPDATE people SET password_hash = NULL WHERE id = $1", bob.person_id)
        await staff_access.invite_again(bob.staff_id, base_url=BASE, by=alice)
        assert await sessions.actor_of(sessions.digest(token), tenant)
        assert await api_keys.actor_of_key(key.key, tenant)
        await staff.remove(bob.staff_id, by=alice)
        assert await db.value("SELECT count(*) FROM sessions") == 0
        assert await db.value("SELECT count(*) FROM api_keys WHERE revoked_at IS NULL") == 0
        assert await links() == 0
        await staff.restore(bob.staff_id, by=alice)
        assert await sessions.actor_of(sessions.digest(token), tenant) is None
        assert await api_keys.actor_of_key(key.key, tenant) is None
        assert (await staff.get(bob.staff_id, by=alice))["role_key"] == "support"


async def test_removing_and_restoring_twice_is_once() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        alice, bob = await hire(tenant, "Alice"), await hire(tenant, "Bob", "support")
        assert bob.staff_id
        for _twice in range(2):
            await staff.remove(bob.staff_id, by=alice)
        for _twice in range(2):
            await staff.restore(bob.staff_id, by=alice)
        assert len(await entries("staff:removed")) == len(await entries("staff:restored")) == 1


async def test_a_change_of_role_ends_the_sessions_and_is_told_by_name() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        alice, bob = await hire(tenant, "Alice"), await hire(tenant, "Bob", "support")
        own = await roles.create(NewRole(name="Reader", permissions=("client:read",)), by=alice)
        assert bob.person_id
        assert bob.staff_id
        await sessions.open_session(bob.person_id, by=bob)
        changed = await staff.update(bob.staff_id, StaffChanges(role=str(own["id"])), version=1, by=alice)
        assert (changed["role_title"], changed["role_key"], changed["version"]) == ("Reader", str(own["id"]), 2)
        assert await db.value("SELECT count(*) FROM sessions") == 0
        assert (await entries("staff:updated"))[0]["changes"] == {"role": ["support", "Reader"]}
        same = await staff.update(bob.staff_id, StaffChanges(role=str(own["id"])), version=2, by=alice)
        assert same["version"] == 2


async def test_a_stale_version_is_a_conflict_that_shows_what_is_there_now() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        alice, bob = await hire(tenant, "Alice"), await hire(tenant, "Bob", "support")
        assert bob.staff_id
        await staff.update(bob.staff_id, StaffChanges(role="auditor"), version=1, by=alice)
        with pytest.raises(EditConflict) as conflict:
            await staff.update(bob.staff_id, StaffChanges(role="manager"), version=1, by=alice)
    assert conflict.value.current["role_key"] == "auditor"


async def test_limits_are_kept_and_end_sessions_and_are_told_by_name() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        alice, bob = await hire(tenant, "Alice"), await hire(tenant, "Bob", "support")
        gold = await groups.create(NewGroup(name="Gold"), by=alice)
        first = await projects.default_id()
        assert bob.staff_id
        changes = StaffChanges(project_ids=(first, first), group_ids=(gold["id"],))
        changed = await staff.update(bob.staff_id, changes, version=1, by=alice)
        assert (changed["project_ids"], changed["group_ids"]) == ([first], [gold["id"]])
        (entry,) = await entries("staff:updated")
        assert entry["changes"] == {"projects": [[], ["Provider 1"]], "groups": [[], ["Gold"]]}
        changed = await staff.update(bob.staff_id, StaffChanges(group_ids=()), version=2, by=alice)
        assert (changed["project_ids"], changed["group_ids"]) == ([first], [])


async def test_limits_need_the_edition_and_stay_in_force_without_it() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        alice, bob = await hire(tenant, "Alice"), await hire(tenant, "Bob", "support")
        first = await projects.default_id()
        assert bob.staff_id
        await staff.update(bob.staff_id, StaffChanges(project_ids=(first,)), version=1, by=alice)
        lower = worker(Tenant(id=tenant.id, code="p1", name="Provider 1", edition="advanced"))
        for ids in ((), (first, 42)):
            with pytest.raises(NotInEdition) as refusal:
                await staff.update(bob.staff_id, StaffChanges(project_ids=ids), version=2, by=lower)
            assert refusal.value.edition == "corporate"
        changed = await staff.update(bob.staff_id, StaffChanges(role="auditor"), version=2, by=lower)
        assert (changed["role_key"], changed["project_ids"]) == ("auditor", [first])


async def test_who_is_limited_gives_no_more_than_his_own_limits() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        alice, bob = await hire(tenant, "Alice"), await hire(tenant, "Bob", "support")
        first = await projects.default_id()
        other = (await projects.create(NewProject(name="Aurora"), by=alice))["id"]
        by = keeper(tenant, *rights_of(tenant, "support"), projects=frozenset({first}))
        assert bob.staff_id
        with pytest.raises(Forbidden):
            await staff.update(bob.staff_id, StaffChanges(project_ids=(first,)), version=1, by=by)
        for ids in ((), (other,), (first, other)):
            new = NewStaff(email="c@x.example", name="C", role="support", project_ids=ids)
            with pytest.raises(Invalid) as refusal:
                await staff.invite(new, base_url=BASE, by=by)
            assert set(refusal.value.errors) == {"project_ids"}
        new = NewStaff(email="c@x.example", name="C", role="support", project_ids=(first,))
        made = await staff.invite(new, base_url=BASE, by=by)
        with pytest.raises(Invalid):
            await staff.update(made["id"], StaffChanges(project_ids=()), version=1, by=by)


async def test_two_who_invite_the_last_one_the_edition_has_room_for_are_one() -> None:
    tenant = await open_provider(edition="standard")
    async with db.as_tenant(tenant.id):
        alice = await hire(tenant, "Alice")
        for number in range(8):
            await hire(tenant, f"Nr{number}", "support")

    async def invite(name: str) -> bool:
        async with db.as_tenant(tenant.id):
            new = NewStaff(email=f"{name}@x.example", name=name, role="support")
            try:
                await staff.invite(new, base_url=BASE, by=alice)
            except Conflict:
                return False
            await asyncio.sleep(0.05)
        return True

    assert sorted(await asyncio.gather(invite("x"), invite("y"))) == [False, True]
    async with db.as_tenant(tenant.id):
        assert await db.value("SELECT count(*) FROM staff") == 10


async def test_staff_of_another_provider_is_not_there() -> None:
    nova, acme = await open_provider(1), await open_provider(2)
    async with db.as_tenant(acme.id):
        zoe = await hire(acme, "Zoe", "support")
    async with db.as_tenant(nova.id):
        alice = await hire(nova, "Alice")
        assert zoe.staff_id
        for number in (zoe.staff_id, 42, 0, -1, 2**64):
            with pytest.raises(NotFound):
                await staff.get(number, by=alice)
            with pytest.raises(NotFound):
                await staff.remove(number, by=alice)


async def test_who_is_kept_out_has_no_session_until_he_is_let_in() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        alice, bob = await hire(tenant, "Alice"), await hire(tenant, "Bob", "support")
        assert bob.person_id
        assert bob.staff_id
        token = await sessions.open_session(bob.person_id, by=bob)
        await staff_access.keep_out(bob.staff_id, by=alice)
        assert await sessions.actor_of(sessions.digest(token), tenant) is None
        assert (await staff.get(bob.staff_id, by=alice))["is_disabled"]
        await staff_access.let_in(bob.staff_id, by=alice)
        assert not (await staff.get(bob.staff_id, by=alice))["is_disabled"]


async def test_nobody_keeps_out_or_strips_himself_the_last_owner_or_somebody_who_may_do_more() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        alice = await hire(tenant, "Alice")
        assert alice.staff_id
        with pytest.raises(Forbidden):
            await staff_access.keep_out(alice.staff_id, by=alice)
        with pytest.raises(Conflict, match="last owner"):
            await staff_access.keep_out(alice.staff_id, by=system(tenant))
        by = keeper(tenant, *rights_of(tenant, "support"))
        await db.execute("UPDATE people SET totp_confirmed_at = $1", clock.now())
        for attempt in (
            staff_access.keep_out(alice.staff_id, by=by),
            staff_access.let_in(alice.staff_id, by=by),
            staff_access.take_factor(alice.staff_id, by=by),
            staff_access.invite_again(alice.staff_id, base_url=BASE, by=by),
        ):
            with pytest.raises(Forbidden, match="Alice may do more"):
                await attempt


async def test_a_lost_second_factor_is_taken_away_and_the_sessions_end() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        alice, bob = await hire(tenant, "Alice"), await hire(tenant, "Bob", "support")
        assert bob.person_id
        assert bob.staff_id
        await db.execute("UPDATE people SET totp_confirmed_at = $2 WHERE id = $1", bob.person_id, clock.now())
        await sessions.open_session(bob.person_id, by=bob)
        await staff_access.take_factor(bob.staff_id, by=alice)
        assert await db.value("SELECT count(*) FROM sessions") == 0
        assert not (await staff.get(bob.staff_id, by=alice))["has_factor"]
        with pytest.raises(Conflict):
            await staff_access.take_factor(bob.staff_id, by=alice)
