"""Staff and roles over JSON: who works here, in which role, limited to what; and inviting somebody."""

from typing import Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.accounts import roles, staff
from core.accounts.staff import NewStaff
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.visit import By


class StaffMember(msgspec.Struct, kw_only=True):
    """Somebody on the staff. `role` is the key of a role; empty `project_ids` and `group_ids` are no limit."""

    id: int
    name: str
    email: str
    role: str
    state: Literal["active", "removed"]
    is_invited: bool
    project_ids: list[int]
    group_ids: list[int]
    created_at: Moment
    version: int


class StaffList(msgspec.Struct, kw_only=True):
    """The staff by name, those who were removed last."""

    items: list[StaffMember]


class Role(msgspec.Struct, kw_only=True):
    """A role. `key` names it wherever a role is asked for; `members` counts who has it now."""

    key: str
    name: str
    description: str
    is_built_in: bool
    permissions: list[str]
    members: int
    version: int


class RoleList(msgspec.Struct, kw_only=True):
    """All roles, the built-in ones first."""

    items: list[Role]


@get("/v1/staff", **asks(Permission.STAFF_READ))
async def index(by: By) -> StaffList:
    """List the staff."""
    return StaffList(items=[_shown(row) for row in await staff.every(by=by)])


@get("/v1/staff/{staff_id:int}", **asks(Permission.STAFF_READ))
async def show(by: By, staff_id: FromPath[int]) -> StaffMember:
    """Get one member of staff."""
    return _shown(await staff.get(staff_id, by=by))


@post("/v1/staff", **asks(Permission.STAFF_MANAGE, body=NewStaff))
async def invite(by: By, sent: NamedDependency[NewStaff]) -> Response[StaffMember]:
    """Invite somebody to the staff, by a mail with a link to choose a password.

    Nobody gives rights that he, or his key, does not have.
    """
    member = await staff.invite(sent, base_url=by.tenant.base_url, by=by)
    return answers.created(_shown(member), f"/staff/{member['id']}")


@get("/v1/roles", **asks(Permission.STAFF_READ))
async def list_roles(by: By) -> RoleList:
    """List the roles with their permissions."""
    return RoleList(items=[answers.of(Role, row) for row in await roles.every(by=by)])


def _shown(row: dict[str, object]) -> StaffMember:
    return answers.of(StaffMember, row, role=row["role_key"])


ROUTES = [index, show, invite, list_roles]
