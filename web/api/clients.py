"""Clients over JSON: the list with its filter, one client, registering, changing and what was done about one."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import UNSET, Meta, UnsetType

from core import policies
from core.accounts import access, client_fields, client_list, clients, field_values, fraud_registrations
from core.accounts.client_fields import Field
from core.accounts.client_filter import ClientFilter
from core.accounts.clients import ClientChanges, NewClient
from core.actor import Actor
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.pages import AnyRequest
from web.kit.visit import By

MOST = 200
Sort = Literal[
    "-registered", "registered", "-code", "code", "-country", "country", "-email", "email", "-kind", "kind",
    "-language", "language", "-login", "login", "-name", "name", "-status", "status",
]  # fmt: skip

COLUMN_OF = {
    "attitude_id": "attitude",
    "contact_person": "contact",
    "project_id": "project",
    "registered_at": "registered",
} | {
    name: name
    for name in (
        "balance",
        "code",
        "country",
        "email",
        "groups",
        "kind",
        "language",
        "login",
        "name",
        "phone",
        "phone_verified",
        "projects",
        "status",
    )
}
"""The columns of the list behind the fields of a listed client."""

USUAL = tuple(field for field in COLUMN_OF if field not in ("balance", "groups", "project_id", "projects"))


class Client(msgspec.Struct, kw_only=True):
    """A client. `code` is the number people use and the one in addresses.

    `project_id`, the project it is registered in, needs the feature projects; it is null when you do not see that
    one. `/clients/{code}/accounts` are all its projects.

    `version` is sent back with a change. `fields` are those that the provider defines, by key: numbers with a
    point, ISO dates, `yes` and `no`, and the key of the option that was chosen; null where nothing is kept.
    """

    id: int
    code: int
    login: str
    kind: Literal["individual", "company"]
    name: str
    contact_person: str
    email: str
    country: str
    language: str
    phone: str
    phone_verified: str
    phone_verified_at: Moment | None
    note: str
    status: Literal["active", "closed"]
    attitude_id: int | None
    project_id: int | UnsetType | None = UNSET
    registered_at: Moment
    registered_address: str
    fields: dict[str, str | None]
    version: int


class ListedClient(msgspec.Struct, kw_only=True):
    """A client in the list: `id`, `code` and the fields that were asked for.

    `groups` are names, and so are `projects`: those it has accounts in. `balance` are texts such as `-1250 EUR`,
    in minor units, one for each currency. `own` has the fields that the provider
    defines, when `fields` named any (`field:<key>`).
    """

    id: int
    code: int
    login: str | UnsetType = UNSET
    kind: Literal["individual", "company"] | UnsetType = UNSET
    name: str | UnsetType = UNSET
    contact_person: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    country: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    phone_verified: str | UnsetType = UNSET
    status: Literal["active", "closed", "merged"] | UnsetType = UNSET
    attitude_id: int | UnsetType | None = UNSET
    project_id: int | UnsetType | None = UNSET
    projects: list[str] | UnsetType = UNSET
    groups: list[str] | UnsetType = UNSET
    balance: list[str] | UnsetType = UNSET
    own: dict[str, str | None] | UnsetType = UNSET
    registered_at: Moment | UnsetType = UNSET


class ClientPage(msgspec.Struct, kw_only=True):
    """A page of clients. `next` and `previous` are cursors for `after` and `before`, null at an end."""

    items: list[ListedClient]
    next: str | None
    previous: str | None


class ClientQuery(ClientFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of the list, its order and its place. Days are days in the provider's time zone.

    Fields that the provider defines are asked for by `custom.<key>`, numbers and dates also by `custom.<key>.from`
    and `custom.<key>.to`.
    """

    sort: Sort = "-registered"
    after: Annotated[str, Meta(description="The cursor `next` of the page before")] = ""
    before: Annotated[str, Meta(description="The cursor `previous` of the page after")] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="Clients on a page")] = client_list.PAGE
    fields: Annotated[
        str,
        Meta(
            description=f"Fields to show, separated by commas: {', '.join(sorted(COLUMN_OF))}, and field:<key>"
            " of the provider's own"
        ),
    ] = ""


@get("/v1/clients", **asks(Permission.CLIENT_READ, query=ClientQuery))
async def index(request: AnyRequest, by: By, asked: NamedDependency[ClientQuery]) -> Response[ClientPage]:
    """List clients, filtered, sorted and page by page.

    `name` are beginnings of words of the name, the contact person or the login name, and all must match; `email`
    is the beginning of the address. A filter or field that the provider's edition lacks is refused. Fields of the
    provider's own are asked for by `custom.<key>` (a text by its beginning), numbers and dates also by
    `custom.<key>.from` and `custom.<key>.to`.
    """
    if asked.after and asked.before:
        raise Invalid({"before": _("Either after or before, not both.")})
    own = await client_fields.in_use()
    wanted = _wanted(asked.fields, own, by=by)
    page = await client_list.page(
        asked,
        by=by,
        sort=asked.sort,
        after=asked.after,
        before=asked.before,
        columns=tuple(COLUMN_OF.get(field, field) for field in wanted),
        size=asked.limit,
    )
    found = ClientPage(
        items=[_listed(row, wanted, own) for row in page.rows], next=page.next, previous=page.previous
    )
    return answers.listed(request, found, following=page.next, previous=page.previous)


@post("/v1/clients", **asks(Permission.CLIENT_CREATE, body=NewClient))
async def create(by: By, sent: NamedDependency[NewClient]) -> Response[Client]:
    """Register a client.

    A company needs `company_name`, an individual `contact_person`. Without a `password` the client chooses one by
    a link. `project_id` is for editions with projects; without it the default project is meant. `fields` are those
    that the provider defines, by key; those that are required must be there.
    """
    client = await fraud_registrations.register(sent, by=by)
    return answers.created(await shown(client, by=by), f"/clients/{client['code']}")


@get("/v1/clients/{code:int}", **asks(Permission.CLIENT_READ))
async def show(by: By, code: FromPath[int]) -> Client:
    """Get one client."""
    return await shown(await clients.get(code, by=by), by=by)


@patch("/v1/clients/{code:int}", **asks(Permission.CLIENT_UPDATE, body=ClientChanges))
async def update(by: By, code: FromPath[int], sent: NamedDependency[ClientChanges]) -> Client:
    """Change a client.

    `version` is the one that was read; when somebody else saved meanwhile, the answer is 409 with what is saved
    now in `current`. Fields that are left out stay.
    """
    return await shown(await clients.update(code, sent, by=by), by=by)


async def shown(client: Any, *, by: Actor) -> Client:
    """A client's row as the API shows it."""
    hidden: dict[str, Any] = {}
    if not policies.has_feature(by.tenant, "projects"):
        hidden = {"project_id": UNSET}
    elif not access.may_use_project(client["project_id"], by=by):
        hidden = {"project_id": None}
    own = await client_fields.in_use()
    values = await field_values.of(client["id"], own)
    kept = {field.key: _plain(values.get(field.key)) for field in own}
    return answers.of(Client, client, fields=kept, **hidden)


def _plain(value: field_values.Value | None) -> str | None:
    return field_values.plain(value) or None


def _wanted(fields: str, own: list[Field], *, by: Actor) -> list[str]:
    """The fields to show; refuses one that does not exist, or that is not for `by` to see."""
    if not fields:
        return [*USUAL, *(["project_id"] if policies.has_feature(by.tenant, "projects") else [])]
    wanted = list(dict.fromkeys(fields.split(",")))
    if not {*COLUMN_OF, *map(client_list.column_of, own)} >= set(wanted):
        raise Invalid({"fields": _("This is not one of the choices.")})
    for field in client_list.RIGHTS.keys() & set(wanted):
        policies.require(by, client_list.RIGHTS[field])
    return wanted


def _listed(row: Any, wanted: list[str], own: list[Field]) -> ListedClient:
    found = {field: row[COLUMN_OF[field]] for field in wanted if field != "code" and field in COLUMN_OF}
    kept = {
        field.key: _plain(field_values.of_column(field, row[client_list.column_of(field)]))
        for field in own
        if client_list.column_of(field) in wanted
    }
    return ListedClient(id=row["id"], code=row["code"], own=kept or UNSET, **found)


ROUTES = [index, create, show, update]
