"""The bell in the header of every page: how much the person has not read."""

from typing import Any

from litestar import Request

from core.support import notices
from web.kit.visit import visit_of


async def ask(request: Request[Any, Any, Any]) -> None:
    """Before a whole page: the count. Parts of pages have no header."""
    visit = visit_of(request)
    if visit.signed_in is None or visit.signed_in.lacking or visit.actor.impersonator is not None:
        return
    if visit.actor.person_id is None or request.headers.get("hx-request-type") == "partial":
        return
    visit.unread = await notices.unread(by=visit.actor)
