"""The front page of a host."""

from typing import Any

from litestar import Response, get

from web.kit.guards import public
from web.kit.pages import AnyRequest, page


@get("/", **public())
async def show(request: AnyRequest) -> Response[str]:
    """Whose host this is, and the way on."""
    return page(request, "public/home.html")


ROUTES: list[Any] = [show]
