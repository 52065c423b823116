"""The time of a sandbox: which day it is there, and moving it forward."""

from datetime import date
from typing import Any

import msgspec
from litestar import Response, get, post

from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.i18n import _
from core.permissions import Permission
from tenants import sandboxes
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/staff/sandbox"


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """The day that it is to be."""

    day: date


@get("/sandbox", **requires(Permission.SETTINGS_MANAGE))
async def show(request: AnyRequest, by: By) -> Response[str]:
    """Which day it is here."""
    return _show(request, Form({}), by=by)


@post("/sandbox", status_code=200, **requires(Permission.SETTINGS_MANAGE))
async def move(request: AnyRequest, by: By) -> Response[Any]:
    """Let it be another day."""
    form = await forms.read(request)
    try:
        day = await sandboxes.move(form.into(Move).day, by=by)
    except Invalid as refusal:
        return _show(request, form.refused(refusal), by=by, status=422)
    except Conflict as conflict:
        return _show(request, form, by=by, refused=conflict.message, status=409)
    return redirect(request, HERE, toast=_("It is %(day)s here. The work of the night follows.") % {"day": day})


def _show(request: AnyRequest, form: Form, *, by: Actor, refused: str = "", status: int = 200) -> Response[str]:
    day = clock.today(by.tenant.timezone)
    return page(request, "staff/sandbox.html", status=status, form=form, day=day, refused=refused)


ROUTES = [show, move]
