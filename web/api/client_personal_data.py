"""The personal data of clients over JSON: copies of it, and clearing it for good."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.accounts import closing, personal_clearing, personal_exports
from core.i18n import _
from core.permissions import Permission
from web.api import answers, clients
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.downloads import zipped
from web.kit.visit import By


class PersonalCopy(msgspec.Struct, kw_only=True):
    """A copy of personal data. `done` of `total` steps are done; `is_internal`: staff made it, for themselves."""

    id: int
    state: Literal["waiting", "ready", "failed"]
    done: int
    total: int
    size: int
    is_internal: bool
    asked_by: str
    created_at: Moment
    ready_at: Moment | None
    expires_at: Moment


class PersonalCopies(msgspec.Struct, kw_only=True):
    """The copies of a client that are kept, the newest first."""

    items: list[PersonalCopy]


class Clearing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`code` is that of the client once more, as a confirmation."""

    code: int
    reason: Annotated[str, Meta(max_length=closing.LONGEST_REASON)]


class ClearedUser(msgspec.Struct, kw_only=True):
    """A user of the client. `is_elsewhere`: he stays as he is, as he is in another client or of the staff."""

    name: str
    email: str
    is_elsewhere: bool


class KeptData(msgspec.Struct, kw_only=True):
    """Something that is kept, and why, in the language of the request. `count` is null where none is told."""

    what: str
    why: str
    count: int | None


class ClearingPreview(msgspec.Struct, kw_only=True):
    """What clearing would do. `refusal` says why it cannot be done now, "" when it can."""

    users: list[ClearedUser]
    kept: list[KeptData]
    refusal: str


def _file(permission: Permission) -> dict[str, Any]:
    """A route that answers with a file, which is not kept for a repetition."""
    options = asks(permission)
    options["opt"] |= {"is_file": True}
    return options


@get("/v1/clients/{code:int}/clear", **asks(Permission.CLIENT_CLEAR))
async def preview(by: By, code: FromPath[int]) -> ClearingPreview:
    """Tell what clearing the personal data of a client would do, what is kept and why."""
    found = await personal_clearing.preview(code, by=by)
    users = [ClearedUser(name=it.name, email=it.email, is_elsewhere=it.is_elsewhere) for it in found.users]
    kept = [KeptData(what=_(it.label), why=_(it.why), count=it.count) for it in found.kept]
    return ClearingPreview(users=users, kept=kept, refusal=found.refusal)


@post("/v1/clients/{code:int}/clear", status_code=200, **asks(Permission.CLIENT_CLEAR, body=Clearing))
async def clear(by: By, code: FromPath[int], sent: NamedDependency[Clearing]) -> clients.Client:
    """Clear the personal data of a closed client. It cannot be undone; 409 while the client is not closed."""
    cleared = await personal_clearing.clear(code, str(sent.code), sent.reason, by=by)
    return await clients.shown(cleared, by=by)


@get("/v1/clients/{code:int}/personal-data", **asks(Permission.CLIENT_PERSONAL_DATA))
async def copies(by: By, code: FromPath[int]) -> PersonalCopies:
    """List the copies of a client's personal data."""
    return PersonalCopies(items=[_copy(row) for row in await personal_exports.of_client(code, by=by)])


@post("/v1/clients/{code:int}/personal-data", status_code=202, **asks(Permission.CLIENT_PERSONAL_DATA))
async def copy(by: By, code: FromPath[int]) -> PersonalCopy:
    """Have a copy made; 409 while one is being made."""
    made = await personal_exports.ask(code, by=by)
    return next(_copy(row) for row in await personal_exports.of_client(code, by=by) if row["id"] == made)


@post(
    "/v1/clients/{code:int}/personal-data/{export_id:int}/download",
    status_code=200,
    **_file(Permission.CLIENT_PERSONAL_DATA),
)
async def download(by: By, code: FromPath[int], export_id: FromPath[int]) -> Response[bytes]:
    """Get a copy that is ready, as a ZIP file."""
    return zipped(await personal_exports.download(code, export_id, by=by))


def _copy(row: Any) -> PersonalCopy:
    return answers.of(PersonalCopy, row, state="failed" if row["has_failed"] else row["state"])


ROUTES = [preview, clear, copies, copy, download]
