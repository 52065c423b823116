"""What people do not want to be told any more. Service messages come in any case.

A choice belongs to the person, or to an address where no person is known.
"""

from collections.abc import Iterable

import msgspec
from piccolo.columns import BigInt, Text, Timestamptz

from core import audit, clock, db, notification_kinds
from core.accounts.sessions import person_of
from core.actor import Actor
from core.notification_kinds import Kind, Medium

CHOSEN: tuple[Medium, ...] = ("mail", "sms", "panel")
"""The media that people choose between."""
OPTED_OUT = """EXISTS (SELECT FROM notification_optouts o LEFT JOIN people p ON p.id = o.person_id
    WHERE o.kind = {kind} AND o.medium = 'mail' AND lower({address}) IN (o.address_folded, p.email_folded))"""
"""For lists of many: whether whoever reads the address `address` has opted out of mail of the kind `kind`."""


class OptOut(db.Owned, tablename="notification_optouts"):
    """One kind by one medium, for a person, or for an address where no person is known."""

    kind = Text()
    medium = Text()
    person_id = BigInt(null=True)
    address_folded = Text()
    created_at = Timestamptz()


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A kind and the media a person gets it by; `is_fixed`: a service message, which is no choice."""

    kind: Kind
    media: frozenset[str]
    offered: tuple[Medium, ...]

    @property
    def is_fixed(self) -> bool:
        """Whether it comes in any case."""
        return self.kind.is_service


async def has(kind: str, medium: Medium, person_id: int | None, address: str) -> bool:
    """Whether the person, or whoever reads this address, has opted out of this kind by this medium."""
    return bool(
        await db.value(
            """SELECT EXISTS (SELECT FROM notification_optouts WHERE kind = $1 AND medium = $2
               AND (person_id = $3 OR (person_id IS NULL AND address_folded = lower($4))))""",
            kind,
            medium,
            person_id,
            address,
        )
    )


async def choices(*, by: Actor) -> list[Choice]:
    """What the person is told, by kind, and what of it by which medium."""
    found = await db.fetch("SELECT kind, medium FROM notification_optouts WHERE person_id = $1", person_of(by))
    without = {(row["kind"], row["medium"]) for row in found}
    return [
        Choice(
            kind=kind,
            offered=_offered(kind),
            media=frozenset(medium for medium in _offered(kind) if (kind.key, medium) not in without),
        )
        for kind in notification_kinds.every(by.tenant.plugins)
        if (kind.audience == "staff") == (by.kind != "user") and not kind.is_secret
    ]


async def choose(wanted: Iterable[str], *, by: Actor) -> None:
    """Get what is `wanted` ("kind|medium"), and nothing else of what is a choice."""
    person_id, chosen = person_of(by), frozenset(wanted)
    known = [one for one in await choices(by=by) if not one.is_fixed]
    old = {one.kind.key: sorted(one.media) for one in known}
    new = {one.kind.key: [it for it in one.offered if f"{one.kind.key}|{it}" in chosen] for one in known}
    new = {key: sorted(media) for key, media in new.items()}
    if new == old:
        return
    await db.execute(
        "DELETE FROM notification_optouts WHERE person_id = $1 AND kind = ANY($2)", person_id, list(new)
    )
    without = [(one.kind.key, it) for one in known for it in one.offered if it not in new[one.kind.key]]
    for kind, medium in without:
        await add(kind, medium, person_id, "")
    differing = [key for key in new if new[key] != old[key]]
    await audit.record(
        "person:notifications_chosen",
        "person",
        person_id,
        by=by,
        name=by.name,
        old={"notifications": {key: old[key] for key in differing}},
        new={"notifications": {key: new[key] for key in differing}},
    )


async def add(kind: str, medium: str, person_id: int | None, address: str) -> None:
    """Opt out of one kind by one medium, a person or an address."""
    await db.execute(
        """INSERT INTO notification_optouts (kind, medium, person_id, address_folded, created_at)
           VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING""",
        kind,
        medium,
        person_id,
        "" if person_id is not None else address.lower(),
        clock.now(),
    )


async def remove(kind: str, medium: str, person_id: int | None, address: str) -> None:
    """Opt in again."""
    await db.execute(
        """DELETE FROM notification_optouts WHERE kind = $1 AND medium = $2
            AND CASE WHEN $3::bigint IS NULL THEN person_id IS NULL AND address_folded = lower($4)
                     ELSE person_id = $3 END""",
        kind,
        medium,
        person_id,
        address,
    )


def _offered(kind: Kind) -> tuple[Medium, ...]:
    return tuple(medium for medium in CHOSEN if medium in kind.channels or medium == "panel")
