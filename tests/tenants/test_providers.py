"""What the platform decides about providers, and how far a reseller reaches."""

import asyncio

import pytest

from core import db, freshness, policies
from core.actor import Actor, system
from core.errors import Conflict, Forbidden, Invalid, NotFound, PermissionMissing
from core.settings import Settings
from tenants import features, hosts, provider_list, provider_plugins, providers, resellers
from tenants.provider_list import Query
from tenants.providers import OutOfReach
from tests import cast

pytestmark = pytest.mark.anyio

SYSTEM = system(providers.THE_PLATFORM)


async def id_of(code: str) -> int:
    return (await cast.tenant(code)).id


async def horizon() -> int:
    async with db.as_platform():
        return int((await resellers.get_by_name("Horizon", by=SYSTEM))["id"])


async def test_a_host_is_found_whatever_its_case_and_port(database: Settings) -> None:
    for host in ("nova.localhost", "NOVA.localhost:8000", "nova.localhost."):
        found = await providers.find_by_host(host)
        assert found is not None, host
        assert found.code == "nova", host


@pytest.mark.parametrize(
    "host", ["", "x.localhost", "nova", "évil.localhost", "nova.localhost\x00", "a" * 300, "[::1]:8000"]
)
async def test_an_unknown_host_is_nobodys(database: Settings, host: str) -> None:
    assert await providers.find_by_host(host) is None


async def test_the_platform_answers_on_its_own_host(database: Settings) -> None:
    assert await providers.find_by_host("localhost:8000") is providers.THE_PLATFORM


async def test_a_suspension_is_felt_by_a_process_that_remembers(database: Settings) -> None:
    listening = asyncio.create_task(freshness.listen(database.database_url))
    try:
        async with asyncio.timeout(5):
            while not freshness.MEMORY.is_listening:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        nova = await providers.find_by_host("nova.localhost")
        assert nova is not None
        assert nova is await providers.find_by_host("nova.localhost")
        async with db.as_platform():
            await providers.suspend(nova.id, reason="unpaid", by=SYSTEM)
        assert not await providers.is_active(nova.id)
        async with db.as_platform():
            await providers.resume(nova.id, by=SYSTEM)
        assert await providers.is_active(nova.id)
    finally:
        listening.cancel()


async def test_suspending_needs_a_reason_and_happens_once(database: Settings) -> None:
    nova = await id_of("nova")
    with pytest.raises(Invalid) as refusal:
        async with db.as_platform():
            await providers.suspend(nova, reason="  ", by=SYSTEM)
    assert set(refusal.value.errors) == {"reason"}
    async with db.as_platform():
        await providers.suspend(nova, reason="unpaid", by=SYSTEM)
    with pytest.raises(Conflict):
        async with db.as_platform():
            await providers.suspend(nova, reason="unpaid", by=SYSTEM)


async def test_both_logs_hold_what_was_decided(database: Settings) -> None:
    nova, olga = await id_of("nova"), await cast.who("olga")
    async with db.as_platform():
        await providers.change_edition(nova, "standard", by=olga)
    for tenant_id in (0, nova):
        async with db.as_tenant(tenant_id):
            row = await db.row("SELECT * FROM audit_entries WHERE action = 'provider:edition_changed'")
            assert row is not None
            assert (row["actor_kind"], row["actor_name"]) == ("operator", "Olga")
            assert row["changes"] == {"edition": ["corporate", "standard"]}


async def test_the_list_tells_how_many_clients_and_staff_there_are(database: Settings) -> None:
    async with db.as_platform() as scope:
        page = await provider_list.every(by=SYSTEM)
        assert scope.queries == 1
    found = {row["code"]: (row["clients"], row["staff"], row["reseller"], row["host"]) for row in page.rows}
    assert found == {
        "acme": (2, 1, "Horizon", "acme.localhost"),
        "nova": (5, 6, None, "nova.localhost"),
        "petit": (1, 1, "Horizon", "petit.localhost"),
    }


async def test_the_counts_follow_what_happens(database: Settings) -> None:
    acme = await id_of("acme")
    async with db.as_tenant(acme):
        await db.execute("DELETE FROM group_members")
        await db.execute("DELETE FROM clients WHERE login = 'smith'")
        await db.execute("UPDATE staff SET state = 'removed'")
    async with db.as_platform():
        row = await providers.get(acme, by=SYSTEM)
    assert (row["clients"], row["staff"]) == (1, 0)


async def test_the_list_is_paged_by_code_and_filtered(database: Settings) -> None:
    async with db.as_platform():
        first = await provider_list.every(Query(size=2), by=SYSTEM)
        second = await provider_list.every(Query(size=2, after=first.after), by=SYSTEM)
        by_text = await provider_list.every(Query(text="OV"), by=SYSTEM)
        by_edition = await provider_list.every(Query(edition="standard", state="active"), by=SYSTEM)
        nothing = await provider_list.every(Query(text="%_'\\"), by=SYSTEM)
    assert [row["code"] for row in first.rows] == ["acme", "nova"]
    assert [row["code"] for row in second.rows] == ["petit"]
    assert second.after == ""
    assert [row["code"] for row in by_text.rows] == ["nova"]
    assert [row["code"] for row in by_edition.rows] == ["petit"]
    assert nothing.rows == []


async def test_a_reseller_knows_only_his_own_providers(database: Settings) -> None:
    rita, nova = await cast.who("rita"), await id_of("nova")
    async with db.as_platform():
        assert [row["code"] for row in (await provider_list.every(by=rita)).rows] == ["acme", "petit"]
        assert (await provider_list.summary(by=rita))["clients"] == 3
        assert await providers.codes([nova], by=rita) == {}
    verbs = (
        lambda: providers.get(nova, by=rita),
        lambda: providers.get_by_code("nova", by=rita),
        lambda: providers.suspend(nova, reason="x", by=rita),
        lambda: providers.resume(nova, by=rita),
        lambda: providers.change_edition(nova, "standard", by=rita),
        lambda: features.grant(nova, "groups", by=rita),
        lambda: features.refuse(nova, "groups", by=rita),
        lambda: provider_plugins.enable(nova, "welcome-mail", by=rita),
        lambda: provider_plugins.disable(nova, "welcome-mail", by=rita),
        lambda: hosts.add(nova, "rita.example", by=rita),
        lambda: hosts.remove(nova, "nova.localhost", by=rita),
    )
    for verb in verbs:
        with pytest.raises(NotFound):
            async with db.as_platform():
                await verb()


async def test_a_reseller_gives_only_what_he_was_given(database: Settings) -> None:
    rita, petit = await cast.who("rita"), await id_of("petit")
    async with db.as_platform():
        await providers.change_edition(petit, "advanced", by=rita)
    async with db.as_platform():
        await features.refuse(petit, "groups", by=rita)
    with pytest.raises(OutOfReach):
        async with db.as_platform():
            await providers.change_edition(petit, "corporate", by=rita)
    for verb in (features.grant, features.refuse, features.reset):
        with pytest.raises(OutOfReach):
            async with db.as_platform():
                await verb(petit, "projects", by=rita)


async def test_a_reseller_manages_no_resellers(database: Settings) -> None:
    rita = await cast.who("rita")
    with pytest.raises(PermissionMissing):
        async with db.as_platform():
            await resellers.every(by=rita)


async def test_a_suspended_reseller_does_nothing_more(database: Settings) -> None:
    rita, petit = await cast.who("rita"), await id_of("petit")
    async with db.as_platform():
        await resellers.suspend(await _reseller_id(), reason="gone", by=SYSTEM)
    with pytest.raises(Forbidden):
        async with db.as_platform():
            await providers.suspend(petit, reason="x", by=rita)
    assert await providers.is_active(petit)


async def test_narrowing_a_reseller_takes_nothing_from_his_providers(database: Settings) -> None:
    acme, horizon_id = await id_of("acme"), await horizon()
    async with db.as_platform():
        await resellers.change_terms(
            horizon_id, resellers.Terms(name="Horizon", editions=("standard",)), by=SYSTEM
        )
    assert policies.has_feature(await providers.tenant(acme), "groups")


async def test_a_grant_and_a_refusal_stand_above_the_edition(database: Settings) -> None:
    petit, nova = await id_of("petit"), await id_of("nova")
    async with db.as_platform():
        await features.grant(petit, "groups", by=SYSTEM)
    async with db.as_platform():
        await features.refuse(nova, "groups", by=SYSTEM)
    assert policies.has_feature(await providers.tenant(petit), "groups")
    assert not policies.has_feature(await providers.tenant(nova), "groups")
    async with db.as_platform():
        shown = {one.name: one for one in await features.every(await providers.get(petit, by=SYSTEM), by=SYSTEM)}
        assert (shown["groups"].exception, shown["groups"].is_on, shown["groups"].edition) == (
            True,
            True,
            "advanced",
        )
        await features.reset(petit, "groups", by=SYSTEM)
    assert not policies.has_feature(await providers.tenant(petit), "groups")


async def test_plugins_are_switched_by_the_platform_and_both_logs_say_so(database: Settings) -> None:
    nova, olga = await id_of("nova"), await cast.who("olga")
    async with db.as_platform():
        await provider_plugins.disable(nova, "welcome-mail", by=olga)
    assert "welcome-mail" not in (await providers.tenant(nova)).plugins
    async with db.as_platform():
        assert await db.value("SELECT count(*) FROM audit_entries WHERE action = 'provider:plugin_disabled'") == 1
    async with db.as_tenant(nova):
        assert await db.value("SELECT count(*) FROM audit_entries WHERE action = 'plugin:disabled'") == 1
    with pytest.raises(NotFound):
        async with db.as_platform():
            await provider_plugins.enable(nova, "no-such-plugin", by=olga)


async def test_a_host_name_belongs_to_one_provider(database: Settings) -> None:
    nova, acme = await id_of("nova"), await id_of("acme")
    async with db.as_platform():
        await hosts.add(nova, "Panel.Nova.example", is_primary=True, by=SYSTEM)
    with pytest.raises(Invalid):
        async with db.as_platform():
            await hosts.add(acme, "panel.nova.example", by=SYSTEM)
    with pytest.raises(Conflict):
        async with db.as_platform():
            await hosts.remove(nova, "panel.nova.example", by=SYSTEM)
    async with db.as_platform():
        await hosts.make_primary(nova, "nova.localhost", by=SYSTEM)
    async with db.as_platform():
        await hosts.remove(nova, "panel.nova.example", by=SYSTEM)
    assert await providers.find_by_host("panel.nova.example") is None


@pytest.mark.parametrize("name", ["alice", "max", "ada"])
async def test_staff_of_a_provider_decide_nothing_on_the_platform(database: Settings, name: str) -> None:
    somebody: Actor = await cast.who(name)
    for verb in (
        lambda: provider_list.every(by=somebody),
        lambda: providers.suspend(1, reason="x", by=somebody),
        lambda: features.grant(1, "groups", by=somebody),
        lambda: resellers.every(by=somebody),
    ):
        with pytest.raises(PermissionMissing):
            async with db.as_platform():
                await verb()


async def test_a_provider_cannot_change_its_own_terms(database: Settings) -> None:
    nova = await id_of("nova")
    for statement in (
        "UPDATE providers SET edition = 'standard'",
        "UPDATE providers SET state = 'suspended'",
        "INSERT INTO provider_features (provider_id, feature, is_granted, changed_at, changed_by) "
        "SELECT id, 'x', true, now(), 'me' FROM providers",
        "INSERT INTO hosts (name, provider_id, created_at) SELECT 'mine.example', id, now() FROM providers",
    ):
        with pytest.raises(Exception, match=r"terms of a provider|row-level security"):
            async with db.as_tenant(nova):
                await db.execute(statement)


async def _reseller_id() -> int:
    return int((await resellers.get_by_name("Horizon", by=SYSTEM))["id"])
