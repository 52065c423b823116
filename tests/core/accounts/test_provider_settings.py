"""What a provider decides about itself, and that it decides nothing else."""

from typing import Any

import asyncpg
import msgspec
import pytest

from core import db
from core.accounts import provider_settings
from core.accounts.provider_settings import SettingsChanges
from core.errors import EditConflict, Invalid, PermissionMissing
from tests.core.accounts.house import entries, open_provider, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def test_the_owner_changes_name_looks_and_place_and_it_is_told() -> None:
    tenant = await open_provider(edition="standard")
    by = worker(tenant)
    changes = SettingsChanges(
        name=" Nova ",
        color="teal",
        locale="fr",
        timezone="Europe/Paris",
        country="be",
        mfa_roles=("owner", "manager"),
    )
    async with db.as_tenant(tenant.id):
        changed = await provider_settings.update(changes, version=1, by=by)
        assert (changed["name"], changed["color"], changed["locale"], changed["country"]) == (
            "Nova",
            "teal",
            "fr",
            "BE",
        )
        assert changed["mfa_roles"] == ["manager", "owner"]
        (entry,) = await entries("provider:updated")
        assert entry["changes"]["name"] == ["Provider 1", "Nova"]
        assert (await provider_settings.get(by=by))["version"] == 2


async def test_all_that_is_wrong_is_said_at_once() -> None:
    tenant = await open_provider()
    changes = SettingsChanges(
        name="", color="#123456", locale="de", timezone="Mars/Olympus", country="XX", mfa_roles=("emperor",)
    )
    async with db.as_tenant(tenant.id):
        with pytest.raises(Invalid) as refusal:
            await provider_settings.update(changes, version=1, by=worker(tenant))
    assert set(refusal.value.errors) == {"name", "color", "locale", "timezone", "country", "mfa_roles"}


async def test_a_stale_version_is_a_conflict() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        await provider_settings.update(SettingsChanges(name="Nova"), version=1, by=by)
        with pytest.raises(EditConflict) as conflict:
            await provider_settings.update(SettingsChanges(name="Other"), version=1, by=by)
    assert conflict.value.current["name"] == "Nova"


async def test_a_manager_does_not_even_look() -> None:
    tenant = await open_provider()
    by = worker(tenant, "manager")
    async with db.as_tenant(tenant.id):
        with pytest.raises(PermissionMissing):
            await provider_settings.get(by=by)
        with pytest.raises(PermissionMissing):
            await provider_settings.update(SettingsChanges(name="Nova"), version=1, by=by)


@pytest.mark.parametrize("field", ["edition", "state", "code", "reseller_id", "id", "tenant_id"])
async def test_the_terms_are_not_among_what_can_be_sent(field: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({field: "corporate"}, SettingsChanges)


async def test_the_database_itself_keeps_the_terms_and_the_other_providers() -> None:
    nova, acme = await open_provider(1, "standard"), await open_provider(2, "standard")
    async with db.as_tenant(nova.id):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.savepoint():
                await db.execute("UPDATE providers SET edition = 'corporate'")
        await db.execute("UPDATE providers SET name = 'Mine'")
    async with db.as_tenant(acme.id):
        row: Any = await provider_settings.get(by=worker(acme))
        assert row["name"] == "Provider 2"
