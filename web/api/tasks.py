"""Tasks over JSON: how far each is, what became of its rows, stopping one and letting it go on."""

from typing import Annotated, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core import tasks
from core.errors import Invalid
from core.filters import read_cursor
from core.i18n import _
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.pages import AnyRequest
from web.kit.visit import By

After = Annotated[str, Meta(description="The cursor `next` of the page before")]
Before = Annotated[str, Meta(description="The cursor `previous` of the page after")]


class LongTask(msgspec.Struct, kw_only=True):
    """A task. `total`, `done`, `skipped` and `failed` count rows; `reason` says why it stopped, and `due_at` when
    one for later begins."""

    id: int
    kind: str
    title: str
    state: Literal["waiting", "running", "done", "cancelled", "failed"]
    reason: str
    total: int
    done: int
    skipped: int
    failed: int
    percent: int
    is_cancel_asked: bool
    actor_name: str
    created_at: Moment
    due_at: Moment | None
    started_at: Moment | None
    ended_at: Moment | None


class LongTaskPage(msgspec.Struct, kw_only=True):
    """A page of tasks, the newest first."""

    items: list[LongTask]
    next: str | None
    previous: str | None


class TaskResult(msgspec.Struct, kw_only=True):
    """What became of one row: a client by its `code`, or a line of a file."""

    number: int
    subject_kind: str
    code: int | None
    name: str
    outcome: Literal["done", "skipped", "failed"]
    reason: str


class TaskResultPage(msgspec.Struct, kw_only=True):
    """A page of results, in the order in which the rows were handled."""

    items: list[TaskResult]
    next: str | None
    previous: str | None


class TaskPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place in the list."""

    after: After = ""
    before: Before = ""


class ResultQuery(TaskPlace, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which results, and a place among them."""

    outcome: Literal["", "done", "skipped", "failed"] = ""


@get("/v1/tasks", **asks(Permission.TASK_READ, query=TaskPlace))
async def index(request: AnyRequest, by: By, asked: NamedDependency[TaskPlace]) -> Response[LongTaskPage]:
    """List the tasks that you can see, the newest first."""
    _check(asked)
    page = await tasks.page(after=asked.after, before=asked.before, by=by)
    following, previous = page.next or None, page.previous or None
    found = LongTaskPage(items=[shown(task) for task in page.rows], next=following, previous=previous)
    return answers.listed(request, found, following=following, previous=previous)


@get("/v1/tasks/{task_id:int}", **asks(Permission.TASK_READ))
async def show(by: By, task_id: FromPath[int]) -> LongTask:
    """Get one task."""
    return shown(await tasks.get(task_id, by=by))


@get("/v1/tasks/{task_id:int}/results", **asks(Permission.TASK_READ, query=ResultQuery))
async def results(
    request: AnyRequest, by: By, task_id: FromPath[int], asked: NamedDependency[ResultQuery]
) -> Response[TaskResultPage]:
    """List what became of the rows of a task."""
    _check(asked)
    task = await tasks.get(task_id, by=by)
    page = await tasks.results(task, outcome=asked.outcome or None, after=asked.after, before=asked.before, by=by)
    following, previous = page.next or None, page.previous or None
    items = [answers.of(TaskResult, row) for row in page.rows]
    found = TaskResultPage(items=items, next=following, previous=previous)
    return answers.listed(request, found, following=following, previous=previous)


@post("/v1/tasks/{task_id:int}/cancel", status_code=200, **asks(Permission.TASK_READ))
async def cancel(by: By, task_id: FromPath[int]) -> LongTask:
    """Stop a task; what is done stays done. 409 when it has ended."""
    return shown(await tasks.cancel(task_id, by=by))


@post("/v1/tasks/{task_id:int}/resume", status_code=200, **asks(Permission.TASK_READ))
async def resume(by: By, task_id: FromPath[int]) -> LongTask:
    """Let a task that failed go on where it stopped; 409 for any other."""
    return shown(await tasks.resume(task_id, by=by))


def shown(task: tasks.Task) -> LongTask:
    """A task as the API tells it."""
    return answers.of(LongTask, task)


def _check(asked: TaskPlace) -> None:
    if asked.after and asked.before:
        raise Invalid({"before": _("Either after or before, not both.")})
    for name in ("after", "before"):
        text = getattr(asked, name)
        if text and read_cursor(text, int) is None:
            raise Invalid({name: _("This page has gone; begin again from the first one.")})


ROUTES = [index, show, results, cancel, resume]
