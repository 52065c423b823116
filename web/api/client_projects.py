"""Over JSON: the accounts of a client, one per project, and which of them is its home."""

from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.accounts import client_projects, clients
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.visit import By

Limit = Annotated[int, Meta(ge=0, description="In minor units of the project's currency")]


class Account(msgspec.Struct, kw_only=True):
    """A client's account in a project. The home is the project that the client is registered in.

    `credit_limit` is null when the account has what the project gives, which is `usual_limit`. `opened_by` is ""
    for the account that the client was registered with.
    """

    id: int
    client: int
    project_id: int
    project: str
    currency: str
    credit_limit: int | None
    usual_limit: int
    is_home: bool
    opened_at: Moment
    opened_by: str


class AccountList(msgspec.Struct, kw_only=True):
    """The accounts of a client in the projects that you see, the home first."""

    items: list[Account]


class NewAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The project to open an account in, and a credit limit of its own."""

    project_id: int
    credit_limit: Limit | None = None


class AccountEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A credit limit of its own; null for the project's."""

    credit_limit: Limit | None


@get("/v1/clients/{code:int}/accounts", **asks(Permission.PROJECT_READ))
async def of_client(by: By, code: FromPath[int]) -> AccountList:
    """List the accounts of one client."""
    client = await clients.get(code, by=by)
    return AccountList(items=[_told(row) for row in await client_projects.of(client["id"], by=by)])


@post("/v1/clients/{code:int}/accounts", **asks(Permission.PROJECT_ASSIGN, body=NewAccount))
async def open_account(by: By, code: FromPath[int], sent: NamedDependency[NewAccount]) -> Response[Account]:
    """Open an account in one more project."""
    client = await clients.get(code, by=by)
    account = await client_projects.open_account(
        client["id"], sent.project_id, credit_limit=sent.credit_limit, by=by
    )
    return answers.created(_told(account), f"/accounts/{account['id']}")


@get("/v1/accounts/{account_id:int}", **asks(Permission.PROJECT_READ))
async def show(by: By, account_id: FromPath[int]) -> Account:
    """Get one account."""
    return _told(await client_projects.get(account_id, by=by))


@patch("/v1/accounts/{account_id:int}", **asks(Permission.PROJECT_ASSIGN, body=AccountEdit))
async def update(by: By, account_id: FromPath[int], sent: NamedDependency[AccountEdit]) -> Account:
    """Give an account its own credit limit, or with null the project's."""
    return _told(await client_projects.set_limit(account_id, sent.credit_limit, by=by))


@post("/v1/accounts/{account_id:int}/home", status_code=200, **asks(Permission.PROJECT_ASSIGN))
async def make_home(by: By, account_id: FromPath[int]) -> Account:
    """Register the client in the project of this account from now on; the other accounts stay."""
    return _told(await client_projects.make_home(account_id, by=by))


@delete("/v1/accounts/{account_id:int}", **asks(Permission.PROJECT_ASSIGN))
async def close_account(by: By, account_id: FromPath[int]) -> None:
    """Close an account; 409 for the one in the client's home."""
    await client_projects.close_account(account_id, by=by)


def _told(row: Any) -> Account:
    values = dict(row)
    return answers.of(Account, values, client=values["code"], project=values["name"])


ROUTES = [of_client, open_account, show, update, make_home, close_account]
