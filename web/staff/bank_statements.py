"""Bank statements: uploading one, what its columns mean, its lines, and recording what is matched."""

from typing import Any

import msgspec
from asyncpg import Record
from litestar import Response, get, post
from litestar.params import FromPath

from core.actor import Actor
from core.billing import bank_files, bank_lines, bank_recording, bank_sheets, bank_statements, bank_uploads
from core.billing.bank_lines import LineFilter
from core.errors import Conflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from core.tasks import Task
from web.kit import filtered, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff.tasks import LEADS, Lead

HERE = "/staff/bank-statements"
BODY = bank_files.MOST_BYTES + 100_000
COLUMN = "columns."
RIGHT = Permission.BANK_STATEMENT_MANAGE
FORMATS = {"camt053": "camt.053", "mt940": "MT940", "csv": "CSV"}
STATES = {
    "open": N_("To be matched"),
    "recorded": N_("Recorded"),
    "set_aside": N_("Set aside"),
    "outgoing": N_("Outgoing"),
}
SURE = {"sure": N_("Sure"), "likely": N_("Likely"), "guess": N_("A guess"), "none": N_("Not matched")}


@get("/bank-statements", **requires(RIGHT))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The statements, and the form for another one."""
    return await _list(request, Form(), by=by)


@post("/bank-statements", status_code=200, request_max_body_size=BODY, **requires(RIGHT))
async def upload(request: AnyRequest, by: By) -> Response[Any]:
    """Take a file."""
    form = await forms.read(request)
    name, content = await forms.read_named_file(request, "file")
    chosen = form.get("bank_account_id")
    try:
        account_id = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 20 else None
        made = await bank_uploads.upload(name, content, bank_account_id=account_id, by=by)
    except Invalid as refusal:
        return await _list(request, form.refused(refusal), by=by, status=422)
    except Conflict as conflict:
        return await _list(request, form, by=by, refused=conflict.message, status=409)
    return redirect(request, f"{HERE}/{made[0]['id']}" if len(made) == 1 else HERE)


@get("/bank-statements/{statement_id:int}", **requires(RIGHT))
async def show(request: AnyRequest, by: By, statement_id: FromPath[int]) -> Response[str]:
    """One statement with its lines, or with what its columns are taken for."""
    found = await bank_statements.get(statement_id, by=by)
    if found["state"] == "columns":
        return await _columns(request, found, _begun(found), by=by)
    return await _show(request, found, by=by)


@post("/bank-statements/{statement_id:int}/confirm", status_code=200, **requires(RIGHT))
async def confirm(request: AnyRequest, by: By, statement_id: FromPath[int]) -> Response[Any]:
    """Say what the columns mean, and read the lines."""
    form = await forms.read(request)
    found = await bank_statements.get(statement_id, by=by)
    columns = [form.get(f"{COLUMN}{place}") for place in range(len(found["headings"]))]
    try:
        asked = form.into(_Asked, ignore=frozenset(name for name in form.values if name.startswith(COLUMN)))
        await bank_uploads.confirm(
            statement_id,
            columns,
            version=asked.version,
            currency=asked.currency,
            is_month_first=asked.is_month_first,
            by=by,
        )
    except Invalid as refusal:
        if found["state"] != "columns":
            raise
        return await _columns(request, found, form.refused(refusal), by=by, status=422)
    return redirect(request, f"{HERE}/{statement_id}", toast=_("The statement was read."))


@post("/bank-statements/{statement_id:int}/record", status_code=200, **requires(RIGHT))
async def record(request: AnyRequest, by: By, statement_id: FromPath[int]) -> Response[Any]:
    """Record what is matched surely enough."""
    upto = (await forms.read(request)).get("upto")
    found = await bank_statements.get(statement_id, by=by)
    try:
        task_id = await bank_recording.accept(statement_id, "likely" if upto == "likely" else "sure", by=by)
    except Conflict as conflict:
        return await _show(request, found, by=by, refused=conflict.message, status=409)
    if task_id is not None:
        return redirect(request, f"/staff/tasks/{task_id}", toast=_("The payments are being recorded."))
    return redirect(request, f"{HERE}/{statement_id}", toast=_("The payments were recorded."))


@post("/bank-statements/{statement_id:int}/delete", status_code=200, **requires(RIGHT))
async def delete(request: AnyRequest, by: By, statement_id: FromPath[int]) -> Response[Any]:
    """Throw it away, when no payment came of it."""
    found = await bank_statements.get(statement_id, by=by)
    try:
        await bank_statements.delete(statement_id, by=by)
    except Conflict as conflict:
        return await _show(request, found, by=by, refused=conflict.message, status=409)
    return redirect(request, HERE, toast=_("The statement was removed."))


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    currency: str = ""
    is_month_first: bool = False


def _begun(found: Record) -> Form:
    values: dict[str, Any] = {f"{COLUMN}{place}": key for place, key in enumerate(found["columns"])}
    return Form(values | {"currency": found["currency"], "is_month_first": "1" if found["is_month_first"] else ""})


async def _list(
    request: AnyRequest, form: Form, *, by: Actor, refused: str = "", status: int = 200
) -> Response[str]:
    return page(
        request,
        "staff/bank_statements/index.html",
        status=status,
        form=form,
        refused=refused,
        statements=await bank_statements.latest(by=by),
        accounts=[
            (row["id"], f"{row['company']} · {row['iban']}") for row in await bank_statements.own_accounts(by=by)
        ],
        open_lines=await bank_lines.number_open(by=by),
        formats=FORMATS,
        most=bank_files.MOST_BYTES // 1024**2,
    )


async def _columns(
    request: AnyRequest, found: Record, form: Form, *, by: Actor, status: int = 200
) -> Response[str]:
    rows = [cells for _number, cells in bank_uploads.rows_of(found)[:20]]
    samples = [[row[place][:80] for row in rows if place < len(row)] for place in range(len(found["headings"]))]
    return page(
        request,
        "staff/bank_statements/columns.html",
        status=status,
        statement=found,
        form=form,
        samples=[[text for text in column if text.strip()][: bank_uploads.SHOWN] for column in samples],
        meanings=[(key, _(label)) for key, label in bank_sheets.MEANINGS.items()],
        currencies=[(code, code) for code in await bank_statements.currencies()],
    )


async def _show(
    request: AnyRequest, found: Record, *, by: Actor, refused: str = "", status: int = 200
) -> Response[str]:
    here, given = f"{HERE}/{found['id']}", forms.query(request, ignore=filtered.PAGING)
    asked, errors = request.query_params, {}
    listed = await bank_lines.page(LineFilter(statement=found["id"]), by=by)
    try:
        chosen = msgspec.structs.replace(forms.fill(LineFilter, given), statement=found["id"])
        listed = await bank_lines.page(chosen, after=asked.get("after", ""), before=asked.get("before", ""), by=by)
    except Invalid as refusal:
        errors, status = refusal.errors, 422
    named = {
        key: {one: _(text) for one, text in words.items()} for key, words in (("state", STATES), ("sure", SURE))
    }
    return page(
        request,
        "staff/bank_statements/show.html",
        status=status,
        statement=found,
        format=FORMATS[found["format"]],
        counts=await bank_statements.counts(found["id"]),
        is_busy=await bank_recording.is_busy(found["id"]),
        refused=refused,
        with_statement=False,
        rows=listed.rows,
        page=filtered.paging(here, given, listed.previous, listed.next),
        filter=Form(given, errors),
        in_force=filtered.in_force(
            here,
            given,
            {"state": N_("State"), "sure": N_("Match")},
            lambda name, value: named.get(name, {}).get(value, value),
        ),
        states=list(named["state"].items()),
        sures=list(named["sure"].items()),
        why={key: _(text) for key, text in bank_lines.WHY.items()},
    )


def _lead(task: Task) -> Lead | None:
    return f"{HERE}/{task.payload['statement']}", _("See the statement")


LEADS |= {"banking.match": _lead, bank_recording.KIND: _lead}
ROUTES = [index, upload, show, confirm, record, delete]
