"""Saved filters over JSON: one's own and those for all. `/clients?segment=` lists the clients of one."""

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.accounts import segments
from core.accounts.client_filter import ClientFilter
from core.accounts.segments import NewSegment, SegmentChanges
from core.permissions import Permission
from web.api import answers
from web.api.reading import asks
from web.kit.visit import By


class Segment(msgspec.Struct, kw_only=True):
    """A saved filter. `trouble` says why it lets nobody through now, and is empty when it works."""

    id: int
    name: str
    filter: ClientFilter
    is_shared: bool
    may_change: bool
    created_by: str
    trouble: str
    version: int


class SegmentList(msgspec.Struct, kw_only=True):
    """Your own saved filters and those for all, by name."""

    items: list[Segment]


class SegmentEdit(SegmentChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


@get("/v1/segments", **asks(Permission.CLIENT_READ))
async def index(by: By) -> SegmentList:
    """List the saved filters."""
    return SegmentList(items=[_shown(segment) for segment in await segments.every(by=by)])


@post("/v1/segments", **asks(Permission.CLIENT_READ, body=NewSegment))
async def create(by: By, sent: NamedDependency[NewSegment]) -> Response[Segment]:
    """Save a filter, for yourself or for all; for all needs `segment:share`."""
    segment = await segments.create(sent, by=by)
    return answers.created(_shown(segment), f"/segments/{segment.id}")


@get("/v1/segments/{segment_id:int}", **asks(Permission.CLIENT_READ))
async def show(by: By, segment_id: FromPath[int]) -> Segment:
    """Get one saved filter."""
    return _shown(await segments.get(segment_id, by=by))


@patch("/v1/segments/{segment_id:int}", **asks(Permission.CLIENT_READ, body=SegmentEdit))
async def update(by: By, segment_id: FromPath[int], sent: NamedDependency[SegmentEdit]) -> Segment:
    """Rename a saved filter, save another filter over it, or give it to all; one for all needs `segment:share`."""
    changes = SegmentChanges(name=sent.name, filter=sent.filter, is_shared=sent.is_shared)
    return _shown(await segments.update(segment_id, changes, version=sent.version, by=by))


@delete("/v1/segments/{segment_id:int}", **asks(Permission.CLIENT_READ))
async def remove(by: By, segment_id: FromPath[int]) -> None:
    """Delete a saved filter; one for all needs `segment:share`."""
    await segments.delete(segment_id, by=by)


def _shown(segment: segments.Segment) -> Segment:
    return answers.of(Segment, segment)


ROUTES = [index, create, show, update, remove]
