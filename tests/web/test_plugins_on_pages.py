"""What plugins bring to pages: where they are on, and never at the price of the page."""

import asyncio
import time

import pytest

from core import actor, db, hooks, plugin_settings
from plugins.api import MenuItem, Panel, Veto
from tests import cast
from tests.plugins import rogues
from tests.web.test_clients import NEW

pytestmark = pytest.mark.anyio


def greet(ctx):
    return [MenuItem(title=f"Greetings of {ctx.provider.name}", path="/staff/plugins", icon="mood-smile")]


def panel(ctx, client):
    return [Panel(title="Greeting", text=f"Hello, {client['name']} <b>!</b>")]


def veto(ctx, client):
    raise Veto("The queen stays.")


async def hang():
    await asyncio.sleep(60)


@pytest.fixture
async def greeter(database):
    """A plugin that is on at nova and off elsewhere."""
    plugin = rogues.plugin(
        "greeter", provide_menu_items=greet, provide_client_panels=panel, before_client_deleted=veto
    )
    hanging = rogues.everywhere("hanging", hang)
    assert hooks.load(database, extra={"greeter": plugin, "hanging": hanging}) == []
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        await plugin_settings.enable("greeter", by=actor.system(nova))
    yield nova
    hooks.load(database)


async def test_a_plugin_adds_to_the_menu_and_the_clients_page_where_it_is_on(visitor, greeter):
    alice = await visitor.sign_in(cast.email("alice"))
    page = await alice.get("/staff/clients/1001")
    assert "Greetings of Nova" in page.text
    assert "Hello, Jean Dupont &lt;b&gt;!&lt;/b&gt;" in page.text
    bob = await visitor.another("acme").sign_in(cast.email("bob"))
    assert "Greetings" not in (await bob.get("/staff/clients/1001")).text


async def test_a_veto_keeps_the_client_and_says_why(visitor, greeter):
    alice = await visitor.sign_in(cast.email("alice"))
    page = await alice.post("/staff/clients/delete", {"code": ["1001"]})
    assert page.status_code == 200
    assert "The queen stays." in page.text
    assert (await alice.get("/staff/clients/1001")).status_code == 200


async def test_a_plugin_that_hangs_does_not_take_the_page(visitor, greeter):
    async with db.as_tenant(greeter.id):
        await plugin_settings.enable("hanging", by=actor.system(greeter))
    alice = await visitor.sign_in(cast.email("alice"))
    started = time.monotonic()
    page = await alice.follow(await alice.post("/staff/clients", NEW))
    assert page.status_code == 200
    assert "Greetings of Nova" in page.text
    assert time.monotonic() - started < 30
    started = time.monotonic()
    assert (await alice.get("/staff/clients/1001")).status_code == 200
    assert time.monotonic() - started < 5
