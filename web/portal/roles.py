"""The roles that a client makes for its users, in the portal."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts.rights import Right
from web.kit import role_pages
from web.kit.forms import Form
from web.kit.guards import in_client
from web.kit.pages import AnyRequest
from web.kit.visit import By
from web.portal.users import FEATURE, place_of

HERE = "/roles"
MANAGE = in_client(Right.USERS_MANAGE, feature=FEATURE)


@get(HERE, **MANAGE)
async def index(request: AnyRequest, by: By) -> Response[str]:
    """All roles, the built-in ones first."""
    return await role_pages.index(request, place_of(by), by=by)


@get(f"{HERE}/new", **MANAGE)
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form."""
    return await role_pages.form_of(request, place_of(by), Form({"rights": []}), by=by)


@post(HERE, status_code=200, **MANAGE)
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Make a role."""
    return await role_pages.create(request, place_of(by), by=by)


@get(f"{HERE}/{{role_id:int}}", **MANAGE)
async def edit(request: AnyRequest, by: By, role_id: FromPath[int]) -> Response[str]:
    """The form of a role."""
    return await role_pages.edit(request, place_of(by), role_id, by=by)


@post(f"{HERE}/{{role_id:int}}", status_code=200, **MANAGE)
async def update(request: AnyRequest, by: By, role_id: FromPath[int]) -> Response[Any]:
    """Save a role."""
    return await role_pages.update(request, place_of(by), role_id, by=by)


@get(f"{HERE}/{{role_id:int}}/delete", **MANAGE)
async def ask_delete(request: AnyRequest, by: By, role_id: FromPath[int]) -> Response[str]:
    """Ask, or say who has it."""
    return await role_pages.ask_delete(request, place_of(by), role_id, by=by)


@post(f"{HERE}/{{role_id:int}}/delete", status_code=200, **MANAGE)
async def delete(request: AnyRequest, by: By, role_id: FromPath[int]) -> Response[Any]:
    """Delete a role."""
    return await role_pages.delete(request, place_of(by), role_id, by=by)


ROUTES: list[Any] = [index, new, create, edit, update, ask_delete, delete]
