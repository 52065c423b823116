"""The search over everything, over JSON."""

from typing import Annotated, Literal

import msgspec
from litestar import get
from litestar.di import NamedDependency
from msgspec import Meta

from core.accounts import search
from core.permissions import Permission
from web.api import answers
from web.api.reading import asks
from web.kit.visit import By

Kind = Literal["client", "user", "payer", "segment"]


class SearchQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to look for. A text may begin with `c:`, `u:`, `p:` or `f:` in place of `kind`."""

    q: Annotated[str, Meta(description="A code, the beginning of an e-mail address, or beginnings of words")]
    kind: Annotated[Literal["client", "user", "payer", "segment"] | None, Meta(description="Only this kind")] = (
        None
    )


class Hit(msgspec.Struct, kw_only=True):
    """Something that was found. `code` is that of the client it belongs to."""

    kind: str
    id: int
    code: int
    name: str
    detail: str


class HitList(msgspec.Struct, kw_only=True):
    """A few of each kind, the best first."""

    items: list[Hit]


@get("/v1/search", **asks(Permission.CLIENT_READ, query=SearchQuery))
async def index(by: By, asked: NamedDependency[SearchQuery]) -> HitList:
    """Find clients, users, payers and saved filters, a few of each kind."""
    kind, text = search.asked(asked.q)
    found = await search.find(text, by=by, kind=asked.kind or kind)
    return HitList(items=[answers.of(Hit, hit) for hit in found])


ROUTES = [index]
