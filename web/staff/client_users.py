"""The users on a client's page: who is in and who is invited, roles, handing over, taking out."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.accounts import clients
from core.actor import Actor
from core.i18n import _
from core.permissions import Permission
from web.kit import user_pages
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest
from web.kit.user_pages import Place
from web.kit.visit import By
from web.staff import client_tabs

HERE = "/clients/{code:int}/users"
MAY = {
    "invite": Permission.USER_INVITE,
    "update": Permission.USER_UPDATE,
    "remove": Permission.USER_REMOVE,
    "transfer": Permission.USER_TRANSFER,
}


async def place_of(code: int, *, by: Actor) -> Place:
    """Where the users of this client stand, with what `by` may do there."""
    return _place(await clients.get(code, by=by), by=by)


@get(HERE, **requires(Permission.USER_READ))
async def index(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The users of one client."""
    client = await clients.get(code, by=by)
    shown = await user_pages.listed(_place(client, by=by), by=by)
    return await client_tabs.show(request, client, "users", by=by, **shown)


@get(f"{HERE}/invite", **requires(Permission.USER_INVITE))
async def new(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The form of an invitation."""
    return await user_pages.invite_form(request, await place_of(code, by=by), Form({"roles": []}), by=by)


@post(f"{HERE}/invite", status_code=200, **requires(Permission.USER_INVITE))
async def invite(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Invite somebody."""
    return await user_pages.invite(request, await place_of(code, by=by), by=by)


@post("/clients/{code:int}/invitations/{invitation_id:int}/resend", **requires(Permission.USER_INVITE))
async def resend(request: AnyRequest, by: By, code: FromPath[int], invitation_id: FromPath[int]) -> Response[None]:
    """Send an invitation once more."""
    return await user_pages.resend(request, await place_of(code, by=by), invitation_id, by=by)


@post("/clients/{code:int}/invitations/{invitation_id:int}/withdraw", **requires(Permission.USER_INVITE))
async def withdraw(
    request: AnyRequest, by: By, code: FromPath[int], invitation_id: FromPath[int]
) -> Response[None]:
    """Take an invitation back."""
    return await user_pages.withdraw(request, await place_of(code, by=by), invitation_id, by=by)


@get(f"{HERE}/{{person_id:int}}", **requires(Permission.USER_READ))
async def show(request: AnyRequest, by: By, code: FromPath[int], person_id: FromPath[int]) -> Response[str]:
    """One user of the client."""
    return await user_pages.show_member(request, await place_of(code, by=by), person_id, by=by)


@post(f"{HERE}/{{person_id:int}}", status_code=200, **requires(Permission.USER_UPDATE))
async def update(request: AnyRequest, by: By, code: FromPath[int], person_id: FromPath[int]) -> Response[Any]:
    """Change a user's roles."""
    return await user_pages.change_roles(request, await place_of(code, by=by), person_id, by=by)


@get(f"{HERE}/{{person_id:int}}/remove", **requires(Permission.USER_REMOVE))
async def ask_remove(request: AnyRequest, by: By, code: FromPath[int], person_id: FromPath[int]) -> Response[str]:
    """Ask before a user is taken out."""
    return await user_pages.ask_remove(request, await place_of(code, by=by), person_id, by=by)


@post(f"{HERE}/{{person_id:int}}/remove", status_code=200, **requires(Permission.USER_REMOVE))
async def remove(request: AnyRequest, by: By, code: FromPath[int], person_id: FromPath[int]) -> Response[Any]:
    """Take a user out."""
    return await user_pages.remove(request, await place_of(code, by=by), person_id, by=by)


@get(f"{HERE}/{{person_id:int}}/transfer", **requires(Permission.USER_TRANSFER))
async def ask_transfer(
    request: AnyRequest, by: By, code: FromPath[int], person_id: FromPath[int]
) -> Response[str]:
    """Ask before the client is handed over."""
    return await user_pages.ask_transfer(request, await place_of(code, by=by), person_id, Form(), by=by)


@post(f"{HERE}/{{person_id:int}}/transfer", status_code=200, **requires(Permission.USER_TRANSFER))
async def transfer(request: AnyRequest, by: By, code: FromPath[int], person_id: FromPath[int]) -> Response[Any]:
    """Hand the client over."""
    return await user_pages.transfer(request, await place_of(code, by=by), person_id, by=by)


def _place(client: Any, *, by: Actor) -> Place:
    here = f"/staff/clients/{client['code']}"
    may = {act for act, permission in MAY.items() if policies.allows(by, permission)}
    return Place(
        client_id=client["id"],
        client_name=client["name"],
        here=f"{here}/users",
        roles=f"{here}/user-roles",
        invitations=f"{here}/invitations",
        crumbs=[(_("Clients"), "/staff/clients"), (client["name"], here), (_("Users"), f"{here}/users")],
        may=frozenset() if client["status"] == "closed" else frozenset(may),
        people="/staff/users",
    )


ROUTES = [
    index, new, invite, resend, withdraw, show, update, ask_remove, remove, ask_transfer, transfer,
]  # fmt: skip
