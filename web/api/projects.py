"""Projects over JSON: the brands a provider sells under."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.accounts import project_deleting, projects
from core.accounts.projects import EDITABLE, NewProject, ProjectChanges
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.visit import By


class Project(msgspec.Struct, kw_only=True):
    """A project. `clients` counts those that you can see; `sender` is the address its mail comes from.

    `credit_limit` is in minor units of the currency. `logo` is the address of its picture, or "".
    """

    id: int
    name: str
    site: str
    currency: str
    sender: str
    sender_name: str
    name_servers: list[str]
    free_domain: bool
    credit_limit: int
    fraud_protection: bool
    brand_name: str
    accent: str
    logo: str
    is_default: bool
    clients: int
    created_at: Moment
    version: int


class ProjectList(msgspec.Struct, kw_only=True):
    """All projects that you can see, by name."""

    items: list[Project]


class ProjectEdit(ProjectChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


@get("/v1/projects", **asks(Permission.PROJECT_READ))
async def index(by: By) -> ProjectList:
    """List the projects."""
    return ProjectList(items=[_told(row) for row in await projects.every(by=by)])


@post("/v1/projects", **asks(Permission.PROJECT_CREATE, body=NewProject))
async def create(by: By, sent: NamedDependency[NewProject]) -> Response[Project]:
    """Add a project."""
    project = await projects.create(sent, by=by)
    return answers.created(_told(project), f"/projects/{project['id']}")


@get("/v1/projects/{project_id:int}", **asks(Permission.PROJECT_READ))
async def show(by: By, project_id: FromPath[int]) -> Project:
    """Get one project."""
    return _told(await projects.get(project_id, by=by))


@patch("/v1/projects/{project_id:int}", **asks(Permission.PROJECT_UPDATE, body=ProjectEdit))
async def update(by: By, project_id: FromPath[int], sent: NamedDependency[ProjectEdit]) -> Project:
    """Change a project; 409 when somebody else did since `version` was read."""
    changes = ProjectChanges(**{field: getattr(sent, field) for field in EDITABLE})
    return _told(await projects.update(project_id, changes, version=sent.version, by=by))


@post("/v1/projects/{project_id:int}/default", status_code=204, **asks(Permission.PROJECT_UPDATE))
async def make_default(by: By, project_id: FromPath[int]) -> None:
    """Make a project the one that new clients belong to when none is chosen."""
    await projects.make_default(project_id, by=by)


@delete("/v1/projects/{project_id:int}", **asks(Permission.PROJECT_DELETE))
async def remove(by: By, project_id: FromPath[int]) -> None:
    """Delete a project; 409 with the reason while anything belongs to it."""
    await project_deleting.delete(project_id, by=by)


def _told(row: Mapping[str, Any]) -> Project:
    return answers.of(Project, row, logo=f"/brand/logo/{row['logo_id']}" if row["logo_id"] else "")


ROUTES = [index, create, show, update, make_default, remove]
