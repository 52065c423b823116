"""A ticket while people work on it: who is writing, and what is new since the page was opened."""

from typing import Any

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent

from core.actor import Actor
from core.permissions import Permission
from core.support import ticket_writing, tickets
from web.kit import forms, streams
from web.kit.guards import requires
from web.kit.pages import AnyRequest, surroundings
from web.kit.templates import render
from web.kit.visit import By, visit_of


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What is written so far."""

    text: str = ""


@post("/tickets/{ticket_id:int}/writing", status_code=204, **requires(Permission.TICKET_ANSWER))
async def write(request: AnyRequest, by: By, ticket_id: FromPath[int]) -> None:
    """Say that one is writing, and keep what is written so far."""
    await ticket_writing.begin(ticket_id, (await forms.read(request)).into(Draft).text, by=by)


@get("/tickets/{ticket_id:int}/live", **requires(Permission.TICKET_READ))
async def live(request: AnyRequest, by: By, ticket_id: FromPath[int]) -> ServerSentEvent:
    """Who else is writing, and whether something is new, as it goes on; until the ticket is closed."""
    await tickets.get(ticket_id, by=by)
    visit, asked = visit_of(request), request.query_params.get("version", "")
    around = surroundings(visit, f"/staff/tickets/{ticket_id}")
    seen = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else 0

    async def look(someone: Actor) -> tuple[str, str, bool]:
        ticket, found = await tickets.get(ticket_id, by=someone), await ticket_writing.now(ticket_id, by=someone)
        shown: dict[str, Any] = {"ticket": ticket, "live": found, "seen": seen}
        text = render("staff/tickets/show.html", around | shown, block="live")
        return f"{found.version} {found.writers}", text, ticket["closed_at"] is not None

    return streams.answer(visit, look)


ROUTES = [write, live]
