"""The plugins of a provider: on and off, the form, sealed secrets, and the right to change them."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Literal

import msgspec
import pytest

from core import db, hooks, plugin_forms, plugin_rows, plugin_settings, sealing
from core.actor import PLATFORM, Actor, Tenant
from core.errors import EditConflict, Invalid, NotFound, NotInEdition, PermissionMissing
from core.hookspecs import Plugin, hookimpl
from core.plugin_forms import BadSchema, setting
from core.scope import NoScope
from core.settings import Settings
from tests.plugins import rogues

pytestmark = pytest.mark.anyio
NOVA = Tenant(id=7, code="nova", name="Nova", edition="corporate")
ACME = Tenant(id=8, code="acme", name="Acme", edition="standard")


class Everything(msgspec.Struct, frozen=True, kw_only=True):
    """One setting of each sort."""

    address: Annotated[str, setting("Address", hint="Where it is.", max_length=20)]
    token: Annotated[str, setting("Token", secret=True, min_length=4)]
    footer: Annotated[str, setting("Footer", multiline=True)] = "Bye"
    times: Annotated[int, setting("Times", ge=1, le=5)] = 3
    share: float | None = None
    loud: bool = False
    color: Literal["red", "green"] = "red"


GIVEN = {
    "address": "here",
    "token": "tok-1",
    "footer": "",
    "times": "5",
    "share": "",
    "loud": "on",
    "color": "green",
}


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[None]:
    full = rogues.plugin("full", provide_settings=lambda: Everything)
    gated = rogues.plugin("gated")
    gated.provide_plugin = hookimpl(lambda: Plugin(name="gated", title="Gated", needs_feature="groups"))
    assert not hooks.load(settings, extra={"full": full, "gated": gated, "plain": rogues.plugin("plain")})
    await db.start(settings)
    yield
    await db.stop()
    hooks.load(settings)


def owner(tenant: Tenant = NOVA, role: str = "owner") -> Actor:
    return Actor(kind="staff", tenant=tenant, name="Alice", role=role, staff_id=1)


async def states(tenant: Tenant = NOVA) -> dict[str, bool]:
    async with db.as_tenant(tenant.id):
        return {state.name: state.enabled for state in await plugin_settings.every(by=owner(tenant))}


# On and off


@pytest.mark.usefixtures("database")
async def test_a_plugin_is_switched_on_and_off_for_one_provider_and_audited() -> None:
    async with db.as_tenant(NOVA.id):
        await plugin_settings.enable("plain", by=owner())
        await plugin_settings.enable("plain", by=owner())
        assert await plugin_rows.names_on() == {"plain"}
        entries = await db.fetch(
            "SELECT action, subject_name, changes FROM audit_entries WHERE subject_name = 'plain'"
        )
    assert [tuple(entry) for entry in entries] == [("plugin:enabled", "plain", {"enabled": [False, True]})]
    assert (await states())["plain"] is True
    assert (await states(ACME))["plain"] is False
    async with db.as_tenant(NOVA.id):
        await plugin_settings.disable("plain", by=owner())
    assert (await states())["plain"] is False


@pytest.mark.usefixtures("database")
async def test_editions_are_no_plugins_to_switch() -> None:
    assert not any(name.startswith("edition") for name in await states())
    async with db.as_tenant(NOVA.id):
        for name in ("edition-corporate", "unheard-of"):
            with pytest.raises(NotFound):
                await plugin_settings.enable(name, by=owner())
            with pytest.raises(NotFound):
                await plugin_settings.disable(name, by=owner())


@pytest.mark.usefixtures("database")
async def test_what_the_edition_lacks_cannot_be_switched_on() -> None:
    async with db.as_tenant(ACME.id):
        with pytest.raises(NotInEdition) as refusal:
            await plugin_settings.enable("gated", by=owner(ACME))
        assert refusal.value.edition == "advanced"
        found = {state.name: state.is_in_edition for state in await plugin_settings.every(by=owner(ACME))}
    assert found["gated"] is False
    assert found["plain"] is True
    async with db.as_tenant(NOVA.id):
        await plugin_settings.enable("gated", by=owner())


@pytest.mark.usefixtures("database")
async def test_a_plugin_whose_required_settings_are_missing_cannot_be_switched_on() -> None:
    async with db.as_tenant(NOVA.id):
        with pytest.raises(Invalid) as refusal:
            await plugin_settings.enable("full", by=owner())
        assert set(refusal.value.errors) == {"address", "token"}
        await plugin_settings.save("full", GIVEN, by=owner())
        await plugin_settings.enable("full", by=owner())


# Rights


@pytest.mark.usefixtures("database")
async def test_only_those_with_the_right_change_plugins() -> None:
    async with db.as_tenant(NOVA.id):
        for role in ("manager", "auditor"):
            assert await plugin_settings.every(by=owner(role=role))
            with pytest.raises(PermissionMissing):
                await plugin_settings.enable("plain", by=owner(role=role))
            with pytest.raises(PermissionMissing):
                await plugin_settings.save("full", GIVEN, by=owner(role=role))
        with pytest.raises(PermissionMissing):
            await plugin_settings.every(by=owner(role="support"))


@pytest.mark.usefixtures("database")
async def test_the_platform_switches_plugins_inside_the_providers_scope() -> None:
    platform = Tenant(id=PLATFORM, code="platform", name="Comptoir")
    olga = Actor(kind="operator", tenant=platform, name="Olga")
    async with db.as_platform():
        with pytest.raises(NoScope):
            await plugin_settings.enable("plain", by=olga, tenant=NOVA)
        await db.hand_over_to(NOVA.id)
        await plugin_settings.enable("plain", by=olga, tenant=NOVA)
        with pytest.raises(NoScope):
            await plugin_settings.enable("plain", by=olga, tenant=ACME)
    assert (await states())["plain"] is True


@pytest.mark.usefixtures("database")
async def test_staff_of_one_provider_reach_no_other() -> None:
    async with db.as_tenant(ACME.id):
        with pytest.raises((NoScope, NotFound)):
            await plugin_settings.enable("plain", by=owner(NOVA))
        with pytest.raises(NotFound):
            await plugin_settings.enable("plain", by=owner(NOVA), tenant=ACME)


# The form


@pytest.mark.usefixtures("database")
async def test_what_is_saved_is_what_the_hooks_get() -> None:
    async with db.as_tenant(NOVA.id):
        await plugin_settings.save("full", GIVEN, by=owner())
    assert await plugin_rows.in_force(NOVA.id, "full") == Everything(
        address="here", token="tok-1", footer="", times=5, share=None, loud=True, color="green"
    )


@pytest.mark.usefixtures("database")
async def test_a_secret_is_sealed_never_shown_and_kept_when_left_empty() -> None:
    async with db.as_tenant(NOVA.id):
        await plugin_settings.save("full", GIVEN, by=owner())
        stored = await db.row("SELECT settings, sealed FROM plugin_settings WHERE plugin = 'full'")
        fields, version = await plugin_settings.form("full", by=owner())
        token = next(field for field in fields if field.field.name == "token")
        assert (token.value, token.is_kept) == ("", True)
        await plugin_settings.save("full", {**GIVEN, "token": "", "times": "2"}, by=owner(), version=version)
        found = await plugin_rows.in_force(NOVA.id, "full")
        audit = await db.fetch("SELECT changes::text FROM audit_entries WHERE action = 'plugin:set_up'")
    assert stored is not None
    assert "token" not in stored["settings"]
    assert "tok-1" not in stored["sealed"]
    assert (found.token, found.times) == ("tok-1", 2)
    assert "tok-1" not in str(audit)
    assert "•••" in str(audit)


@pytest.mark.usefixtures("database")
async def test_the_second_of_two_who_save_gets_a_conflict() -> None:
    async with db.as_tenant(NOVA.id):
        _, version = await plugin_settings.form("full", by=owner())
        await plugin_settings.save("full", GIVEN, by=owner(), version=version)
        with pytest.raises(EditConflict) as conflict:
            await plugin_settings.save("full", GIVEN, by=owner(), version=version)
    assert conflict.value.current["address"] == "here"
    assert "token" not in conflict.value.current


@pytest.mark.usefixtures("database")
async def test_secrets_sealed_with_another_key_must_be_typed_in_again(settings: Settings) -> None:
    async with db.as_tenant(NOVA.id):
        await plugin_settings.save("full", GIVEN, by=owner())
    sealing.configure("another key, which is as long as it must be")
    with pytest.raises(plugin_rows.NotSetUp):
        await plugin_rows.in_force(NOVA.id, "full")
    async with db.as_tenant(NOVA.id):
        fields, _ = await plugin_settings.form("full", by=owner())
        assert not any(field.is_kept for field in fields)
        with pytest.raises(Invalid):
            await plugin_settings.enable("full", by=owner())
    sealing.configure(settings.secret_key)


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({}, {"address", "token"}),
        ({"times": "0"}, {"times"}),
        ({"times": "6"}, {"times"}),
        ({"times": "many"}, {"times"}),
        ({"times": "9" * 400}, {"times"}),
        ({"share": "nan"}, {"share"}),
        ({"share": "1e999"}, {"share"}),
        ({"color": "blue"}, {"color"}),
        ({"loud": "perhaps"}, {"loud"}),
        ({"address": "x" * 21}, {"address"}),
        ({"address": "a\nb"}, {"address"}),
        ({"address": "a\x00b"}, {"address"}),
        ({"footer": "a\x00b"}, {"footer"}),
        ({"footer": "\ud800"}, {"footer"}),
        ({"token": "abc"}, {"token"}),
        ({"address": ["x"]}, {"address"}),
        ({"times": {"a": 1}}, {"times"}),
        ({"loud": []}, {"loud"}),
        ({"is_admin": "1"}, {"is_admin"}),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field(typed: dict[str, object], wrong: set[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        plugin_forms.read(Everything, typed and GIVEN | typed, {})
    assert set(refusal.value.errors) == wrong
    assert all(refusal.value.errors.values())


def test_fields_know_their_widget_title_hint_and_default() -> None:
    found = {field.name: field for field in plugin_forms.fields(Everything)}
    widgets = [field.widget for field in found.values()]
    assert widgets == ["text", "password", "textarea", "number", "number", "checkbox", "choice"]
    assert (found["address"].title, found["address"].hint, found["address"].required) == (
        "Address",
        "Where it is.",
        True,
    )
    assert (found["share"].title, found["times"].default, found["color"].choices) == ("Share", 3, ("red", "green"))


def test_settings_that_cannot_become_a_form_are_refused_by_name() -> None:
    class Odd(msgspec.Struct):
        things: list[str] = []

    class Leaky(msgspec.Struct):
        pin: Annotated[int, setting("Pin", secret=True)] = 1

    with pytest.raises(BadSchema, match="'things' of Odd"):
        plugin_forms.fields(Odd)
    with pytest.raises(BadSchema, match="'pin' of Leaky"):
        plugin_forms.fields(Leaky)


# Sealing


@pytest.fixture
def _own_key() -> Iterator[None]:
    kept = sealing._cipher
    sealing.configure("k" * 40)
    yield
    sealing._cipher = kept


@pytest.mark.usefixtures("_own_key")
def test_what_is_sealed_opens_only_where_it_belongs() -> None:
    sealed = sealing.seal("geheim", bound_to="7:plugin:full")
    assert sealed != sealing.seal("geheim", bound_to="7:plugin:full")
    assert sealing.unseal(sealed, bound_to="7:plugin:full") == "geheim"
    for text, place in (
        (sealed, "8:plugin:full"),
        (sealed[:-8], "7:plugin:full"),
        ("!", "7:plugin:full"),
        ("é", "x"),
    ):
        with pytest.raises(sealing.Unsealable):
            sealing.unseal(text, bound_to=place)
    sealing.configure("")
    with pytest.raises(sealing.NoSecretKey):
        sealing.seal("x", bound_to="y")
