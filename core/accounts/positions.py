"""The order in which people put things: attitudes, fields, products and plans. Positions begin at 1."""

from typing import Any

from core import audit, db
from core.actor import Actor
from core.errors import NotFound


async def last(table: str, **beside: int) -> int:
    """The position after the last one, of all rows or of those with the same parent."""
    return int(await db.value(f"SELECT coalesce(max(position), 0) + 1 FROM {table} {_among(beside)}"))


async def move(
    table: str,
    row_id: int,
    *,
    steps: int,
    noun: str,
    title: str = "name",
    order: str = "position",
    by: Actor,
    **beside: int,
) -> None:
    """Move a row in the order: -1 is one up, 1 one down; not beyond the ends. Recorded as `noun:moved`.

    `title` is the column that names it, `order` what sorts the list; rows of one list share the columns `beside`.
    """
    # All of them are locked, so that two who order at the same moment do it one after the other.
    await db.execute(f"SELECT FROM {table} {_among(beside)} ORDER BY id FOR UPDATE")
    listed = await db.fetch(f"SELECT * FROM {table} {_among(beside)} ORDER BY {order}, id")
    place = next((place for place, row in enumerate(listed) if row["id"] == row_id), None)
    if place is None:
        raise NotFound()
    target = max(0, min(len(listed) - 1, place + steps))
    if target == place:
        return
    moved: Any = listed.pop(place)
    listed.insert(target, moved)
    await db.execute(
        f"""UPDATE {table} t SET position = wanted.position
            FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted (id, position)
            WHERE t.id = wanted.id AND t.position <> wanted.position""",
        [row["id"] for row in listed],
    )
    old, new = {"position": place + 1}, {"position": target + 1}
    await audit.record(f"{noun}:moved", noun, row_id, by=by, name=moved[title], old=old, new=new)


def _among(beside: dict[str, int]) -> str:
    parts = [f"{column} = {value:d}" for column, value in beside.items()]
    return f"WHERE {' AND '.join(parts)}" if parts else ""
