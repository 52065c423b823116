"""Fraud checks over JSON: the list, one of them, deciding about it, and what they mean for the provider."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.accounts import fraud_queue, fraud_settings
from core.accounts.fraud_queue import FraudFilter, Kind, State
from core.accounts.fraud_settings import FraudChanges
from core.billing import fraud_decisions
from core.errors import Invalid
from core.fraud_hookspecs import Source, Verdict
from core.i18n import _
from core.keyset import PAGE
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks, part
from web.kit import fraud_words
from web.kit.pages import AnyRequest
from web.kit.visit import By

MOST = 200


class Said(msgspec.Struct, kw_only=True):
    """What one plugin said; `failed` when it did not answer, and `verdict` is what that counts as."""

    plugin: str
    verdict: Verdict
    reasons: list[str]
    failed: bool


class FraudCheck(msgspec.Struct, kw_only=True):
    """A registration or an order that plugins looked at. `client` is null of a registration that was refused.

    *waiting* is to be decided, *stopped* was refused by a check, *approved* and *refused* were decided by people.
    """

    id: int
    kind: Kind
    source: Source
    verdict: Verdict
    state: State
    client: int | None
    name: str
    email: str
    address: str
    answers: list[Said]
    created_at: Moment
    decided_at: Moment | None
    decided_by: str
    reason: str


class FraudCheckPage(msgspec.Struct, kw_only=True):
    """A page of checks, the newest first. `next` and `previous` are cursors for `after` and `before`."""

    items: list[FraudCheck]
    next: str | None
    previous: str | None


class FraudQuery(FraudFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of the list and its place. `client` is a client's code."""

    after: Annotated[str, Meta(description="The cursor `next` of the page before")] = ""
    before: Annotated[str, Meta(description="The cursor `previous` of the page after")] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="Checks on a page")] = PAGE


class Approval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, if you like."""

    reason: str = ""


class Refusal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    reason: str


class FraudSettings(msgspec.Struct, kw_only=True):
    """What a plugin that does not answer counts as, and whether what staff enter is checked too."""

    on_failure: Literal["pass", "review"]
    checks_staff: bool
    version: int


class FraudEdit(FraudChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


@get("/v1/fraud-checks", **asks(Permission.FRAUD_READ, query=FraudQuery))
async def index(request: AnyRequest, by: By, asked: NamedDependency[FraudQuery]) -> Response[FraudCheckPage]:
    """List fraud checks, the newest first."""
    if asked.after and asked.before:
        raise Invalid({"before": _("Either after or before, not both.")})
    found = await fraud_queue.listed(asked, by=by, after=asked.after, before=asked.before, size=asked.limit)
    page = FraudCheckPage(items=[_one(row) for row in found.rows], next=found.next, previous=found.previous)
    return answers.listed(request, page, following=found.next, previous=found.previous)


@get("/v1/fraud-checks/{check_id:int}", **asks(Permission.FRAUD_READ))
async def show(by: By, check_id: FromPath[int]) -> FraudCheck:
    """Get one check."""
    return _one(await fraud_queue.get(check_id, by=by))


@post("/v1/fraud-checks/{check_id:int}/approve", status_code=200, **asks(Permission.FRAUD_DECIDE, body=Approval))
async def approve(by: By, check_id: FromPath[int], sent: NamedDependency[Approval]) -> FraudCheck:
    """Let what waits go on; 409 when somebody has decided about it."""
    return _one(await fraud_decisions.approve(check_id, sent.reason, by=by))


@post("/v1/fraud-checks/{check_id:int}/refuse", status_code=200, **asks(Permission.FRAUD_DECIDE, body=Refusal))
async def refuse(by: By, check_id: FromPath[int], sent: NamedDependency[Refusal]) -> FraudCheck:
    """Cancel the order that waits, or close the client; 409 when somebody has decided about it."""
    return _one(await fraud_decisions.refuse(check_id, sent.reason, by=by))


@get("/v1/fraud-settings", **asks(Permission.SETTINGS_MANAGE))
async def show_settings(by: By) -> FraudSettings:
    """Get what fraud checks mean here."""
    return answers.of(FraudSettings, await fraud_settings.get(by=by))


@patch("/v1/fraud-settings", **asks(Permission.SETTINGS_MANAGE, body=FraudEdit))
async def update_settings(by: By, sent: NamedDependency[FraudEdit]) -> FraudSettings:
    """Change it; 409 when somebody else did since `version` was read."""
    changed = await fraud_settings.update(part(FraudChanges, sent), version=sent.version, by=by)
    return answers.of(FraudSettings, changed)


def _one(row: Any) -> FraudCheck:
    said = [
        Said(plugin=one.plugin, verdict=one.verdict, reasons=one.reasons, failed=one.failed)
        for one in fraud_words.answers(row)
    ]
    return answers.of(FraudCheck, row, client=row["client_code"], answers=said)


ROUTES: list[Any] = [index, show, approve, refuse, show_settings, update_settings]
