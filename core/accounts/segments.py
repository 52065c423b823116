"""Segments: saved filters of the list of clients, one's own or for all, usable wherever clients are chosen.

Whoever chooses clients takes a `ClientFilter` with `segment` set, and `client_source` does the rest: the filter is
read with the rights and limits of who looks. So a `client_choice.Choice` by a segment is one by such a filter. A
segment may build on another one that builds on none, so that no two can build on each other.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import JSONB, BigInt, Integer, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import client_choices, client_filter, filter_owners, rows, segment_trouble
from core.accounts.client_choices import ClientChoices
from core.accounts.client_filter import ClientFilter
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, Invalid, NotFound
from core.i18n import _
from core.permissions import Permission

MOST = 100
"""So many one person may keep, and so many there may be for all."""


class SavedFilter(db.Owned, tablename="segments"):
    """A saved filter; `staff_id` is whose it is, none when it is for all."""

    name = Text()
    filter = JSONB()
    staff_id = BigInt(null=True)
    created_at = Timestamptz()
    created_by = Text()
    version = Integer()


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A saved filter as somebody sees it. `trouble` says why it lets nobody through now, "" when it works."""

    id: int
    name: str
    filter: ClientFilter
    is_shared: bool
    may_change: bool
    created_by: str
    version: int
    trouble: str


class NewSegment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A filter to be saved: one's own, or for all."""

    name: str
    filter: ClientFilter
    is_shared: bool = False


class SegmentChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    name: str | UnsetType = UNSET
    filter: ClientFilter | UnsetType = UNSET
    is_shared: bool | UnsetType = UNSET


READ = "SELECT * FROM segments WHERE (staff_id IS NULL OR staff_id = $1)"


async def every(*, by: Actor) -> list[Segment]:
    """One's own and those for all, in the order of their names."""
    policies.require(by, Permission.CLIENT_READ)
    found = await db.fetch(f"{READ} ORDER BY name_folded, id", by.staff_id)
    return await _seen(found, found, by=by)


async def names(*, by: Actor) -> list[tuple[int, str]]:
    """Ids and names of those that `by` may use, by name: for lists to choose from."""
    policies.require(by, Permission.CLIENT_READ)
    found = await db.fetch(
        "SELECT id, name FROM segments WHERE staff_id IS NULL OR staff_id = $1 ORDER BY name_folded, id",
        by.staff_id,
    )
    return [(row["id"], row["name"]) for row in found]


async def get(segment_id: int, *, by: Actor) -> Segment:
    """One of them; `NotFound` for another's own too."""
    policies.require(by, Permission.CLIENT_READ)
    found = await db.fetch(
        f"""{READ} AND (id = $2 OR id = (SELECT (filter->>'segment')::bigint FROM segments
                                          WHERE id = $2 AND jsonb_typeof(filter->'segment') = 'number'))""",
        by.staff_id,
        segment_id if rows.is_id(segment_id) else 0,
    )
    wanted = [row for row in found if row["id"] == segment_id]
    if not wanted:
        raise NotFound()
    return (await _seen(wanted, found, by=by))[0]


async def opened(chosen: ClientFilter, *, by: Actor) -> list[ClientFilter] | None:
    """The filters that `chosen` stands for, all of which must hold: itself, its segment, and what that builds on.

    None when the segment is broken: nobody is let through. `Invalid` for a segment that is not there.
    """
    found = [client_filter.plain(chosen, segment=None)]
    while chosen.segment is not None:
        try:
            segment = await get(chosen.segment, by=by)
        except NotFound as error:
            raise Invalid({"segment": _("This is not one of the choices.")}) from error
        if segment.trouble:
            return None
        chosen = segment.filter
        found.append(client_filter.plain(chosen, segment=None))
    return found


async def create(new: NewSegment, *, by: Actor) -> Segment:
    """Save a filter. For all: only with the right to."""
    policies.require(by, Permission.CLIENT_READ)
    owner = filter_owners.owner(new.is_shared, by=by)
    checks = Checks()
    name = await filter_owners.free_name(checks, new.name, owner, table="segments")
    wanted = await _checked(checks, new.filter, is_shared=new.is_shared, by=by)
    checks.done()
    if await db.value("SELECT count(*) FROM segments WHERE staff_id IS NOT DISTINCT FROM $1", owner) >= MOST:
        raise Conflict(_("There is room for %(most)s saved filters. Delete one first.") % {"most": MOST})
    async with rows.free_name():
        segment_id = await db.value(
            """INSERT INTO segments (name, filter, staff_id, created_at, created_by)
               VALUES ($1, $2, $3, $4, $5) RETURNING id""",
            name,
            msgspec.to_builtins(wanted),
            owner,
            clock.now(),
            by.name,
        )
    told = {"name": name, "filter": msgspec.to_builtins(wanted), "is_shared": new.is_shared}
    await audit.record("segment:created", "segment", segment_id, by=by, name=name, new=told)
    return await get(segment_id, by=by)


async def update(segment_id: int, changes: SegmentChanges, *, version: int, by: Actor) -> Segment:
    """Rename it, save another filter over it, or give it to all; `EditConflict` when it changed meanwhile."""
    before = await _to_change(segment_id, by=by)
    row = await rows.locked("segments", segment_id, version=version)
    is_shared = before.is_shared if isinstance(changes.is_shared, UnsetType) else changes.is_shared
    checks, values = Checks(), {"staff_id": row["staff_id"]}
    if is_shared != before.is_shared:
        values["staff_id"] = filter_owners.owner(is_shared, by=by)
    wanted_name = before.name if isinstance(changes.name, UnsetType) else changes.name
    values["name"] = await filter_owners.free_name(
        checks, wanted_name, values["staff_id"], table="segments", but=segment_id
    )
    if not isinstance(changes.filter, UnsetType) or is_shared != before.is_shared:
        wanted = before.filter if isinstance(changes.filter, UnsetType) else changes.filter
        kept = await _checked(checks, wanted, is_shared=is_shared, by=by, but=segment_id)
        values["filter"] = msgspec.to_builtins(kept)
    checks.done()
    async with rows.free_name():
        is_changed = await rows.save("segments", row, values)
    if is_changed:
        old, new = ({"is_shared": one} for one in (before.is_shared, is_shared))
        told = [field for field in ("name", "filter") if field in values]
        await audit.record(
            "segment:updated", "segment", segment_id, by=by, name=values["name"],
            old=old | {field: row[field] for field in told}, new=new | {field: values[field] for field in told},
        )  # fmt: skip
    return await get(segment_id, by=by)


async def delete(segment_id: int, *, by: Actor) -> None:
    """Delete it. What builds on it lets nobody through from then on."""
    segment = await _to_change(segment_id, by=by)
    await db.execute("DELETE FROM segments WHERE id = $1", segment_id)
    old = {"name": segment.name, "filter": msgspec.to_builtins(segment.filter), "is_shared": segment.is_shared}
    await audit.record("segment:deleted", "segment", segment_id, by=by, name=segment.name, old=old)


async def _to_change(segment_id: int, *, by: Actor) -> Segment:
    segment = await get(segment_id, by=by)
    if segment.is_shared:
        policies.require(by, Permission.SEGMENT_SHARE)
    return segment


async def _checked(
    checks: Checks, wanted: ClientFilter, *, is_shared: bool, by: Actor, but: int = 0
) -> ClientFilter:
    """The filter as it is kept, without what is empty. Raises what `client_filter.check` does."""
    client_filter.check(wanted, by=by)
    texts = (*client_filter.BEGINNINGS, "name")
    wanted = client_filter.plain(wanted, **{field: getattr(wanted, field).strip() for field in texts})
    if wanted.is_empty:
        checks.error("filter", _("Filter by something first: this would be all clients."))
    else:
        trouble = segment_trouble.of(wanted, await client_choices.of(by=by), by=by)
        if trouble := trouble or await segment_trouble.of_fields(wanted):
            checks.error("filter", trouble)
    if wanted.segment is not None:
        await _check_base(checks, wanted.segment, is_shared=is_shared, but=but, by=by)
    return wanted


async def _check_base(checks: Checks, base_id: int, *, is_shared: bool, but: int, by: Actor) -> None:
    """Whether a segment may be built on this one."""
    try:
        base = await get(base_id, by=by)
    except NotFound:
        checks.error("filter", _("The saved filter it builds on is not there."))
        return
    is_built_on = but and await db.value(
        "SELECT EXISTS (SELECT FROM segments WHERE filter->'segment' = to_jsonb($1::bigint))", but
    )
    if base.filter.segment is not None or base.id == but or is_built_on:
        checks.error("filter", _("A saved filter can build on one that builds on no other."))
    elif is_shared and not base.is_shared:
        checks.error("filter", _("The saved filter it builds on is only yours. Save that one for all first."))


async def _seen(wanted: Sequence[Record], known: Sequence[Record], *, by: Actor) -> list[Segment]:
    if not wanted:
        return []
    offered = await client_choices.of(by=by)
    kept = {row["id"]: _read(row["filter"]) for row in known}
    of_fields = {segment_id: await segment_trouble.of_fields(wanted) for segment_id, wanted in kept.items()}
    may_share = policies.allows(by, Permission.SEGMENT_SHARE)
    return [
        Segment(
            id=row["id"],
            name=row["name"],
            filter=kept[row["id"]] or ClientFilter(),
            is_shared=row["staff_id"] is None,
            may_change=row["staff_id"] is not None or may_share,
            created_by=row["created_by"],
            version=row["version"],
            trouble=of_fields[row["id"]] or _trouble(kept[row["id"]], kept, of_fields, offered, by=by),
        )
        for row in wanted
    ]


def _trouble(
    wanted: ClientFilter | None,
    kept: dict[int, ClientFilter | None],
    of_fields: dict[int, str],
    offered: ClientChoices,
    *,
    by: Actor,
) -> str:
    if reason := segment_trouble.of(wanted, offered, by=by):
        return reason
    if wanted is None or wanted.segment is None:
        return ""
    if wanted.segment not in kept:
        return _("The saved filter it builds on was deleted, or is not yours to see.")
    base = kept[wanted.segment]
    if base is not None and base.segment is not None:
        return _("A saved filter can build on one that builds on no other.")
    return of_fields[wanted.segment] or segment_trouble.of(base, offered, by=by)


def _read(value: Any) -> ClientFilter | None:
    """The filter that was kept; None when it asks for what is not known any more, or for nothing."""
    try:
        wanted = msgspec.convert(value, ClientFilter)
    except msgspec.ValidationError:
        return None
    return None if wanted.is_empty else wanted
