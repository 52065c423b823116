"""`comptoir reseller`: those who open providers under their own name."""

import sys
from collections.abc import Awaitable, Callable

import rich_click as click
from asyncpg import Record

from core.actor import Actor
from tenants import resellers
from tenants.resellers import NewReseller, Terms
from web.cli import ground, say

COLUMNS = {
    "name": "Name",
    "state": "State",
    "editions": "Editions",
    "features": "Features",
    "most_providers": "At most",
    "providers": "Providers",
    "people": "People",
    "created_at": "Since",
}
editions_option = click.option("--edition", "editions", multiple=True, help="One he may give; may be repeated.")
features_option = click.option(
    "--feature", "features", multiple=True, help="One he may give on top; may be repeated."
)


@click.group()
def reseller() -> None:
    """Take on resellers, and change what they may give to their providers."""


@reseller.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_(as_json: bool) -> None:
    """List the resellers."""
    rows = ground.on_platform(lambda by: resellers.every(by=by))
    if as_json:
        say.as_json([{field: row[field] for field in COLUMNS} for row in rows])
    else:
        say.table(COLUMNS, rows, empty="There is no reseller yet.")


@reseller.command(name="open")
@click.argument("name")
@click.option("--person-name", required=True, help="The first person who signs in for him.")
@click.option("--person-email", required=True, help="What that person signs in with.")
@click.option(
    "--person-password-stdin", is_flag=True, help="Read the password from standard input; else a link is sent."
)
@editions_option
@features_option
@click.option("--most-providers", type=click.IntRange(0, 1_000_000), help="Any number when left out.")
def open_(
    name: str,
    person_name: str,
    person_email: str,
    person_password_stdin: bool,
    editions: tuple[str, ...],
    features: tuple[str, ...],
    most_providers: int | None,
) -> None:
    """Take on a reseller; his first person can sign in at once."""
    new = NewReseller(
        name=name,
        editions=editions,
        features=features,
        most_providers=most_providers,
        person_name=person_name,
        person_email=person_email,
        person_password=sys.stdin.readline().rstrip("\n") if person_password_stdin else "",
    )
    created = ground.on_platform(lambda by: resellers.create(new, by=by, by_mail=ground.has_mail()))
    say.done(f"{name} may open providers now.")
    say.link_to_hand_over(created.link, to=person_email)


@reseller.command()
@click.argument("name")
@editions_option
@features_option
@click.option("--most-providers", type=click.IntRange(0, 1_000_000))
def terms(name: str, editions: tuple[str, ...], features: tuple[str, ...], most_providers: int | None) -> None:
    """Change what he may give from now on; his providers keep what they have. What is left out stays."""

    async def change(row: Record, by: Actor) -> None:
        wanted = Terms(
            name=row["name"],
            editions=editions or tuple(row["editions"]),
            features=features or tuple(row["features"]),
            most_providers=row["most_providers"] if most_providers is None else most_providers,
        )
        await resellers.change_terms(row["id"], wanted, by=by)

    _change(name, change, "Changed.")


@reseller.command()
@click.argument("name")
@click.option("--reason", required=True, help="Kept in the activity.")
def suspend(name: str, reason: str) -> None:
    """Shut his people out; his providers go on."""
    _change(name, lambda row, by: resellers.suspend(row["id"], reason=reason, by=by), "Suspended.")


@reseller.command()
@click.argument("name")
def resume(name: str) -> None:
    """Let his people in again."""
    _change(name, lambda row, by: resellers.resume(row["id"], by=by), "His people are in again.")


def _change(name: str, change: Callable[[Record, Actor], Awaitable[object]], sentence: str) -> None:
    async def call(by: Actor) -> None:
        await change(await resellers.get_by_name(name, by=by), by)

    ground.on_platform(call)
    say.done(sentence)
