"""Plugins that do everything wrong: they raise, hang, lie, and try to stop the process, in every hook."""

import asyncio
import threading
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from plugins.api import Context, MenuItem, Panel, Plugin, Veto, hookimpl

CALLED = (
    "validate_client",
    "before_client_created",
    "before_client_deleted",
    "provide_client_panels",
    "provide_menu_items",
)
AFTER = ("after_client_created", "after_client_updated", "after_client_deleted")
RELEASE = threading.Event()


def plugin(name: str, **hooks: Any) -> SimpleNamespace:
    """A plugin of these hooks; functions take what the hook's arguments are called."""

    def provide_plugin() -> Plugin:
        return Plugin(name=name, title=name.title())

    return SimpleNamespace(
        provide_plugin=hookimpl(provide_plugin), **{hook: hookimpl(f) for hook, f in hooks.items()}
    )


def everywhere(name: str, function: Any) -> SimpleNamespace:
    """The same misdeed in every hook. `function` takes no argument."""
    return plugin(name, **{hook: _own(function) for hook in (*CALLED, *AFTER)})


def _own(function: Any) -> Any:
    if asyncio.iscoroutinefunction(function):

        async def awaited() -> Any:
            return await function()

        return awaited

    def plain() -> Any:
        return function()

    return plain


def raises() -> None:
    raise RuntimeError("no idea")


async def raises_awaited() -> None:
    raise RuntimeError("no idea")


def stops_the_process() -> None:
    raise SystemExit(3)


async def stops_the_process_awaited() -> None:
    raise SystemExit(3)


async def cancels_itself() -> None:
    raise asyncio.CancelledError


class Unspeakable(Exception):
    """An exception that cannot even be printed."""

    def __str__(self) -> str:
        raise RuntimeError("hush")


async def raises_the_unspeakable() -> None:
    raise Unspeakable


async def hangs() -> None:
    await asyncio.sleep(3600)


async def hangs_and_will_not_stop() -> None:
    while not RELEASE.is_set():
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            await asyncio.sleep(0.5)


def blocks() -> None:
    RELEASE.wait(30)


def lies_a_number() -> int:
    return 42


def lies_wrong_things() -> list[Any]:
    return [Panel(title=7), MenuItem(title="x", path="javascript:alert(1)"), {"name": 3}]  # type: ignore[arg-type]


def lies_endlessly() -> list[Any]:
    endless: list[Any] = []
    endless.append(endless)
    return endless


def lies_too_much() -> dict[str, str]:
    return {str(number): "x" for number in range(10_000)}


def lies_a_coroutine() -> Any:
    return asyncio.sleep(0)


def vetoes_out_of_place() -> None:
    raise Veto("not here")


ROGUES = {
    function.__name__.replace("_", "-"): function
    for function in (
        raises,
        raises_awaited,
        stops_the_process,
        stops_the_process_awaited,
        cancels_itself,
        raises_the_unspeakable,
        hangs,
        hangs_and_will_not_stop,
        blocks,
        lies_a_number,
        lies_wrong_things,
        lies_endlessly,
        lies_too_much,
        lies_a_coroutine,
    )
}


def good(name: str = "zealous") -> SimpleNamespace:
    """A plugin that does what it should, called after the rogues."""

    def validate_client(client: Mapping[str, Any]) -> dict[str, str]:
        return {"name": "too loud"} if client["name"].isupper() else {}

    async def before_client_created(client: Mapping[str, Any]) -> dict[str, Any]:
        return {"note": client["note"] + "seen"}

    def before_client_deleted(client: Mapping[str, Any]) -> None:
        if client["name"] == "Keep":
            raise Veto("This one stays.")

    def provide_client_panels(ctx: Context, client: Mapping[str, Any]) -> list[Panel]:
        return [Panel(title=ctx.provider.name, text=client["name"])]

    async def provide_menu_items(ctx: Context) -> list[MenuItem]:
        return [MenuItem(title=ctx.actor.name, path="/staff/zealous")]

    return plugin(
        name,
        validate_client=validate_client,
        before_client_created=before_client_created,
        before_client_deleted=before_client_deleted,
        provide_client_panels=provide_client_panels,
        provide_menu_items=provide_menu_items,
    )
