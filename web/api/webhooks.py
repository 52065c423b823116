"""Webhooks over JSON: endpoints with their secrets, what they can be told of, tests."""

from typing import Any

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import UNSET, UnsetType

from core.permissions import Permission
from core.support import webhook_endpoints
from core.support.webhook_endpoints import EndpointValues
from core.support.webhook_events import CHOICES
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks, over
from web.kit.visit import By


class Endpoint(msgspec.Struct, kw_only=True):
    """Where a program is told of what happens. `events` are kinds; they count unless it `is_for_all`.

    After `failures` in a row it rests until `rests_until`. The secret before still signs until `before_until`.
    """

    id: int
    url: str
    description: str
    is_for_all: bool
    events: list[str]
    is_on: bool
    failures: int
    failing_since: Moment | None
    rests_until: Moment | None
    before_until: Moment | None
    created_at: Moment
    version: int


class NewEndpoint(msgspec.Struct, kw_only=True):
    """The endpoint and its secret, which is shown this once."""

    webhook: Endpoint
    secret: str


class EndpointList(msgspec.Struct, kw_only=True):
    """All endpoints, in the order of their addresses."""

    items: list[Endpoint]


class EndpointEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read. `events`: those only; `is_for_all`: all kinds again."""

    url: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    is_for_all: bool | UnsetType = UNSET
    events: tuple[str, ...] | UnsetType = UNSET
    is_on: bool | UnsetType = UNSET
    version: int


class KindList(msgspec.Struct, kw_only=True):
    """The kinds of events there are."""

    items: list[str]


@get("/v1/webhook-events", **asks(Permission.WEBHOOK_READ))
async def kinds(by: By) -> KindList:
    """List the kinds of events that a webhook can be told of."""
    webhook_endpoints.require(by)
    return KindList(items=list(CHOICES))


@get("/v1/webhooks", **asks(Permission.WEBHOOK_READ))
async def index(by: By) -> EndpointList:
    """List the webhooks."""
    return EndpointList(items=[_one(row) for row in await webhook_endpoints.every(by=by)])


@post("/v1/webhooks", **asks(Permission.WEBHOOK_MANAGE, body=EndpointValues, shows_secret=True))
async def create(by: By, sent: NamedDependency[EndpointValues]) -> Response[NewEndpoint]:
    """Add a webhook; the answer holds its secret, this once."""
    made = await webhook_endpoints.create(sent, by=by)
    kept = await webhook_endpoints.get(made.id, by=by)
    return answers.created(NewEndpoint(webhook=_one(kept), secret=made.secret), f"/webhooks/{made.id}")


@get("/v1/webhooks/{endpoint_id:int}", **asks(Permission.WEBHOOK_READ))
async def show(by: By, endpoint_id: FromPath[int]) -> Endpoint:
    """Get one webhook."""
    return _one(await webhook_endpoints.get(endpoint_id, by=by))


@patch("/v1/webhooks/{endpoint_id:int}", **asks(Permission.WEBHOOK_MANAGE, body=EndpointEdit))
async def update(by: By, endpoint_id: FromPath[int], sent: NamedDependency[EndpointEdit]) -> Endpoint:
    """Change a webhook; 409 when somebody else did since `version` was read."""
    kept = dict(await webhook_endpoints.get(endpoint_id, by=by))
    if sent.events is not UNSET:
        kept["is_for_all"] = False
    if sent.is_for_all is True:
        kept["events"] = ()
    values = over(EndpointValues, kept, sent)
    return _one(await webhook_endpoints.update(endpoint_id, values, version=sent.version, by=by))


@delete("/v1/webhooks/{endpoint_id:int}", **asks(Permission.WEBHOOK_MANAGE))
async def remove(by: By, endpoint_id: FromPath[int]) -> None:
    """Remove a webhook with its log."""
    await webhook_endpoints.delete(endpoint_id, by=by)


@post(
    "/v1/webhooks/{endpoint_id:int}/secret",
    status_code=200,
    **asks(Permission.WEBHOOK_MANAGE, shows_secret=True),
)
async def rotate(by: By, endpoint_id: FromPath[int]) -> NewEndpoint:
    """Make a new secret; the one before signs too, for a day."""
    made = await webhook_endpoints.rotate(endpoint_id, by=by)
    return NewEndpoint(webhook=_one(await webhook_endpoints.get(endpoint_id, by=by)), secret=made.secret)


@post("/v1/webhooks/{endpoint_id:int}/test", status_code=204, **asks(Permission.WEBHOOK_MANAGE))
async def test(by: By, endpoint_id: FromPath[int]) -> None:
    """Send a test event; 409 while the webhook is off."""
    await webhook_endpoints.test(endpoint_id, by=by)


def _one(row: Any) -> Endpoint:
    return answers.of(Endpoint, row)


ROUTES = [kinds, index, create, show, update, remove, rotate, test]
