"""Activity over JSON: who changed what, and when, of the whole provider or of one client."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.accounts import activity, clients, timeline
from core.accounts.activity import ActivityFilter
from core.accounts.timeline import TimelineFilter
from core.errors import Invalid
from core.filters import read_cursor
from core.i18n import _
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks, part
from web.kit.pages import AnyRequest
from web.kit.visit import By

After = Annotated[str, Meta(description="The cursor `next` of the page before: older entries")]
Before = Annotated[str, Meta(description="The cursor `previous` of the page after: newer entries")]


class Entry(msgspec.Struct, kw_only=True):
    """One change. `changes` maps a field to what it was and what it is; `text` is a sentence for people."""

    id: int
    at: Moment
    action: str
    actor_kind: str
    actor_id: int | None
    actor_name: str
    subject_kind: str
    subject_id: int | None
    subject_name: str
    changes: dict[str, list[Any]]
    address: str
    request_id: str
    impersonation_id: int | None
    text: str


class EntryPage(msgspec.Struct, kw_only=True):
    """A page of entries, the newest first. `next` leads to older ones; both cursors are null at an end."""

    items: list[Entry]
    next: str | None
    previous: str | None


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place in the list."""

    after: After = ""
    before: Before = ""


class ActivityQuery(ActivityFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of the list, and a place in it. Days are days in the provider's time zone."""

    after: After = ""
    before: Before = ""


class TimelineQuery(TimelineFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of a client's timeline, and a place in it."""

    after: After = ""
    before: Before = ""


@get("/v1/activity", **asks(Permission.ACTIVITY_READ, query=ActivityQuery))
async def index(request: AnyRequest, by: By, asked: NamedDependency[ActivityQuery]) -> Response[EntryPage]:
    """List what was done, the newest first.

    `actor` is the id of a member of staff, `client` a code, `search` the beginning of the subject's name.
    """
    _check(asked)
    page = await activity.page(asked, older_than=asked.after, newer_than=asked.before, by=by)
    return _answer(request, page)


@get("/v1/clients/{code:int}/timeline", **asks(Permission.ACTIVITY_READ, query=TimelineQuery))
async def timeline_of(
    request: AnyRequest, by: By, code: FromPath[int], asked: NamedDependency[TimelineQuery]
) -> Response[EntryPage]:
    """List what was done about one client and what its users did on their own, such as signing in.

    `kind` is one of client, users, sign_ins, payers, groups, notes, support and terms; `who` is team, users or
    product, or the id of a member of staff or of a user.
    """
    _check(asked)
    client = await clients.get(code, by=by)
    chosen = part(TimelineFilter, asked)
    page = await timeline.page(client["id"], chosen, older_than=asked.after, newer_than=asked.before, by=by)
    return _answer(request, page)


@get("/v1/clients/{code:int}/activity", **asks(Permission.ACTIVITY_READ, query=Place))
async def of_client(
    request: AnyRequest, by: By, code: FromPath[int], asked: NamedDependency[Place]
) -> Response[EntryPage]:
    """List what was done about one client, the newest first."""
    _check(asked)
    client = await clients.get(code, by=by)
    page = await activity.of_client(client["id"], older_than=asked.after, newer_than=asked.before, by=by)
    return _answer(request, page)


def _check(asked: ActivityQuery | TimelineQuery | Place) -> None:
    if asked.after and asked.before:
        raise Invalid({"before": _("Either after or before, not both.")})
    for name in ("after", "before"):
        text = getattr(asked, name)
        if text and read_cursor(text, int) is None:
            raise Invalid({name: _("This page has gone; begin again from the first one.")})


def _answer(request: AnyRequest, page: activity.Page) -> Response[EntryPage]:
    following, previous = page.older or None, page.newer or None
    found = EntryPage(items=[_shown(entry) for entry in page.entries], next=following, previous=previous)
    return answers.listed(request, found, following=following, previous=previous)


def _shown(entry: dict[str, Any]) -> Entry:
    return answers.of(Entry, entry, text=entry["sentence"], changes=entry["values"])


ROUTES = [index, of_client, timeline_of]
