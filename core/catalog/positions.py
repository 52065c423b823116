"""The order in which people put things: types, products, plans and addons. Positions begin at 1."""

from typing import Any

from core import audit, db
from core.actor import Actor
from core.errors import NotFound


async def last(table: str, **beside: int) -> int:
    """The position after the last one, of all rows or of those with the same parent."""
    return int(await db.value(f"SELECT coalesce(max(position), 0) + 1 FROM {table} {_among(beside)}"))


async def move(table: str, row_id: int, *, steps: int, noun: str, by: Actor, **beside: int) -> None:
    """Move a row in the order: -1 is one up, 1 one down; not beyond the ends. Recorded as `noun:moved`."""
    # All of them are locked, so that two who order at the same moment do it one after the other.
    await db.execute(f"SELECT FROM {table} {_among(beside)} ORDER BY id FOR UPDATE")
    order = await db.fetch(f"SELECT * FROM {table} {_among(beside)} ORDER BY position, id")
    place = next((place for place, row in enumerate(order) if row["id"] == row_id), None)
    if place is None:
        raise NotFound()
    target = max(0, min(len(order) - 1, place + steps))
    if target == place:
        return
    moved: Any = order.pop(place)
    order.insert(target, moved)
    await db.execute(
        f"""UPDATE {table} t SET position = listed.position
            FROM unnest($1::bigint[]) WITH ORDINALITY AS listed (id, position)
            WHERE t.id = listed.id AND t.position <> listed.position""",
        [row["id"] for row in order],
    )
    old, new = {"position": place + 1}, {"position": target + 1}
    await audit.record(f"{noun}:moved", noun, row_id, by=by, name=moved["name"], old=old, new=new)


def _among(beside: dict[str, int]) -> str:
    parts = [f"{column} = {value:d}" for column, value in beside.items()]
    return f"WHERE {' AND '.join(parts)}" if parts else ""
