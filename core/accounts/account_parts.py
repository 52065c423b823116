"""What is kept in a client's accounts: modules above say here how to count it, and how it follows.

An account in which something was charged or paid stays. When clients or projects are merged, and there was an
account on either side, what the one holds is carried over to the other before it goes.
"""

from collections.abc import Awaitable, Callable, Sequence

from core import db

Pair = tuple[int, int]
"""The account that goes, and the one that stays: ids of client_projects, both of one currency."""
Count = Callable[[Sequence[int]], Awaitable[int]]
"""Counts what stands in some accounts, by their ids."""
Carry = Callable[[Sequence[Pair]], Awaitable[None]]

Is = Callable[[int], Awaitable[bool]]
"""Whether anything stands in any account of a project, by its id."""

_COUNTS: dict[str, Count] = {}
_CARRIES: dict[str, Carry] = {}
_USES: dict[str, Is] = {}


def register(name: str, *, count: Count, carry: Carry, is_used: Is) -> None:
    """From now on this is asked. Called once, where the module of what is kept is loaded."""
    _COUNTS[name], _CARRIES[name], _USES[name] = count, carry, is_used


async def is_used(project_id: int) -> bool:
    """Whether anything stands in any account of a project."""
    return any([await used(project_id) for used in _USES.values()])


async def number_in(account_ids: Sequence[int]) -> int:
    """How many things stand in these accounts."""
    return sum([await count(account_ids) for count in _COUNTS.values()])


async def number_of(client_id: int) -> int:
    """How many things stand in all accounts of a client."""
    found = await db.fetch("SELECT id FROM client_projects WHERE client_id = $1", client_id)
    return await number_in([row["id"] for row in found])


async def carry(pairs: Sequence[Pair]) -> None:
    """Let everything that the first account of each pair holds belong to the second one."""
    for carry_over in _CARRIES.values() if pairs else ():
        await carry_over(pairs)
