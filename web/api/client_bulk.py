"""One change of many clients over JSON: counted first, then carried out as a task."""

from typing import Annotated

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from msgspec import Meta

from core import tasks
from core.accounts import bulk, client_choice
from core.accounts.bulk import Act, Change
from core.accounts.client_choice import MOST_CODES, Choice
from core.accounts.client_filter import ClientFilter
from core.permissions import Permission
from web.api import answers
from web.api.reading import asks
from web.api.tasks import LongTask, shown
from web.kit.visit import By


class BulkChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be done, and to whom: `codes`, or all that a `filter` lets through (`{}` is everybody).

    A group, an attitude and a project are ids. With `dry_run` the clients are only counted.
    """

    act: Act
    codes: Annotated[list[int], Meta(max_length=MOST_CODES)] = []
    filter: ClientFilter | None = None
    group: int | None = None
    attitude: int | None = None
    project: int | None = None
    language: str = ""
    reason: str = ""
    dry_run: bool = False


class BulkAnswer(msgspec.Struct, kw_only=True):
    """How many clients it is about, and the task; none after a dry run."""

    count: int
    task: LongTask | None


@post("/v1/clients/bulk", status_code=200, **asks(Permission.CLIENT_READ, body=BulkChange))
async def change(by: By, sent: NamedDependency[BulkChange]) -> Response[BulkAnswer]:
    """Change many clients: 202 with the task that does it. Asks for the right of the act as well."""
    choice = Choice(codes=tuple(sent.codes), filter=sent.filter)
    wanted = await bulk.check(
        Change(
            act=sent.act,
            group=sent.group,
            attitude=sent.attitude,
            project=sent.project,
            language=sent.language,
            reason=sent.reason,
        ),
        by=by,
    )
    if sent.dry_run:
        return Response(BulkAnswer(count=await client_choice.count(choice, by=by), task=None))
    task_id = await bulk.begin(wanted, choice, by=by)
    task = await tasks.read(task_id)
    address = {"Location": f"{answers.ROOT}/tasks/{task_id}"}
    return Response(BulkAnswer(count=task.total, task=shown(task)), status_code=202, headers=address)


ROUTES = [change]
