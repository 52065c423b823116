"""`comptoir provider`: what the operator's pages do, by command line, through the same verbs."""

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import rich_click as click
from asyncpg import Record

from core.actor import Actor
from tenants import features, hosts, onboarding, provider_list, provider_plugins, providers, resellers
from tenants.onboarding import NewProvider, Opened
from web.cli import ground, say

COLUMNS = {
    "code": "Code",
    "name": "Name",
    "state": "State",
    "edition": "Edition",
    "reseller": "Reseller",
    "host": "Host",
    "clients": "Clients",
    "staff": "Staff",
    "created_at": "Opened",
}

Change = Callable[[Record, Actor], Awaitable[object]]
code_of_provider = click.argument("code")
as_json_option = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.group()
def provider() -> None:
    """Open providers, and change their state, edition, features and plugins."""


@provider.command(name="list")
@as_json_option
def list_(as_json: bool) -> None:
    """List the providers."""
    rows = ground.on_platform(lambda by: provider_list.all_of_them(by=by))
    if as_json:
        say.as_json([{field: row[field] for field in COLUMNS} for row in rows])
    else:
        say.table(COLUMNS, rows, empty="There is no provider yet. Open one: comptoir provider open --help")


@provider.command()
@code_of_provider
@as_json_option
def show(code: str, as_json: bool) -> None:
    """Show one provider with its hosts, features and plugins."""
    found = ground.on_platform(lambda by: _whole(code, by))
    if as_json:
        say.as_json(found)
        return
    say.pairs([(heading, say.text(found[field])) for field, heading in COLUMNS.items()])
    say.pairs([("Hosts", say.text(found["hosts"])), ("Plugins", say.text(found["plugins"]))])
    shown = {"name": "Feature", "is_on": "On", "edition": "Edition", "exception": "Exception"}
    say.table(shown, found["features"], empty="")


@provider.command(name="open")
@code_of_provider
@click.option("--name", required=True, help="As people read it.")
@click.option("--owner-name", required=True, help="The first person of its staff.")
@click.option("--owner-email", required=True, help="What he signs in with.")
@click.option(
    "--owner-password-stdin", is_flag=True, help="Read his password from standard input; else he gets a link."
)
@click.option("--edition", default="standard", show_default=True)
@click.option("--country", default="FR", show_default=True, help="ISO 3166, two letters.")
@click.option("--locale", default="en", show_default=True, help="The language: en or fr.")
@click.option("--timezone", default="UTC", show_default=True, help="Such as Europe/Paris.")
@click.option("--color", default="blue", show_default=True)
@click.option("--currency", default="EUR", show_default=True, help="Of its first project.")
@click.option("--host", default="", help="A name of its own, besides the one below the platform's.")
@click.option("--sandbox", "is_sandbox", is_flag=True, help="To try things in: its staff can move the time.")
@click.option("--reseller", help="The name of the reseller it belongs to.")
def open_(code: str, reseller: str | None, owner_password_stdin: bool, is_sandbox: bool, **given: str) -> None:
    """Open a provider; it works at once."""
    password = sys.stdin.readline().rstrip("\n") if owner_password_stdin else ""

    async def call(by: Actor) -> Opened:
        reseller_id = (await resellers.get_by_name(reseller, by=by))["id"] if reseller else None
        new = NewProvider(
            code=code, owner_password=password, reseller_id=reseller_id, is_sandbox=is_sandbox, **given
        )
        return await onboarding.open_provider(new, by=by, by_mail=ground.has_mail())

    opened = ground.on_platform(call)
    say.done(f"{opened.provider.name} is open at {opened.address}")
    say.link_to_hand_over(opened.link, to=given["owner_email"])


@provider.command()
@code_of_provider
@click.option("--reason", required=True, help="Kept in the activity.")
def suspend(code: str, reason: str) -> None:
    """Close its doors: nobody is let in, and its jobs wait."""
    _change(code, lambda row, by: providers.suspend(row["id"], reason=reason, by=by), "Suspended.")


@provider.command()
@code_of_provider
def resume(code: str) -> None:
    """Open its doors again."""
    _change(code, lambda row, by: providers.resume(row["id"], by=by), "It goes on.")


@provider.command()
@code_of_provider
@click.argument("edition")
def edition(code: str, edition: str) -> None:
    """Give it another edition."""
    _change(code, lambda row, by: providers.change_edition(row["id"], edition, by=by), f"It has {edition} now.")


@provider.command()
@code_of_provider
@click.argument("feature")
def grant(code: str, feature: str) -> None:
    """Give it a single feature on top of its edition."""
    _change(code, lambda row, by: features.grant(row["id"], feature, by=by), f"It has {feature} now.")


@provider.command()
@code_of_provider
@click.argument("feature")
def refuse(code: str, feature: str) -> None:
    """Take a single feature from it, whatever its edition."""
    _change(code, lambda row, by: features.refuse(row["id"], feature, by=by), f"It is without {feature} now.")


@provider.command()
@code_of_provider
@click.argument("feature")
def reset(code: str, feature: str) -> None:
    """Let it have a feature, or not, as its edition says."""
    _change(code, lambda row, by: features.reset(row["id"], feature, by=by), "As its edition says.")


@provider.command(name="plugin-on")
@code_of_provider
@click.argument("plugin")
def plugin_on(code: str, plugin: str) -> None:
    """Switch a plugin on for it."""
    _change(code, lambda row, by: provider_plugins.enable(row["id"], plugin, by=by), f"{plugin} is on.")


@provider.command(name="plugin-off")
@code_of_provider
@click.argument("plugin")
def plugin_off(code: str, plugin: str) -> None:
    """Switch a plugin off for it."""
    _change(code, lambda row, by: provider_plugins.disable(row["id"], plugin, by=by), f"{plugin} is off.")


@provider.command(name="host-add")
@code_of_provider
@click.argument("host")
@click.option("--primary", is_flag=True, help="Let links lead to it.")
def host_add(code: str, host: str, primary: bool) -> None:
    """Let it be reached under one more name."""
    _change(code, lambda row, by: hosts.add(row["id"], host, is_primary=primary, by=by), f"It answers on {host}.")


@provider.command(name="host-remove")
@code_of_provider
@click.argument("host")
def host_remove(code: str, host: str) -> None:
    """Take a name away from it."""
    _change(code, lambda row, by: hosts.remove(row["id"], host, by=by), f"It does not answer on {host} any more.")


def _change(code: str, change: Change, sentence: str) -> None:
    async def call(by: Actor) -> None:
        await change(await providers.get_by_code(code, by=by), by)

    ground.on_platform(call)
    say.done(sentence)


async def _whole(code: str, by: Actor) -> dict[str, Any]:
    row = await providers.get_by_code(code, by=by)
    found = {field: row[field] for field in COLUMNS} | {"state_reason": row["state_reason"]}
    found["hosts"] = [host["name"] for host in await hosts.every(row["id"])]
    found["features"] = msgspec.to_builtins(await features.every(row, by=by))
    found["plugins"] = [one.name for one in await provider_plugins.every(row, by=by) if one.enabled]
    return found
