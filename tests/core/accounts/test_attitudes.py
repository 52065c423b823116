"""Attitudes: the provider's own list, its order, its default, and what clients get when one is deleted."""

import asyncio

import pytest

from core import db
from core.accounts import attitudes
from core.accounts.attitudes import AttitudeChanges, NewAttitude
from core.errors import Conflict, EditConflict, Invalid, NotFound, PermissionMissing
from core.i18n import speaking
from tests.core.accounts.house import add_client, entries, open_provider, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def names(by: object) -> list[str]:
    return [row["name"] for row in await attitudes.every(by=by)]  # type: ignore[arg-type]


async def test_a_provider_begins_with_four_attitudes_of_which_the_first_is_the_default() -> None:
    tenant = await open_provider(edition="standard")
    by = worker(tenant, "support")
    async with db.as_tenant(tenant.id):
        assert await names(by) == ["Normal", "VIP", "Watch", "Do not serve"]
        assert (await attitudes.every(by=by))[0]["id"] == await attitudes.default_id()


async def test_an_attitude_is_made_changed_and_deleted_and_each_step_is_told() -> None:
    tenant = await open_provider()
    by = worker(tenant, "manager")
    async with db.as_tenant(tenant.id):
        made = await attitudes.create(NewAttitude(name="Partner", color="teal"), by=by)
        assert (await names(by))[-1] == "Partner"
        changed = await attitudes.update(made["id"], AttitudeChanges(color="red"), version=1, by=by)
        assert (changed["name"], changed["color"], changed["version"]) == ("Partner", "red", 2)
        assert (await entries("attitude:updated"))[0]["changes"] == {"color": ["teal", "red"]}
        assert await attitudes.delete(made["id"], by=by) == 0
        assert not await attitudes.exists(made["id"])
        assert (await entries("attitude:deleted"))[0]["subject_name"] == "Partner"


async def test_a_taken_name_and_an_unknown_colour_are_refused_together() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        with pytest.raises(Invalid) as refusal:
            await attitudes.create(NewAttitude(name="vip", color="#ff0000"), by=worker(tenant))
    assert set(refusal.value.errors) == {"name", "color"}


async def test_a_stale_version_is_a_conflict() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await attitudes.create(NewAttitude(name="Partner"), by=by)
        await attitudes.update(made["id"], AttitudeChanges(name="Friend"), version=1, by=by)
        with pytest.raises(EditConflict) as conflict:
            await attitudes.update(made["id"], AttitudeChanges(name="Foe"), version=1, by=by)
    assert conflict.value.current["name"] == "Friend"


async def test_support_sees_attitudes_and_cannot_change_the_list() -> None:
    tenant = await open_provider()
    by = worker(tenant, "support")
    async with db.as_tenant(tenant.id):
        vip = (await attitudes.every(by=by))[1]["id"]
        for attempt in (
            attitudes.get(vip, by=by),
            attitudes.create(NewAttitude(name="Partner"), by=by),
            attitudes.update(vip, AttitudeChanges(), version=1, by=by),
            attitudes.move(vip, steps=1, by=by),
            attitudes.make_default(vip, by=by),
            attitudes.delete(vip, by=by),
        ):
            with pytest.raises(PermissionMissing):
                await attempt


async def test_an_attitude_moves_up_and_down_and_not_beyond_the_ends() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        listed = [row["id"] for row in await attitudes.every(by=by)]
        await attitudes.move(listed[1], steps=-1, by=by)
        await attitudes.move(listed[1], steps=-1, by=by)
        assert await names(by) == ["VIP", "Normal", "Watch", "Do not serve"]
        await attitudes.move(listed[1], steps=99, by=by)
        assert await names(by) == ["Normal", "Watch", "Do not serve", "VIP"]
        assert [entry["changes"]["position"] for entry in await entries("attitude:moved")] == [[2, 1], [1, 4]]


async def test_one_that_clients_have_goes_only_with_a_replacement_which_they_get() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        normal, vip = [row["id"] for row in await attitudes.every(by=by)][:2]
        anna = await add_client("anna", attitude_id=vip)
        assert (await attitudes.get(vip, by=by))["clients"] == 1
        with pytest.raises(Conflict, match="1 client has"):
            await attitudes.delete(vip, by=by)
        for wrong in (vip, 42, 2**64):
            with pytest.raises(Invalid):
                await attitudes.delete(vip, replacement_id=wrong, by=by)
        assert await attitudes.delete(vip, replacement_id=normal, by=by) == 1
        client = await db.row("SELECT attitude_id, version FROM clients WHERE id = $1", anna)
        assert client is not None
        assert tuple(client) == (normal, 2)
        assert (await entries("attitude:deleted"))[0]["changes"]["replaced_by"] == [None, "Normal"]


async def test_the_default_attitude_goes_only_when_another_one_has_taken_its_place() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        normal, vip = [row["id"] for row in await attitudes.every(by=by)][:2]
        with pytest.raises(Conflict, match="default"):
            await attitudes.delete(normal, replacement_id=vip, by=by)
        await attitudes.make_default(vip, by=by)
        assert await attitudes.default_id() == vip
        await attitudes.delete(normal, by=by)


async def test_two_who_choose_a_default_at_the_same_moment_leave_one() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        listed = [row["id"] for row in await attitudes.every(by=worker(tenant))]

    async def choose(attitude_id: int) -> None:
        async with db.as_tenant(tenant.id):
            await attitudes.make_default(attitude_id, by=worker(tenant))
            await asyncio.sleep(0.05)

    await asyncio.gather(*(choose(number) for number in listed[1:]))
    async with db.as_tenant(tenant.id):
        assert await db.value("SELECT count(*) FROM attitudes WHERE is_default") == 1


async def test_attitudes_of_another_provider_are_not_there() -> None:
    nova, acme = await open_provider(1), await open_provider(2)
    async with db.as_tenant(acme.id):
        theirs = await attitudes.create(NewAttitude(name="Theirs"), by=worker(acme))
    async with db.as_tenant(nova.id):
        for number in (theirs["id"], 42, 0, -1, 2**64):
            assert not await attitudes.exists(number)
            with pytest.raises(NotFound):
                await attitudes.get(number, by=worker(nova))
            with pytest.raises(NotFound):
                await attitudes.delete(number, by=worker(nova))


async def test_the_first_attitudes_are_named_in_the_language_in_force() -> None:
    with speaking("fr"):
        tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        assert len(await names(worker(tenant))) == 4
