"""Conditions of rules that plugins bring: asked in batches, believed only when they answer as they promised."""

import asyncio
from typing import Any

import msgspec
import pytest

from core import db, hooks
from core.accounts import group_rules, groups, rule_changes, rule_members, rule_plugins, rule_runs, rule_tests
from core.accounts.group_rules import Block, Condition, Rule
from core.actor import Actor, system
from core.errors import Conflict
from core.settings import Settings
from plugins.api import ClientCondition
from plugins.testing import check_plugin
from tests.core.accounts.house import add_client, entries, open_provider, worker
from tests.plugins.rogues import plugin

pytestmark = pytest.mark.anyio
ODD = [ClientCondition(key="odd", label="Odd code"), ClientCondition(key="word", label="Word", kind="text")]
ASKED: list[dict[str, Any]] = []


def conditions() -> list[ClientCondition]:
    return ODD


def fitting(condition: str, operator: str, values: list[str], clients: list[dict[str, Any]]) -> set[int]:
    ASKED.append({"condition": condition, "operator": operator, "values": values, "clients": clients})
    return {client["id"] for client in clients if client["code"] % 2} | {1}


async def hangs(clients: list[dict[str, Any]]) -> set[int]:
    await asyncio.sleep(60)
    return set()


def lies(clients: list[dict[str, Any]]) -> list[str]:
    return ["all of them"]


def rule(*conditions: Condition) -> Rule:
    return Rule(blocks=[Block(conditions=list(conditions))])


IS_ODD = Condition(on="oddity.odd", operator="is", values=("yes",))
FRENCH = Condition(on="country", operator="is", values=("FR",))


async def at_work(settings: Settings, answer: Any) -> Actor:
    """Somebody at a provider for which the plugin is on."""
    made = plugin("oddity", provide_client_conditions=conditions, provide_clients_that_fit=answer)
    assert not hooks.load(settings, extra={"oddity": made})
    ASKED.clear()
    return worker(await open_provider(plugins=frozenset({"oddity"})))


async def a_group(by: Actor, asked: Rule, *codes: int) -> int:
    for code in codes:
        await add_client(f"c{code}", code=code, country="FR" if code < 1010 else "DE")
    group_id = int((await groups.create(groups.NewGroup(name="Odd"), by=by))["id"])
    await rule_changes.save(group_id, asked, version=0, by=by)
    return group_id


async def codes_in(group_id: int) -> list[int]:
    found = await db.fetch(
        "SELECT c.code FROM group_members m JOIN clients c ON c.id = m.client_id WHERE group_id = $1 ORDER BY 1",
        group_id,
    )
    return [row["code"] for row in found]


async def test_a_plugin_is_asked_about_those_who_fit_the_rest_and_is_believed(database: Settings) -> None:
    by = await at_work(database, fitting)
    async with db.as_tenant(by.tenant.id):
        group_id = await a_group(by, rule(IS_ODD, FRENCH), 1001, 1002, 1003, 1011)
        found = await rule_changes.preview(group_id, rule(IS_ODD, FRENCH), by=by)
        assert sorted(client["code"] for client in found.joining) == [1001, 1003]
        assert sorted(client["code"] for client in ASKED[-1]["clients"]) == [1001, 1002, 1003]
        assert (ASKED[-1]["condition"], ASKED[-1]["operator"], ASKED[-1]["values"]) == ("odd", "is", ["yes"])
        assert "password" not in ASKED[-1]["clients"][0]
    async with db.as_tenant(by.tenant.id):
        ids = [row["id"] for row in await db.fetch("SELECT id FROM clients")]
        await rule_runs._look_at(group_id, ids, await rule_tests.offered(by=by), by=system(by.tenant))
        assert await codes_in(group_id) == [1001, 1003]
        client_id = await db.value("SELECT id FROM clients WHERE code = 1002")
        [reasons] = await rule_changes.why(client_id, group_id, by=by) or []
        assert [(one.text, one.holds) for one in reasons] == [
            ("Odd code is yes", False),
            ("Country is France", True),
        ]


async def test_it_is_asked_in_batches(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_plugins, "BATCH", 2)
    by = await at_work(database, fitting)
    async with db.as_tenant(by.tenant.id):
        group_id = await a_group(by, rule(IS_ODD), 1001, 1002, 1003, 1004, 1005)
        ASKED.clear()
        found = await rule_changes.preview(group_id, rule(IS_ODD), by=by)
        assert found.joins == 3
        assert [len(asked["clients"]) for asked in ASKED] == [2, 2, 1]
        monkeypatch.setattr(rule_members, "SECONDS_TO_ASK", -1)
        part = await rule_changes.preview(group_id, rule(IS_ODD), by=by)
        assert not part.is_whole
        assert part.joins <= 2


@pytest.mark.parametrize("answer", [hangs, lies])
async def test_one_that_hangs_or_lies_changes_nobody_and_the_group_says_so(
    database: Settings, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.plugin_calls.CALL_SECONDS", 0.2)
    by = await at_work(database, answer)
    async with db.as_tenant(by.tenant.id):
        group_id = await a_group(by, rule(IS_ODD), 1001)
        with pytest.raises(Conflict):
            await rule_changes.preview(group_id, rule(IS_ODD), by=by)
        ids = [row["id"] for row in await db.fetch("SELECT id FROM clients")]
        await rule_runs._look_at(group_id, ids, await rule_tests.offered(by=by), by=system(by.tenant))
        assert await codes_in(group_id) == []
        assert "answer" in (await group_rules.troubles(by=by))[group_id]
        assert await entries("group:joined_by_rule") == []


async def test_a_rule_that_asks_a_plugin_which_is_off_is_broken(database: Settings) -> None:
    by = await at_work(database, fitting)
    off = msgspec.structs.replace(by, tenant=msgspec.structs.replace(by.tenant, plugins=frozenset()))
    async with db.as_tenant(by.tenant.id):
        group_id = await a_group(by, rule(IS_ODD), 1001)
        assert (await group_rules.troubles(by=by))[group_id] == ""
        assert "the plugin “oddity”, which is off" in (await group_rules.troubles(by=off))[group_id]


def test_the_contract_is_tried_with_the_plugins_own_conditions() -> None:
    check_plugin(plugin("oddity", provide_client_conditions=conditions, provide_clients_that_fit=fitting))
    with pytest.raises(AssertionError, match="provide_clients_that_fit"):
        check_plugin(plugin("oddity", provide_client_conditions=conditions, provide_clients_that_fit=lies))
