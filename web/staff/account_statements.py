"""Statements of account: a period of an account on a page, as a PDF, and as a table."""

from datetime import date
from typing import Any

import msgspec
from asyncpg import Record
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from core import db
from core.actor import Actor
from core.billing import account_statements, accounts, statement_papers
from core.billing.account_statements import Statement
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import downloads, filtered, forms
from web.kit.downloads import attached
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page
from web.kit.visit import By
from web.staff.list_export import format_of

READ = requires(Permission.ACCOUNT_READ)
PATH = "/accounts/{account_id:int}/statement"
LINKS = {"expense": "/staff/expenses/", "reversal": "/staff/expenses/", "payment": "/staff/payments/",
         "refund": "/staff/payments/"}  # fmt: skip


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """The period, both days included."""

    day_from: date | None = None
    day_to: date | None = None


@get(PATH, **READ)
async def show(request: AnyRequest, by: By, account_id: FromPath[int]) -> Response[str]:
    """A period of the account; the last 90 days without one."""
    given = forms.query(request)
    here, statement = f"/staff/accounts/{account_id}/statement", None
    account = await accounts.get(account_id, by=by)
    form = Form(given)
    try:
        account, statement = await _asked(request, account_id, by=by)
        form = Form({"day_from": statement.first, "day_to": statement.last})
    except Invalid as refusal:
        form = form.refused(refusal)
    return page(
        request,
        "staff/accounts/statement.html",
        status=200 if statement else 422,
        account=account,
        statement=statement,
        form=form,
        links=LINKS,
        kinds={key: _(label) for key, label in statement_papers.KINDS.items()},
        here=here,
        pdf_href=filtered.link(f"{here}/pdf", given),
        export_action=filtered.link(f"{here}/export", given),
    )


@get(f"{PATH}/pdf", **READ)
async def pdf(request: AnyRequest, by: By, account_id: FromPath[int]) -> Response[bytes]:
    """The file in the payer's language."""
    return downloads.file(await statement_papers.pdf(*await _asked(request, account_id, by=by)))


@post(f"{PATH}/export", status_code=200, **READ)
async def export(request: AnyRequest, by: By, account_id: FromPath[int]) -> Stream:
    """The movements as a table."""
    form = format_of(await forms.read(request))
    account, statement = await _asked(request, account_id, by=by)
    file = await statement_papers.table(account, statement, form, by=by)
    await db.scope().close(commit=True)
    return attached(file, statement_papers.name_of(account, statement), form)


async def _asked(request: AnyRequest, account_id: int, *, by: Actor) -> tuple[Record, Statement]:
    span = forms.fill(Span, forms.query(request))
    return await account_statements.of(account_id, span.day_from, span.day_to, by=by)


ROUTES: list[Any] = [show, pdf, export]
