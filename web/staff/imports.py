"""Importing files: uploading one, saying what its columns mean, checking it, and importing what is right."""

from typing import Any

import msgspec
from asyncpg import Record
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from core import sheet_reading
from core.accounts import client_choices
from core.accounts.imports import carrying, fields, files, samples
from core.accounts.imports.mapping import Mapping
from core.actor import Actor
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from core.tasks import Task
from web.kit import forms
from web.kit.downloads import attached, download
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import client_words
from web.staff.tasks import LEADS, Lead

BODY = sheet_reading.MOST_BYTES + 100_000
COLUMN, DEFAULT = "columns.", "defaults."


@get("/imports", **requires(Permission.CLIENT_IMPORT))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The files that were uploaded, and the form for another one."""
    noun = request.query_params.get("noun", "clients")
    return await _list(request, Form({"noun": noun}), by=by)


@post("/imports", status_code=200, request_max_body_size=BODY, **requires(Permission.CLIENT_IMPORT))
async def upload(request: AnyRequest, by: By) -> Response[Any]:
    """Take a file."""
    form = await forms.read(request)
    name, content = await forms.read_named_file(request, "file")
    try:
        if not content:
            raise Invalid({"file": _("Please choose a file.")})
        made = await files.upload(_noun(form), name, content, by=by)
    except Invalid as refusal:
        return await _list(request, form.refused(refusal), by=by, status=422)
    return redirect(request, f"/staff/imports/{made['id']}")


@get("/imports/sample", **requires(Permission.CLIENT_IMPORT))
async def sample(request: AnyRequest, by: By) -> Stream:
    """A small file that shows which columns there can be."""
    noun = fields.noun_of(request.query_params.get("noun", "clients"), by=by)
    return attached(await samples.of(noun, by=by), noun.key, "csv")


@get("/imports/{import_id:int}", **requires(Permission.CLIENT_IMPORT))
async def show(request: AnyRequest, by: By, import_id: FromPath[int]) -> Response[str]:
    """One file: what its columns mean, what the check found, what became of it."""
    found = await files.get(import_id, by=by)
    values = {f"{COLUMN}{place}": key for place, key in enumerate(found["columns"])}
    values |= {f"{DEFAULT}{key}": value for key, value in found["defaults"].items()}
    return await _show(request, found, Form(values), by=by)


@post("/imports/{import_id:int}/check", status_code=200, **requires(Permission.CLIENT_IMPORT))
async def check(request: AnyRequest, by: By, import_id: FromPath[int]) -> Response[Any]:
    """Keep what the columns mean, and look what an import would do."""
    form = await forms.read(request)
    found = await files.get(import_id, by=by)
    columns = [form.get(f"{COLUMN}{place}") for place in range(len(found["headings"]))]
    defaults = {name.removeprefix(DEFAULT): form.get(name) for name in form.values if name.startswith(DEFAULT)}
    try:
        wanted = Mapping(columns=columns, defaults=defaults)
        task_id = await carrying.check(import_id, wanted, version=_version(form), by=by)
    except Invalid as refusal:
        return await _show(request, found, form.refused(refusal), by=by, status=422)
    return redirect(request, f"/staff/tasks/{task_id}", toast=_("The check was started. Nothing is imported yet."))


@post("/imports/{import_id:int}/run", status_code=200, **requires(Permission.CLIENT_IMPORT))
async def run(request: AnyRequest, by: By, import_id: FromPath[int]) -> Response[None]:
    """Import what is right."""
    version = _version(await forms.read(request))
    task_id = await carrying.run(import_id, version=version, by=by)
    return redirect(request, f"/staff/tasks/{task_id}", toast=_("The import was started."))


@post("/imports/{import_id:int}/errors", status_code=200, **requires(Permission.CLIENT_IMPORT))
async def errors(by: By, import_id: FromPath[int]) -> Any:
    """All errors as a file."""
    found = await files.get(import_id, by=by)
    return await download(carrying.errors_file(found, "csv"), by.tenant.id)


@post("/imports/{import_id:int}/delete", status_code=200, **requires(Permission.CLIENT_IMPORT))
async def delete(request: AnyRequest, by: By, import_id: FromPath[int]) -> Response[None]:
    """Throw the file away; what was imported stays."""
    await files.delete(import_id, by=by)
    return redirect(request, "/staff/imports", toast=_("The file was removed."))


async def _list(request: AnyRequest, form: Form, *, by: Actor, status: int = 200) -> Response[str]:
    return page(
        request,
        "staff/imports/index.html",
        status=status,
        form=form,
        files=await files.latest(by=by),
        nouns=[(noun.key, _(noun.label)) for noun in fields.nouns(by=by)],
        labels={noun.key: _(noun.label) for noun in fields.NOUNS.values()},
        most={"rows": files.MOST_ROWS, "megabytes": sheet_reading.MOST_BYTES // 1024**2, "days": files.KEPT.days},
    )


async def _show(request: AnyRequest, found: Record, form: Form, *, by: Actor, status: int = 200) -> Response[str]:
    noun = fields.NOUNS[found["noun"]]
    known = (await fields.every(noun)).values()
    usable = [field for field in known if fields.is_in_edition(field, by=by)]
    lacking = fields.guessed(found["headings"], known)
    checked = await carrying.task_of(found["check_task_id"])
    ran = await carrying.task_of(found["run_task_id"])
    return page(
        request,
        "staff/imports/show.html",
        status=status,
        file=found,
        noun=_(noun.label),
        form=form,
        samples=await files.samples(found),
        options=[(field.key, field.text) for field in usable],
        lacking={
            place: fields.why_not(field, by=by)
            for place, key in enumerate(lacking)
            for field in known
            if field.key == key and not fields.is_in_edition(field, by=by)
        },
        defaults=[
            (field.key, field.text, await _choices(field.key, by=by)) for field in usable if field.has_default
        ],
        checked=checked,
        ran=ran,
        is_busy=any(task is not None and task.is_open for task in (checked, ran)),
        errors=await carrying.errors(found),
    )


async def _choices(key: str, *, by: Actor) -> list[tuple[str, str]]:
    """What the default of a field can be."""
    if key in ("attitude", "project"):
        offered = client_words.offered(await client_choices.of(by=by))
        return [(str(name), str(name)) for _id, name in offered[key]]
    return client_words.import_choices(key)


def _noun(form: Form) -> str:
    if form.get("noun") not in fields.NOUNS:
        raise Invalid({"noun": _("This is not one of the choices.")})
    return form.get("noun")


def _version(form: Form) -> int:
    return form.into(_Version, ignore=frozenset(form.values) - {"version"}).version


class _Version(msgspec.Struct):
    version: int


def _lead(task: Task) -> Lead | None:
    words = _("See what was found") if task.kind == carrying.CHECK else _("See the file")
    return f"/staff/imports/{task.payload['import']}", words


LEADS |= {carrying.CHECK: _lead, carrying.RUN: _lead}
ROUTES = [index, upload, sample, show, check, run, errors, delete]
