"""What a refusal looks like over JSON (RFC 9457), and which ones a route can answer with."""

from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler
from msgspec import UNSET, UnsetType


class Problem(msgspec.Struct, kw_only=True):
    """A refusal. `errors` names fields and what is wrong with them, "" the whole request.

    `feature` and `edition` say what the provider lacks and which edition has it (null when none has),
    `permission` what the key or its maker lacks, `current` what somebody else saved meanwhile.
    """

    type: str
    title: str
    status: int
    detail: str | UnsetType = UNSET
    errors: dict[str, str] | UnsetType = UNSET
    feature: str | UnsetType = UNSET
    edition: str | UnsetType | None = UNSET
    permission: str | UnsetType = UNSET
    current: dict[str, Any] | UnsetType = UNSET
    request_id: str | UnsetType = UNSET


ALWAYS = {
    401: "No key, or one that is wrong, revoked or expired.",
    403: "The key, its maker's role or the provider's edition does not allow it.",
    404: "There is no such thing, or it is not yours to see.",
    503: "Something that is needed does not answer now, or the provider is suspended.",
}
OF_INPUT = {422: "Fields are missing, unknown or not valid; `errors` names them."}
OF_BODIES = {
    400: "The body is not JSON that can be read.",
    413: "The body is too large.",
    415: "The content type is not application/json.",
}
OF_WRITES = {
    409: "It has changed since it was read, it is in use, or the same idempotency key is at work.",
    422: "Fields are not valid, or the idempotency key was used for another request.",
}
OF_STATES = {409: "What is asked about is in a state that leaves nothing to show; `detail` says which."}
OF_LIMITS = {429: "Too many attempts; wait as long as Retry-After says."}


def refusals_of(handler: HTTPRouteHandler) -> dict[str, Any]:
    """The refusals that this route can answer with, as OpenAPI responses."""
    is_write = "GET" not in handler.http_methods
    found = dict(ALWAYS)
    if handler.opt.get("query") is not None:
        found |= OF_INPUT
    if handler.opt.get("may_conflict"):
        found |= OF_STATES
    if is_write:
        found |= OF_WRITES | OF_LIMITS
    if handler.opt.get("body") is not None:
        found |= OF_BODIES
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {str(status): {"description": found[status], "content": content} for status in sorted(found)}
