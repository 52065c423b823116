"""Tasks, on pages and in the API."""

from typing import TYPE_CHECKING

from core import db, tasks
from core.actor import Actor
from core.i18n import N_
from core.tasks import Chunk, Task
from tests.web.matrix.row import rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

PLACEHOLDERS = {"task_id": "task"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/tasks", "task:read", {}),
        ("GET /staff/tasks/{task_id}", "task:read", {}),
        ("GET /staff/tasks/{task_id}/events", "task:read", {"kinds": {"task_id": "failed_task"}}),
        ("POST /staff/tasks/{task_id}/cancel", "task:read", {"send": {}}),
        ("POST /staff/tasks/{task_id}/resume", "task:read", {"send": {}, "kinds": {"task_id": "failed_task"}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/tasks", "task:read", {}),
        ("GET /api/v1/tasks/{task_id}", "task:read", {}),
        ("GET /api/v1/tasks/{task_id}/results", "task:read", {}),
        ("POST /api/v1/tasks/{task_id}/cancel", "task:read", {}),
        ("POST /api/v1/tasks/{task_id}/resume", "task:read", {"kinds": {"task_id": "failed_task"}}),
    ),
]
PARAMETERS = {
    "/staff/tasks": "after before",
    "/staff/tasks/{task_id}": "after before outcome",
    "/api/v1/tasks": "after before",
    "/api/v1/tasks/{task_id}/results": "after before outcome",
}
RULED = {"tasks.state", "task_results.outcome"}


@tasks.kind("matrix.nothing", N_("Tasks"))
async def nothing(task: Task, by: Actor) -> Chunk:
    return Chunk(is_last=True)


async def task(world: "World", by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        task_id = await tasks.start("matrix.nothing", world.fresh("task"), total=1, by=by)
        await db.execute(
            "INSERT INTO task_results (task_id, number, name, outcome) VALUES ($1, 1, 'row', 'done')", task_id
        )
        return task_id


async def failed_task(world: "World", by: Actor) -> int:
    task_id = await task(world, by)
    async with db.as_tenant(by.tenant.id):
        await db.execute("UPDATE tasks SET state = 'failed', ended_at = now() WHERE id = $1", task_id)
    return task_id


MAKERS = {"task": task, "failed_task": failed_task}
