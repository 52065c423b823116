"""A package that is not ours: built, installed into a place of its own, and found by its entry point."""

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import Distribution, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from core import db, hooks, plugin_settings
from core.actor import Actor, Tenant
from core.errors import Invalid
from core.hookspecs import GROUP
from core.settings import Settings
from plugins.testing import check_plugin

pytestmark = pytest.mark.anyio
PACKAGE = Path(__file__).parent / "external" / "comptoir-greeter"
CLIENT = {"id": 1, "name": "Dupont"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the package in it, as `pip install --target` leaves it. Needs no network."""
    home = tmp_path_factory.mktemp("external")
    source = shutil.copytree(PACKAGE, home / "source")
    uv = Path(sys.executable).parent / "uv"
    command = [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", sys.executable]
    subprocess.run([*command, "--target", home / "site", source], check=True, timeout=120)
    return home / "site"


def described(site: Path) -> dict[str, dict[str, Any]]:
    """What a process of its own finds with the package on its path."""
    program = (
        "import json; from core import hooks; from core.settings import Settings;"
        "assert hooks.load(Settings(secret_key='k' * 40)) == [];"
        "print(json.dumps(hooks.describe()))"
    )
    environment = {**os.environ, "PYTHONPATH": str(site)}
    answer = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=True, timeout=60
    )
    return {one["plugin"]: one for one in json.loads(answer.stdout)}


@pytest.fixture
def greeter(installed: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(installed))
    found = next(point for point in entry_points(group=GROUP) if point.name == "greeter").load()
    assert isinstance(found, ModuleType)
    return found


def test_it_is_found_by_its_entry_point_in_another_process(installed: Path) -> None:
    found = described(installed)
    assert found["greeter"] == {
        "plugin": "greeter",
        "kind": "hook",
        "title": "Greeter",
        "version": "1.2.0",
        "needs_feature": None,
        "hooks": [
            "provide_plugin",
            "provide_settings",
            "provide_menu_items",
            "provide_client_panels",
            "provide_client_conditions",
            "provide_clients_that_fit",
            "validate_client",
        ],
        "settings": ["word", "unwanted", "token"],
        "error": "",
    }
    assert "edition-standard" in found


def test_without_the_package_it_is_not_there(tmp_path: Path) -> None:
    assert "greeter" not in described(tmp_path)


def test_it_imports_nothing_of_ours_but_the_door() -> None:
    source = (PACKAGE / "src" / "comptoir_greeter" / "__init__.py").read_text()
    imports = [line.split()[1] for line in source.splitlines() if line.startswith(("from ", "import "))]
    assert [name for name in imports if name.split(".")[0] in ("core", "tenants", "web", "plugins")] == [
        "plugins.api"
    ]


def test_it_keeps_the_contract(greeter: ModuleType) -> None:
    registered = check_plugin(greeter, settings={"token": "secret"})
    assert registered.info.name == "greeter"
    with pytest.raises(AssertionError, match="token"):
        check_plugin(greeter)


async def test_it_works_for_the_provider_that_switched_it_on(greeter: ModuleType, database: Settings) -> None:
    assert not hooks.load(database)
    nova = Tenant(id=7, code="nova", name="Nova", edition="standard", plugins=frozenset({"greeter"}))
    alice = Actor(kind="staff", tenant=nova, name="Alice", role="owner")
    async with db.as_tenant(7):
        with pytest.raises(Invalid) as refusal:
            await plugin_settings.enable("greeter", by=alice)
        await plugin_settings.save("greeter", {"word": "Salut", "token": "card-42", "unwanted": "Spam"}, by=alice)
        await plugin_settings.enable("greeter", by=alice)
        errors = await hooks.validate("validate_client", by=alice, client={"name": "Spam & Co"})
        [panel] = await hooks.provide("provide_client_panels", by=alice, client=CLIENT)
        [item] = await hooks.provide("provide_menu_items", by=alice)
    assert refusal.value.errors == {"token": "Please fill this in."}
    assert errors == {"name": "We do not greet Spam."}
    assert (panel.text, panel.rows[0].value) == ("Salut, Dupont!", "ready")
    assert item.title == "Greetings of Nova"


async def test_another_provider_does_not_see_it(greeter: ModuleType, database: Settings) -> None:
    assert not hooks.load(database)
    acme = Tenant(id=8, code="acme", name="Acme", edition="corporate")
    bob = Actor(kind="staff", tenant=acme, name="Bob", role="owner")
    async with db.as_tenant(8):
        assert await hooks.validate("validate_client", by=bob, client={"name": "Spam & Co"}) == {}
        assert await hooks.provide("provide_client_panels", by=bob, client=CLIENT) == []
        assert await hooks.provide("provide_menu_items", by=bob) == []
    assert hooks.health(8) == []


def test_our_own_plugins_use_the_same_door() -> None:
    ours = [point for point in entry_points(group=GROUP) if point.value.startswith("plugins.")]
    assert {point.name for point in ours} >= {"edition-standard", "welcome-mail"}
    assert isinstance(ours[0].dist, Distribution)
    folder = Path(__file__).parents[2] / "plugins"
    for file in [*folder.glob("editions/*.py"), *folder.glob("notifications/*.py")]:
        assert "from core" not in file.read_text(), file
