"""Tasks: the list, one with its progress and what became of each row, and the stream of its progress."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent

from core import tasks
from core.actor import Actor
from core.i18n import _
from core.permissions import Permission
from core.tasks import Task
from web.kit import streams
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect, surroundings
from web.kit.templates import render
from web.kit.visit import By, visit_of

Lead = tuple[str, str]
LEADS: dict[str, Callable[[Task], Lead | None]] = {}
"""Where a task of a kind leads once it is done: an address and the words of the button."""


@get("/tasks", **requires(Permission.TASK_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The tasks one may see, the newest first."""
    query = request.query_params
    listed = await tasks.page(after=query.get("after", ""), before=query.get("before", ""), by=by)
    links = {
        "previous": listed.previous and f"/staff/tasks?before={listed.previous}",
        "next": listed.next and f"/staff/tasks?after={listed.next}",
    }
    return page(request, "staff/tasks/index.html", tasks=listed.rows, page=links)


@get("/tasks/{task_id:int}", **requires(Permission.TASK_READ))
async def show(request: AnyRequest, by: By, task_id: FromPath[int]) -> Response[str]:
    """One task: how far it is, and what became of each row."""
    task = await tasks.get(task_id, by=by)
    query = request.query_params
    outcome = next((one for one in tasks.OUTCOMES if one == query.get("outcome")), None)
    listed = await tasks.results(
        task, outcome=outcome, after=query.get("after", ""), before=query.get("before", ""), by=by
    )
    here = f"/staff/tasks/{task_id}"
    kept = {"outcome": outcome} if outcome else {}
    links = {
        "previous": listed.previous and f"{here}?{urlencode(kept | {'before': listed.previous})}",
        "next": listed.next and f"{here}?{urlencode(kept | {'after': listed.next})}",
    }
    return page(
        request,
        "staff/tasks/show.html",
        block="progress",
        rows=listed.rows,
        page=links,
        outcome=outcome or "",
        **_about(task),
    )


@get("/tasks/{task_id:int}/events", **requires(Permission.TASK_READ))
async def events(request: AnyRequest, by: By, task_id: FromPath[int]) -> ServerSentEvent:
    """The progress of a task as it goes on, until it has ended."""
    await tasks.get(task_id, by=by)
    visit = visit_of(request)
    around = surroundings(visit, f"/staff/tasks/{task_id}")

    async def look(now: Actor) -> tuple[str, str, bool]:
        task = await tasks.get(task_id, by=now)
        mark = f"{task.state} {task.handled} {task.total} {task.is_cancel_asked}"
        return mark, render("staff/tasks/show.html", around | _about(task), block="progress"), not task.is_open

    return streams.answer(visit, look)


@post("/tasks/{task_id:int}/cancel", status_code=200, **requires(Permission.TASK_READ))
async def cancel(request: AnyRequest, by: By, task_id: FromPath[int]) -> Response[None]:
    """Ask a task to stop."""
    await tasks.cancel(task_id, by=by)
    return redirect(request, f"/staff/tasks/{task_id}", toast=_("The task stops. What is done stays done."))


@post("/tasks/{task_id:int}/resume", status_code=200, **requires(Permission.TASK_READ))
async def resume(request: AnyRequest, by: By, task_id: FromPath[int]) -> Response[None]:
    """Let a task that failed go on where it stopped."""
    await tasks.resume(task_id, by=by)
    return redirect(request, f"/staff/tasks/{task_id}", toast=_("The task goes on where it stopped."))


def _about(task: Task) -> dict[str, Any]:
    lead = LEADS.get(task.kind)
    return {
        "task": task,
        "kind": tasks.KINDS[task.kind].label if task.kind in tasks.KINDS else task.kind,
        "lead": lead(task) if lead and task.state == "done" else None,
        "rows_are_gone": task.payload.get("act") == "delete",
    }


ROUTES = [index, show, events, cancel, resume]
