"""The log of webhooks over JSON, and sending again."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.actor import Actor
from core.errors import Invalid
from core.i18n import _
from core.keyset import PAGE
from core.permissions import Permission
from core.support import webhook_deliveries
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.pages import AnyRequest
from web.kit.visit import By

MOST = 200
State = Literal["waiting", "retrying", "sent", "refused", "dead"]


class Delivery(msgspec.Struct, kw_only=True):
    """A message to one webhook. `status` and `error` are those of the latest attempt; `next_at` is null when none
    is to come."""

    id: int
    webhook_id: Annotated[str, Meta(description="What the header of this name says")]
    endpoint_id: int
    kind: str
    state: State
    attempts: int
    status: int | None
    error: str
    next_at: Moment | None
    created_at: Moment
    ended_at: Moment | None


class Attempt(msgspec.Struct, kw_only=True):
    """That it was tried: `status` is null when no answer came, `answer` is how it began."""

    number: int
    at: Moment
    milliseconds: int
    status: int | None
    error: str
    answer: str


class WholeDelivery(Delivery, kw_only=True):
    """A message with what it says, as it is sent, and each attempt."""

    payload: str
    tried: list[Attempt]


class DeliveryPage(msgspec.Struct, kw_only=True):
    """A page of messages, the newest first. `next` and `previous` are cursors for `after` and `before`."""

    items: list[Delivery]
    next: str | None
    previous: str | None


class DeliveryQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Those of one state, and the place."""

    state: State | None = None
    after: Annotated[str, Meta(description="The cursor `next` of the page before")] = ""
    before: Annotated[str, Meta(description="The cursor `previous` of the page after")] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="Messages on a page")] = PAGE


class Since(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From which moment on, at most 30 days ago; also what arrived, or only what did not."""

    since: Moment
    is_failed_only: bool = True


class Replayed(msgspec.Struct, kw_only=True):
    """How many messages are sent again."""

    count: int


@get("/v1/webhooks/{endpoint_id:int}/deliveries", **asks(Permission.WEBHOOK_READ, query=DeliveryQuery))
async def index(
    request: AnyRequest, by: By, endpoint_id: FromPath[int], asked: NamedDependency[DeliveryQuery]
) -> Response[DeliveryPage]:
    """List what was sent to a webhook, or is to be, the newest first."""
    if asked.after and asked.before:
        raise Invalid({"before": _("Either after or before, not both.")})
    page = await webhook_deliveries.page(
        endpoint_id, state=asked.state, after=asked.after, before=asked.before, size=asked.limit, by=by
    )
    found = DeliveryPage(items=[_one(row) for row in page.rows], next=page.next, previous=page.previous)
    return answers.listed(request, found, following=page.next, previous=page.previous)


@get("/v1/webhook-deliveries/{webhook_delivery_id:int}", **asks(Permission.WEBHOOK_READ))
async def show(by: By, webhook_delivery_id: FromPath[int]) -> WholeDelivery:
    """Get one message with its attempts."""
    return await _whole(webhook_delivery_id, by=by)


@post(
    "/v1/webhook-deliveries/{webhook_delivery_id:int}/replay", status_code=204, **asks(Permission.WEBHOOK_MANAGE)
)
async def replay(by: By, webhook_delivery_id: FromPath[int]) -> None:
    """Send a message again under the same id; 409 while it is on its way."""
    await webhook_deliveries.replay(webhook_delivery_id, by=by)


@post("/v1/webhooks/{endpoint_id:int}/replay", status_code=200, **asks(Permission.WEBHOOK_MANAGE, body=Since))
async def replay_since(by: By, endpoint_id: FromPath[int], sent: NamedDependency[Since]) -> Replayed:
    """Send again what happened since a moment; 409 while the webhook is off."""
    count = await webhook_deliveries.replay_since(
        endpoint_id, sent.since, is_failed_only=sent.is_failed_only, by=by
    )
    return Replayed(count=count)


def _one(row: Any, struct: Any = Delivery, **more: Any) -> Any:
    return answers.of(struct, row, webhook_id=f"evt_{row['event_id']}", **more)


async def _whole(webhook_delivery_id: int, *, by: Actor) -> WholeDelivery:
    row = await webhook_deliveries.get(webhook_delivery_id, by=by)
    tried = [answers.of(Attempt, one) for one in await webhook_deliveries.attempts(webhook_delivery_id, by=by)]
    whole: WholeDelivery = _one(row, WholeDelivery, tried=tried)
    return whole


ROUTES = [index, show, replay, replay_since]
