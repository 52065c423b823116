"""Users of clients over JSON: all of them, one person, and a client's only one."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.accounts import clients, user_list, users
from core.accounts.user_list import UserFilter
from core.accounts.users import UserChanges
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.pages import AnyRequest
from web.kit.visit import By

MOST = 200


class UserLine(msgspec.Struct, kw_only=True):
    """A person in one client, whose code is `client`. `roles` are built-in ones, `own_roles` names of its own."""

    person_id: int
    name: str
    email: str
    is_disabled: bool
    signed_in_at: Moment | None
    client: int
    client_name: str
    client_status: Literal["active", "closed"]
    roles: list[str]
    own_roles: list[str]
    is_owner: bool
    created_at: Moment


class UserPage(msgspec.Struct, kw_only=True):
    """A page of users. `next` and `previous` are cursors for `after` and `before`, null at an end."""

    items: list[UserLine]
    next: str | None
    previous: str | None


class UserQuery(UserFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of the list and its place; by name."""

    after: Annotated[str, Meta(description="The cursor `next` of the page before")] = ""
    before: Annotated[str, Meta(description="The cursor `previous` of the page after")] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="Users on a page")] = user_list.PAGE


class Seat(msgspec.Struct, kw_only=True):
    """A client that somebody is a user of. `roles` are keys, as a change takes them."""

    client: int
    client_name: str
    client_status: Literal["active", "closed"]
    roles: list[str]
    is_owner: bool
    created_at: Moment
    version: int


class User(msgspec.Struct, kw_only=True):
    """A person who signs in for clients, with those of the clients that you can see."""

    id: int
    name: str
    email: str
    locale: str
    is_disabled: bool
    has_password: bool
    has_factor: bool
    created_at: Moment
    signed_in_at: Moment | None
    version: int
    clients: list[Seat]


class UserEdit(UserChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


@get("/v1/users", **asks(Permission.USER_READ, query=UserQuery))
async def index(request: AnyRequest, by: By, asked: NamedDependency[UserQuery]) -> Response[UserPage]:
    """List users of all clients by name, one line for each client of a person.

    `search` is the beginning of an address (with an @), or beginnings of words of the name, all of which must
    match.
    """
    if asked.after and asked.before:
        raise Invalid({"before": _("Either after or before, not both.")})
    page = await user_list.page(asked, after=asked.after, before=asked.before, size=asked.limit, by=by)
    items = [
        answers.of(UserLine, row, client=row["client_code"], own_roles=row["role_names"]) for row in page.rows
    ]
    found = UserPage(items=items, next=page.next, previous=page.previous)
    return answers.listed(request, found, following=page.next, previous=page.previous)


@get("/v1/users/{person_id:int}", **asks(Permission.USER_READ))
async def show(by: By, person_id: FromPath[int]) -> User:
    """Get one person."""
    return user_of(await users.get(person_id, by=by))


@patch("/v1/users/{person_id:int}", **asks(Permission.USER_UPDATE, body=UserEdit))
async def update(by: By, person_id: FromPath[int], sent: NamedDependency[UserEdit]) -> User:
    """Change a person's name, address or language; 409 when somebody else did since `version` was read.

    Another address ends the sessions. Whoever is on the staff, or a user of clients that you cannot see, is
    refused.
    """
    return user_of(await users.update(person_id, changes_of(sent), version=sent.version, by=by))


@post("/v1/users/{person_id:int}/link", status_code=200, **asks(Permission.USER_UPDATE))
async def send_link(by: By, person_id: FromPath[int]) -> User:
    """Mail a person a link to choose a password."""
    return user_of(await users.send_link(person_id, by=by))


@post("/v1/users/{person_id:int}/disable", status_code=200, **asks(Permission.USER_DISABLE))
async def disable(by: By, person_id: FromPath[int]) -> User:
    """Keep a person out of all clients, until he is let in again."""
    return user_of(await users.keep_out(person_id, by=by))


@post("/v1/users/{person_id:int}/enable", status_code=200, **asks(Permission.USER_DISABLE))
async def enable(by: By, person_id: FromPath[int]) -> User:
    """Let a person in again."""
    return user_of(await users.let_in(person_id, by=by))


@get("/v1/clients/{code:int}/user", **asks(Permission.CLIENT_READ))
async def of_owner(by: By, code: FromPath[int]) -> User:
    """Get the owner of a client: its only user where the edition has no more."""
    client = await clients.get(code, by=by)
    return user_of(await users.owner_of(client["id"], by=by))


@patch("/v1/clients/{code:int}/user", **asks(Permission.CLIENT_UPDATE, body=UserEdit))
async def update_owner(by: By, code: FromPath[int], sent: NamedDependency[UserEdit]) -> User:
    """Change the owner of a client as a person; 409 when somebody else did since `version` was read."""
    client = await clients.get(code, by=by)
    owner = await users.owner_of(client["id"], by=by)
    return user_of(await users.update(owner["id"], changes_of(sent), version=sent.version, by=by))


def changes_of(sent: UserEdit) -> UserChanges:
    """The changes without the version."""
    return UserChanges(name=sent.name, email=sent.email, locale=sent.locale)


def user_of(row: dict[str, Any]) -> User:
    """A person as the API tells of him."""
    seats = [
        answers.of(Seat, seat, client=seat["client_code"], roles=seat["role_keys"]) for seat in row["memberships"]
    ]
    return answers.of(User, row, clients=seats)


ROUTES = [index, show, update, send_link, disable, enable, of_owner, update_owner]
