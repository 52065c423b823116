"""What the staff see first: how many clients there are, the latest of them, and what a new provider does next."""

from datetime import timedelta
from typing import Any

import msgspec
from asyncpg import Record

from core import clock, db, policies
from core.accounts import client_list
from core.accounts.client_filter import ClientFilter
from core.accounts.focus import Focus
from core.actor import Actor
from core.permissions import Permission

LATEST = 6
MOST_COUNTED = 10_000
"""Counting goes no further, so that the page costs the same for every provider."""


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """Figures by name (None for what `by` may not see), the latest clients, and which first steps are done."""

    counts: dict[str, int | None]
    recent: list[Record]
    done: dict[str, bool]


async def of(*, by: Actor, within: Focus | None = None) -> Overview:
    """The overview as `by` may see it; the latest clients are those inside the focus."""
    recent: list[Record] = []
    counts: dict[str, int | None] = {"clients": None, "new_this_month": None}
    if policies.allows(by, Permission.CLIENT_READ):
        month = ClientFilter(registered_from=clock.today(by.tenant.timezone) - timedelta(days=30))
        counts["clients"] = await _clients(by)
        counts["new_this_month"] = await client_list.count(month, by=by, most=MOST_COUNTED)
        columns = ("code", "login", "name", "registered")
        recent = (await client_list.page(ClientFilter(), by=by, columns=columns, size=LATEST, within=within)).rows
    figures = await db.row(FIGURES)
    assert figures is not None
    for name, permission in GUARDED.items():
        limits = {"groups": by.groups, "projects": by.projects}.get(name)
        seen = figures[name] if limits is None else len(limits)
        counts[name] = seen if policies.allows(by, permission) else None
    return Overview(counts=counts, recent=recent, done=_done(by, counts, figures))


async def _clients(by: Actor) -> int:
    """How many clients `by` sees: all of them are kept as one number, a part is counted."""
    if by.projects is None and by.groups is None:
        return int(await db.value("SELECT number FROM provider_counts WHERE noun = 'clients'") or 0)
    return await client_list.count(ClientFilter(), by=by, most=MOST_COUNTED)


GUARDED = {"groups": Permission.GROUP_READ, "projects": Permission.PROJECT_READ, "people": Permission.STAFF_READ}

FIGURES = """
    SELECT (SELECT count(*) FROM account_groups) AS groups, (SELECT count(*) FROM projects) AS projects,
           (SELECT count(*) FROM staff WHERE state = 'active') AS people,
           EXISTS (SELECT FROM audit_entries WHERE subject_kind = 'provider' AND action = 'provider:updated')
               AS is_branded
"""


def _done(by: Actor, counts: dict[str, Any], figures: Record) -> dict[str, bool]:
    """The first steps that are this actor's to take; none once all are done."""
    steps = {
        "settings": (Permission.SETTINGS_MANAGE, bool(figures["is_branded"])),
        "colleague": (Permission.STAFF_MANAGE, figures["people"] > 1),
        "client": (Permission.CLIENT_CREATE, bool(counts["clients"])),
    }
    mine = {name: is_done for name, (permission, is_done) in steps.items() if policies.allows(by, permission)}
    return {} if all(mine.values()) else mine
