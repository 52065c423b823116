"""The focus: one client, or the clients of a saved filter, that every module shows until it is lifted.

It stands in the address as `client:1001` or `segment:42`. Lists ask `limit` for their condition; what `by` may not
see is a focus that nothing fits, and looks like one on a client that never was.
"""

import re
from typing import Literal

import msgspec

from core import policies
from core.accounts import access, segments
from core.accounts.client_filter import ClientFilter
from core.accounts.client_source import Source, source_of
from core.actor import Actor
from core.errors import NotFound
from core.filters import PLACE, Conditions
from core.permissions import Permission

Kind = Literal["client", "segment"]
TEXT = re.compile(r"(client|segment):([0-9]{1,18})")


class Focus(msgspec.Struct, frozen=True, kw_only=True):
    """What every module is narrowed to.

    `number` is the client's code, or the saved filter's id. `client_id` and `source` are None when there is no
    such thing for this actor; `trouble` says why a saved filter lets nobody through.
    """

    kind: Kind = "client"
    number: int = 0
    name: str = ""
    client_id: int | None = None
    source: Source | None = None
    trouble: str = ""

    @property
    def text(self) -> str:
        """How it stands in an address."""
        return f"{self.kind}:{self.number}"

    @property
    def is_known(self) -> bool:
        """Whether there is something to be seen."""
        return self.client_id is not None or self.source is not None

    @property
    def filters(self) -> list[ClientFilter]:
        """What lists of clients ask besides: nothing when the focus is on one client."""
        return [ClientFilter(segment=self.number)] if self.source is not None else []


def parse(text: str) -> Focus:
    """The focus that an address asks for, not looked up yet; one that nothing fits when it cannot be read."""
    found = TEXT.fullmatch(text)
    if found is None:
        return Focus()
    return Focus(kind="segment" if found[1] == "segment" else "client", number=int(found[2]))


async def find(text: str, *, by: Actor) -> Focus:
    """The focus that an address asks for, as far as `by` may see what it is on."""
    asked = parse(text)
    if not policies.allows(by, Permission.CLIENT_READ):
        return asked
    try:
        return await (_on_segment if asked.kind == "segment" else _on_client)(asked.number, by=by)
    except NotFound:
        return asked


async def _on_client(code: int, *, by: Actor) -> Focus:
    client = await access.client_by_code(code, by=by)
    return Focus(number=client["code"], name=client["name"], client_id=client["id"])


async def _on_segment(segment_id: int, *, by: Actor) -> Focus:
    segment = await segments.get(segment_id, by=by)
    source = await source_of(ClientFilter(segment=segment.id), by=by)
    return Focus(kind="segment", number=segment.id, name=segment.name, source=source, trouble=segment.trouble)


def limit(conditions: Conditions, within: Focus | None, *, column: str = "c.id") -> None:
    """Add the condition that `column`, the id of a client, is inside the focus; none without a focus."""
    if within is None:
        return
    if within.source is not None:
        conditions.add(f"{column} IN ({_clients(within.source, conditions)})")
    else:
        conditions.add("false" if within.client_id is None else f"{column} = {within.client_id:d}")


def _clients(source: Source, conditions: Conditions) -> str:
    """The ids of a source's clients, with its values bound anew among those of the list that asks."""
    places = {f"${number}": conditions.bind(value) for number, value in enumerate(source.conditions.arguments, 1)}
    sql = f"SELECT c.id FROM {source.tables} WHERE {source.conditions.sql}"
    return PLACE.sub(lambda found: places[found[0]], sql)
