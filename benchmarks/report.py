"""The figures as tables, for people; programs take `--json`."""

from typing import Any

from rich.console import Console
from rich.table import Table

SLOWEST = 25
"""So many of the lists are shown, the slowest first."""


def show(report: dict[str, Any], console: Console) -> None:
    """Print what was measured, and whether the targets are reached."""
    console.print(_pages(report))
    console.print(_database(report))
    for target, is_reached in report["targets"].items():
        console.print(f"{'[green]reached[/]' if is_reached else '[red]missed[/]'}  {target}")
    console.print(
        f"ratio {report['ratio']}, growth {report['growth']}, slowest single filter"
        f" {report['slowest_single_filter_ms']} ms ({report['slowest_single_filter']}), worst of all"
        f" {report['worst_filter_ms']} ms ({report['worst_filter']}), queries {report['queries_per_page']}"
    )


def show_searches(report: dict[str, Any], console: Console) -> None:
    """Print how long each text took, and whether the target is reached."""
    table = Table("Typed", "ms", "requests/s", "p50 ms", "p99 ms", title="Search over everything")
    for name, ms in report["search_ms"].items():
        figures = report["pages"][name]
        table.add_row(name, f"{ms:.2f}", str(figures.requests_per_s), str(figures.p50_ms), str(figures.p99_ms))
    console.print(table)
    for target, is_reached in report["targets"].items():
        console.print(f"{'[green]reached[/]' if is_reached else '[red]missed[/]'}  {target}")


def show_rules(report: dict[str, Any], console: Console) -> None:
    """Print what each rule costs, and whether the targets are reached."""
    table = Table("Rule", "fit", "preview s", "first run s", "again s", "one client ms", title="Groups by rule")
    for name, cost in report["rules"].items():
        figures = (cost[key] for key in ("preview_s", "first_run_s", "again_s", "one_client_ms"))
        table.add_row(name, f"{cost['fits']:,}", *(f"{figure:.2f}" for figure in figures))
    console.print(table)
    for target, is_reached in report["targets"].items():
        console.print(f"{'[green]reached[/]' if is_reached else '[red]missed[/]'}  {target}")


def show_checks(report: dict[str, Any], console: Console) -> None:
    """Print what a check costs, and whether the target is reached."""
    table = Table("Check", "µs", title="Who may what")
    for edition, cost in report["remembered_us"].items():
        table.add_row(f"remembered, {edition}", f"{cost:.2f}")
    table.add_row("answered by casbin", f"{report['asked_us']:.1f}")
    console.print(table)
    for target, is_reached in report["targets"].items():
        console.print(f"{'[green]reached[/]' if is_reached else '[red]missed[/]'}  {target}")


def _pages(report: dict[str, Any]) -> Table:
    table = Table("Page", "requests/s", "p50 ms", "p99 ms", title="Over HTTP")
    named = {
        name: report[name] for name in ("template_from_memory", "first_page", "first_page_of_the_small_database")
    }
    for name, figures in (named | report["pages"]).items():
        table.add_row(name, str(figures.requests_per_s), str(figures.p50_ms), str(figures.p99_ms))
    return table


def _database(report: dict[str, Any]) -> Table:
    table = Table("List", "ms", "planning", "statements", "plan of the slowest", title="In the database")
    slowest = sorted(report["database"].items(), key=lambda item: -item[1].ms)[:SLOWEST]
    for name, cost in slowest:
        table.add_row(name, f"{cost.ms:.2f}", f"{cost.planning_ms:.2f}", str(cost.statements), cost.plan)
    return table
