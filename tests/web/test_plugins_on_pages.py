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


def panel_and_tab(ctx, client):
    return [*panel(ctx, client), Panel(title="Zones", text=f"dns of {client['login']} <i>", tab="Domains & DNS")]


def veto(ctx, client):
    raise Veto("The queen stays.")


async def hang():
    await asyncio.sleep(60)


@pytest.fixture
async def greeter(database):
    """A plugin that is on at nova and off elsewhere."""
    plugin = rogues.plugin(
        "greeter", provide_menu_items=greet, provide_client_panels=panel_and_tab, before_client_deleted=veto
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


async def test_a_plugin_has_a_tab_of_its_own(visitor, greeter):
    alice = await visitor.sign_in(cast.email("alice"))
    profile, tab = "/staff/clients/1001", "/staff/clients/1001/more/greeter"
    page = await alice.get(profile)
    assert f'<a class="drop-item" href="{tab}">Domains &amp; DNS</a>' in page.text
    assert "Zones" not in page.text
    page = await alice.get(tab)
    assert f'<a href="{tab}" aria-current="page">Domains &amp; DNS</a>' in page.text
    assert "Zones" in page.text
    assert " &lt;i&gt;" in page.text
    assert "Hello, Jean" not in page.text
    assert (await alice.get("/staff/clients/1001/groups")).text.count("Domains &amp; DNS") == 1


async def test_the_tab_of_a_plugin_that_is_off_is_not_found(visitor, greeter):
    alice = await visitor.sign_in(cast.email("alice"))
    assert (await alice.get("/staff/clients/1001/more/hanging")).status_code == 404
    assert (await alice.get("/staff/clients/1001/more/nobody")).status_code == 404
    page = await alice.get("/staff/clients/1001/more/welcome-mail")
    assert page.status_code == 200
    assert "nothing to show about this client" in page.text
    bob = await visitor.another("acme").sign_in(cast.email("bob"))
    assert "Domains" not in (await bob.get("/staff/clients/1001")).text
    assert (await bob.get("/staff/clients/1001/more/greeter")).status_code == 404


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
