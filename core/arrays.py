"""Arrays of numbers as PostgreSQL reads them, for thousands at once: `$1::text::bigint[]`.

asyncpg asks of each element of a list whether it is a list itself, which takes longer than all the rest.
"""

from collections.abc import Iterable


def of(numbers: Iterable[int | None]) -> str:
    """The array as text."""
    return "{" + ",".join(["NULL" if number is None else str(number) for number in numbers]) + "}"
