"""Greets each client on its page, and takes nobody whose name the provider does not want to greet."""

from typing import Annotated

from msgspec import Struct

from plugins.api import ClientCondition, MenuItem, Panel, PanelRow, Plugin, hookimpl, setting


class Greeting(Struct, frozen=True, kw_only=True):
    word: Annotated[str, setting("Greeting", max_length=20)] = "Hello"
    unwanted: Annotated[str, setting("Unwanted name")] = ""
    token: Annotated[str, setting("Token of the greeting card service", secret=True)]


@hookimpl
def provide_plugin():
    return Plugin(name="greeter", title="Greeter", description="Greets clients.")


@hookimpl
def provide_settings():
    return Greeting


@hookimpl
def validate_client(ctx, client):
    if ctx.settings.unwanted and ctx.settings.unwanted in client["name"]:
        return {"name": f"We do not greet {ctx.settings.unwanted}."}
    return {}


@hookimpl
async def provide_client_panels(ctx, client):
    rows = [PanelRow(label="Cards", value="ready" if ctx.settings.token else "no token")]
    return [Panel(title="Greeting", text=f"{ctx.settings.word}, {client['name']}!", rows=rows)]


@hookimpl
def provide_client_conditions(ctx):
    return [ClientCondition(key="length", label="Length of the greeting", kind="number")]


@hookimpl
def provide_clients_that_fit(ctx, condition, operator, values, clients):
    wanted = int(values[0])
    lengths = {client["id"]: len(f"{ctx.settings.word}, {client['name']}!") for client in clients}
    fits = {"is": int.__eq__, "at_least": int.__ge__, "at_most": int.__le__}[operator]
    return {client_id for client_id, length in lengths.items() if fits(length, wanted)}


@hookimpl
def provide_menu_items(ctx):
    return [MenuItem(title=f"Greetings of {ctx.provider.name}", path="/staff/plugins/greeter", icon="mood-smile")]
