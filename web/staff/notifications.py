"""What clients were told, and why not: the list of deliveries, those of a client, one of them, sending again."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import i18n, outside_words, places
from core.accounts import clients
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.i18n import _
from core.keyset import Page
from core.notification_kinds import find
from core.permissions import Permission
from core.plugin_calls import PluginFailed
from core.support import channels, deliveries, deliveries_again, deliveries_log
from core.support.channels import Way
from core.support.deliveries_log import DeliveryFilter
from web.kit import filtered, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By, visit_of
from web.staff import client_tabs
from web.staff.notification_words import LABELS, named, reason_of, template_name

HERE = "/staff/notifications"


@get("/notifications", **requires(Permission.NOTIFICATION_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The list: filtered and paged by the address alone."""
    given, asked = forms.query(request, ignore=filtered.PAGING), request.query_params
    found, errors, status = Page(rows=[]), {}, 200
    try:
        chosen = forms.fill(DeliveryFilter, given)
        within = visit_of(request).focus
        after, before = asked.get("after", ""), asked.get("before", "")
        found = await deliveries_log.page(chosen, by=by, within=within, after=after, before=before)
    except Invalid as refusal:
        errors, status = refusal.errors, 422
    words = await _words(by=by)
    return page(
        request,
        "staff/notifications/index.html",
        status=status,
        rows=[_listed(row) for row in found.rows],
        page=filtered.paging(HERE, given, found.previous, found.next),
        filter=Form(given, errors),
        in_force=filtered.in_force(HERE, given, LABELS, lambda name, value: words.get(name, {}).get(value, value)),
        cancel_href=HERE,
        words=words,
    )


@get("/clients/{code:int}/notifications", **requires(Permission.NOTIFICATION_READ))
async def show_of_client(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """What this client was told lately, and what became of it."""
    client = await clients.get(code, by=by)
    found = await deliveries_log.of_client(client["id"], by=by)
    words = await _words(by=by)
    return await client_tabs.show(
        request, client, "notifications", by=by, rows=[_listed(row) for row in found], words=words
    )


@get("/notifications/{delivery_id:int}", **requires(Permission.NOTIFICATION_READ))
async def show(request: AnyRequest, by: By, delivery_id: FromPath[int]) -> Response[str]:
    """One delivery: its text as it was sent, each attempt and what the other side said."""
    return await _show(request, delivery_id, by=by)


@post("/notifications/{delivery_id:int}/again", status_code=200, **requires(Permission.NOTIFICATION_SEND))
async def again(request: AnyRequest, by: By, delivery_id: FromPath[int]) -> Response[Any]:
    """Send it once more, or now when it waits."""
    form = await forms.read(request)
    try:
        made_id = await deliveries_again.send(delivery_id, address=form.get("address"), by=by)
    except Invalid as refusal:
        return await _show(request, delivery_id, form=form.refused(refusal), status=422, by=by)
    except Conflict as refusal:
        return await _show(request, delivery_id, refused=refusal.message, status=409, by=by)
    return redirect(request, f"{HERE}/{made_id}", toast=_("It is being sent."))


async def _show(
    request: AnyRequest,
    delivery_id: int,
    *,
    by: Actor,
    form: Form | None = None,
    refused: str = "",
    status: int = 200,
) -> Response[str]:
    row = await deliveries_log.get(delivery_id, by=by)
    tried = await deliveries_log.attempts_of(delivery_id)
    kind = find(row["kind"])
    may = deliveries_again.may(row, by=by)
    return page(
        request,
        "staff/notifications/show.html",
        status=status,
        row=_listed(row),
        description=_(kind.description) if kind and kind.description else "",
        attempts=[dict(one) | {"said": outside_words.said(one["said"])} for one in tried],
        others=await deliveries_log.others_of(row),
        results=named(deliveries_log.RESULTS),
        words=await _words(by=by),
        languages=places.languages(i18n.current()),
        wording=template_name(row["template"]),
        may_send=may,
        is_open=row["state"] in ("waiting", "retrying"),
        addresses=await deliveries_again.addresses(row) if may else [],
        form=form or Form({}),
        refused=refused,
    )


def _listed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "title": deliveries_log.title(row),
        "why": reason_of(row),
        "said": outside_words.said(row["said"]),
    }


async def _words(*, by: Actor) -> dict[str, dict[str, str]]:
    """What the values of the filter are called."""
    ways = await _ways(by=by)
    return {
        "state": named(deliveries.STATES),
        "kind": deliveries_log.kind_names(by=by),
        "channel": {way.name: channels.title(way.name, ways) for way in ways} | named(channels.OWN),
        "medium": named(channels.MEDIA),
    }


async def _ways(*, by: Actor) -> list[Way]:
    """The channels; only our own while a plugin does not say which it has."""
    try:
        return await channels.every(by=by)
    except PluginFailed:
        return [channels.MAIL_WAY, channels.PANEL_WAY]


ROUTES = (index, show_of_client, show, again)
