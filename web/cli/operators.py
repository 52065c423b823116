"""`comptoir operator`: who runs the platform. The first one cannot be invited by anybody."""

import sys

import rich_click as click

from tenants import first_people
from tenants.first_people import FirstPerson
from web.cli import ground, say

COLUMNS = {"name": "Name", "email": "E-mail", "role": "Role", "state": "State", "created_at": "Since"}


@click.group()
def operator() -> None:
    """Let operators of the platform in."""


@operator.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_(as_json: bool) -> None:
    """List the operators."""
    rows = ground.on_platform(lambda by: first_people.operators(by=by))
    if as_json:
        say.as_json([{field: row[field] for field in COLUMNS} for row in rows])
    else:
        say.table(COLUMNS, rows, empty="There is no operator yet. Add one: comptoir operator add --help")


@operator.command()
@click.argument("email")
@click.option("--name", required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input; else a link is sent.")
def add(email: str, name: str, password_stdin: bool) -> None:
    """Let an operator in."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else ""
    person = FirstPerson(name=name, email=email, password=password)
    link = ground.on_platform(lambda by: first_people.add_operator(person, by=by, by_mail=ground.has_mail()))
    say.done(f"{name} can sign in." if password else f"{name} is let in, and still has to choose a password.")
    say.link_to_hand_over(link, to=email)
