"""The users of one client over JSON: members, invitations, the roles that the client makes, and its owner."""

from typing import Any

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.accounts import client_roles, clients, invitations, members, memberships
from core.accounts.client_roles import NewRole, RoleChanges
from core.accounts.invitations import NewInvitation
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.visit import By


class Member(msgspec.Struct, kw_only=True):
    """A user of the client. `roles` are keys: a built-in role by its name, one of the client's by its id."""

    person_id: int
    name: str
    email: str
    roles: list[str]
    rights: list[str]
    is_owner: bool
    is_disabled: bool
    signed_in_at: Moment | None
    created_at: Moment
    version: int


class MemberList(msgspec.Struct, kw_only=True):
    """The users of one client, the owner first."""

    items: list[Member]


class MemberEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The roles that he has from now on, and the version that was read."""

    roles: tuple[str, ...]
    version: int


class NewOwner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The user who owns the client from now on."""

    person_id: int


class Invitation(msgspec.Struct, kw_only=True):
    """Somebody who was invited and has not come yet. `is_over`: the link is too old, and can be sent again."""

    id: int
    email: str
    roles: list[str]
    invited_by: str
    sent_at: Moment
    expires_at: Moment
    is_over: bool


class InvitationList(msgspec.Struct, kw_only=True):
    """The invitations of one client that wait, by address."""

    items: list[Invitation]


class ClientRole(msgspec.Struct, kw_only=True):
    """A role that the client made; `members` have it."""

    id: int
    name: str
    rights: list[str]
    members: int
    created_at: Moment
    version: int


class ClientRoleList(msgspec.Struct, kw_only=True):
    """The roles that the client made, by name."""

    items: list[ClientRole]


class ClientRoleEdit(RoleChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


@get("/v1/clients/{code:int}/users", **asks(Permission.USER_READ))
async def index(by: By, code: FromPath[int]) -> MemberList:
    """List the users of one client."""
    found = await memberships.of_client(await _id(code, by), by=by)
    return MemberList(items=[_member(row) for row in found])


@patch("/v1/clients/{code:int}/users/{person_id:int}", **asks(Permission.USER_UPDATE, body=MemberEdit))
async def update(
    by: By, code: FromPath[int], person_id: FromPath[int], sent: NamedDependency[MemberEdit]
) -> Member:
    """Give a user other roles; 409 when somebody else did since `version` was read, and for the owner."""
    client_id = await _id(code, by)
    return _member(await members.change(client_id, person_id, sent.roles, version=sent.version, by=by))


@delete("/v1/clients/{code:int}/users/{person_id:int}", **asks(Permission.USER_REMOVE))
async def remove(by: By, code: FromPath[int], person_id: FromPath[int]) -> None:
    """Take a user out of the client and end his sessions; 409 for the owner."""
    await members.remove(await _id(code, by), person_id, by=by)


@post("/v1/clients/{code:int}/owner", status_code=200, **asks(Permission.USER_TRANSFER, body=NewOwner))
async def transfer(by: By, code: FromPath[int], sent: NamedDependency[NewOwner]) -> Member:
    """Hand the client over to another of its users; who owned it keeps the built-in roles."""
    client_id = await _id(code, by)
    await members.transfer(client_id, sent.person_id, by=by)
    return _member(await memberships.of_person(client_id, sent.person_id, by=by))


@get("/v1/clients/{code:int}/invitations", **asks(Permission.USER_READ))
async def waiting(by: By, code: FromPath[int]) -> InvitationList:
    """List the invitations of one client that wait."""
    found = await invitations.of_client(await _id(code, by), by=by)
    return InvitationList(items=[_invitation(row) for row in found])


@post("/v1/clients/{code:int}/invitations", **asks(Permission.USER_INVITE, body=NewInvitation))
async def invite(by: By, code: FromPath[int], sent: NamedDependency[NewInvitation]) -> Response[Invitation]:
    """Invite somebody by mail. The link works once, for seven days."""
    made = await invitations.send(await _id(code, by), sent, by=by)
    return answers.created(_invitation(made), f"/clients/{code}/invitations")


@post(
    "/v1/clients/{code:int}/invitations/{invitation_id:int}/resend",
    status_code=200,
    **asks(Permission.USER_INVITE),
)
async def resend(by: By, code: FromPath[int], invitation_id: FromPath[int]) -> Invitation:
    """Mail a new link in place of the old one."""
    return _invitation(await invitations.resend(await _id(code, by), invitation_id, by=by))


@delete("/v1/clients/{code:int}/invitations/{invitation_id:int}", **asks(Permission.USER_INVITE))
async def withdraw(by: By, code: FromPath[int], invitation_id: FromPath[int]) -> None:
    """Take an invitation back."""
    await invitations.withdraw(await _id(code, by), invitation_id, by=by)


@get("/v1/clients/{code:int}/user-roles", **asks(Permission.USER_READ))
async def roles(by: By, code: FromPath[int]) -> ClientRoleList:
    """List the roles that a client made for its users."""
    found = await client_roles.of_client(await _id(code, by), by=by)
    return ClientRoleList(items=[answers.of(ClientRole, row) for row in found])


@post("/v1/clients/{code:int}/user-roles", **asks(Permission.USER_UPDATE, body=NewRole))
async def create_role(by: By, code: FromPath[int], sent: NamedDependency[NewRole]) -> Response[ClientRole]:
    """Make a role for the users of a client."""
    made = await client_roles.create(await _id(code, by), sent, by=by)
    return answers.created(answers.of(ClientRole, made), f"/clients/{code}/user-roles")


@patch("/v1/clients/{code:int}/user-roles/{role_id:int}", **asks(Permission.USER_UPDATE, body=ClientRoleEdit))
async def update_role(
    by: By, code: FromPath[int], role_id: FromPath[int], sent: NamedDependency[ClientRoleEdit]
) -> ClientRole:
    """Change a role, for all who have it at once; 409 when somebody else did since `version` was read."""
    changes = RoleChanges(name=sent.name, rights=sent.rights)
    saved = await client_roles.update(await _id(code, by), role_id, changes, version=sent.version, by=by)
    return answers.of(ClientRole, saved)


@delete("/v1/clients/{code:int}/user-roles/{role_id:int}", **asks(Permission.USER_UPDATE))
async def remove_role(by: By, code: FromPath[int], role_id: FromPath[int]) -> None:
    """Delete a role; 409 while somebody has it."""
    await client_roles.delete(await _id(code, by), role_id, by=by)


async def _id(code: int, by: Any) -> int:
    return int((await clients.get(code, by=by))["id"])


def _member(row: dict[str, Any]) -> Member:
    return answers.of(Member, row, roles=row["role_keys"], rights=sorted(row["rights"]))


def _invitation(row: dict[str, Any]) -> Invitation:
    return answers.of(Invitation, row, roles=row["role_keys"])


ROUTES = [
    index,
    update,
    remove,
    transfer,
    waiting,
    invite,
    resend,
    withdraw,
    roles,
    create_role,
    update_role,
    remove_role,
]
