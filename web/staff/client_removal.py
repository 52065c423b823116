"""Deleting clients: a confirmation that names them, and a report of those that stay."""

from typing import Any

from litestar import Response, get, post

from core.accounts import removal
from core.i18n import _, ngettext
from core.permissions import Permission
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By


@get("/clients/delete", **requires(Permission.CLIENT_DELETE))
async def confirm(request: AnyRequest, by: By) -> Response[Any]:
    """Name what would be deleted, and ask."""
    chosen = await removal.preview(codes_in(request.query_params.getall("code", [])), by=by)
    if not chosen:
        return redirect(request, "/staff/clients", toast=_("Select one or several clients first."), kind="warn")
    return page(request, "staff/clients/delete.html", clients=chosen, refused=[])


@post("/clients/delete", status_code=200, **requires(Permission.CLIENT_DELETE))
async def delete(request: AnyRequest, by: By) -> Response[Any]:
    """Delete them; those that are refused are shown with their reasons."""
    sent = await request.form()
    outcome = await removal.remove(codes_in(sent.getall("code", [])), by=by)
    count = len(outcome.removed)
    told = ngettext("One client was deleted.", "%(count)s clients were deleted.", count) % {"count": count}
    if not outcome.refused:
        return redirect(request, "/staff/clients", toast=told)
    refused = [
        {
            "code": it.client["code"],
            "login": it.client["login"],
            "name": it.client["name"],
            "reasons": [it.reason],
            "is_closed": it.client["status"] == "closed",
            "is_cleared": it.client["cleared_at"] is not None,
        }
        for it in outcome.refused
    ]
    toast = {"kind": "good", "text": told} if count else None
    return page(request, "staff/clients/delete.html", clients=[], refused=refused, toast=toast)


def codes_in(texts: list[Any]) -> list[int]:
    """The codes among what a form sent; anything else is passed over."""
    return [number for text in texts if (number := number_in(text)) is not None]


def number_in(text: Any) -> int | None:
    """The number that a form sent; None for anything that is none, or is longer than any of ours."""
    is_one = isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) < 20
    return int(text) if is_one else None


ROUTES = [confirm, delete]
