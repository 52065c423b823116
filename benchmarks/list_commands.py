"""The commands for work on many clients, and for money: `import`, `export`, `dunning`, `money-pages`, ..."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import rich_click as click
from rich.console import Console
from rich.pretty import pprint

from benchmarks import (
    billing_faults,
    bulk,
    dunning,
    exports,
    ground,
    imports,
    message_faults,
    messages,
    money_pages,
    segments,
    talk_pages,
    webhooks,
)
from benchmarks.client_list import Options
from benchmarks.command import benchmarks as benchmarks
from benchmarks.scale import Scale

Measure = Callable[..., dict[str, Any]]


def command(name: str, about: str, measure: Measure, *more: click.Option, clients: int = 300_000) -> None:
    """Add a command that measures and reports; `more` options go to `measure` under their names."""

    def run(is_json: bool, clients: int, fresh: bool, home: Path, **given: Any) -> None:
        options = Options(
            scale=Scale(clients=clients, tenants=1, biggest=clients),
            seconds=0,
            rounds=1,
            connections=1,
            workers=1,
            is_fresh=fresh,
        )
        with ground.running(home) as standing:
            found = measure(options, standing, Console(stderr=True, quiet=is_json), **given)
        if is_json:
            print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        else:
            pprint(found, expand_all=True)

    asked: list[click.Parameter] = [
        click.Option(["--json", "is_json"], is_flag=True, help="Print one JSON object and nothing else."),
        click.Option(["--clients"], default=clients, show_default=True, help="Clients of the one provider."),
        click.Option(["--fresh"], is_flag=True, help="Fill the database anew."),
        click.Option(
            ["--home"],
            type=click.Path(path_type=Path),
            default=ground.HOME,
            help="Where the database is kept.",
        ),
        *more,
    ]
    benchmarks.add_command(click.Command(name, params=asked, callback=run, help=about))


ROWS = click.Option(["--rows"], default=100_000, show_default=True, help="Rows of the file.")

command("import", "Importing a file of clients, as CSV and as XLSX.", imports.measure, ROWS)
command("export", "Exporting clients, as CSV and as XLSX.", exports.measure)
command("bulk", "One change of all clients.", bulk.measure)
command("messages", "A message to all clients.", messages.measure)
command(
    "message-faults",
    "A message whose worker is killed at 40 %, and that another one goes on with.",
    message_faults.measure,
    clients=11_000,
)
command("segment", "Saved filters as a list and as a count.", segments.measure)
command(
    "billing-faults",
    "A billing run that is cut off again and again, compared with an undisturbed one.",
    billing_faults.measure,
    click.Option(["--kills"], default=20, show_default=True, help="How many times."),
    clients=5_000,
)
command("dunning", "The dunning run over accounts that all owe.", dunning.measure, clients=10_000)
command(
    "money-pages",
    "What each page about money asks of the database.",
    money_pages.measure,
    click.Option(["--tenants"], default=201, show_default=True, help="Providers; others have a few clients."),
    clients=40_000,
)
command(
    "talk-pages",
    "What each page about conversations asks of the database.",
    talk_pages.measure,
    click.Option(["--tenants"], default=41, show_default=True, help="Providers; others have a few clients."),
    click.Option(["--tickets"], default=200_000, show_default=True, help="Tickets of the biggest provider."),
    clients=20_000,
)
command(
    "webhooks",
    "What webhooks cost a verb, and a billing run.",
    webhooks.measure,
    click.Option(["--turns"], default=60, show_default=True, help="How often the verb is measured."),
    clients=10_000,
)
