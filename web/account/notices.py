"""What one was told, in the panel; the stream behind the bell; and what one wants to be told."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent

from core.actor import Actor
from core.i18n import _
from core.support import channels, deliveries_log, deliveries_optouts, notices
from web.kit import filtered, forms, streams
from web.kit.guards import signed_in
from web.kit.pages import AnyRequest, page, redirect
from web.kit.templates import render
from web.kit.visit import By, visit_of

HERE = "/account/notices"
CHOICES = "/account/notifications"


@get("/notices", **signed_in())
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The newest first, page by page."""
    asked = request.query_params
    found = await notices.page(by=by, after=asked.get("after", ""), before=asked.get("before", ""))
    rows = [
        {**row, "title": deliveries_log.title(row), "leads": bool(notices.place(row, by=by))} for row in found.rows
    ]
    return page(
        request, "account/notices.html", rows=rows, page=filtered.paging(HERE, {}, found.previous, found.next)
    )


@get("/notices/events", **signed_in())
async def events(request: AnyRequest, by: By) -> ServerSentEvent:
    """The bell as it changes."""

    async def look(now: Actor) -> tuple[str, str, bool]:
        count = await notices.unread(by=now)
        return str(count), render("components/bell.html", {"unread": count}), False

    return streams.answer(visit_of(request), look, is_seldom=True)


@post("/notices/read", status_code=200, **signed_in())
async def read_all(request: AnyRequest, by: By) -> Response[None]:
    """Mark all as read."""
    await notices.read_all(by=by)
    return redirect(request, HERE)


@post("/notices/{delivery_id:int}/open", status_code=200, **signed_in())
async def open_one(request: AnyRequest, by: By, delivery_id: FromPath[int]) -> Response[None]:
    """Mark one as read, and go to what it is about."""
    notice = await notices.open_one(delivery_id, by=by)
    return redirect(request, notices.place(notice, by=by) or HERE)


@get("/notifications", **signed_in())
async def show_choices(request: AnyRequest, by: By) -> Response[str]:
    """What one is told by which channel."""
    found = await deliveries_optouts.choices(by=by)
    return page(
        request,
        "account/notifications.html",
        chosen=[one for one in found if not one.is_fixed],
        fixed=[one for one in found if one.is_fixed],
        media={key: _(text) for key, text in channels.MEDIA.items()},
    )


@post("/notifications", status_code=200, **signed_in())
async def choose(request: AnyRequest, by: By) -> Response[None]:
    """Save it."""
    form = await forms.read(request)
    await deliveries_optouts.choose(form.all("wanted"), by=by)
    return redirect(request, CHOICES, toast=_("Your choice was saved."))


ROUTES: list[Any] = [index, events, read_all, open_one, show_choices, choose]
