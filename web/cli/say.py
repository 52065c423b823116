"""What the commands say: tables and JSON on standard output, trouble as one line on standard error."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import asyncpg
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from core.embedded import AlreadyRunning, CannotStart, NotRunning
from core.errors import Invalid, Refusal
from core.provision import CannotProvision
from core.settings import BadSettings
from tenants.isolation import WallHasGaps

WIDE = 160
"""Columns of a table that goes into a file or another program, where nothing has to fit a screen."""

console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

DATABASE_TROUBLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
SAID_AS_IT_IS = (BadSettings, CannotProvision, WallHasGaps, AlreadyRunning, CannotStart, NotRunning)


class Trouble(Exception):
    """A command cannot do what it was asked for; the message says why, in one line."""


def complain(error: Exception) -> int | None:
    """Say what went wrong; returns the exit status, None when it deserves its traceback."""
    if isinstance(error, Invalid):
        for field, message in error.errors.items():
            _say(f"{_option(field)}: {message}" if field else message)
        return 2
    if isinstance(error, BadSettings):
        _say(str(error))
        return 2
    if isinstance(error, Refusal):
        _say(error.message)
        return 1
    if isinstance(error, (Trouble, *SAID_AS_IT_IS)):
        _say(str(error))
        return 1
    if isinstance(error, DATABASE_TROUBLE):
        _say(f"The database does not answer: {str(error) or type(error).__name__}")
        return 1
    return None


def as_json(data: Any) -> None:
    """Data for programs."""
    raw = msgspec.json.encode(data, enc_hook=_plain)
    sys.stdout.write(msgspec.json.format(raw, indent=2).decode() + "\n")


def table(columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]], *, empty: str) -> None:
    """Rows for people; `columns` maps a field to its heading. A sentence when there are none."""
    listed = list(rows)
    if not listed:
        console.print(empty)
        return
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for heading in columns.values():
        drawn.add_column(heading, overflow="fold")
    for row in listed:
        drawn.add_row(*(escape(text(row[field])) for field in columns))
    console.print(drawn)


def text(value: Any) -> str:
    """A value as people read it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(sorted(str(item) for item in value)) or "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:%Y-%m-%d}" if hasattr(value, "strftime") else str(value)


def line(marked_up: str) -> None:
    """One line in rich's markup, however long."""
    console.print(marked_up, soft_wrap=True)


def done(sentence: str) -> None:
    """What has been done."""
    console.print(f"[green]✓[/green] {escape(sentence)}")


def marked(rows: Sequence[tuple[str, str, str]]) -> None:
    """A mark, a subject and a sentence a line."""
    drawn = Table(box=None, pad_edge=False, show_header=False)
    for mark, subject, sentence in rows:
        drawn.add_row(mark, escape(subject), escape(sentence))
    console.print(drawn)


def as_lines(lines: Sequence[str]) -> None:
    """Lines for a file or another program, as they are."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def link_to_hand_over(link: str, *, to: str) -> None:
    """Where somebody chooses a password, for whoever has no mail server; "" is nothing."""
    if link:
        remark(f"No mail server is set. Hand this link over to {to}; it works once, within seven days:")
        as_lines([link])


def remark(sentence: str) -> None:
    """Something worth knowing, beside what was asked for."""
    errors.print(f"[yellow]![/yellow] {escape(sentence)}")


def pairs(rows: Sequence[tuple[str, str]]) -> None:
    """Labels and values below one another."""
    drawn = Table(box=None, pad_edge=False, show_header=False)
    for label, value in rows:
        drawn.add_row(f"[dim]{escape(label)}[/dim]", escape(value))
    console.print(drawn)


def _say(sentence: str) -> None:
    errors.print(f"[red]✗[/red] {escape(sentence)}")


def _option(field: str) -> str:
    return "--" + field.replace("_", "-")


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, asyncpg.Record) else str(value)
