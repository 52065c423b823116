"""The roles that a client makes for its users, on the staff's side."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.permissions import Permission
from web.kit import role_pages
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest
from web.kit.visit import By
from web.staff.client_users import place_of

HERE = "/clients/{code:int}/user-roles"


@get(HERE, **requires(Permission.USER_READ))
async def index(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """All roles, the built-in ones first."""
    return await role_pages.index(request, await place_of(code, by=by), by=by)


@get(f"{HERE}/new", **requires(Permission.USER_UPDATE))
async def new(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The empty form."""
    return await role_pages.form_of(request, await place_of(code, by=by), Form({"rights": []}), by=by)


@post(HERE, status_code=200, **requires(Permission.USER_UPDATE))
async def create(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Make a role."""
    return await role_pages.create(request, await place_of(code, by=by), by=by)


@get(f"{HERE}/{{role_id:int}}", **requires(Permission.USER_READ))
async def edit(request: AnyRequest, by: By, code: FromPath[int], role_id: FromPath[int]) -> Response[str]:
    """What a role may; a form for those who may change it."""
    return await role_pages.edit(request, await place_of(code, by=by), role_id, by=by)


@post(f"{HERE}/{{role_id:int}}", status_code=200, **requires(Permission.USER_UPDATE))
async def update(request: AnyRequest, by: By, code: FromPath[int], role_id: FromPath[int]) -> Response[Any]:
    """Save a role."""
    return await role_pages.update(request, await place_of(code, by=by), role_id, by=by)


@get(f"{HERE}/{{role_id:int}}/delete", **requires(Permission.USER_UPDATE))
async def ask_delete(request: AnyRequest, by: By, code: FromPath[int], role_id: FromPath[int]) -> Response[str]:
    """Ask, or say who has it."""
    return await role_pages.ask_delete(request, await place_of(code, by=by), role_id, by=by)


@post(f"{HERE}/{{role_id:int}}/delete", status_code=200, **requires(Permission.USER_UPDATE))
async def delete(request: AnyRequest, by: By, code: FromPath[int], role_id: FromPath[int]) -> Response[Any]:
    """Delete a role."""
    return await role_pages.delete(request, await place_of(code, by=by), role_id, by=by)


ROUTES = [index, new, create, edit, update, ask_delete, delete]
