"""What the API answers with: structs made of rows, the address of what was created, and links to other pages."""

from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

import msgspec
from litestar import Response
from msgspec import UNSET, Meta

from web.kit.pages import AnyRequest
from web.kit.visit import visit_of

S = TypeVar("S", bound=msgspec.Struct)
ROOT = "/api/v1"
Moment = Annotated[datetime, Meta(tz=True, description="In UTC, as RFC 3339")]


class Tried(msgspec.Struct, kw_only=True):
    """The address that a trial goes to."""

    address: str


def of(struct: type[S], row: Any, **more: Any) -> S:
    """The struct filled from what a row, or another struct, has under the same names, and from `more`, which comes
    first."""
    names = [field.name for field in msgspec.structs.fields(struct)]
    if isinstance(row, msgspec.Struct):
        row = {name: getattr(row, name) for name in names if hasattr(row, name)}
    values = dict(row) | more
    return struct(**{name: values[name] for name in names if name in values and values[name] is not UNSET})


def created(content: S, path: str) -> Response[S]:
    """201, with the address of the new thing; `path` is below the API's root."""
    return Response(content, status_code=201, headers={"Location": ROOT + path})


def listed(request: AnyRequest, content: S, *, following: str | None, previous: str | None) -> Response[S]:
    """A page of a list, with links (RFC 8288) to the pages around it."""
    links = [
        f'<{_address(request, **{name: cursor})}>; rel="{relation}"'
        for name, cursor, relation in (("after", following, "next"), ("before", previous, "prev"))
        if cursor
    ]
    return Response(content, headers={"Link": ", ".join(links)} if links else {})


def _address(request: AnyRequest, **paging: str) -> str:
    kept = {name: value for name, value in request.query_params.items() if name not in ("after", "before")}
    return f"{visit_of(request).base_url}{request.url.path}?{urlencode(kept | paging)}"
