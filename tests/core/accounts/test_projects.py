"""Projects: one is always the default, none with clients goes, and limited staff sees only its own."""

import asyncio

import pytest

from core import db
from core.accounts import project_deleting, projects
from core.accounts.projects import NewProject, ProjectChanges
from core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound, NotInEdition, PermissionMissing
from core.support import departments, ticket_categories
from core.support.departments import DepartmentValues
from core.support.ticket_categories import CategoryValues
from tests.core.accounts.house import add_client, entries, hire, open_provider, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def test_a_provider_begins_with_one_default_project_in_every_edition() -> None:
    for number, edition in enumerate(("standard", "advanced", "corporate"), start=1):
        tenant = await open_provider(number, edition)
        async with db.as_tenant(tenant.id):
            assert await projects.exists(await projects.default_id())


async def test_a_project_is_made_read_changed_and_deleted_and_each_step_is_told() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    new = NewProject(name="Aurora", site="aurora.example", currency="chf", sender="hello@aurora.example")
    async with db.as_tenant(tenant.id):
        made = await projects.create(new, by=by)
        assert (made["site"], made["currency"], made["clients"]) == ("https://aurora.example", "CHF", 0)
        assert not made["is_default"]
        changed = await projects.update(made["id"], ProjectChanges(sender=""), version=1, by=by)
        assert (changed["sender"], changed["name"], changed["version"]) == ("", "Aurora", 2)
        assert list(await projects.names(by=by)) == [made["id"], await projects.default_id()]
        await project_deleting.delete(made["id"], by=by)
        assert not await projects.exists(made["id"])
        for step in ("updated", "deleted"):
            assert (await entries(f"project:{step}"))[0]["subject_id"] == made["id"]


async def test_all_that_is_wrong_is_said_at_once() -> None:
    tenant = await open_provider()
    new = NewProject(
        name="provider 1", site="javascript://x.example/%0aalert(1)", currency="EURO", sender="a@b\nBcc: c@d.e"
    )
    async with db.as_tenant(tenant.id):
        with pytest.raises(Invalid) as refusal:
            await projects.create(new, by=worker(tenant))
    assert set(refusal.value.errors) == {"name", "site", "currency", "sender"}


@pytest.mark.parametrize(
    "site",
    ["http://[::1", "ftp://x.example", "https://user@x.example", "https://nodot", 'https://x.example/">', "a b.c"],
)
async def test_what_is_no_address_of_a_site_is_refused(site: str) -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        with pytest.raises(Invalid) as refusal:
            await projects.create(NewProject(name="Aurora", site=site), by=worker(tenant))
    assert set(refusal.value.errors) == {"site"}


async def test_a_stale_version_is_a_conflict_that_shows_what_is_there_now() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await projects.create(NewProject(name="Aurora"), by=by)
        await projects.update(made["id"], ProjectChanges(name="Boreal"), version=1, by=by)
        with pytest.raises(EditConflict) as conflict:
            await projects.update(made["id"], ProjectChanges(name="Celeste"), version=1, by=by)
    assert conflict.value.current["name"] == "Boreal"


async def test_the_edition_below_has_no_projects_and_the_refusal_names_corporate() -> None:
    tenant = await open_provider(edition="advanced")
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        for attempt in (
            projects.every(by=by),
            projects.names(by=by),
            projects.get(1, by=by),
            projects.create(NewProject(name="Aurora"), by=by),
            projects.update(1, ProjectChanges(), version=1, by=by),
            projects.make_default(1, by=by),
            project_deleting.delete(1, by=by),
        ):
            with pytest.raises(NotInEdition) as refusal:
                await attempt
            assert refusal.value.edition == "corporate"


async def test_a_project_with_clients_or_limited_staff_stays_and_says_why() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await projects.create(NewProject(name="Aurora"), by=by)
        client_id = await add_client("anna", project_id=made["id"])
        with pytest.raises(Conflict, match="1 client belongs"):
            await project_deleting.delete(made["id"], by=by)
        await db.execute("DELETE FROM clients WHERE id = $1", client_id)
        bob = await hire(tenant, "Bob", "support")
        await db.execute(
            "INSERT INTO staff_projects (staff_id, project_id) VALUES ($1, $2)", bob.staff_id, made["id"]
        )
        with pytest.raises(Conflict, match="1 member of staff"):
            await project_deleting.delete(made["id"], by=by)
        await db.execute("DELETE FROM staff_projects")
        department = await departments.create(DepartmentValues(name="Sales"), by=by)
        values = CategoryValues(
            name_en="Orders", name_fr="Commandes", department_id=department["id"], project_id=made["id"]
        )
        category = await ticket_categories.create(values, by=by)
        with pytest.raises(Conflict, match="Categories of tickets"):
            await project_deleting.delete(made["id"], by=by)
        await ticket_categories.delete(category["id"], by=by)
        await project_deleting.delete(made["id"], by=by)


async def test_the_default_project_goes_only_when_another_one_has_taken_its_place() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        first = await projects.default_id()
        made = await projects.create(NewProject(name="Aurora"), by=by)
        with pytest.raises(Conflict, match="default"):
            await project_deleting.delete(first, by=by)
        await projects.make_default(made["id"], by=by)
        await projects.make_default(made["id"], by=by)
        assert await projects.default_id() == made["id"]
        assert len(await entries("project:made_default")) == 1
        await project_deleting.delete(first, by=by)


async def test_two_who_choose_a_default_at_the_same_moment_leave_one() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        made = [await projects.create(NewProject(name=name), by=worker(tenant)) for name in ("Aurora", "Boreal")]

    async def choose(project_id: int) -> None:
        async with db.as_tenant(tenant.id):
            await projects.make_default(project_id, by=worker(tenant))
            await asyncio.sleep(0.05)

    await asyncio.gather(*(choose(row["id"]) for row in made))
    async with db.as_tenant(tenant.id):
        assert await db.value("SELECT count(*) FROM projects WHERE is_default") == 1


async def test_who_is_limited_to_a_project_knows_of_no_other() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await projects.create(NewProject(name="Aurora"), by=by)
        first = await projects.default_id()
        limited = worker(tenant, projects=frozenset({made["id"]}))
        assert [row["name"] for row in await projects.every(by=limited)] == ["Aurora"]
        assert await projects.names(by=limited) == {made["id"]: "Aurora"}
        for attempt in (
            projects.get(first, by=limited),
            projects.update(first, ProjectChanges(name="x"), version=1, by=limited),
            projects.make_default(first, by=limited),
            project_deleting.delete(first, by=limited),
        ):
            with pytest.raises(NotFound):
                await attempt
        with pytest.raises(Forbidden):
            await projects.create(NewProject(name="Boreal"), by=limited)


async def test_a_manager_may_not_delete_and_support_may_only_look() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        made = await projects.create(NewProject(name="Aurora"), by=worker(tenant, "manager"))
        with pytest.raises(PermissionMissing):
            await project_deleting.delete(made["id"], by=worker(tenant, "manager"))
        assert len(await projects.every(by=worker(tenant, "support"))) == 2
        with pytest.raises(PermissionMissing):
            await projects.update(made["id"], ProjectChanges(), version=1, by=worker(tenant, "support"))
        await project_deleting.delete(made["id"], by=worker(tenant, "owner"))


async def test_projects_of_another_provider_are_not_there() -> None:
    nova, acme = await open_provider(1), await open_provider(2)
    async with db.as_tenant(acme.id):
        theirs = await projects.create(NewProject(name="Aurora"), by=worker(acme))
    async with db.as_tenant(nova.id):
        for number in (theirs["id"], 42, 0, -1, 2**64):
            assert not await projects.exists(number)
            with pytest.raises(NotFound):
                await projects.get(number, by=worker(nova))


async def test_whoever_sees_clients_sees_the_names_of_their_projects_and_no_more() -> None:
    tenant = await open_provider()
    reader = worker(tenant, "Reader", permissions=frozenset({"client:read"}))
    nobody = worker(tenant, "Nobody", permissions=frozenset({"activity:read"}))
    async with db.as_tenant(tenant.id):
        assert list((await projects.names(by=reader)).values()) == ["Provider 1"]
        with pytest.raises(PermissionMissing):
            await projects.every(by=reader)
        with pytest.raises(PermissionMissing):
            await projects.names(by=nobody)
