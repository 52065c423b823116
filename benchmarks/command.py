"""`python -m benchmarks`: one command for each thing that is measured."""

from pathlib import Path

import msgspec
import rich_click as click
from rich.console import Console
from rich.pretty import pprint

from benchmarks import billing_run, client_list, ground, group_rules, invoices, palette, policies, report
from benchmarks.client_list import Options
from benchmarks.load import CONNECTIONS
from benchmarks.scale import Scale


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def benchmarks() -> None:
    """Measure what Comptoir promises. See docs/benchmarks.md."""


@benchmarks.command("client-list")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--clients", default=1_000_000, show_default=True, help="Clients of all providers together.")
@click.option("--tenants", default=1_000, show_default=True, help="Providers.")
@click.option("--biggest", type=int, help="Clients of the biggest provider; three in ten when left out.")
@click.option("--seconds", default=2.0, show_default=True, help="How long each load lasts.")
@click.option("--rounds", default=5, show_default=True, help="Rounds of what is compared.")
@click.option("--workers", default=1, show_default=True, help="Processes of the server.")
@click.option("--connections", default=CONNECTIONS, show_default=True, help="Requests under way at one time.")
@click.option("--fresh", is_flag=True, help="Fill the databases anew.")
@click.option("--home", type=click.Path(path_type=Path), default=ground.HOME, help="Where the databases are kept.")
def list_of_clients(
    is_json: bool,
    clients: int,
    tenants: int,
    biggest: int | None,
    seconds: float,
    rounds: int,
    workers: int,
    connections: int,
    fresh: bool,
    home: Path,
) -> None:
    """The list of clients: its pages, its filters, and its share of what the template alone would allow."""
    options = Options(
        scale=Scale(clients=clients, tenants=tenants, biggest=biggest or clients * 3 // 10),
        seconds=seconds,
        rounds=rounds,
        connections=connections,
        workers=workers,
        is_fresh=fresh,
    )
    with ground.running(home) as standing:
        found = client_list.measure(options, standing, Console(stderr=True, quiet=is_json))
    if is_json:
        print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        report.show(found, Console())


@benchmarks.command("palette")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--clients", default=1_000_000, show_default=True, help="Clients of all providers together.")
@click.option("--tenants", default=1_000, show_default=True, help="Providers.")
@click.option("--biggest", type=int, help="Clients of the biggest provider; three in ten when left out.")
@click.option("--seconds", default=1.0, show_default=True, help="How long each load lasts.")
@click.option("--connections", default=4, show_default=True, help="Requests under way at one time.")
@click.option("--fresh", is_flag=True, help="Fill the database anew.")
@click.option("--home", type=click.Path(path_type=Path), default=ground.HOME, help="Where the databases are kept.")
def search_over_everything(
    is_json: bool,
    clients: int,
    tenants: int,
    biggest: int | None,
    seconds: float,
    connections: int,
    fresh: bool,
    home: Path,
) -> None:
    """The palette: what is typed there, among the clients of the biggest provider."""
    options = Options(
        scale=Scale(clients=clients, tenants=tenants, biggest=biggest or clients * 3 // 10),
        seconds=seconds,
        rounds=1,
        connections=connections,
        workers=1,
        is_fresh=fresh,
    )
    with ground.running(home) as standing:
        found = palette.measure(options, standing, Console(stderr=True, quiet=is_json))
    if is_json:
        print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        report.show_searches(found, Console())


@benchmarks.command("group-rules")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--clients", default=330_000, show_default=True, help="Clients of all providers together.")
@click.option("--tenants", default=20, show_default=True, help="Providers.")
@click.option("--biggest", type=int, help="Clients of the biggest provider; ten in eleven when left out.")
@click.option("--fresh", is_flag=True, help="Fill the database anew.")
@click.option("--home", type=click.Path(path_type=Path), default=ground.HOME, help="Where the databases are kept.")
def rules_of_groups(
    is_json: bool, clients: int, tenants: int, biggest: int | None, fresh: bool, home: Path
) -> None:
    """Groups by rule: a rule over all clients of the biggest provider, and over one that changed."""
    scale = Scale(clients=clients, tenants=tenants, biggest=biggest or clients * 10 // 11)
    with ground.running(home) as standing:
        found = group_rules.measure(scale, standing, Console(stderr=True, quiet=is_json), is_fresh=fresh)
    if is_json:
        print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        report.show_rules(found, Console())


@benchmarks.command("policies")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object and nothing else.")
def questions_of_rights(is_json: bool) -> None:
    """Who may what: a check that was asked before, and one that casbin answers. Needs no database."""
    found = policies.measure()
    if is_json:
        print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        report.show_checks(found, Console())


@benchmarks.command("invoices")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--count", default=400, show_default=True, help="How many are printed.")
def documents(is_json: bool, count: int) -> None:
    """Invoices as PDF with their XML inside, a second. Needs no database."""
    found = invoices.measure(count)
    if is_json:
        print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        Console().print(found)


@benchmarks.command("billing-run")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--clients", default=400_000, show_default=True, help="Clients of all providers together.")
@click.option("--tenants", default=1_000, show_default=True, help="Providers.")
@click.option("--fresh", is_flag=True, help="Fill the database anew.")
@click.option("--home", type=click.Path(path_type=Path), default=ground.HOME, help="Where the database is kept.")
def run_of_billing(is_json: bool, clients: int, tenants: int, fresh: bool, home: Path) -> None:
    """The billing run: services per second, and its share of the bare statement on the same tables."""
    scale = Scale(clients=clients, tenants=tenants, biggest=max(1, clients // 20))
    options = Options(scale=scale, seconds=0, rounds=1, connections=1, workers=1, is_fresh=fresh)
    with ground.running(home) as standing:
        found = billing_run.measure(options, standing, Console(stderr=True, quiet=is_json))
    if is_json:
        print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        pprint(found, expand_all=True)
