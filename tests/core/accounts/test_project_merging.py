"""Two projects become one: everything moves, nothing is lost. A closed one takes nobody and keeps its clients."""

import pytest

from core import db, tasks
from core.accounts import (
    attitudes,
    client_projects,
    clients,
    group_rules,
    groups,
    project_closing,
    project_merging,
    project_parts,
    projects,
    rule_changes,
    segments,
)
from core.accounts.client_filter import ClientFilter
from core.accounts.clients import NewClient
from core.accounts.group_rules import Block, Condition, Rule
from core.accounts.groups import NewGroup
from core.accounts.projects import NewProject
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound, PermissionMissing
from tests.core.accounts.house import add_client, entries, hire, open_provider, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def another(name: str = "Games", *, by: Actor, currency: str = "EUR") -> int:
    return int((await projects.create(NewProject(name=name, currency=currency), by=by))["id"])


async def test_every_table_that_refers_to_projects_is_declared() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        found = await db.fetch(
            """SELECT DISTINCT conrelid::regclass::text AS name FROM pg_constraint
                WHERE contype = 'f' AND confrelid = 'projects'::regclass ORDER BY 1"""
        )
    assert [row["name"] for row in found] == sorted(project_parts.BY_TABLE)
    assert all(part.why for part in project_parts.PARTS if part.how == "elsewhere")


async def test_a_closed_project_takes_nobody_and_keeps_whom_it_has() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        games, home = await another(by=by), await projects.default_id()
        inside = await add_client("ada", project_id=games)
        with pytest.raises(Conflict):
            await project_closing.close(home, by=by)
        assert (await project_closing.close(games, by=by))["closed_at"] is not None
        new = NewClient(login="bob", email="b@x.example", country="FR", contact_person="B", project_id=games)
        with pytest.raises(Invalid) as refusal:
            await clients.create(new, by=by)
        assert set(refusal.value.errors) == {"project_id"}
        with pytest.raises(Invalid):
            await client_projects.open_account(await add_client("cy"), games, by=by)
        with pytest.raises(Conflict):
            await projects.make_default(games, by=by)
        assert [row["is_closed"] for row in await client_projects.of(inside, by=by)] == [True]
        assert (await project_closing.reopen(games, by=by))["closed_at"] is None
        await clients.create(new, by=by)
        assert [len(await entries(f"project:{act}")) for act in ("closed", "reopened")] == [1, 1]


async def test_everything_moves_and_the_project_is_gone() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        games, home = await another(by=by), await projects.default_id()
        only, both, second = [await add_client(login, project_id=games) for login in ("ada", "bob", "cy")]
        await db.execute("UPDATE clients SET project_id = $2 WHERE id = $1", second, home)
        await client_projects.open_account(second, games, credit_limit=900, by=by)
        await client_projects.open_account(both, home, by=by)
        lea = await hire(tenant, "Lea", "support")
        max_ = await hire(tenant, "Max", "manager")
        for staff, project in ((lea, games), (max_, games), (max_, home)):
            sql = "INSERT INTO staff_projects (staff_id, project_id) VALUES ($1, $2)"
            await db.execute(sql, staff.staff_id, project)
        await db.execute(
            "INSERT INTO project_hosts (project_id, name, token, created_at) VALUES ($1, 'g.example', 't', now())",
            games,
        )
        saved = await segments.create(
            segments.NewSegment(name="Players", filter=ClientFilter(project=games)),
            by=await hire(tenant, "Ann"),
        )
        found = await project_merging.preview(games, home, by=by)
        assert {count.table: count.rows for count in found.counts} == {
            "client_projects": 3,
            "clients": 2,
            "project_hosts": 1,
            "segments": 1,
            "staff_projects": 2,
        }
        assert (found.in_both, found.is_task, found.differing) == (2, False, ["name"])
        assert await project_merging.merge(games, home, by=by) is None
        for client in (only, both, second):
            assert [row["project_id"] for row in await client_projects.of(client, by=by)] == [home]
        assert (await client_projects.of(second, by=by))[0]["credit_limit"] == 900
        limits = await db.fetch("SELECT staff_id, project_id FROM staff_projects")
        assert {(row["staff_id"], row["project_id"]) for row in limits} == {
            (lea.staff_id, home),
            (max_.staff_id, home),
        }
        assert await db.value("SELECT project_id FROM project_hosts") == home
        kept = await db.value("SELECT filter FROM segments WHERE id = $1", saved.id)
        assert kept["project"] == home
        with pytest.raises(NotFound):
            await projects.get(games, by=by)
        (entry,) = await entries("project:merged")
        assert entry["changes"]["merged_into"] == [None, "Provider 1"]
        assert len(await entries("client:updated")) == 3


async def a_rule(name: str, *conditions: Condition, by: Actor) -> int:
    """A group that this rule fills; its id."""
    group_id = int((await groups.create(NewGroup(name=name), by=by))["id"])
    await rule_changes.save(group_id, Rule(blocks=[Block(conditions=list(conditions))]), version=0, by=by)
    return group_id


def of(*projects_: int, operator: str = "is") -> Condition:
    return Condition(on="project", operator=operator, values=tuple(str(one) for one in projects_))


async def conditions(group_id: int, *, by: Actor) -> tuple[list[Condition], int]:
    """What the group's rule asks, and its version."""
    kept = await group_rules.find(group_id, by=by)
    assert kept is not None and kept.rule is not None and not kept.trouble
    return kept.rule.conditions, kept.row["version"]


async def members(group_id: int) -> set[int]:
    found = await db.fetch("SELECT client_id FROM group_members WHERE group_id = $1", group_id)
    return {row["client_id"] for row in found}


async def test_rules_of_groups_name_the_project_that_stays() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        games, home, other = await another(by=by), await projects.default_id(), await another("Other", by=by)
        ada, bob, cy = [
            await add_client(login, project_id=place)
            for login, place in (("ada", games), ("bob", home), ("cy", other))
        ]
        french = Condition(on="country", operator="is", values=("FR",))
        one, both = await a_rule("One", of(games), french, by=by), await a_rule("Both", of(home, games), by=by)
        beside = await a_rule("Other", of(other), by=by)
        none = await a_rule("None", of(games, operator="is_not"), by=by)
        every = (one, both, beside, none)
        assert [await members(group) for group in every] == [{ada}, {ada, bob}, {cy}, {bob, cy}]
        shown = await project_merging.preview(games, home, by=by)
        counts = {count.table: count.rows for count in shown.counts}
        assert counts["group_rules"] == 3
        await project_merging.merge(games, home, by=by)
        assert await conditions(one, by=by) == ([of(home), french], 2)
        assert await conditions(both, by=by) == ([of(home)], 2)
        assert await conditions(beside, by=by) == ([of(other)], 1)
        assert await conditions(none, by=by) == ([of(home, operator="is_not")], 2)
        assert [await members(group) for group in every] == [{ada, bob}, {ada, bob}, {cy}, {cy}]
        told = [entry["changes"]["rule"] for entry in await entries("group:rule_changed")][-3:]
        assert ["Project is one of Provider 1, Games", "Project is Provider 1"] in told


async def test_a_broken_rule_follows_and_changes_nobody() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        games, home = await another(by=by), await projects.default_id()
        ada = await add_client("ada", project_id=games)
        await add_client("bob", project_id=home)
        calm = (await attitudes.create(attitudes.NewAttitude(name="Calm"), by=by))["id"]
        never = Condition(on="attitude", operator="is_not", values=(str(calm),))
        group = await a_rule("Gold", of(games), never, by=by)
        await attitudes.delete(calm, by=by)
        await project_merging.merge(games, home, by=by)
        kept = await group_rules.find(group, by=by)
        assert kept is not None and kept.rule is not None and kept.trouble
        assert (kept.rule.conditions, kept.row["version"]) == ([of(home), never], 2)
        assert await members(group) == {ada}


async def test_what_cannot_be_merged_says_why() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        home, games = await projects.default_id(), await another(by=by)
        swiss = await another("Swiss", by=by, currency="CHF")
        with pytest.raises(Conflict):
            await project_merging.preview(home, games, by=by)
        for into in (games, swiss, 77):
            with pytest.raises(Invalid) as refusal:
                await project_merging.merge(games, into, by=by)
            assert set(refusal.value.errors) == {"into"}
        with pytest.raises(PermissionMissing):
            await project_merging.preview(games, home, by=worker(tenant, "manager"))
        with pytest.raises(Invalid):
            await project_merging.merge(games, home, by=worker(tenant, projects=frozenset({games})))


async def test_many_clients_move_by_a_task_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_merging, "AT_ONCE", 2)
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        by = await hire(tenant, "Alice")
        games, home = await another(by=by), await projects.default_id()
        for login in ("ada", "bob", "cy"):
            await add_client(login, project_id=games)
        task_id = await project_merging.merge(games, home, by=by)
        assert task_id is not None and (await projects.get(games, by=by))["closed_at"] is not None
        task = await tasks.get(task_id, by=by)
        first = await project_merging.step(task, by)
        assert (len(first.results), first.is_last, task.total) == (2, False, 3)
        last = await project_merging.step(task, by)
        assert (len(last.results), last.is_last) == (1, True)
        assert await db.value("SELECT count(*) FROM client_projects WHERE project_id = $1", home) == 3
        with pytest.raises(NotFound):
            await projects.get(games, by=by)
