"""`comptoir doctor`: whether this installation is well."""

import asyncio
import sys

import rich_click as click

from core import hooks
from tenants import checkup
from tenants.checkup import Finding
from web.cli import ground, say

MARKS = {"ok": "[green]✓[/green]", "warning": "[yellow]![/yellow]", "wrong": "[red]✗[/red]"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(as_json: bool) -> None:
    """Look at the database, roles, walls, queue, plugins and mail. Exit status 1 when something is wrong."""
    findings = _examine()
    if as_json:
        say.as_json({"well": checkup.is_well(findings), "findings": findings})
    else:
        say.marked([(MARKS[one.state], one.subject, one.message) for one in findings])
    sys.exit(0 if checkup.is_well(findings) else 1)


def _examine() -> list[Finding]:
    try:
        with ground.ready() as settings:
            hooks.load(settings)
            return asyncio.run(checkup.examine(settings))
    except (*say.SAID_AS_IT_IS, *say.DATABASE_TROUBLE) as error:
        return [Finding(subject="database", state="wrong", message=" ".join(str(error).split()))]
