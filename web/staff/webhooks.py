"""Webhooks: where the provider's programs are told of what happens; the secret of each is shown once."""

from typing import Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from core.support import webhook_endpoints
from core.support.webhook_endpoints import Created, EndpointValues
from core.support.webhook_events import CHOICES
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits

HERE = "/staff/webhooks"
MANAGE = requires(Permission.WEBHOOK_MANAGE)


class EndpointForm(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint as it is written: all events, or those that are ticked."""

    url: str
    description: str = ""
    which: Literal["all", "some"] = "all"
    events: tuple[str, ...] = ()
    is_on: bool = False


@get("/webhooks", **requires(Permission.WEBHOOK_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """All of them."""
    may = policies.allows(by, Permission.WEBHOOK_MANAGE)
    return page(request, "staff/webhooks/index.html", rows=await webhook_endpoints.every(by=by), may_edit=may)


@get("/webhooks/new", **MANAGE)
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form."""
    webhook_endpoints.require(by, Permission.WEBHOOK_MANAGE)
    return _form(request, Form({"which": "all", "is_on": "1"}))


@post("/webhooks", status_code=200, **MANAGE)
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Add one and show its secret: this once, so it is the answer itself and no redirect."""
    form = edits.listed(await forms.read(request), "events")
    try:
        values = _read(form)
        made = await webhook_endpoints.create(values, by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), status=422)
    except Conflict as conflict:
        return _form(request, form.refused(Invalid({"": conflict.message})), status=409)
    return _secret(request, made, values.url)


@get("/webhooks/{endpoint_id:int}/edit", **MANAGE)
async def edit(request: AnyRequest, by: By, endpoint_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    kept = await webhook_endpoints.get(endpoint_id, by=by)
    return _form(request, Form(_written(kept)), kept=kept)


@post("/webhooks/{endpoint_id:int}", status_code=200, **MANAGE)
async def update(request: AnyRequest, by: By, endpoint_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    kept = await webhook_endpoints.get(endpoint_id, by=by)
    form = edits.listed(edits.settled(await forms.read(request), _written(kept)), "events")
    try:
        await webhook_endpoints.update(endpoint_id, _read(form), version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), kept=kept, status=422)
    except EditConflict:
        both = edits.conflict(form, _written(kept), _labels())
        return _form(request, form, kept=kept, conflict=both, status=409)
    return redirect(request, f"{HERE}/{endpoint_id}", toast=_("The webhook was saved."))


@post("/webhooks/{endpoint_id:int}/test", **MANAGE)
async def test(request: AnyRequest, by: By, endpoint_id: FromPath[int]) -> Response[None]:
    """Send a test event; it stands in the log below."""
    try:
        await webhook_endpoints.test(endpoint_id, by=by)
    except Conflict as conflict:
        return redirect(request, f"{HERE}/{endpoint_id}", toast=conflict.message, kind="bad")
    return redirect(request, f"{HERE}/{endpoint_id}", toast=_("A test is on its way."))


@get("/webhooks/{endpoint_id:int}/secret", **MANAGE)
async def confirm_secret(request: AnyRequest, by: By, endpoint_id: FromPath[int]) -> Response[str]:
    """Say what a new secret means, and ask."""
    title = _("A new secret?")
    text = _("It is shown once. For a day what we send is signed with the old one too, so that nothing is lost.")
    return await _ask(request, endpoint_id, "secret", title, text, _("Make a new secret"), by=by)


@post("/webhooks/{endpoint_id:int}/secret", status_code=200, **MANAGE)
async def rotate(request: AnyRequest, by: By, endpoint_id: FromPath[int]) -> Response[str]:
    """Make a new secret, and show it this once."""
    made = await webhook_endpoints.rotate(endpoint_id, by=by)
    return _secret(request, made, (await webhook_endpoints.get(endpoint_id, by=by))["url"])


@get("/webhooks/{endpoint_id:int}/delete", **MANAGE)
async def confirm(request: AnyRequest, by: By, endpoint_id: FromPath[int]) -> Response[str]:
    """Ask before it goes."""
    text = _("Nothing is sent there any more, and the log of what was sent goes too. Switch it off to keep that.")
    return await _ask(request, endpoint_id, "delete", _("Remove the webhook?"), text, _("Remove"), by=by)


@post("/webhooks/{endpoint_id:int}/delete", **MANAGE)
async def delete(request: AnyRequest, by: By, endpoint_id: FromPath[int]) -> Response[None]:
    """Remove it."""
    await webhook_endpoints.delete(endpoint_id, by=by)
    return redirect(request, HERE, toast=_("The webhook was removed."))


async def _ask(
    request: AnyRequest, endpoint_id: int, act: str, title: str, text: str, ok: str, *, by: Actor
) -> Response[str]:
    kept = await webhook_endpoints.get(endpoint_id, by=by)
    here = f"{HERE}/{endpoint_id}"
    return page(
        request,
        "staff/confirm.html",
        title=title,
        text=f"{kept['url']} – {text}",
        refused="",
        action=f"{here}/{act}",
        ok=ok,
        back=here,
        crumbs=[(_("Webhooks"), HERE)],
    )


def _secret(request: AnyRequest, made: Created, url: str) -> Response[str]:
    return page(request, "staff/webhooks/secret.html", secret=made.secret, url=url, here=f"{HERE}/{made.id}")


def _form(
    request: AnyRequest, form: Form, *, kept: Any = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    return page(
        request,
        "staff/webhooks/form.html",
        status=status,
        form=form,
        kept=kept,
        conflict=conflict,
        action=f"{HERE}/{kept['id']}" if kept else HERE,
        back=f"{HERE}/{kept['id']}" if kept else HERE,
        events=[(kind, f"{_(title)} ({kind})") for kind, title in CHOICES.items()],
    )


def _read(form: Form) -> EndpointValues:
    sent = form.into(EndpointForm, ignore=edits.VERSION)
    is_for_all = sent.which == "all"
    return EndpointValues(
        url=sent.url,
        description=sent.description,
        is_for_all=is_for_all,
        events=() if is_for_all else sent.events,
        is_on=sent.is_on,
    )


def _written(kept: Any) -> dict[str, Any]:
    return {
        "url": kept["url"],
        "description": kept["description"],
        "which": "all" if kept["is_for_all"] else "some",
        "events": list(kept["events"]),
        "is_on": "1" if kept["is_on"] else "",
        "version": str(kept["version"]),
    }


def _labels() -> dict[str, str]:
    return {
        "url": _("Address"),
        "description": _("What it serves for"),
        "which": _("What it is told of"),
        "events": _("Events"),
        "is_on": _("On"),
    }


ROUTES = [index, new, create, edit, update, test, confirm_secret, rotate, confirm, delete]
"""The routes of this file; `webhook_deliveries` has the log."""
