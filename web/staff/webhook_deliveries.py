"""The log of a webhook: what was sent, how it was answered, and sending it again."""

from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from asyncpg import Record
from litestar import Response, get, post
from litestar.params import FromPath

from core import keyset, outside_words, policies
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.i18n import _, ngettext
from core.permissions import Permission
from core.support import webhook_deliveries, webhook_endpoints
from core.support.webhook_deliveries import STATES
from core.support.webhook_events import EVENTS
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff.webhooks import HERE

DELIVERIES = "/staff/webhook-deliveries"
LAST_YEAR = 9000


class SinceForm(msgspec.Struct, frozen=True, kw_only=True):
    """From which day on it is sent again, and whether also what arrived."""

    since: date
    is_all: bool = False


class Pages(msgspec.Struct, frozen=True, kw_only=True):
    """The addresses of the pages around this one."""

    previous: str | None
    next: str | None


@get("/webhooks/{endpoint_id:int}", **requires(Permission.WEBHOOK_READ))
async def show(request: AnyRequest, by: By, endpoint_id: FromPath[int]) -> Response[str]:
    """The endpoint, and what was sent to it: filtered and paged by the address alone."""
    return await _show(request, endpoint_id, Form(), by=by)


@post("/webhooks/{endpoint_id:int}/replay", status_code=200, **requires(Permission.WEBHOOK_MANAGE))
async def replay_since(request: AnyRequest, by: By, endpoint_id: FromPath[int]) -> Response[Any]:
    """Send again what happened since a day."""
    form = await forms.read(request)
    try:
        sent = form.into(SinceForm)
        count = await webhook_deliveries.replay_since(
            endpoint_id, _begin_of(sent.since, by.tenant.timezone), is_failed_only=not sent.is_all, by=by
        )
    except Invalid as refusal:
        return await _show(request, endpoint_id, form.refused(refusal), status=422, by=by)
    except Conflict as conflict:
        refused = form.refused(Invalid({"": conflict.message}))
        return await _show(request, endpoint_id, refused, status=409, by=by)
    told = ngettext("%(count)s message is sent again.", "%(count)s messages are sent again.", count)
    return redirect(request, f"{HERE}/{endpoint_id}", toast=told % {"count": count})


@get("/webhook-deliveries/{webhook_delivery_id:int}", **requires(Permission.WEBHOOK_READ))
async def show_one(request: AnyRequest, by: By, webhook_delivery_id: FromPath[int]) -> Response[str]:
    """One message to one endpoint: what it says, and each attempt with its answer."""
    found = await webhook_deliveries.get(webhook_delivery_id, by=by)
    return page(
        request,
        "staff/webhooks/delivery.html",
        row=found,
        here=f"{HERE}/{found['endpoint_id']}",
        action=f"{DELIVERIES}/{webhook_delivery_id}/replay",
        payload=_indented(found["payload"]),
        attempts=[_in_words(one) for one in await webhook_deliveries.attempts(webhook_delivery_id, by=by)],
        states={key: _(text) for key, text in STATES.items()},
        title=_title(found["kind"]),
        may_replay=found["next_at"] is None and policies.allows(by, Permission.WEBHOOK_MANAGE),
    )


@post("/webhook-deliveries/{webhook_delivery_id:int}/replay", **requires(Permission.WEBHOOK_MANAGE))
async def replay(request: AnyRequest, by: By, webhook_delivery_id: FromPath[int]) -> Response[None]:
    """Send it again."""
    try:
        await webhook_deliveries.replay(webhook_delivery_id, by=by)
    except Conflict as conflict:
        return redirect(request, f"{DELIVERIES}/{webhook_delivery_id}", toast=conflict.message, kind="bad")
    return redirect(request, f"{DELIVERIES}/{webhook_delivery_id}", toast=_("It is sent again."))


async def _show(
    request: AnyRequest, endpoint_id: int, form: Form, *, status: int = 200, by: Actor
) -> Response[str]:
    asked = forms.query(request)
    state = asked.get("state", "")
    if state and state not in STATES:
        raise Invalid({"state": _("This is not one of the choices.")})
    found = await webhook_deliveries.page(
        endpoint_id,
        state=state or None,  # type: ignore[arg-type]
        after=asked.get("after", ""),
        before=asked.get("before", ""),
        by=by,
    )
    return page(
        request,
        "staff/webhooks/show.html",
        status=status,
        row=await webhook_endpoints.get(endpoint_id, by=by),
        here=f"{HERE}/{endpoint_id}",
        deliveries=[(_in_words(one), _title(one["kind"])) for one in found.rows],
        pages=_pages(f"{HERE}/{endpoint_id}", found, state),
        state=state,
        states={key: _(text) for key, text in STATES.items()},
        titles={kind: _(event.title) for kind, event in EVENTS.items()},
        form=form,
        may_edit=policies.allows(by, Permission.WEBHOOK_MANAGE),
    )


def _pages(here: str, found: keyset.Page, state: str) -> Pages:
    kept = {"state": state} if state else {}
    places = {"previous": ("before", found.previous), "next": ("after", found.next)}
    links = {
        name: f"{here}?{urlencode(kept | {parameter: cursor})}" if cursor else None
        for name, (parameter, cursor) in places.items()
    }
    return Pages(**links)


def _in_words(row: Record) -> dict[str, Any]:
    return {**row, "error": outside_words.said(row["error"])}


def _title(kind: str) -> str:
    return _(EVENTS[kind].title) if kind in EVENTS else kind


def _indented(payload: str) -> str:
    try:
        return msgspec.json.format(payload.encode(), indent=2).decode()
    except msgspec.DecodeError:
        return payload


def _begin_of(day: date, timezone: str) -> datetime:
    """The first moment of the day there."""
    if not 1970 <= day.year <= LAST_YEAR:
        raise Invalid({"since": _("This is not a date.")})
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


ROUTES = [show, replay_since, show_one, replay]
