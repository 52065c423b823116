"""What a row names: in its path by a placeholder, in its query and body by `$kind`. One place for each."""

from collections.abc import Iterator
from typing import Any

import msgspec

from tests.web.matrix import table
from tests.web.matrix.row import Row
from tests.web.matrix.world import NOBODYS, World


class Place(msgspec.Struct, frozen=True):
    """Where a row names a thing: the placeholder in its path, or the `$kind` in its query or body."""

    name: str
    kind: str
    is_in_path: bool


def places_of(row: Row) -> list[Place]:
    """Every thing a row names."""
    in_path = [Place(name, kind, True) for name, kind in table.named(row)]
    texts = {text for text in _texts([row.send or {}, *row.query.split("=")]) if text.startswith("$")}
    return in_path + [Place(text, text[1:], False) for text in sorted(texts)]


def owned_places(row: Row) -> list[Place]:
    """Those that name a thing which belongs to somebody."""
    return [place for place in places_of(row) if place.kind not in NOBODYS]


async def own_things(world: World, row: Row, whose: str | None = None) -> dict[str, Any]:
    """Something of one's own for every place."""
    return {place.name: await world.own(place.kind, whose or row.by or "alice") for place in places_of(row)}


async def same_things(world: World, row: Row, whose: str | None = None) -> dict[str, Any]:
    """The same, but shared by all rows that name things of the same kinds: for requests that change nothing."""
    places = places_of(row)
    things = await world.same(tuple(place.kind for place in places), whose or row.by or "alice")
    return {place.name: thing for place, thing in zip(places, things, strict=True)}


def no_things(world: World, row: Row) -> dict[str, Any]:
    """Something that does not exist for every place."""
    return {place.name: world.nobodys(place.kind) for place in places_of(row)}


def put_in(value: Any, things: dict[str, Any]) -> Any:
    """A body with its `$kind` replaced."""
    if isinstance(value, dict):
        return {field: put_in(part, things) for field, part in value.items()}
    if isinstance(value, list):
        return [put_in(part, things) for part in value]
    return things.get(value, value) if isinstance(value, str) else value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
