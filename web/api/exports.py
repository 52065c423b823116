"""Files of lists over JSON: what is asked for goes in as JSON, and the file comes out."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Meta

from core import tasks
from core.accounts import export_lists, exports
from core.accounts import groups as account_groups
from core.accounts.client_choice import MOST_CODES, Choice
from core.accounts.client_filter import ClientFilter
from core.accounts.contract_list import ContractFilter
from core.accounts.export_lists import Listing
from core.accounts.payer_list import PayerFilter
from core.accounts.user_list import UserFilter
from core.billing import money_exports
from core.billing.account_list import AccountFilter
from core.billing.expense_list import ExpenseFilter
from core.billing.invoice_list import InvoiceFilter
from core.billing.payment_list import PaymentFilter
from core.billing.service_list import ServiceFilter
from core.catalog.discount_list import DiscountFilter
from core.permissions import Permission
from web.api.reading import asks
from web.kit.downloads import download
from web.kit.visit import By

Format = Literal["csv", "xlsx"]


class ClientExport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which clients (`codes`, or all that a `filter` lets through), which columns in their order, which format."""

    codes: Annotated[list[int], Meta(max_length=MOST_CODES)] = []
    filter: ClientFilter | None = None
    columns: Annotated[list[str], Meta(max_length=100)] = []
    format: Format = "csv"


class PlainExport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The format of the file."""

    format: Format = "csv"


class ListExport(PlainExport, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which columns in their order (all without), which format."""

    columns: Annotated[list[str], Meta(max_length=100)] = []


class PayerExport(ListExport, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which payers, which columns in their order, which format."""

    filter: PayerFilter | None = None


class UserExport(ListExport, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which users, which columns in their order, which format."""

    filter: UserFilter | None = None


class ContractExport(ListExport, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which contracts, which columns in their order, which format."""

    filter: ContractFilter | None = None


class AccountExport(ListExport, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which accounts, which columns in their order, which format. Amounts are in minor units."""

    filter: AccountFilter | None = None


class DiscountExport(ListExport, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which discounts, which columns in their order, which format. Amounts are in minor units."""

    filter: DiscountFilter | None = None


class ExpenseExport(ListExport, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which expenses, which columns in their order, which format. Amounts are in minor units."""

    filter: ExpenseFilter | None = None


class InvoiceExport(ListExport, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which invoices, which columns in their order, which format. Amounts are in minor units."""

    filter: InvoiceFilter | None = None


class PaymentExport(ListExport, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which payments, which columns in their order, which format. Amounts are in minor units."""

    filter: PaymentFilter | None = None


class ServiceExport(ListExport, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which services, which columns in their order, which format. Amounts are in minor units."""

    filter: ServiceFilter | None = None


LISTINGS = export_lists.LISTINGS | money_exports.LISTINGS
BODIES: Mapping[str, type[ListExport]] = {
    "accounts": AccountExport,
    "payers": PayerExport,
    "users": UserExport,
    "contracts": ContractExport,
    "companies": ListExport,
    "discounts": DiscountExport,
    "expenses": ExpenseExport,
    "invoices": InvoiceExport,
    "payments": PaymentExport,
    "services": ServiceExport,
    "staff": ListExport,
}


def _file(permission: Permission, body: type[msgspec.Struct]) -> dict[str, Any]:
    """A route that answers with a file; it is written after the commit, so it is not kept for a repetition."""
    options = asks(permission, body=body)
    options["opt"] |= {"is_file": True}
    return options


@post("/v1/clients/export", status_code=200, **_file(Permission.CLIENT_EXPORT, ClientExport))
async def clients(by: By, sent: NamedDependency[ClientExport]) -> Stream:
    """Get clients as a CSV or XLSX file, streamed. Without codes and filter all that you can see."""
    chosen = sent.filter if sent.filter is not None or sent.codes else ClientFilter()
    choice = Choice(codes=tuple(sent.codes), filter=chosen)
    return await download(await exports.of_clients(choice, sent.columns, sent.format, by=by), by.tenant.id)


@post("/v1/groups/export", status_code=200, **_file(Permission.GROUP_READ, PlainExport))
async def groups(by: By, sent: NamedDependency[PlainExport]) -> Stream:
    """Get the account groups as a file. Asks for `client:export` as well."""
    return await download(await exports.of_groups(sent.format, by=by), by.tenant.id)


@post("/v1/activity/export", status_code=200, **_file(Permission.ACTIVITY_READ, PlainExport))
async def activity(by: By, sent: NamedDependency[PlainExport]) -> Stream:
    """Get all activity as a file. Asks for `client:export` as well."""
    return await download(await exports.of_activity(sent.format, by=by), by.tenant.id)


def _list_of(listing: Listing) -> HTTPRouteHandler:
    body = BODIES[listing.noun]

    async def send(by: By, sent: Any) -> Stream:
        chosen = getattr(sent, "filter", None)
        export = await export_lists.of(listing, sent.format, by=by, columns=sent.columns, chosen=chosen)
        return await download(export, by.tenant.id)

    send.__name__ = listing.noun
    send.__doc__ = f"Get the list of {listing.noun} as a file. Asks for `client:export` as well."
    send.__annotations__["sent"] = NamedDependency[body]  # type: ignore[misc, valid-type]
    return post(f"/v1/{listing.noun}/export", status_code=200, **_file(listing.right, body))(send)


@post("/v1/groups/{group_id:int}/export", status_code=200, **_file(Permission.GROUP_READ, PlainExport))
async def group_members(by: By, group_id: FromPath[int], sent: NamedDependency[PlainExport]) -> Stream:
    """Get the clients in a group as a file. Asks for `client:export` as well."""
    group = await account_groups.get(group_id, by=by)
    return await download(await export_lists.of_members(group, sent.format, by=by), by.tenant.id)


@post("/v1/tasks/{task_id:int}/export", status_code=200, **_file(Permission.TASK_READ, PlainExport))
async def task_results(by: By, task_id: FromPath[int], sent: NamedDependency[PlainExport]) -> Stream:
    """Get what became of the rows of a task as a file. Asks for `client:export` as well."""
    task = await tasks.get(task_id, by=by)
    export = await export_lists.of_results(task.id, task.title, sent.format, by=by)
    return await download(export, by.tenant.id)


ROUTES = [
    clients,
    groups,
    activity,
    *(_list_of(listing) for listing in LISTINGS.values()),
    group_members,
    task_results,
]
