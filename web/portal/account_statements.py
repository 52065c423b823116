"""The client's own statements of account: a period on a page, and as a PDF."""

from datetime import date
from typing import Any

import msgspec
from asyncpg import Record
from litestar import Response, get

from core.accounts.rights import Right
from core.actor import Actor
from core.billing import account_statements, own_money, statement_papers
from core.billing.account_statements import Statement
from core.errors import Invalid
from core.i18n import _
from web.kit import downloads, filtered, forms
from web.kit.forms import Form
from web.kit.guards import in_client
from web.kit.pages import AnyRequest, page
from web.kit.visit import By

READ = in_client(Right.INVOICES_READ)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which account, and the period, both days included."""

    account: int | None = None
    day_from: date | None = None
    day_to: date | None = None


@get("/statement", **READ)
async def show(request: AnyRequest, by: By) -> Response[str]:
    """A period of an account; of the home account, and the last 90 days, without a word."""
    given, statement, account = forms.query(request), None, None
    form = Form(given)
    try:
        account, statement = await _asked(request, by=by)
        form = Form({"account": account["id"], "day_from": statement.first, "day_to": statement.last})
    except Invalid as refusal:
        form = form.refused(refusal)
    held = await own_money.balances(by=by)
    return page(
        request,
        "portal/money/statement.html",
        status=200 if statement else 422,
        accounts=[(row["id"], row["project"]) for row in held],
        statement=statement,
        form=form,
        kinds={key: _(label) for key, label in statement_papers.KINDS.items()},
        pdf_href=filtered.link("/statement/pdf", given),
    )


@get("/statement/pdf", **READ)
async def pdf(request: AnyRequest, by: By) -> Response[bytes]:
    """The file in the payer's language."""
    return downloads.file(await statement_papers.pdf(*await _asked(request, by=by)))


async def _asked(request: AnyRequest, *, by: Actor) -> tuple[Record, Statement]:
    wanted = forms.fill(Wanted, forms.query(request))
    return await account_statements.own(wanted.account, wanted.day_from, wanted.day_to, by=by)


ROUTES: list[Any] = [show, pdf]
