"""The pages of plugins, without JavaScript."""

import re
from typing import Annotated, Any

import msgspec
import pytest

from core import hooks
from plugins.api import Plugin, hookimpl, setting
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
HERE = "/staff/plugins"
MAIL = {"subject_prefix": "[Nova's]", "signature": "a\r\nb"}


class Keyed(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin's settings with something required and secret."""

    api_key: Annotated[str, setting("API key", secret=True)]
    is_loud: bool = False


class Telegraph:
    """A plugin that cannot be switched on before it is set up."""

    @hookimpl
    def provide_plugin(self) -> Plugin:
        return Plugin(name="telegraph", kind="notification", title="Telegraph")

    @hookimpl
    def provide_settings(self) -> type[msgspec.Struct]:
        return Keyed


@pytest.fixture
def telegraph(database: Any) -> Any:
    hooks.load(database, extra={"telegraph": Telegraph()})
    yield
    hooks.load(database)


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def version(alice: Visitor) -> str:
    found = re.search(r'name="version" value="(\d+)"', (await alice.get(f"{HERE}/welcome-mail")).text)
    assert found
    return found.group(1)


async def test_a_plugin_is_switched_on_and_off(alice: Visitor) -> None:
    assert "Welcome mail" in alice.text(await alice.get(HERE))
    page = await alice.follow(await alice.post(f"{HERE}/welcome-mail/disable"))
    assert "Welcome mail is off." in alice.text(page)
    page = await alice.follow(await alice.post(f"{HERE}/welcome-mail/enable"))
    assert "Welcome mail is on." in alice.text(page)


async def test_its_settings_are_kept_and_shown_again(alice: Visitor) -> None:
    read = {"version": await version(alice)}
    page = await alice.follow(await alice.post(f"{HERE}/welcome-mail", MAIL | read))
    assert "The plugin was set up." in alice.text(page)
    assert "[Nova&#39;s]" in (await alice.get(f"{HERE}/welcome-mail")).text
    page = await alice.post(f"{HERE}/welcome-mail", MAIL | read | {"subject_prefix": "x"})
    assert page.status_code == 409
    assert 'value="x"' in page.text


async def test_errors_stand_beside_their_fields(alice: Visitor) -> None:
    read = {"version": await version(alice)}
    page = await alice.post(f"{HERE}/welcome-mail", MAIL | read | {"subject_prefix": "x" * 61})
    assert page.status_code == 422
    assert 'id="error-subject_prefix"' in page.text
    assert (await alice.post(f"{HERE}/welcome-mail", read | {"colour": "red"})).status_code == 422


async def test_one_that_is_not_set_up_asks_for_what_is_missing(alice: Visitor, telegraph: None) -> None:
    page = await alice.post(f"{HERE}/telegraph/enable")
    assert page.status_code == 422
    assert 'id="error-api_key"' in page.text
    await alice.follow(await alice.post(f"{HERE}/telegraph", {"api_key": "open sesame", "version": "0"}))
    page = await alice.get(f"{HERE}/telegraph")
    assert "open sesame" not in page.text
    assert "Kept, and not shown." in alice.text(page)
    page = await alice.follow(await alice.post(f"{HERE}/telegraph/enable"))
    assert "Telegraph is on." in alice.text(page)
    await alice.follow(await alice.post(f"{HERE}/telegraph", {"is_loud": "1", "version": "2"}))
    page = await alice.get(f"{HERE}/telegraph")
    assert "Kept, and not shown." in alice.text(page)
    assert "checked" in page.text


async def test_a_manager_looks_at_plugins_and_switches_none(visitor: Visitor) -> None:
    mia = await visitor.sign_in(cast.email("max"))
    page = await mia.get(HERE)
    assert page.status_code == 200
    assert "Switch on" not in mia.text(page)
    assert (await mia.get(f"{HERE}/welcome-mail")).status_code == 403
    assert (await mia.post(f"{HERE}/welcome-mail/enable")).status_code == 403


async def test_what_is_not_installed_or_an_edition_is_not_there(alice: Visitor) -> None:
    for name in ("nothing", "edition-corporate", "%00", "x" * 3000):
        assert (await alice.get(f"{HERE}/{name}")).status_code == 404
        assert (await alice.post(f"{HERE}/{name}/enable")).status_code == 404


async def test_one_provider_switches_its_own_only(alice: Visitor) -> None:
    await alice.post(f"{HERE}/welcome-mail/disable")
    bob = alice.another("acme")
    await bob.sign_in(cast.email("bob"))
    assert "Switch on" in alice.text(await alice.get(HERE))
    assert "Switch off" in bob.text(await bob.get(HERE))
