"""The focus: one client that every module shows, and nothing else, until it is lifted.

It stands in the address as `client:1001`. Lists ask `limit` for their condition; what `by` may not see is a focus
that nothing fits, and looks like one on a client that never was.
"""

import re
from typing import Literal

import msgspec

from core import policies
from core.accounts import access
from core.actor import Actor
from core.errors import NotFound
from core.filters import Conditions
from core.permissions import Permission

Kind = Literal["client"]
TEXT = re.compile(r"(client):([0-9]{1,18})")


class Focus(msgspec.Struct, frozen=True, kw_only=True):
    """What every module is narrowed to. `client_id` is None when there is no such client for this actor.

    `number` is the client's code.
    """

    kind: Kind = "client"
    number: int = 0
    name: str = ""
    client_id: int | None = None

    @property
    def text(self) -> str:
        """How it stands in an address."""
        return f"{self.kind}:{self.number}"

    @property
    def is_known(self) -> bool:
        """Whether there is something to be seen."""
        return self.client_id is not None


def parse(text: str) -> Focus:
    """The focus that an address asks for, not looked up yet; one that nothing fits when it cannot be read."""
    found = TEXT.fullmatch(text)
    return Focus(number=int(found[2])) if found else Focus()


async def find(text: str, *, by: Actor) -> Focus:
    """The focus that an address asks for, as far as `by` may see what it is on."""
    asked = parse(text)
    if not policies.allows(by, Permission.CLIENT_READ):
        return asked
    try:
        client = await access.client_by_code(asked.number, by=by)
    except NotFound:
        return asked
    return Focus(number=client["code"], name=client["name"], client_id=client["id"])


def limit(conditions: Conditions, within: Focus | None, *, column: str = "c.id") -> None:
    """Add the condition that `column`, the id of a client, is inside the focus; none without a focus."""
    if within is None:
        return
    conditions.add("false" if within.client_id is None else f"{column} = {within.client_id:d}")
