"""What account groups do: effects that modules bring, shown on the page of a group.

A discount, a way to pay or a limit that a group carries belongs to the module of discounts, of payments or of
accounts; it brings a function that says what it does with one group. What no module brings is not shown.

    @group_effects.bring("discounts", N_("Discounts"))
    async def discounts_of(group_id: int, *, by: Actor) -> list[Line]:
        ...

Effects belong to the feature "groups": whoever applies one asks `policies.has_feature` first. The one exception is
the limit of staff to groups, which an edition never lifts (`access`).
"""

from collections.abc import Awaitable, Callable

import msgspec

from core import db, policies
from core.accounts import groups, segments
from core.actor import Actor
from core.i18n import N_, _
from core.permissions import Permission


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a group does, with the page where it is set up ("" for none)."""

    text: str
    href: str = ""


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What is brought by one module: its name for people, and what it does with a group."""

    name: str
    label: str
    lines: list[Line] = []


Ask = Callable[..., Awaitable[list[Line]]]
_brought: dict[str, tuple[str, Ask]] = {}


def bring(name: str, label: str) -> Callable[[Ask], Ask]:
    """Register what a module does with groups, as a decorator. Each name is brought once."""

    def register(ask: Ask) -> Ask:
        if name in _brought:
            raise ValueError(f"the effect {name!r} is brought already")
        _brought[name] = (label, ask)
        return ask

    return register


async def of(group_id: int, *, by: Actor) -> list[Effect]:
    """What a group does, effect by effect; one that does nothing with this group has no lines."""
    await groups.get(group_id, by=by)
    return [
        Effect(name=name, label=_(label), lines=await ask(group_id, by=by))
        for name, (label, ask) in _brought.items()
    ]


@bring("staff", N_("Staff limited to this group"))
async def staff_of(group_id: int, *, by: Actor) -> list[Line]:
    """Members of staff who see the clients of this group and no others."""
    if not policies.allows(by, Permission.STAFF_READ):
        return []
    found = await db.fetch(
        """SELECT f.id, p.name
             FROM staff_groups l JOIN staff f ON f.id = l.staff_id JOIN people p ON p.id = f.person_id
            WHERE l.group_id = $1 ORDER BY p.name, f.id""",
        group_id,
    )
    return [Line(text=row["name"], href=f"/staff/people/{row['id']}") for row in found]


@bring("segments", N_("Saved filters that ask for it"))
async def segments_of(group_id: int, *, by: Actor) -> list[Line]:
    """The saved filters, one's own and those for all, that let only clients of this group through."""
    if not policies.allows(by, Permission.CLIENT_READ):
        return []
    found = await segments.every(by=by)
    return [
        Line(text=segment.name, href=f"/staff/clients?segment={segment.id}")
        for segment in found
        if segment.filter.group == group_id
    ]
