"""Account groups over JSON, and the clients in them."""

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.accounts import access, clients, groups
from core.accounts.groups import GroupChanges, NewGroup
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.client_removal import ClientCodes
from web.api.reading import asks
from web.kit.visit import By


class Group(msgspec.Struct, kw_only=True):
    """An account group. `members` counts the clients in it that you can see; `/clients?group=` lists them.

    `has_rule`: a rule puts clients into it, see `/groups/{group_id}/rule`.
    """

    id: int
    name: str
    description: str
    members: int
    has_rule: bool
    created_at: Moment
    version: int


class GroupList(msgspec.Struct, kw_only=True):
    """All groups that you can see, by name."""

    items: list[Group]


class GroupEdit(GroupChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


class Membership(msgspec.Struct, kw_only=True):
    """A group that a client is in: by hand, by its rule, or both. `added_by` is empty when by rule only."""

    id: int
    name: str
    added_at: Moment
    added_by: str
    is_manual: bool
    is_by_rule: bool


class MembershipList(msgspec.Struct, kw_only=True):
    """The groups of one client."""

    items: list[Membership]


class MembersChanged(msgspec.Struct, kw_only=True):
    """How many clients went in or out, and the codes of no client that you can see."""

    changed: int
    unknown: list[int]


@get("/v1/groups", **asks(Permission.GROUP_READ))
async def index(by: By) -> GroupList:
    """List the account groups."""
    return GroupList(items=[answers.of(Group, row) for row in await groups.every(by=by)])


@post("/v1/groups", **asks(Permission.GROUP_CREATE, body=NewGroup))
async def create(by: By, sent: NamedDependency[NewGroup]) -> Response[Group]:
    """Add an account group."""
    group = await groups.create(sent, by=by)
    return answers.created(answers.of(Group, group), f"/groups/{group['id']}")


@get("/v1/groups/{group_id:int}", **asks(Permission.GROUP_READ))
async def show(by: By, group_id: FromPath[int]) -> Group:
    """Get one account group."""
    return answers.of(Group, await groups.get(group_id, by=by))


@patch("/v1/groups/{group_id:int}", **asks(Permission.GROUP_UPDATE, body=GroupEdit))
async def update(by: By, group_id: FromPath[int], sent: NamedDependency[GroupEdit]) -> Group:
    """Change an account group; 409 when somebody else did since `version` was read."""
    changes = GroupChanges(name=sent.name, description=sent.description)
    return answers.of(Group, await groups.update(group_id, changes, version=sent.version, by=by))


@delete("/v1/groups/{group_id:int}", **asks(Permission.GROUP_DELETE))
async def remove(by: By, group_id: FromPath[int]) -> None:
    """Delete an account group; its clients stay."""
    await groups.delete(group_id, by=by)


@post("/v1/groups/{group_id:int}/members", status_code=200, **asks(Permission.GROUP_ASSIGN, body=ClientCodes))
async def add_members(by: By, group_id: FromPath[int], sent: NamedDependency[ClientCodes]) -> MembersChanged:
    """Put clients into a group; those that are in it already stay as they are."""
    chosen = {client["id"]: client["code"] for client in await access.clients_by_code(sent.codes, by=by)}
    changed = await groups.add(group_id, list(chosen), by=by)
    return _changed(changed, sent, set(chosen.values()))


@post(
    "/v1/groups/{group_id:int}/members/delete",
    status_code=200,
    **asks(Permission.GROUP_ASSIGN, body=ClientCodes),
)
async def remove_members(by: By, group_id: FromPath[int], sent: NamedDependency[ClientCodes]) -> MembersChanged:
    """Take clients out of a group that were put in by hand.

    Who is in it by its rule stays; except such a client with `/groups/{group_id}/exclusions`.
    """
    chosen = {client["id"]: client["code"] for client in await access.clients_by_code(sent.codes, by=by)}
    changed = await groups.remove(group_id, list(chosen), by=by)
    return _changed(changed, sent, set(chosen.values()))


@get("/v1/clients/{code:int}/groups", **asks(Permission.GROUP_READ))
async def of_client(by: By, code: FromPath[int]) -> MembershipList:
    """List the account groups of one client."""
    client = await clients.get(code, by=by)
    return MembershipList(
        items=[answers.of(Membership, row) for row in await groups.groups_of(client["id"], by=by)]
    )


def _changed(count: int, sent: ClientCodes, known: set[int]) -> MembersChanged:
    return MembersChanged(changed=count, unknown=[code for code in dict.fromkeys(sent.codes) if code not in known])


ROUTES = [index, create, show, update, remove, add_members, remove_members, of_client]
