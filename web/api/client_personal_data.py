"""The personal data of clients over JSON: clearing it for good."""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.accounts import closing, personal_clearing
from core.i18n import _
from core.permissions import Permission
from web.api import clients
from web.api.reading import asks
from web.kit.visit import By


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


ROUTES = [preview, clear]
