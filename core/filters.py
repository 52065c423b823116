"""What lists are made of: conditions with bound values, and keyset cursors that survive inserts."""

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST = 9_000_000 * 10**10
"""Microseconds that a calendar has."""
PLACE = re.compile(r"\$[0-9]+")
"""The placeholder of a bound value."""

LAST = "\U0010ffff"
"""Above every other character in the order of code points."""


class Conditions:
    """Parts of a WHERE clause, and the values their `$n` stand for."""

    def __init__(self) -> None:
        self.arguments: list[Any] = []
        self._parts: list[str] = []

    def bind(self, value: Any) -> str:
        """The placeholder of a value."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def add(self, part: str) -> None:
        """One more condition; all of them must hold."""
        self._parts.append(part)

    def equals(self, column: str, value: int | str | None, *, among: frozenset[str] | None = None) -> None:
        """`column = value` when there is a value.

        An integer, or a word of the closed list `among`, is written into the statement, so that the planner
        knows how common it is; everything else is bound.
        """
        if value is None or value == "":
            return
        if isinstance(value, int):
            self.add(f"{column} = {value:d}")
        elif among is not None and value in among and value.isalnum():
            self.add(f"{column} = '{value}'")
        else:
            self.add(f"{column} = {self.bind(value)}")

    def begins(self, column: str, beginning: str) -> None:
        """The folded column begins with this; a range: LIKE cannot use an index under row-level security."""
        if beginning:
            self.add(f"{column} >= {self.bind(beginning)}")
            self.add(f"{column} < {self.bind(beginning + LAST)}")

    @property
    def sql(self) -> str:
        """The whole clause; `true` when there is no condition."""
        return " AND ".join(self._parts) or "true"

    def __bool__(self) -> bool:
        return bool(self._parts)


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A place in a sorted list: the sort key's value and the id of the row it stands on."""

    value: str | int
    id: int

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")


def read_cursor(text: str, kind: type) -> Cursor | None:
    """The cursor that `str()` wrote, if its value is of this kind; None for anything else."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        cursor = msgspec.json.decode(raw, type=Cursor)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        return None
    if type(cursor.value) is not kind or not 0 <= cursor.id < 2**63 or "\x00" in str(cursor.value):
        return None
    return cursor


def cursor_at(moment: datetime, row_id: int) -> str:
    """The place of a row in a list that is sorted by a moment."""
    return str(Cursor((moment - EPOCH) // timedelta(microseconds=1), row_id))


def moment_of(cursor: Cursor) -> datetime:
    """The moment in such a cursor; one that was made up may lie outside of the calendar."""
    return EPOCH + timedelta(microseconds=max(0, min(int(cursor.value), LONGEST)))
