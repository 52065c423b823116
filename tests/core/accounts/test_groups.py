"""Account groups: who may make and fill them, what a limit hides, and that nothing of it crosses providers."""

import asyncio

import pytest

from core import db
from core.accounts import group_members, groups, overview
from core.accounts.groups import GroupChanges, NewGroup
from core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound, NotInEdition, PermissionMissing
from tests.core.accounts.house import add_client, entries, hire, open_provider, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def test_a_group_is_made_read_changed_and_deleted_and_each_step_is_told() -> None:
    tenant = await open_provider()
    by = worker(tenant, "manager")
    async with db.as_tenant(tenant.id):
        made = await groups.create(NewGroup(name="  Gold  ", description="Pays\r\nearly"), by=by)
        assert (made["name"], made["description"], made["members"]) == ("Gold", "Pays\nearly", 0)
        changed = await groups.update(made["id"], GroupChanges(name="Platinum"), version=1, by=by)
        assert (changed["name"], changed["description"], changed["version"]) == ("Platinum", "Pays\nearly", 2)
        assert [row["name"] for row in await groups.every(by=by)] == ["Platinum"]
        assert (await entries("group:updated"))[0]["changes"] == {"name": ["Gold", "Platinum"]}
        await groups.delete(made["id"], by=by)
        assert await groups.every(by=by) == []
        assert (await entries("group:deleted"))[0]["subject_name"] == "Platinum"
        with pytest.raises(NotFound):
            await groups.get(made["id"], by=by)


async def test_saving_what_is_there_already_is_no_change() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await groups.create(NewGroup(name="Gold"), by=by)
        assert (await groups.update(made["id"], GroupChanges(name="Gold"), version=1, by=by))["version"] == 1
        assert await entries("group:updated") == []


async def test_all_that_is_wrong_is_said_at_once() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        with pytest.raises(Invalid) as refusal:
            await groups.create(NewGroup(name=" ", description="x" * 1001), by=worker(tenant))
    assert set(refusal.value.errors) == {"name", "description"}


@pytest.mark.parametrize("name", ["GOLD", "gold\x00", "go\ud800ld", "x" * 101, "\u202egold"])
async def test_a_name_that_is_taken_or_cannot_be_kept_is_refused(name: str) -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        await groups.create(NewGroup(name="Gold"), by=by)
        with pytest.raises(Invalid) as refusal:
            await groups.create(NewGroup(name=name), by=by)
        assert set(refusal.value.errors) == {"name"}
        assert len(await groups.every(by=by)) == 1


async def test_of_two_who_take_a_name_at_the_same_moment_one_is_told_it_is_taken() -> None:
    tenant = await open_provider()

    async def take() -> str:
        async with db.as_tenant(tenant.id):
            try:
                await groups.create(NewGroup(name="Gold"), by=worker(tenant))
            except Invalid as refusal:
                return refusal.errors["name"]
            await asyncio.sleep(0.1)
        return ""

    answers = await asyncio.gather(take(), take())
    assert sorted(answers) == ["", "This name is taken."]


async def test_the_same_name_is_free_for_another_provider() -> None:
    nova, acme = await open_provider(1), await open_provider(2)
    for tenant in (nova, acme):
        async with db.as_tenant(tenant.id):
            await groups.create(NewGroup(name="Gold"), by=worker(tenant))
            assert len(await groups.every(by=worker(tenant))) == 1


async def test_a_stale_version_is_a_conflict_that_shows_what_is_there_now() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await groups.create(NewGroup(name="Gold"), by=by)
        await groups.update(made["id"], GroupChanges(name="Silver"), version=1, by=by)
        with pytest.raises(EditConflict) as conflict:
            await groups.update(made["id"], GroupChanges(name="Bronze"), version=1, by=by)
        assert conflict.value.current["name"] == "Silver"
        assert (await groups.get(made["id"], by=by))["name"] == "Silver"


async def test_standard_has_no_groups_and_the_refusal_names_the_edition_that_has() -> None:
    tenant = await open_provider(edition="standard")
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        for attempt in (
            groups.every(by=by),
            groups.get(1, by=by),
            groups.create(NewGroup(name=""), by=by),
            groups.update(1, GroupChanges(), version=1, by=by),
            groups.delete(1, by=by),
            groups.add(1, [1], by=by),
            groups.remove(1, [1], by=by),
        ):
            with pytest.raises(NotInEdition) as refusal:
                await attempt
            assert refusal.value.edition == "advanced"


async def test_support_fills_groups_and_cannot_make_or_change_them() -> None:
    tenant = await open_provider()
    by = worker(tenant, "support")
    async with db.as_tenant(tenant.id):
        made = await groups.create(NewGroup(name="Gold"), by=worker(tenant))
        client_id = await add_client("anna")
        for attempt in (
            groups.create(NewGroup(name="Silver"), by=by),
            groups.update(made["id"], GroupChanges(name="Silver"), version=1, by=by),
            groups.delete(made["id"], by=by),
        ):
            with pytest.raises(PermissionMissing):
                await attempt
        assert await groups.add(made["id"], [client_id], by=by) == 1
        with pytest.raises(PermissionMissing):
            await groups.add(made["id"], [client_id], by=worker(tenant, "auditor"))


async def test_adding_and_removing_twice_is_once_and_told_in_one_entry() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await groups.create(NewGroup(name="Gold"), by=by)
        ids = [await add_client(login) for login in ("anna", "bela", "cleo")]
        assert await groups.add(made["id"], [*ids, ids[0], 12345, -1, 2**70], by=by) == 3
        assert await groups.add(made["id"], ids, by=by) == 0
        assert (await groups.get(made["id"], by=by))["members"] == 3
        assert [row["name"] for row in await groups.groups_of(ids[0], by=by)] == ["Gold"]
        assert await groups.remove(made["id"], ids[:2], by=by) == 2
        assert await groups.remove(made["id"], ids[:2], by=by) == 0
        added, removed = await entries("group:clients_added"), await entries("group:clients_removed")
    assert [entry["changes"] for entry in added] == [{"clients": [None, [1001, 1002, 1003]]}]
    assert [entry["changes"] for entry in removed] == [{"clients": [[1001, 1002], None]}]


async def test_deleting_a_group_keeps_its_clients() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await groups.create(NewGroup(name="Gold"), by=by)
        client_id = await add_client("anna")
        await groups.add(made["id"], [client_id], by=by)
        await groups.delete(made["id"], by=by)
        assert await groups.groups_of(client_id, by=by) == []
        assert (await entries("group:deleted"))[0]["changes"]["members"] == [1, None]


async def test_a_group_that_somebody_is_limited_to_stays_for_his_limit_would_go_with_it() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await groups.create(NewGroup(name="Gold"), by=by)
        bob = await hire(tenant, "Bob", "support")
        await db.execute("INSERT INTO staff_groups (staff_id, group_id) VALUES ($1, $2)", bob.staff_id, made["id"])
        with pytest.raises(Conflict, match="1 member of staff"):
            await groups.delete(made["id"], by=by)
        await db.execute("DELETE FROM staff_groups")
        await groups.delete(made["id"], by=by)


async def test_who_is_limited_to_a_group_knows_of_no_other_group_and_no_other_client() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        gold, silver = [await groups.create(NewGroup(name=name), by=by) for name in ("Gold", "Silver")]
        anna, bela = await add_client("anna"), await add_client("bela")
        await groups.add(gold["id"], [anna], by=by)
        await groups.add(silver["id"], [anna, bela], by=by)
        limited = worker(tenant, "manager", groups=frozenset({gold["id"]}))
        assert [row["name"] for row in await groups.every(by=limited)] == ["Gold"]
        assert await groups.names(by=limited) == {gold["id"]: "Gold"}
        assert (await overview.of(by=limited)).counts["groups"] == 1
        assert [row["name"] for row in await groups.groups_of(anna, by=limited)] == ["Gold"]
        for attempt in (
            groups.get(silver["id"], by=limited),
            groups.update(silver["id"], GroupChanges(name="x"), version=1, by=limited),
            groups.delete(silver["id"], by=limited),
            groups.add(silver["id"], [anna], by=limited),
            groups.groups_of(bela, by=limited),
        ):
            with pytest.raises(NotFound):
                await attempt
        with pytest.raises(Forbidden):
            await groups.create(NewGroup(name="Bronze"), by=limited)
        assert await groups.add(gold["id"], [bela], by=limited) == 0
        assert (await groups.get(gold["id"], by=by))["members"] == 1


async def test_members_are_counted_as_far_as_one_sees_them() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await groups.create(NewGroup(name="Gold"), by=by)
        other = await db.value("INSERT INTO projects (name, created_at) VALUES ('Other', now()) RETURNING id")
        ids = [await add_client("anna"), await add_client("bela", project_id=other)]
        await groups.add(made["id"], ids, by=by)
        limited = worker(tenant, "manager", projects=frozenset({other}))
        assert (await groups.get(made["id"], by=limited))["members"] == 1
        assert await groups.remove(made["id"], ids, by=limited) == 1
        assert (await groups.get(made["id"], by=by))["members"] == 1


async def test_groups_and_clients_of_another_provider_are_not_there() -> None:
    nova, acme = await open_provider(1), await open_provider(2)
    async with db.as_tenant(acme.id):
        theirs = await groups.create(NewGroup(name="Theirs"), by=worker(acme))
        their_client = await add_client("zoe")
    async with db.as_tenant(nova.id):
        ours = await groups.create(NewGroup(name="Ours"), by=worker(nova))
        for group_id in (theirs["id"], 42, 0, -1, 2**64):
            with pytest.raises(NotFound):
                await groups.add(group_id, [], by=worker(nova))
            with pytest.raises(NotFound):
                await groups.delete(group_id, by=worker(nova))
        assert await groups.add(ours["id"], [their_client], by=worker(nova)) == 0
    async with db.as_tenant(acme.id):
        assert (await groups.get(theirs["id"], by=worker(acme)))["members"] == 0


async def test_the_clients_of_a_group_come_in_pages_each_client_once() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await groups.create(NewGroup(name="Gold"), by=by)
        ids = [await add_client(f"c{number}") for number in range(120)]
        await groups.add(made["id"], ids, by=by)
        first = await group_members.page(made["id"], by=by)
        second = await group_members.page(made["id"], after=first.next, by=by)
        third = await group_members.page(made["id"], after=second.next, by=by)
        listed = [row["id"] for page in (first, second, third) for row in page.members]
        assert listed == sorted(ids, reverse=True)
        assert (first.previous, third.next) == ("", "")
        back = await group_members.page(made["id"], before=third.previous, by=by)
        assert [row["id"] for row in back.members] == [row["id"] for row in second.members]
        limited = worker(tenant, "manager", projects=frozenset({1}))
        assert (await group_members.page(made["id"], by=limited)).members == []
