"""Bank statements over JSON: the file goes in as it is; then its lines, and recording them as payments."""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from asyncpg import Record
from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.billing import bank_files, bank_lines, bank_recording, bank_statements, bank_uploads, money_lists
from core.billing.bank_lines import LineFilter
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.pages import AnyRequest
from web.kit.visit import By

RIGHT = Permission.BANK_STATEMENT_MANAGE
MOST = 200
State = Literal["open", "recorded", "set_aside", "outgoing"]


class BankStatement(msgspec.Struct, kw_only=True):
    """A statement of one bank account. `lines` are new, `known` ones stood in another statement before.

    In the state `columns` it waits for what the columns of its table mean: `headings` and `columns`, as guessed.
    Amounts are minor units of `currency`.
    """

    id: int
    iban: str
    name: str
    format: Literal["camt053", "mt940", "csv"]
    state: Literal["columns", "read"]
    currency: str
    opening_units: int | None
    closing_units: int | None
    first_on: date | None
    last_on: date | None
    lines: int
    known: int
    headings: list[str]
    columns: list[str]
    is_month_first: bool
    created_at: Moment
    created_by: str
    version: int


class BankStatementListed(msgspec.Struct, kw_only=True):
    """A statement in the list, with how many of its lines are to be matched and recorded."""

    id: int
    iban: str
    name: str
    format: str
    state: str
    lines: int
    known: int
    open: int
    recorded: int
    created_at: Moment
    created_by: str


class BankStatementList(msgspec.Struct, kw_only=True):
    """The newest statements."""

    items: list[BankStatementListed]


class UploadedStatements(msgspec.Struct, kw_only=True):
    """What a file became: a statement for each account in it."""

    items: list[BankStatement]


class BankLine(msgspec.Struct, kw_only=True):
    """A line of a statement. `units` came in, or went out when below 0.

    An open one may be taken for a payment into `account_id`: `why`, and how `sure` (sure, likely, guess, or "").
    """

    id: int
    statement_id: int
    day: date
    units: int
    currency: str
    name: str
    payer_iban: str
    text: str
    reference: str
    state: State
    account_id: int | None
    client: int | None
    why: str
    sure: str
    found: str
    payment_id: int | None
    reason: str


class BankLinePage(msgspec.Struct, kw_only=True):
    """A page of lines. `next` and `previous` are cursors for `after` and `before`."""

    items: list[BankLine]
    next: str | None
    previous: str | None


class StatementQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the file is called, and for a table the bank account that it is about."""

    name: Annotated[str, Meta(max_length=200)] = ""
    bank_account: int | None = None


class BankLineQuery(LineFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of the list and its place."""

    after: Annotated[str, Meta(description="The cursor `next` of the page before")] = ""
    before: Annotated[str, Meta(description="The cursor `previous` of the page after")] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="Lines on a page")] = money_lists.PAGE


class Confirming(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What each column means, "" to pass it over; `currency` is that of lines that do not say theirs."""

    version: int
    columns: Annotated[list[str], Meta(max_length=200)]
    currency: str = ""
    is_month_first: bool = False


class Accepting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How sure is enough."""

    upto: Literal["sure", "likely"] = "sure"


class Accepted(msgspec.Struct, kw_only=True):
    """What was begun: `task_id` when there are many lines, else they are recorded."""

    task_id: int | None


class Into(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The account (see balances) that the money came into."""

    account_id: int


class SettingAside(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is no payment of a client."""

    reason: str


def _upload() -> dict[str, Any]:
    options = asks(RIGHT, query=StatementQuery)
    options["opt"] |= {"takes_file": True}
    return options


@get("/v1/bank-statements", **asks(RIGHT))
async def index(by: By) -> BankStatementList:
    """List the newest statements."""
    return BankStatementList(
        items=[answers.of(BankStatementListed, row) for row in await bank_statements.latest(by=by)]
    )


@post("/v1/bank-statements", request_max_body_size=bank_files.MOST_BYTES + 1000, **_upload())
async def upload(
    request: AnyRequest, by: By, asked: NamedDependency[StatementQuery]
) -> Response[UploadedStatements]:
    """Upload camt.053, MT940, CSV or XLSX as the body. 409 when all of its lines are there already."""
    made = await bank_uploads.upload(asked.name, await request.body(), bank_account_id=asked.bank_account, by=by)
    items = [answers.of(BankStatement, row) for row in made]
    return answers.created(UploadedStatements(items=items), f"/bank-statements/{items[0].id}")


@get("/v1/bank-statements/{statement_id:int}", **asks(RIGHT))
async def show(by: By, statement_id: FromPath[int]) -> BankStatement:
    """Get one statement."""
    return answers.of(BankStatement, await bank_statements.get(statement_id, by=by))


@post("/v1/bank-statements/{statement_id:int}/confirm", status_code=200, **asks(RIGHT, body=Confirming))
async def confirm(by: By, statement_id: FromPath[int], sent: NamedDependency[Confirming]) -> BankStatement:
    """Say what the columns of a table mean, and read its lines."""
    read = await bank_uploads.confirm(
        statement_id,
        sent.columns,
        version=sent.version,
        currency=sent.currency,
        is_month_first=sent.is_month_first,
        by=by,
    )
    return answers.of(BankStatement, read)


@post("/v1/bank-statements/{statement_id:int}/record", status_code=200, **asks(RIGHT, body=Accepting))
async def record(by: By, statement_id: FromPath[int], sent: NamedDependency[Accepting]) -> Accepted:
    """Record the lines that are matched surely enough as payments; 409 when there is none."""
    return Accepted(task_id=await bank_recording.accept(statement_id, sent.upto, by=by))


@delete("/v1/bank-statements/{statement_id:int}", **asks(RIGHT))
async def remove(by: By, statement_id: FromPath[int]) -> None:
    """Throw a statement away of which nothing was recorded; 409 for another."""
    await bank_statements.delete(statement_id, by=by)


@get("/v1/bank-lines", **asks(RIGHT, query=BankLineQuery))
async def lines(request: AnyRequest, by: By, asked: NamedDependency[BankLineQuery]) -> Response[BankLinePage]:
    """List lines of statements, the newest first."""
    if asked.after and asked.before:
        raise Invalid({"before": _("Either after or before, not both.")})
    page = await bank_lines.page(asked, after=asked.after, before=asked.before, size=asked.limit, by=by)
    found = BankLinePage(items=[_line(row) for row in page.rows], next=page.next, previous=page.previous)
    return answers.listed(request, found, following=page.next, previous=page.previous)


@get("/v1/bank-lines/{line_id:int}", **asks(RIGHT))
async def line(by: By, line_id: FromPath[int]) -> BankLine:
    """Get one line."""
    return _line(await bank_lines.get(line_id, by=by))


@post("/v1/bank-lines/{line_id:int}/record", status_code=200, **asks(RIGHT, body=Into))
async def settle(by: By, line_id: FromPath[int], sent: NamedDependency[Into]) -> BankLine:
    """Record a line as a payment into an account; 409 when it is not open, or in another currency."""
    return _line(await bank_lines.record(line_id, sent.account_id, by=by))


@post("/v1/bank-lines/{line_id:int}/set-aside", status_code=200, **asks(RIGHT, body=SettingAside))
async def set_aside(by: By, line_id: FromPath[int], sent: NamedDependency[SettingAside]) -> BankLine:
    """Note that a line is no payment of a client."""
    return _line(await bank_lines.set_aside(line_id, sent.reason, by=by))


@post("/v1/bank-lines/{line_id:int}/put-back", status_code=200, **asks(RIGHT))
async def put_back(by: By, line_id: FromPath[int]) -> BankLine:
    """Take a line up again that was set aside."""
    return _line(await bank_lines.put_back(line_id, by=by))


def _line(row: Record) -> BankLine:
    return answers.of(BankLine, row, client=row["client_code"], account_id=row["holder_id"])


ROUTES = [index, upload, show, confirm, record, remove, lines, line, settle, set_aside, put_back]
