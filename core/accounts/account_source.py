"""Clients by the projects they have accounts in: which of these a list is limited to, and where it reads them.

The accounts of one project are a range of an index in the order of registration. Several are merged, each client
once.
"""

from collections.abc import Sequence

from core import db
from core.accounts import access
from core.actor import Actor

EMPTY = "SELECT registered_at, client_id FROM client_projects WHERE false"


def visible(asked: Sequence[frozenset[int]], *, by: Actor) -> list[frozenset[int]]:
    """What a list is limited to: the sets of projects that are asked for, without what `by` does not see.

    Without any, the projects `by` is limited to. An empty set is nobody.
    """
    if by.projects is None:
        return list(dict.fromkeys(asked))
    return list(dict.fromkeys(projects & by.projects for projects in asked)) or [by.projects]


def of(project_ids: frozenset[int], direction: str | None) -> str:
    """The accounts as they stand in a FROM clause, with `registered_at` and `client_id`; sorted in a direction."""
    known = sorted(project_ids)
    order = f" ORDER BY registered_at {direction}, client_id {direction}" if direction and len(known) > 1 else ""
    parts = [
        f"(SELECT a.registered_at, a.client_id FROM client_projects a WHERE {_in(number, known[:place])}{order})"
        for place, number in enumerate(known)
    ]
    # Sorted by itself, each part is read in the order of its index, and they are merged.
    return f"({' UNION ALL '.join(parts) or EMPTY}{order})"


def _in(project_id: int, before: Sequence[int]) -> str:
    """The accounts in a project, without those of clients that have one in a project before."""
    asked = access.has_account(frozenset(before), column="a.client_id")
    return f"a.project_id = {project_id:d}" + (f" AND {asked} IS NULL" if before else "")


async def are_few(project_ids: frozenset[int], most: int) -> bool:
    """Whether at most so many accounts are in one of the projects."""
    accounts = f"SELECT FROM client_projects WHERE project_id IN ({access.listed(project_ids)}) LIMIT {most + 1:d}"
    return bool(await db.value(f"SELECT count(*) FROM ({accounts}) found") <= most)
