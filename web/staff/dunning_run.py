"""The dunning run: what it would do today, starting it, and confirming what waits because it is much."""

from typing import Any

import msgspec
from litestar import Response, get, post

from core.actor import Actor
from core.billing import dunning_run, dunning_words
from core.errors import Conflict
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By


class StartForm(msgspec.Struct, frozen=True, kw_only=True):
    """`is_confirmed`: the run may stop as many accounts as it has to."""

    is_confirmed: bool = False


@get("/dunning/run", **requires(Permission.DUNNING_RUN))
async def show(request: AnyRequest, by: By) -> Response[str]:
    """What a run would do today. Looking changes nothing."""
    return await _show(request, by=by)


@post("/dunning/run", status_code=200, **requires(Permission.DUNNING_RUN))
async def start(request: AnyRequest, by: By) -> Response[Any]:
    """Begin it, and go on to its progress."""
    sent = (await forms.read(request)).into(StartForm)
    try:
        task_id = await dunning_run.start(is_confirmed=sent.is_confirmed, by=by)
    except Conflict as conflict:
        return await _show(request, by=by, refused=conflict.message, status=409)
    return redirect(request, f"/staff/tasks/{task_id}", toast=_("The dunning run has begun."))


async def _show(request: AnyRequest, *, by: Actor, refused: str = "", status: int = 200) -> Response[str]:
    preview = await dunning_run.preview(by=by)
    return page(
        request,
        "staff/dunning/run.html",
        status=status,
        preview=preview,
        first=[(due, dunning_words.action(due.step.step)) for due in preview.first],
        names={key: _(label) for key, label in dunning_words.ACTIONS.items()},
        runs=await dunning_run.latest(by=by),
        refused=refused,
    )


ROUTES = [show, start]
