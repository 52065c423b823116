"""Over JSON: what the accounts of a client hold and may owe, and moving money between them."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import UNSET, Meta, UnsetType

from core import keyset
from core.accounts import clients
from core.actor import Actor
from core.billing import account_list, accounts, runs_out, transfers
from core.billing.account_list import AccountFilter
from core.billing.accounts import Terms
from core.billing.transfers import NewTransfer
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.api import answers
from web.api.reading import asks
from web.kit.pages import AnyRequest
from web.kit.visit import By

MOST = 200

Limit = Annotated[int, Meta(ge=0, description="In minor units of the account's currency")]


class Balance(msgspec.Struct, kw_only=True):
    """What an account of the client with the code `client` holds, in minor units of `currency`.

    `balance` is below zero when the client owes; `open_units` are charged and not covered by payments. It may owe
    `credit_limit`, which is the project's when `own_limit` is null, and without an end when it `is_postpaid`. On
    the day `runs_out_on` what its services cost does not fit any more; null when that is years away, or never.
    """

    id: int
    client: int
    project_id: int
    project: str
    currency: str
    balance: int
    open_units: int
    credit_limit: int
    own_limit: int | None
    is_postpaid: bool
    is_home: bool
    runs_out_on: date | None


class BalanceList(msgspec.Struct, kw_only=True):
    """The accounts of a client that you see, the home first."""

    items: list[Balance]


class BalancePage(msgspec.Struct, kw_only=True):
    """A page of accounts, the newest first. `next` and `previous` are cursors for `after` and `before`."""

    items: list[Balance]
    next: str | None
    previous: str | None


class BalanceQuery(AccountFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of the list and its place."""

    after: Annotated[str, Meta(description="The cursor `next` of the page before")] = ""
    before: Annotated[str, Meta(description="The cursor `previous` of the page after")] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="Accounts on a page")] = keyset.PAGE


class TermsEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the account may owe; a `credit_limit` of null is the project's. What is left out stays."""

    credit_limit: Limit | UnsetType | None = UNSET
    is_postpaid: bool | UnsetType = UNSET


@get("/v1/balances", **asks(Permission.ACCOUNT_READ, query=BalanceQuery))
async def index(request: AnyRequest, by: By, asked: NamedDependency[BalanceQuery]) -> Response[BalancePage]:
    """List the accounts of all clients, the newest first."""
    if asked.after and asked.before:
        raise Invalid({"before": _("Either after or before, not both.")})
    page = await account_list.page(asked, after=asked.after, before=asked.before, size=asked.limit, by=by)
    found = BalancePage(items=await _all(page.rows, by), next=page.next, previous=page.previous)
    return answers.listed(request, found, following=page.next, previous=page.previous)


@get("/v1/clients/{code:int}/balances", **asks(Permission.ACCOUNT_READ))
async def of_client(by: By, code: FromPath[int]) -> BalanceList:
    """List what the accounts of one client hold."""
    client = await clients.get(code, by=by)
    return BalanceList(items=await _all(await accounts.of(client["id"], by=by), by))


@get("/v1/balances/{account_id:int}", **asks(Permission.ACCOUNT_READ))
async def show(by: By, account_id: FromPath[int]) -> Balance:
    """Get what one account holds."""
    return await _one(await accounts.get(account_id, by=by), by)


@patch("/v1/balances/{account_id:int}", **asks(Permission.ACCOUNT_UPDATE, body=TermsEdit))
async def set_terms(by: By, account_id: FromPath[int], sent: NamedDependency[TermsEdit]) -> Balance:
    """Change what an account may owe."""
    terms = Terms(credit_limit=sent.credit_limit, is_postpaid=sent.is_postpaid)
    return await _one(await accounts.set_terms(account_id, terms, by=by), by)


@post(
    "/v1/balances/{account_id:int}/transfer", **asks(Permission.ACCOUNT_UPDATE, body=NewTransfer, moves_money=True)
)
async def transfer(by: By, account_id: FromPath[int], sent: NamedDependency[NewTransfer]) -> Response[Balance]:
    """Move money to another account of the same client and currency; returns the one it came from."""
    source = await transfers.create(account_id, sent, by=by)
    return answers.created(await _one(source, by), f"/balances/{account_id}")


async def _one(row: Any, by: Actor) -> Balance:
    return (await _all([row], by))[0]


async def _all(found: Sequence[Any], by: Actor) -> list[Balance]:
    days = await runs_out.of(found, by=by)
    return [answers.of(Balance, row, client=row["code"], runs_out_on=days.get(row["id"])) for row in found]


ROUTES = [index, of_client, show, set_terms, transfer]
