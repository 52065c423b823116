"""Imports over JSON: the file goes in as it is, then what its columns mean, a check, and the import as a task."""

from typing import Annotated, Any, Literal

import msgspec
from asyncpg import Record
from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Meta

from core import sheet_reading, tasks
from core.accounts.imports import carrying, fields, files
from core.accounts.imports.mapping import Mapping
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.api.tasks import LongTask, shown
from web.kit.downloads import download
from web.kit.pages import AnyRequest
from web.kit.visit import By

Noun = Literal["clients", "groups", "users", "payers"]


class ImportField(msgspec.Struct, kw_only=True):
    """What a column can mean. `trouble` says which edition has the field when yours lacks it."""

    key: str
    label: str
    has_default: bool
    trouble: str


class ImportFieldList(msgspec.Struct, kw_only=True):
    """All fields of a noun."""

    items: list[ImportField]


class ImportMistake(msgspec.Struct, kw_only=True):
    """What is wrong in one row, by its number in the spreadsheet, and in which column."""

    row: int
    heading: str
    value: str
    message: str


class Import(msgspec.Struct, kw_only=True):
    """A file to import. `columns` has the key of a field, or "", for each of its `headings`.

    `checked` and `ran` are the tasks, with `counts` of the last of them (added, changed, unchanged, failed) and
    its first `errors`.
    """

    id: int
    noun: Noun
    name: str
    format: str
    headings: list[str]
    rows: int
    columns: list[str]
    defaults: dict[str, str]
    created_by: str
    created_at: Moment
    version: int
    checked: LongTask | None
    ran: LongTask | None
    counts: dict[str, int]
    errors: list[ImportMistake]


class ImportListed(msgspec.Struct, kw_only=True):
    """A file in the list."""

    id: int
    noun: Noun
    name: str
    rows: int
    created_by: str
    created_at: Moment


class ImportList(msgspec.Struct, kw_only=True):
    """The files that were uploaded in the last days, the newest first."""

    items: list[ImportListed]


class ImportQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is in the file, and what it is called."""

    noun: Noun = "clients"
    name: Annotated[str, Meta(max_length=200)] = ""


class FieldQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of what."""

    noun: Noun = "clients"


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What each column means, "" to pass it over, and what new ones get whose cell is empty."""

    version: int
    columns: Annotated[list[str], Meta(max_length=200)]
    defaults: dict[str, str] = {}


class Run(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The version that was read."""

    version: int


def _upload() -> dict[str, Any]:
    options = asks(Permission.CLIENT_IMPORT, query=ImportQuery)
    options["opt"] |= {"takes_file": True}
    return options


def _file() -> dict[str, Any]:
    options = asks(Permission.CLIENT_IMPORT)
    options["opt"] |= {"is_file": True}
    return options


@get("/v1/imports", **asks(Permission.CLIENT_IMPORT))
async def index(by: By) -> ImportList:
    """List the files."""
    return ImportList(items=[answers.of(ImportListed, row) for row in await files.latest(by=by)])


@get("/v1/imports/fields", **asks(Permission.CLIENT_IMPORT, query=FieldQuery))
async def known(by: By, asked: NamedDependency[FieldQuery]) -> ImportFieldList:
    """List what the columns of a file can mean."""
    listed = (await fields.every(fields.noun_of(asked.noun, by=by))).values()
    return ImportFieldList(
        items=[
            ImportField(
                key=field.key,
                label=field.text,
                has_default=field.has_default,
                trouble=fields.why_not(field, by=by),
            )
            for field in listed
        ]
    )


@post("/v1/imports", request_max_body_size=sheet_reading.MOST_BYTES + 1000, **_upload())
async def upload(request: AnyRequest, by: By, asked: NamedDependency[ImportQuery]) -> Response[Import]:
    """Upload a CSV or XLSX file as the body. Nothing is imported yet."""
    made = await files.upload(asked.noun, asked.name, await request.body(), by=by)
    return answers.created(await _shown(made), f"/imports/{made['id']}")


@get("/v1/imports/{import_id:int}", **asks(Permission.CLIENT_IMPORT))
async def show(by: By, import_id: FromPath[int]) -> Import:
    """Get one file: what its columns mean, and what became of it."""
    return await _shown(await files.get(import_id, by=by))


@post("/v1/imports/{import_id:int}/check", status_code=202, **asks(Permission.CLIENT_IMPORT, body=Check))
async def check(by: By, import_id: FromPath[int], sent: NamedDependency[Check]) -> Response[LongTask]:
    """Say what the columns mean, and look what an import would do: 202 with the task."""
    wanted = Mapping(columns=sent.columns, defaults=sent.defaults)
    return await _begun(await carrying.check(import_id, wanted, version=sent.version, by=by))


@post("/v1/imports/{import_id:int}/run", status_code=202, **asks(Permission.CLIENT_IMPORT, body=Run))
async def run(by: By, import_id: FromPath[int], sent: NamedDependency[Run]) -> Response[LongTask]:
    """Import the rows that are right: 202 with the task. 409 before the check has ended."""
    return await _begun(await carrying.run(import_id, version=sent.version, by=by))


@post("/v1/imports/{import_id:int}/errors", status_code=200, **_file())
async def errors(by: By, import_id: FromPath[int]) -> Stream:
    """Get all errors as a CSV file."""
    found = await files.get(import_id, by=by)
    return await download(carrying.errors_file(found, "csv"), by.tenant.id)


@delete("/v1/imports/{import_id:int}", **asks(Permission.CLIENT_IMPORT))
async def remove(by: By, import_id: FromPath[int]) -> None:
    """Throw a file away; what was imported stays."""
    await files.delete(import_id, by=by)


async def _shown(found: Record) -> Import:
    checked = await carrying.task_of(found["check_task_id"])
    ran = await carrying.task_of(found["run_task_id"])
    last = ran or checked
    return answers.of(
        Import,
        found,
        checked=shown(checked) if checked else None,
        ran=shown(ran) if ran else None,
        counts={what: int(last.outcome.get(what, 0)) for what in carrying.OUTCOMES} if last else {},
        errors=[answers.of(ImportMistake, row) for row in await carrying.errors(found)],
    )


async def _begun(task_id: int) -> Response[LongTask]:
    task = shown(await tasks.read(task_id))
    return Response(task, status_code=202, headers={"Location": f"{answers.ROOT}/tasks/{task_id}"})


ROUTES = [index, known, upload, show, check, run, errors, remove]
