"""The client's own log: what was done in its name and about it, for those of its users who may read it."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get

from core.accounts import own_log
from core.accounts.rights import Right
from web.kit.guards import in_client
from web.kit.pages import AnyRequest, page
from web.kit.visit import By

HERE = "/log"


@get(HERE, **in_client(Right.LOG_READ))
async def show(request: AnyRequest, by: By) -> Response[str]:
    """One page of it, the newest first."""
    query = request.query_params
    listed = await own_log.page(older_than=query.get("after", ""), newer_than=query.get("before", ""), by=by)
    pages = {
        "previous": listed.newer and f"{HERE}?{urlencode({'before': listed.newer})}",
        "next": listed.older and f"{HERE}?{urlencode({'after': listed.older})}",
    }
    return page(request, "portal/log.html", entries=listed.entries, page=pages)


ROUTES: list[Any] = [show]
