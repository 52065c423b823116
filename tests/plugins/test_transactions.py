"""Hooks with a database behind them: savepoints around `before_*`, jobs for `after_*`, and the wall."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from core import db, hook_jobs, hooks, jobs, plugin_calls, plugin_settings
from core.actor import Actor, Tenant
from core.errors import Conflict, Invalid
from core.settings import Settings
from plugins import api
from plugins.api import Context, Veto
from tests.plugins import rogues
from tests.plugins.at_work import until, workers

pytestmark = pytest.mark.anyio
CLIENT = {"id": 1, "name": "Dupont", "note": "", "attitude_id": None, "password": "hunter2"}


@pytest.fixture
async def database(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Settings]:
    monkeypatch.setattr(plugin_calls, "CALL_SECONDS", 0.2)
    monkeypatch.setattr(plugin_calls, "GRACE_SECONDS", 0.05)
    monkeypatch.setattr(plugin_calls, "AFTER_SECONDS", 1.0)
    monkeypatch.setattr(hook_jobs, "PAUSE", timedelta(seconds=0.1))
    rogues.RELEASE.clear()
    await db.start(settings)
    yield settings
    rogues.RELEASE.set()
    await db.stop()
    hooks.load(settings)


async def load(settings: Settings, *plugins: SimpleNamespace, tenant_id: int = 7) -> Actor:
    """Install these plugins and switch them on for one provider, whose owner comes back."""
    names = [plugin.provide_plugin().name for plugin in plugins]
    assert not hooks.load(settings, extra=dict(zip(names, plugins, strict=True)))
    tenant = Tenant(id=tenant_id, code="nova", name="Nova", edition="corporate", plugins=frozenset(names))
    alice = Actor(
        kind="staff", tenant=tenant, name="Alice", role="owner", locale="fr", request_id="r-1", staff_id=3
    )
    async with db.as_tenant(tenant_id):
        for name in names:
            await plugin_settings.enable(name, by=alice)
    return alice


async def add_attitude(name: str) -> None:
    await db.execute("INSERT INTO attitudes (name) VALUES ($1)", name)


async def attitudes(tenant_id: int = 7) -> list[str]:
    async with db.as_tenant(tenant_id):
        return [row["name"] for row in await db.fetch("SELECT name FROM attitudes ORDER BY name")]


# before_*


@pytest.mark.parametrize("misdeed", rogues.ROGUES)
@pytest.mark.filterwarnings("ignore:coroutine 'sleep' was never awaited")
async def test_a_rogue_before_the_change_does_not_stop_it(database: Settings, misdeed: str) -> None:
    by = await load(database, rogues.everywhere(misdeed, rogues.ROGUES[misdeed]), rogues.good())
    async with db.as_tenant(7):
        patched = await hooks.before("before_client_created", by=by, client=CLIENT)
        await hooks.before("before_client_deleted", by=by, client=CLIENT)
        await add_attitude("written")
    assert patched == CLIENT | {"note": "seen"}
    assert await attitudes() == ["written"]
    assert hooks.health(7)[0].failures >= 1


async def test_a_veto_is_an_error_of_the_form_and_of_a_deletion_a_conflict(database: Settings) -> None:
    async def before_client_created(client: Mapping[str, Any]) -> None:
        raise Veto("No more Duponts.", field="name")

    by = await load(database, rogues.plugin("strict", before_client_created=before_client_created), rogues.good())
    async with db.as_tenant(7):
        with pytest.raises(Invalid) as form:
            await hooks.before("before_client_created", by=by, client=CLIENT)
        with pytest.raises(Conflict) as deletion:
            await hooks.before("before_client_deleted", by=by, client=CLIENT | {"name": "Keep"})
    assert form.value.errors == {"name": "No more Duponts."}
    assert deletion.value.message == "This one stays."
    assert all(one.failures == 0 for one in hooks.health(7))


@pytest.mark.parametrize(
    "patch",
    [{"id": 2}, {"is_admin": True}, {"name": 5}, {"note": None}, {"password": "x"}, {"note": "bad"}, "note"],
)
async def test_a_patch_that_is_not_allowed_is_left_out_and_counted(database: Settings, patch: Any) -> None:
    by = await load(database, rogues.plugin("patchy", before_client_created=lambda: patch), rogues.good())

    def accept(client: dict[str, Any]) -> None:
        if client["note"].startswith("bad"):
            raise Invalid({"note": "bad"})

    async with db.as_tenant(7):
        patched = await hooks.before("before_client_created", by=by, client=CLIENT, accept=accept)
    assert patched == CLIENT | {"note": "seen"}
    assert hooks.health(7)[0].failures == 1


async def test_broken_sql_of_a_plugin_poisons_nothing(database: Settings) -> None:
    async def breaks_and_tells() -> None:
        await db.execute("SELECT no_such_column")

    async def breaks_and_is_silent() -> None:
        with suppress(asyncpg.PostgresError):
            await db.execute("INSERT INTO attitudes (name) VALUES ('of the plugin'); SELECT 1/0")

    async def writes_and_fails() -> None:
        await add_attitude("half done")
        raise RuntimeError("and then")

    async def leaves_the_scope() -> None:
        await db.execute("SET LOCAL app.tenant_id = '8'")

    rogue = [
        rogues.plugin(f"rogue-{number}", before_client_created=function)
        for number, function in enumerate(
            (breaks_and_tells, breaks_and_is_silent, writes_and_fails, leaves_the_scope)
        )
    ]
    by = await load(database, *rogue, rogues.good())
    async with db.as_tenant(7):
        await add_attitude("before")
        assert (await hooks.before("before_client_created", by=by, client=CLIENT))["note"] == "seen"
        await add_attitude("after")
    assert await attitudes(7) == ["after", "before"]
    assert await attitudes(8) == []
    assert [one.failures for one in hooks.health(7)] == [1, 1, 1, 1, 0]


# The door to the database


async def asked(database: Settings, ask: Callable[[], Any]) -> Any:
    """What a plugin's question in a panel brings; an exception becomes its name."""
    found: list[Any] = []

    async def provide_client_panels() -> list[api.Panel]:
        try:
            found.append(await ask())
        except Exception as error:
            found.append(type(error).__name__)
        return []

    by = await load(database, rogues.plugin("curious", provide_client_panels=provide_client_panels))
    async with db.as_tenant(7):
        await hooks.provide("provide_client_panels", by=by, client=CLIENT)
        assert await db.value("SELECT current_setting('app.tenant_id')") == "7"
        await db.execute("DELETE FROM attitudes WHERE name = 'no such'")
    return found[0]


async def test_a_plugin_reads_rows_of_its_own_provider_only(database: Settings) -> None:
    for tenant_id in (7, 8):
        async with db.as_tenant(tenant_id):
            await add_attitude(f"of {tenant_id}")
    assert await asked(database, lambda: api.fetch("SELECT name FROM attitudes")) == [{"name": "of 7"}]
    sql = "SELECT count(*) FROM attitudes WHERE tenant_id = $1"
    assert await asked(database, lambda: api.value(sql, 8)) == 0


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO attitudes (name) VALUES ('x') RETURNING name",
        "DELETE FROM attitudes RETURNING name",
        "SELECT set_config('app.tenant_id', '8', true)",
        "SET LOCAL app.tenant_id = '8'",
        "ROLLBACK",
        "/* hello */ COMMIT",
        "SELECT 1; ROLLBACK",
        "WITH gone AS (DELETE FROM attitudes RETURNING name) SELECT * FROM gone",
        "SELECT 1/0",
    ],
)
async def test_a_plugin_neither_writes_nor_leaves_nor_breaks_the_transaction(database: Settings, sql: str) -> None:
    error = await asked(database, lambda: api.fetch(sql))
    assert isinstance(error, str)
    assert error.endswith(("Error", "Reading", "Transaction")), error


# after_*


async def update_in_vain(by: Actor) -> None:
    async with db.as_tenant(7):
        await hooks.after("after_client_updated", by=by, client={"name": "never"}, changes={})
        await db.execute("SELECT 1/0")


async def test_a_hook_after_the_change_runs_after_the_commit_with_its_context(database: Settings) -> None:
    seen: list[tuple[Context, Mapping[str, Any], Any]] = []

    async def after_client_updated(ctx: Context, client: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
        tenant = await api.value("SELECT current_setting('app.tenant_id')")
        seen.append((ctx, dict(client), (changes, tenant, api._("x"))))

    by = await load(database, rogues.plugin("keen", after_client_updated=after_client_updated))
    async with db.as_tenant(7):
        changes = {"name": ["Durand", "Dupont"]}
        await hooks.after("after_client_updated", by=by, client=CLIENT, changes=changes)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await update_in_vain(by)
    async with workers(database):
        await until(lambda: bool(seen))
        await asyncio.sleep(0.2)
    [(ctx, client, (changed, tenant, _))] = seen
    assert client == {name: value for name, value in CLIENT.items() if name != "password"}
    assert (changed, tenant) == (changes, "7")
    assert (ctx.provider.id, ctx.actor.name, ctx.actor.id, ctx.locale, ctx.request_id) == (
        7,
        "Alice",
        3,
        "fr",
        "r-1",
    )
    assert ctx.key.startswith("keen-after_client_updated-")


async def test_one_that_fails_is_repeated_alone_with_the_same_key(database: Settings) -> None:
    keys: list[str] = []
    others: list[str] = []

    async def fails_twice(ctx: Context) -> None:
        keys.append(ctx.key)
        if len(keys) < 3:
            raise RuntimeError("not yet")

    def works(ctx: Context) -> None:
        others.append(ctx.key)

    by = await load(
        database,
        rogues.plugin("flaky", after_client_created=fails_twice),
        rogues.plugin("steady", after_client_created=works),
    )
    async with db.as_tenant(7):
        await hooks.after("after_client_created", by=by, client=CLIENT)
    async with workers(database):
        await until(lambda: len(keys) == 3 and bool(others))
    assert len(set(keys)) == 1
    assert len(others) == 1


async def test_one_that_was_switched_off_meanwhile_is_not_called(database: Settings) -> None:
    seen: list[str] = []
    keen = rogues.plugin("keen", after_client_created=lambda ctx: seen.append("keen"))
    done = rogues.plugin("done", after_client_deleted=lambda ctx: seen.append("done"))
    by = await load(database, keen, done)
    async with db.as_tenant(7):
        await hooks.after("after_client_created", by=by, client=CLIENT)
        await plugin_settings.disable("keen", by=by)
    async with db.as_tenant(7):
        await hooks.after("after_client_deleted", by=by, client=CLIENT)
    async with workers(database):
        await until(lambda: bool(seen))
    assert seen == ["done"]


async def test_a_rogue_after_the_change_does_not_stop_the_worker(database: Settings) -> None:
    seen: list[str] = []
    bad = [
        rogues.everywhere(name, rogues.ROGUES[name]) for name in ("stops-the-process-awaited", "hangs", "blocks")
    ]
    by = await load(database, *bad, rogues.plugin("steady", after_client_created=lambda ctx: seen.append("x")))
    for _ in range(3):
        async with db.as_tenant(7):
            await hooks.after("after_client_created", by=by, client=CLIENT)
    async with workers(database):
        await until(lambda: len(seen) == 3)
        await asyncio.sleep(1.5)
    states = {one.plugin: one.state for one in hooks.health(7)}
    assert states["steady"] == "closed"
    assert states["hangs"] == states["blocks"] == "open"


async def test_no_job_is_written_for_a_plugin_that_has_nothing_to_do(database: Settings) -> None:
    by = await load(database, rogues.plugin("idle", validate_client=lambda ctx: {}))
    async with db.as_tenant(7):
        await hooks.after("after_client_created", by=by, client=CLIENT)
    owner = await asyncpg.connect(database.database_owner_url)
    assert await owner.fetchval("SELECT count(*) FROM queue.pgqueuer") == 0
    await owner.close()
    assert "hook" in jobs.TASKS
