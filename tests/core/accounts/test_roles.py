"""Roles: the built-in ones, those a provider makes, and that nobody hands out what he lacks."""

import pytest

from core import db
from core.accounts import roles
from core.accounts.roles import NewRole, RoleChanges
from core.actor import Actor, Tenant
from core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound, PermissionMissing
from core.i18n import speaking
from tests.core.accounts.house import entries, hire, open_provider, rights_of, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


def head(tenant: Tenant, *permissions: str) -> Actor:
    """Somebody in a role of the provider's own, who may keep roles and staff besides."""
    return worker(
        tenant, "Head", permissions=frozenset({"role:manage", "staff:manage", "staff:read", *permissions})
    )


async def test_the_built_in_roles_come_first_with_what_they_may_in_this_edition() -> None:
    tenant = await open_provider(edition="advanced")
    async with db.as_tenant(tenant.id):
        await hire(tenant, "Olga", "owner")
        await roles.create(NewRole(name="Archivist", permissions=("client:read",)), by=worker(tenant))
        listed = await roles.every(by=worker(tenant, "auditor"))
    assert [role["key"] for role in listed[:5]] == ["owner", "manager", "support", "accountant", "auditor"]
    assert (listed[0]["members"], listed[1]["members"]) == (1, 0)
    assert "group:create" in listed[0]["permissions"]
    assert not any(name.startswith("project:") for name in listed[0]["permissions"])
    assert (listed[5]["name"], listed[5]["is_built_in"], listed[5]["permissions"]) == (
        "Archivist",
        False,
        ["client:read"],
    )


async def test_a_role_is_made_changed_and_deleted_and_each_step_is_told() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await roles.create(NewRole(name="Archivist", permissions=("client:read", "activity:read")), by=by)
        assert made["permissions"] == ["activity:read", "client:read"]
        changes = RoleChanges(permissions=("client:read",))
        changed = await roles.update(made["id"], changes, version=1, by=by)
        assert (changed["name"], changed["permissions"], changed["version"]) == ("Archivist", ["client:read"], 2)
        await roles.delete(made["id"], by=by)
        with pytest.raises(NotFound):
            await roles.get(made["id"], by=by)
        for step in ("created", "updated", "deleted"):
            assert len(await entries(f"role:{step}")) == 1


@pytest.mark.parametrize(
    ("name", "permissions", "fields"),
    [
        ("", (), {"name", "permissions"}),
        ("Owner", ("client:read",), {"name"}),
        ("AUDITOR", ("client:read",), {"name"}),
        ("Boss", ("provider:open",), {"permissions"}),
        ("Boss", ("platform:health",), {"permissions"}),
        ("Boss", ("client:explode",), {"permissions"}),
        ("Boss", ("*",), {"permissions"}),
    ],
)
async def test_a_role_needs_a_name_of_its_own_and_permissions_that_exist(
    name: str, permissions: tuple[str, ...], fields: set[str]
) -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        with pytest.raises(Invalid) as refusal:
            await roles.create(NewRole(name=name, permissions=permissions), by=worker(tenant))
    assert set(refusal.value.errors) == fields


async def test_a_built_in_name_is_taken_in_the_readers_language_too() -> None:
    tenant = await open_provider()
    with speaking("fr"):
        name = roles.title("accountant")
        async with db.as_tenant(tenant.id):
            with pytest.raises(Invalid):
                await roles.create(NewRole(name=name, permissions=("client:read",)), by=worker(tenant))


async def test_nobody_puts_into_a_role_what_he_lacks() -> None:
    tenant = await open_provider()
    by = head(tenant, "client:read")
    async with db.as_tenant(tenant.id):
        made = await roles.create(NewRole(name="Reader", permissions=("client:read",)), by=by)
        with pytest.raises(Invalid, match="check the marked") as refusal:
            await roles.create(NewRole(name="Killer", permissions=("client:delete",)), by=by)
        assert set(refusal.value.errors) == {"permissions"}
        with pytest.raises(Invalid):
            await roles.update(
                made["id"], RoleChanges(permissions=("client:read", "client:delete")), version=1, by=by
            )


async def test_nobody_changes_a_role_that_may_do_more_than_he() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        made = await roles.create(NewRole(name="Killer", permissions=("client:delete",)), by=worker(tenant))
        by = head(tenant, "client:read")
        with pytest.raises(Forbidden):
            await roles.update(made["id"], RoleChanges(permissions=("client:read",)), version=1, by=by)
        with pytest.raises(Forbidden):
            await roles.delete(made["id"], by=by)
        await roles.delete(made["id"], by=worker(tenant))


async def test_a_key_gives_no_more_than_its_scopes() -> None:
    tenant = await open_provider()
    key = Actor(
        kind="api_key", tenant=tenant, name="Key", role="owner", scopes=frozenset({"role:manage", "client:read"})
    )
    async with db.as_tenant(tenant.id):
        await roles.create(NewRole(name="Reader", permissions=("client:read",)), by=key)
        with pytest.raises(Invalid):
            await roles.create(NewRole(name="Boss", permissions=("staff:manage",)), by=key)


async def test_what_the_edition_lacks_can_not_be_given_and_is_not_lost() -> None:
    corporate_one = await open_provider()
    async with db.as_tenant(corporate_one.id):
        new = NewRole(name="Brander", permissions=("client:read", "project:create", "group:read"))
        made = await roles.create(new, by=worker(corporate_one))
        lower = worker(Tenant(id=corporate_one.id, code="p1", name="Provider 1", edition="standard"))
        with pytest.raises(Invalid):
            await roles.create(NewRole(name="Other", permissions=("project:create",)), by=lower)
        assert "project:create" not in roles.choices(by=lower)
        changes = RoleChanges(permissions=("client:read", "client:create"))
        changed = await roles.update(made["id"], changes, version=1, by=lower)
        assert changed["permissions"] == ["client:create", "client:read", "group:read", "project:create"]


async def test_a_role_that_somebody_has_stays_even_if_he_was_removed() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await roles.create(NewRole(name="Reader", permissions=("client:read",)), by=by)
        bob = await hire(tenant, "Bob", "support")
        await db.execute("UPDATE staff SET role = '', role_id = $1, state = 'removed'", made["id"])
        with pytest.raises(Conflict, match="1 member of staff"):
            await roles.delete(made["id"], by=by)
        await db.execute("UPDATE staff SET role = 'support', role_id = NULL WHERE id = $1", bob.staff_id)
        await db.execute("UPDATE providers SET mfa_roles = $1", ["owner", str(made["id"])])
        await roles.delete(made["id"], by=by)
        assert await db.value("SELECT mfa_roles FROM providers") == ["owner"]


async def test_a_stale_version_is_a_conflict() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await roles.create(NewRole(name="Reader", permissions=("client:read",)), by=by)
        await roles.update(made["id"], RoleChanges(name="Writer"), version=1, by=by)
        with pytest.raises(EditConflict) as conflict:
            await roles.update(made["id"], RoleChanges(name="Other"), version=1, by=by)
    assert conflict.value.current["name"] == "Writer"


async def test_only_who_keeps_roles_changes_them() -> None:
    tenant = await open_provider()
    by = worker(tenant, "manager")
    async with db.as_tenant(tenant.id):
        assert len(await roles.every(by=by)) == 5
        for attempt in (
            roles.create(NewRole(name="Reader"), by=by),
            roles.update(1, RoleChanges(), version=1, by=by),
            roles.delete(1, by=by),
        ):
            with pytest.raises(PermissionMissing):
                await attempt
        with pytest.raises(PermissionMissing):
            await roles.every(by=worker(tenant, "support"))


async def test_giveable_are_the_roles_that_may_not_do_more_than_oneself() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        killer = await roles.create(NewRole(name="Killer", permissions=("client:delete",)), by=worker(tenant))
        assert len(await roles.giveable(by=worker(tenant))) == 6
        some = await roles.giveable(by=head(tenant, *rights_of(tenant, "support")))
        assert list(some) == ["support"]
        every = await roles.giveable(by=head(tenant, *roles.ASSIGNABLE))
        assert str(killer["id"]) in every


async def test_roles_of_another_provider_are_not_there() -> None:
    nova, acme = await open_provider(1), await open_provider(2)
    async with db.as_tenant(acme.id):
        theirs = await roles.create(NewRole(name="Reader", permissions=("client:read",)), by=worker(acme))
    async with db.as_tenant(nova.id):
        for number in (theirs["id"], 42, 0, -1, 2**64):
            assert await roles.find(str(number)) is None
            with pytest.raises(NotFound):
                await roles.get(number, by=worker(nova))
            with pytest.raises(NotFound):
                await roles.delete(number, by=worker(nova))
