"""What names a payer: the modules that make documents say here how to count them.

A document keeps its payer as it was: the client can no longer edit one that stands on a document, it cannot be
deleted, and merging leaves the documents as they are.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from core import db

Count = Callable[[Sequence[int]], Awaitable[Mapping[int, int]]]
"""Counts the documents of some payers, by the ids of the payers; those with none may be left out."""

SOURCES: dict[str, Count] = {}


def register(kind: str, count: Count) -> None:
    """From now on documents of this kind count. Called once, where the module of the documents is loaded."""
    SOURCES[kind] = count


async def counts(payer_ids: Sequence[int]) -> dict[int, int]:
    """How many documents name each of these payers, for all of them."""
    found = dict.fromkeys(payer_ids, 0)
    for count in SOURCES.values():
        for payer_id, number in (await count(payer_ids)).items():
            found[payer_id] += number
    return found


async def has_documents(payer_id: int) -> bool:
    """Whether any document names this payer."""
    return bool((await counts([payer_id]))[payer_id])


def counted(table: str) -> Count:
    """Counts the rows of a table that have a `payer_id`."""

    async def count(payer_ids: Sequence[int]) -> Mapping[int, int]:
        found = await db.fetch(
            f"SELECT payer_id, count(*) AS number FROM {table} WHERE payer_id = ANY($1::bigint[]) GROUP BY 1",
            list(payer_ids),
        )
        return {row["payer_id"]: row["number"] for row in found}

    return count
