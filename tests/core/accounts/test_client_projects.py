"""A client is registered in one project and may have accounts in several; whoever is limited sees it by each."""

import asyncpg
import pytest

from core import db
from core.accounts import access, bulk, client_list, client_projects, clients, projects
from core.accounts.bulk import Change
from core.accounts.client_choice import Choice
from core.accounts.client_filter import ClientFilter
from core.accounts.clients import ClientChanges
from core.accounts.projects import NewProject
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound, PermissionMissing, ReadOnly
from tests.core.accounts.house import add_client, entries, hire, open_provider, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def two_projects(by: Actor) -> tuple[int, int]:
    """The default project, and one more."""
    return await projects.default_id(), (await projects.create(NewProject(name="Games"), by=by))["id"]


async def seen(by: Actor, sort: str = "-registered", **asked: object) -> list[str]:
    """The logins of the list, in its order."""
    listed = await client_list.page(ClientFilter(**asked), by=by, sort=sort)  # type: ignore[arg-type]
    return [row["login"] for row in listed.rows]


async def test_the_home_is_an_account_and_goes_along_when_the_client_is_moved() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        home, games = await two_projects(by)
        client = await add_client("ada")
        (account,) = await client_projects.of(client, by=by)
        assert (account["project_id"], account["is_home"], account["opened_by"]) == (home, True, "")
        row = await access.client(client, by=by)
        await clients.update(row["code"], ClientChanges(version=1, project_id=games), by=by)
        (moved,) = await client_projects.of(client, by=by)
        assert (moved["project_id"], moved["id"], moved["is_home"]) == (games, account["id"], True)


async def test_a_second_account_is_opened_made_home_and_the_first_one_closed() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        home, games = await two_projects(by)
        client = await add_client("ada")
        opened = await client_projects.open_account(client, games, credit_limit=5000, by=by)
        assert (opened["credit_limit"], opened["is_home"], opened["opened_by"]) == (5000, False, "Owner")
        with pytest.raises(Invalid) as refusal:
            await client_projects.open_account(client, games, by=by)
        assert set(refusal.value.errors) == {"project_id"}
        first = (await client_projects.of(client, by=by))[0]
        with pytest.raises(Conflict):
            await client_projects.close_account(first["id"], by=by)
        assert (await client_projects.make_home(opened["id"], by=by))["is_home"]
        assert [row["project_id"] for row in await client_projects.of(client, by=by)] == [games, home]
        await client_projects.close_account(first["id"], by=by)
        assert [row["project_id"] for row in await client_projects.of(client, by=by)] == [games]
        told = [await entries(f"client:{act}") for act in ("account_opened", "updated", "account_closed")]
        assert [entry["client_id"] for (entry,) in told] == [client] * 3
        assert told[0][0]["changes"]["project"] == [None, "Games"]
        assert told[2][0]["changes"]["project"] == ["Provider 1", None]


async def test_the_database_refuses_a_client_without_an_account_in_its_home() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        client = await add_client("ada")
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with db.as_tenant(tenant.id):
            await db.execute("DELETE FROM client_projects WHERE client_id = $1", client)
    async with db.as_tenant(tenant.id):
        await db.execute("DELETE FROM clients WHERE id = $1", client)
        assert await db.value("SELECT count(*) FROM client_projects") == 0


async def test_a_limit_is_the_accounts_own_or_the_projects() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        account = (await client_projects.of(await add_client("ada"), by=by))[0]
        assert (account["credit_limit"], account["usual_limit"]) == (None, 0)
        assert (await client_projects.set_limit(account["id"], 700, by=by))["credit_limit"] == 700
        assert (await client_projects.set_limit(account["id"], None, by=by))["credit_limit"] is None
        changes = [entry["changes"] for entry in await entries("client:account_changed")]
        assert changes == [{"credit_limit": [None, 700]}, {"credit_limit": [700, None]}]
        with pytest.raises(Invalid):
            await client_projects.set_limit(account["id"], 10**15, by=by)


async def test_whoever_is_limited_sees_clients_by_any_of_their_accounts_and_those_accounts_alone() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        home, games = await two_projects(by)
        ids = [await add_client(login) for login in ("ada", "bob", "cy")]
        await add_client("dan", project_id=games)
        lea = await hire(tenant, "Lea", "support", projects=frozenset({games}))
        account = await client_projects.open_account(ids[0], games, by=by)
        for sort in ("-registered", "login", "-country"):
            assert set(await seen(lea, sort)) == {"ada", "dan"}, sort
        assert await seen(lea, "login", name="ad") == ["ada"]
        assert set(await seen(by, project=games)) == {"ada", "dan"}
        assert await seen(lea, project=home) == []
        assert [row["project_id"] for row in await client_projects.of(ids[0], by=lea)] == [games]
        first = (await client_projects.of(ids[0], by=by))[0]
        with pytest.raises(NotFound):
            await client_projects.close_account(first["id"], by=lea)
        with pytest.raises(NotFound):
            await client_projects.of(ids[1], by=lea)
        row = await access.client(ids[0], by=lea)
        with pytest.raises(Invalid):
            await clients.update(row["code"], ClientChanges(version=1, project_id=games), by=lea)
        await client_projects.close_account(account["id"], by=lea)
        assert await seen(lea) == ["dan"]


async def test_who_is_limited_to_several_sees_each_client_once_in_its_order() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        home, games = await two_projects(by)
        for login in ("ada", "bob", "cy"):
            await client_projects.open_account(await add_client(login), games, by=by)
        await add_client("dan")
        both = await hire(tenant, "Max", "manager", projects=frozenset({home, games}))
        assert await seen(both) == ["dan", "cy", "bob", "ada"]
        assert await seen(both, "registered") == ["ada", "bob", "cy", "dan"]
        first = await client_list.page(ClientFilter(), by=both, size=2)
        second = await client_list.page(ClientFilter(), by=both, size=2, after=first.next or "")
        assert [row["login"] for row in second.rows] == ["bob", "ada"]
        listed = await client_list.page(ClientFilter(), by=both, columns=("code", "login", "projects"))
        assert listed.rows[1]["projects"] == ["Games", "Provider 1"]


async def test_accounts_are_opened_for_many_and_who_has_one_is_passed_over() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        by = await hire(tenant, "Alice")
        _home, games = await two_projects(by)
        first = await add_client("ada")
        await add_client("bob")
        await add_client("cy", status="closed")
        await client_projects.open_account(first, games, by=by)
        change = await bulk.check(Change(act="account", project=games), by=by)
        task_id = await bulk.begin(change, Choice(filter=ClientFilter()), by=by)
        found = await db.row("SELECT * FROM tasks WHERE id = $1", task_id)
        assert found is not None
        chunk = await bulk.step(bulk.tasks.of(found), by)
        assert {result.name: result.outcome for result in chunk.results} == {
            "Ada": "skipped",
            "Bob": "done",
            "Cy": "failed",
        }
        assert len(await entries("client:account_opened")) == 2


async def test_a_closed_client_and_a_role_without_the_right_change_nothing() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        _home, games = await two_projects(by)
        closed = await add_client("ada", status="closed")
        with pytest.raises(ReadOnly):
            await client_projects.open_account(closed, games, by=by)
        with pytest.raises(PermissionMissing):
            await client_projects.open_account(await add_client("bob"), games, by=worker(tenant, "auditor"))
