"""The calling of plugins that need no database: loading, time budgets, containment, the breaker, health."""

import asyncio
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from core import breaker, hooks, plugin_calls, plugin_registry
from core.actor import Actor, Tenant
from core.breaker import Breaker
from core.hookspecs import Context, Edition, MenuItem, Plugin, hookimpl
from core.plugin_registry import BadPlugin, Registry
from tests.core.at_queue import until
from tests.plugins import rogues

pytestmark = pytest.mark.anyio
BUDGETS = {name: value for name, value in vars(plugin_calls).items() if name.endswith("_SECONDS")}
CLIENT = {"id": 1, "name": "Dupont", "note": "", "project_id": 5}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Short budgets, so that hanging is cheap to watch."""
    monkeypatch.setattr(plugin_calls, "CALL_SECONDS", 0.15)
    monkeypatch.setattr(plugin_calls, "GRACE_SECONDS", 0.05)
    rogues.RELEASE.clear()
    yield
    rogues.RELEASE.set()
    assert load_with() == []


def load_with(**plugins: SimpleNamespace) -> list[str]:
    """What `hooks.load` does, without touching the key of the other tests."""
    broken = plugin_registry.load(plugins)
    breaker.forget_all()
    return broken


def load(*plugins: SimpleNamespace) -> None:
    assert not load_with(**{plugin.provide_plugin().name: plugin for plugin in plugins})


def alice(*plugins: str, edition: str = "corporate", tenant_id: int = 7, **facts: Any) -> Actor:
    tenant = Tenant(id=tenant_id, code="nova", name="Nova", edition=edition, plugins=frozenset(plugins), **facts)
    return Actor(kind="staff", tenant=tenant, name="Alice", role="owner")


async def collected(by: Actor) -> tuple[Any, Any, Any]:
    """What the hooks that need no database bring."""
    return (
        await hooks.validate("validate_client", by=by, client=CLIENT | {"name": "LOUD"}),
        await hooks.provide("provide_client_panels", by=by, client=CLIENT),
        await hooks.provide("provide_menu_items", by=by),
    )


# Rogues


@pytest.mark.parametrize("misdeed", rogues.ROGUES)
@pytest.mark.filterwarnings("ignore:coroutine 'sleep' was never awaited")
async def test_a_rogue_harms_neither_the_page_nor_the_others(misdeed: str) -> None:
    load(rogues.everywhere(misdeed, rogues.ROGUES[misdeed]), rogues.good())
    errors, panels, items = await collected(alice(misdeed, "zealous"))
    assert errors == {"name": "too loud"}
    assert [panel.text for panel in panels] == ["Dupont"]
    assert [item.title for item in items] == ["Alice"]
    rogue, good = hooks.health(7)
    assert (rogue.plugin, good.plugin) == (misdeed, "zealous")
    assert rogue.failures >= 1
    assert rogue.last_error
    assert good.failures == 0


async def test_a_veto_out_of_place_is_a_failure() -> None:
    load(rogues.everywhere("vetoes", rogues.vetoes_out_of_place), rogues.good())
    assert (await collected(alice("vetoes", "zealous")))[0] == {"name": "too loud"}
    assert hooks.health(7)[0].failures == 3


async def test_many_that_hang_stay_within_the_whole_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin_calls, "WHOLE_SECONDS", 0.4)
    names = [f"hangs-{number}" for number in range(8)]
    load(*(rogues.everywhere(name, rogues.hangs_and_will_not_stop) for name in names))
    started = time.monotonic()
    assert await hooks.provide("provide_menu_items", by=alice(*names)) == []
    assert time.monotonic() - started < 1


def test_the_budgets_bound_a_request_to_five_seconds() -> None:
    assert BUDGETS["CALL_SECONDS"] == 2
    assert BUDGETS["WHOLE_SECONDS"] + BUDGETS["GRACE_SECONDS"] + 0.05 <= 5


@pytest.mark.parametrize("misdeed", ["hangs", "blocks"])
async def test_one_hang_opens_the_breaker_and_the_next_request_is_fast(misdeed: str) -> None:
    load(rogues.everywhere(misdeed, rogues.ROGUES[misdeed]))
    by = alice(misdeed)
    await hooks.provide("provide_menu_items", by=by)
    assert hooks.health(7)[0].state == "open"
    started = time.monotonic()
    for _ in range(20):
        await hooks.provide("provide_menu_items", by=by)
    assert time.monotonic() - started < 0.1
    assert hooks.health(7)[0].skipped == 20


async def test_the_breaker_of_one_provider_is_not_that_of_another() -> None:
    load(rogues.everywhere("raises", rogues.raises_awaited))
    for _ in range(6):
        await hooks.provide("provide_menu_items", by=alice("raises"))
    assert hooks.health(7)[0].state == "open"
    await hooks.provide("provide_menu_items", by=alice("raises", tenant_id=8))
    assert hooks.health(8)[0].state == "closed"
    assert hooks.health(9) == []


def blocks_for(*tenant_ids: int) -> SimpleNamespace:
    """A plugin that blocks for these providers, and answers the others."""

    def provide_menu_items(ctx: Context) -> list[MenuItem]:
        if ctx.provider.id in tenant_ids:
            rogues.blocks()
        return [MenuItem(title="Mail", path="/mail")]

    return rogues.plugin("blocks", provide_menu_items=provide_menu_items)


async def asked(tenant_id: int) -> list[MenuItem]:
    """What the plugin answers a provider; its breaker is closed before."""
    breaker.forget_all()
    answer: list[MenuItem] = await hooks.ask(
        "provide_menu_items", "blocks", by=alice("blocks", tenant_id=tenant_id), seconds=0.1
    )
    return answer


async def test_blocked_threads_of_one_provider_are_bounded_and_starve_no_other() -> None:
    load(blocks_for(20))
    for _ in range(plugin_calls.THREADS_OF_A_PLUGIN):
        with pytest.raises(plugin_calls.Hung):
            await asked(20)
    with pytest.raises(plugin_calls.Busy):
        await asked(20)
    busy = hooks.health(20)[0]
    assert (busy.calls, busy.failures, busy.state) == (0, 0, "closed")
    assert len(await asked(21)) == 1
    assert plugin_calls._threads[20, "blocks"] == plugin_calls.THREADS_OF_A_PLUGIN


async def test_all_threads_together_are_bounded_and_who_finds_none_is_not_blamed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await until(lambda: not plugin_calls._threads, 5)
    monkeypatch.setattr(plugin_calls, "MOST_THREADS", 2)
    load(blocks_for(20, 21))
    for tenant_id in (20, 21):
        with pytest.raises(plugin_calls.Hung):
            await asked(tenant_id)
    with pytest.raises(plugin_calls.Busy):
        await asked(22)
    assert hooks.health(22)[0].failures == 0
    rogues.RELEASE.set()
    await until(lambda: not plugin_calls._threads, 5)
    assert len(await asked(22)) == 1


async def test_a_request_that_goes_away_cancels_the_plugin_and_blames_nobody() -> None:
    load(rogues.everywhere("hangs", rogues.hangs))
    before = asyncio.all_tasks()
    asked = asyncio.create_task(hooks.provide("provide_menu_items", by=alice("hangs")))
    await asyncio.sleep(0.05)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert hooks.health(7)[0].failures == 0
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


# Only those that are on


async def test_a_plugin_that_is_off_is_never_called() -> None:
    load(rogues.good(), rogues.everywhere("raises", rogues.raises))
    assert await collected(alice()) == ({}, [], [])
    assert hooks.health(7) == []


async def test_a_plugin_that_needs_a_feature_is_skipped_without_it() -> None:
    plugin = rogues.good()
    plugin.provide_plugin = hookimpl(lambda: Plugin(name="zealous", title="Zealous", needs_feature="groups"))
    load(plugin)
    assert await hooks.provide("provide_menu_items", by=alice("zealous", edition="standard")) == []
    assert len(await hooks.provide("provide_menu_items", by=alice("zealous", edition="advanced"))) == 1
    granted = alice("zealous", edition="standard", granted=frozenset({"groups"}))
    assert len(await hooks.provide("provide_menu_items", by=granted)) == 1


# What plugins see


async def test_a_plugin_works_on_its_own_copy_without_passwords() -> None:
    seen: list[Any] = []

    def validate_client(client: dict[str, Any]) -> dict[str, str]:
        seen.append(dict(client))
        client["name"] = "changed"
        client["tags"].append("changed")
        return {}

    first = rogues.plugin("first", validate_client=validate_client)
    load(first, rogues.plugin("second", validate_client=_same(validate_client)))
    client = {**CLIENT, "tags": [], "password": "hunter2", "confirmation": "hunter2"}
    await hooks.validate("validate_client", by=alice("first", "second"), client=client)
    assert [one["name"] for one in seen] == ["Dupont", "Dupont"]
    assert client["name"] == "Dupont"
    assert client["tags"] == []
    assert not any("password" in one or "confirmation" in one for one in seen)


async def test_an_error_for_a_field_that_is_not_there_goes_to_the_whole_form() -> None:
    load(rogues.plugin("odd", validate_client=lambda client: {"shoe_size": "too big"}))
    assert await hooks.validate("validate_client", by=alice("odd"), client=CLIENT) == {"": "too big"}


def _same(function: Any) -> Any:
    def validate_client(client: dict[str, Any]) -> Any:
        return function(client)

    return validate_client


# Loading


def test_the_installed_editions_and_the_welcome_mail_are_found_by_entry_point() -> None:
    described = {one["plugin"]: one for one in hooks.describe()}
    assert {"edition-standard", "edition-advanced", "edition-corporate", "edition-platform"} <= set(described)
    hooks_of = ["provide_plugin", "provide_settings", "after_client_created", "provide_notification_kinds"]
    assert described["welcome-mail"]["hooks"] == hooks_of
    assert described["welcome-mail"]["settings"] == ["subject_prefix", "signature"]


def refused(plugin: SimpleNamespace, name: str = "odd") -> str:
    registry = Registry()
    with pytest.raises(BadPlugin) as error:
        registry.add(name, plugin)
    assert registry.plugins == {}
    assert registry.implementations("validate_client") == []
    registry.check_pending()
    return str(error.value)


def test_errors_at_registration_name_the_plugin_the_hook_and_the_argument() -> None:
    assert "'odd'" in (found := refused(rogues.plugin("odd", validate_klient=lambda: None)))
    assert "'validate_klient'" in found
    found = refused(rogues.plugin("odd", validate_client=lambda ctx, customer: None))
    assert all(word in found for word in ("'odd'", "validate_client", "customer"))
    assert "'provide_plugin'" in refused(SimpleNamespace())
    assert "'other'" in refused(rogues.plugin("other"))
    found = refused(rogues.plugin("odd", provide_settings=lambda: dict))
    assert "provide_settings" in found
    found = refused(rogues.plugin("odd", provide_edition=lambda: Edition(name="o", title="O")))
    assert "provide_edition" in found
    wrapper = hookimpl(wrapper=True)(_wrapping)
    plugin = rogues.plugin("odd")
    plugin.validate_client = wrapper
    assert "wrappers" in refused(plugin)


def _wrapping() -> Iterator[Any]:
    return (yield)


def test_a_plugin_that_cannot_be_loaded_is_set_aside_with_its_reason() -> None:
    broken = load_with(odd=rogues.plugin("odd", validate_klient=lambda: None))
    assert broken == ["odd: plugin 'odd': there is no hook 'validate_klient'"]
    assert plugin_registry.find("odd") is None
    assert plugin_registry.find("welcome-mail") is not None
    assert [one["error"] for one in hooks.describe() if one["plugin"] == "odd"] != [""]


# The breaker itself


def test_five_failures_within_a_minute_open_it_and_older_ones_do_not_count() -> None:
    watched = Breaker()
    for second in (0, 20, 40, 60, 80):
        watched.failed(second, 1, "x")
    assert watched.state(80) == "closed"
    watched.failed(79, 1, "x")
    assert watched.state(80) == "open"


def test_after_a_rest_one_call_is_let_through_and_decides() -> None:
    watched = Breaker()
    watched.failed(0, 1, "x", hung=True)
    assert not watched.lets_through(29)
    assert watched.state(31) == "half-open"
    assert watched.lets_through(31)
    assert not watched.lets_through(31)
    watched.failed(31, 1, "x")
    assert not watched.lets_through(60)
    assert watched.lets_through(62)
    watched.succeeded(1)
    assert watched.state(62) == "closed"
    assert watched.lets_through(62)


def test_a_probe_that_never_comes_back_does_not_shut_the_plugin_out_for_good() -> None:
    watched = Breaker()
    watched.failed(0, 1, "x", hung=True)
    assert watched.lets_through(31)
    assert not watched.lets_through(60)
    assert watched.lets_through(62)


def test_health_counts_calls_failures_and_the_slow_end() -> None:
    watched = Breaker()
    for number in range(100):
        watched.succeeded(number)
    watched.failed(0, 1, "y" * 1000)
    found = watched.health("greeter", 7, 0)
    assert (found.calls, found.failures, found.state) == (101, 1, "closed")
    assert 93 <= found.p95_ms <= 96
    assert len(found.last_error) == 500
