"""Over JSON: closing a project, opening it again, and merging it into another one."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.accounts import project_closing, project_merging
from core.permissions import Permission
from web.api.reading import asks
from web.kit.visit import By


class ProjectMerge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The project that stays."""

    into: Annotated[int, Meta(description="The id of the project that stays")]


class ProjectMergePreview(msgspec.Struct, kw_only=True):
    """What merging would do: rows by table, the clients with an account in both, and the settings that differ.

    `is_task` tells that there are so many clients that it runs as a task.
    """

    moves: dict[str, int]
    in_both: int
    differing: list[str]
    is_task: bool


class ProjectMerged(msgspec.Struct, kw_only=True):
    """The project that stays, and the task that is at work; null when all is done."""

    into: int
    task_id: int | None


@post("/v1/projects/{project_id:int}/close", status_code=204, **asks(Permission.PROJECT_UPDATE))
async def close(by: By, project_id: FromPath[int]) -> None:
    """Close a project: it takes no new clients, and those it has stay. 409 for the default one."""
    await project_closing.close(project_id, by=by)


@post("/v1/projects/{project_id:int}/reopen", status_code=204, **asks(Permission.PROJECT_UPDATE))
async def reopen(by: By, project_id: FromPath[int]) -> None:
    """Open a closed project again."""
    await project_closing.reopen(project_id, by=by)


@get(
    "/v1/projects/{project_id:int}/merge", **asks(Permission.PROJECT_DELETE, query=ProjectMerge, may_conflict=True)
)
async def preview(by: By, project_id: FromPath[int], asked: NamedDependency[ProjectMerge]) -> ProjectMergePreview:
    """Say what merging a project into another one would do."""
    found = await project_merging.preview(project_id, asked.into, by=by)
    return ProjectMergePreview(
        moves={count.table: count.rows for count in found.counts},
        in_both=found.in_both,
        differing=found.differing,
        is_task=found.is_task,
    )


@post("/v1/projects/{project_id:int}/merge", status_code=200, **asks(Permission.PROJECT_DELETE, body=ProjectMerge))
async def merge(by: By, project_id: FromPath[int], sent: NamedDependency[ProjectMerge]) -> Response[ProjectMerged]:
    """Merge a project into another one. It cannot be undone. 202 with the task when there are many clients."""
    task_id = await project_merging.merge(project_id, sent.into, by=by)
    answer = ProjectMerged(into=sent.into, task_id=task_id)
    return Response(answer, status_code=200 if task_id is None else 202)


ROUTES = [close, reopen, preview, merge]
