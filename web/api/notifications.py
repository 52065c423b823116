"""What clients were told, and what became of it, over JSON."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core import keyset
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from core.support import deliveries_again, deliveries_log
from core.support.deliveries_log import DeliveryFilter, State
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.pages import AnyRequest
from web.kit.visit import By

MOST = 200


class Notification(msgspec.Struct, kw_only=True):
    """A notification of a `kind` by one `channel`, to `address` or in the panel.

    `state` is waiting, retrying, sent, dead (given up) or skipped (never tried); `reason` says why in a word,
    such as opted_out or bad_address, and `said` is what the other side answered last. `client` is a code.
    """

    id: int
    kind: str
    channel: str
    medium: str
    client: int | None
    address: str
    name: str
    subject: str
    is_secret: bool
    state: State
    reason: str
    said: str
    attempts: int
    next_at: Moment | None
    created_at: Moment
    ended_at: Moment | None


class Attempt(msgspec.Struct, kw_only=True):
    """One time it was tried: taken, later (it is tried again) or refused for good."""

    number: int
    at: Moment
    result: str
    said: str


class WholeNotification(Notification, kw_only=True):
    """The same with its text as it was sent; of a secret one there is none. `message_id` is its name outside,
    `attached` the names of the files that the mail went with, `left_out` of those that were too large for it."""

    message_id: str
    locale: str
    template: str
    text: str
    short: str
    attached: str
    left_out: str
    tried: list[Attempt]


class NotificationPage(msgspec.Struct, kw_only=True):
    """A page of notifications, the newest first. `next` and `previous` are cursors for `after` and `before`."""

    items: list[Notification]
    next: str | None
    previous: str | None


class NotificationQuery(DeliveryFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of the list and its place."""

    after: Annotated[str, Meta(description="The cursor `next` of the page before")] = ""
    before: Annotated[str, Meta(description="The cursor `previous` of the page after")] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="Notifications on a page")] = keyset.PAGE


class Again(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to: where it went before, or where its client is reached now; the first of them without one."""

    address: str = ""


@get("/v1/notifications", **asks(Permission.NOTIFICATION_READ, query=NotificationQuery))
async def index(
    request: AnyRequest, by: By, asked: NamedDependency[NotificationQuery]
) -> Response[NotificationPage]:
    """List what was told to whom, the newest first."""
    if asked.after and asked.before:
        raise Invalid({"before": _("Either after or before, not both.")})
    page = await deliveries_log.page(asked, after=asked.after, before=asked.before, size=asked.limit, by=by)
    found = NotificationPage(items=[_one(row) for row in page.rows], next=page.next, previous=page.previous)
    return answers.listed(request, found, following=page.next, previous=page.previous)


@get("/v1/notifications/{delivery_id:int}", **asks(Permission.NOTIFICATION_READ))
async def show(by: By, delivery_id: FromPath[int]) -> WholeNotification:
    """Get one, with its text and each attempt."""
    row = await deliveries_log.get(delivery_id, by=by)
    tried = [answers.of(Attempt, one) for one in await deliveries_log.attempts_of(delivery_id)]
    named = {"client": row["client_code"], "message_id": str(row["key"]), "tried": tried}
    return answers.of(WholeNotification, row, **named)


@post(
    "/v1/notifications/{delivery_id:int}/again",
    status_code=200,
    **asks(Permission.NOTIFICATION_SEND, body=Again),
)
async def again(by: By, delivery_id: FromPath[int], sent: NamedDependency[Again]) -> Notification:
    """Send one again: what has ended goes once more and gets an id of its own, what waits goes now."""
    made_id = await deliveries_again.send(delivery_id, address=sent.address, by=by)
    return _one(await deliveries_log.get(made_id, by=by))


def _one(row: Any) -> Notification:
    return answers.of(Notification, row, client=row["client_code"])


ROUTES: list[Any] = [index, show, again]
