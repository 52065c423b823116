"""Lines of bank statements: those that wait to be matched, and one with whose payment it may be."""

from collections.abc import Awaitable
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.actor import Actor
from core.billing import bank_lines
from core.billing.bank_lines import LineFilter
from core.errors import Conflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import filtered, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import bank_statements

HERE = "/staff/bank-lines"
RIGHT = Permission.BANK_STATEMENT_MANAGE


@get("/bank-lines", **requires(RIGHT))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """Lines of all statements, those to be matched at first."""
    given, asked = forms.query(request, ignore=filtered.PAGING), request.query_params
    listed, errors, status = await bank_lines.page(LineFilter(state="open"), by=by), {}, 200
    try:
        chosen = forms.fill(LineFilter, {"state": "open"} | given)
        listed = await bank_lines.page(chosen, after=asked.get("after", ""), before=asked.get("before", ""), by=by)
    except Invalid as refusal:
        errors, status = refusal.errors, 422
    states = {key: _(text) for key, text in bank_statements.STATES.items()}
    sures = {key: _(text) for key, text in bank_statements.SURE.items()}
    named = {"state": states, "sure": sures}
    return page(
        request,
        "staff/bank_statements/lines.html",
        status=status,
        with_statement=True,
        rows=listed.rows,
        page=filtered.paging(HERE, given, listed.previous, listed.next),
        filter=Form({"state": "open"} | given, errors),
        in_force=filtered.in_force(
            HERE,
            given,
            {"state": N_("State"), "sure": N_("Match"), "statement": N_("Bank statement")},
            lambda name, value: named.get(name, {}).get(value, value),
        ),
        states=list(states.items()),
        sures=list(sures.items()),
        why={key: _(text) for key, text in bank_lines.WHY.items()},
    )


@get("/bank-lines/{line_id:int}", **requires(RIGHT))
async def show(request: AnyRequest, by: By, line_id: FromPath[int]) -> Response[str]:
    """One line, and the accounts it could pay into."""
    return await _show(request, line_id, by=by)


@post("/bank-lines/{line_id:int}/record", status_code=200, **requires(RIGHT))
async def record(request: AnyRequest, by: By, line_id: FromPath[int]) -> Response[Any]:
    """Record it as a payment into an account."""
    chosen = (await forms.read(request)).get("account_id")
    account_id = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 20 else 0
    return await _do(
        request, line_id, bank_lines.record(line_id, account_id, by=by), _("The payment was recorded."), by=by
    )


@post("/bank-lines/{line_id:int}/set-aside", status_code=200, **requires(RIGHT))
async def set_aside(request: AnyRequest, by: By, line_id: FromPath[int]) -> Response[Any]:
    """It is no payment of a client."""
    form = await forms.read(request)
    done = bank_lines.set_aside(line_id, form.get("reason"), by=by)
    return await _do(request, line_id, done, _("The line was set aside."), form=form, by=by)


@post("/bank-lines/{line_id:int}/put-back", status_code=200, **requires(RIGHT))
async def put_back(request: AnyRequest, by: By, line_id: FromPath[int]) -> Response[Any]:
    """It may be one after all."""
    return await _do(request, line_id, bank_lines.put_back(line_id, by=by), _("The line is open again."), by=by)


async def _do(
    request: AnyRequest, line_id: int, done: Awaitable[Any], told: str, *, form: Form | None = None, by: Actor
) -> Response[Any]:
    try:
        await done
    except Invalid as refusal:
        return await _show(request, line_id, form=(form or Form()).refused(refusal), status=422, by=by)
    except Conflict as conflict:
        return await _show(request, line_id, refused=conflict.message, status=409, by=by)
    return redirect(request, f"{HERE}/{line_id}", toast=told)


async def _show(
    request: AnyRequest, line_id: int, *, form: Form | None = None, refused: str = "", status: int = 200, by: Actor
) -> Response[str]:
    line = await bank_lines.get(line_id, by=by)
    who = request.query_params.get("who", "")[:200].replace("\0", "")
    return page(
        request,
        "staff/bank_statements/line.html",
        status=status,
        line=line,
        who=who,
        form=form or Form(),
        refused=refused,
        possible=await bank_lines.possible(line, who, by=by) if line["state"] == "open" else [],
        states={key: _(text) for key, text in bank_statements.STATES.items()},
        why={key: _(text) for key, text in bank_lines.WHY.items()},
    )


ROUTES = [index, show, record, set_aside, put_back]
