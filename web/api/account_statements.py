"""Statements of account over JSON, and as PDF."""

from datetime import date

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.billing import account_statements, statement_papers
from core.billing.account_statements import Statement
from core.permissions import Permission
from web.api.reading import asks
from web.kit import downloads
from web.kit.visit import By


class Span(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The period, both days included; the last 90 days without one."""

    day_from: date | None = None
    day_to: date | None = None


@get("/v1/balances/{account_id:int}/statement", **asks(Permission.ACCOUNT_READ, query=Span))
async def show(by: By, account_id: FromPath[int], asked: NamedDependency[Span]) -> Statement:
    """Get what an account held when a period began, what moved in it, and what it held at its end."""
    _account, statement = await account_statements.of(account_id, asked.day_from, asked.day_to, by=by)
    return statement


@get("/v1/balances/{account_id:int}/statement/pdf", **asks(Permission.ACCOUNT_READ, query=Span))
async def pdf(by: By, account_id: FromPath[int], asked: NamedDependency[Span]) -> Response[bytes]:
    """Get the statement as PDF, in the payer's language."""
    found = await account_statements.of(account_id, asked.day_from, asked.day_to, by=by)
    return downloads.file(await statement_papers.pdf(*found))


ROUTES = [show, pdf]
