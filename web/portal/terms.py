"""The provider's terms of service, for everybody to read and for users to agree to."""

from typing import Any

import msgspec
from asyncpg import Record
from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import memberships, terms
from core.accounts.rights import Right
from core.errors import NotFound
from core.i18n import _
from web.kit import forms
from web.kit.guards import in_client, public
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By, visit_of


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """Which version was read."""

    terms: int


@get("/terms", **public())
async def show(request: AnyRequest) -> Response[str]:
    """The version in force; there is none where the provider wrote none."""
    found = await terms.current()
    if found is None:
        raise NotFound()
    return await _page(request, found, is_current=True)


@get("/terms/{number:int}", **public())
async def show_version(request: AnyRequest, number: FromPath[int]) -> Response[str]:
    """A version, also one that is not in force any more: somebody agreed to it."""
    found, last = await terms.get(number), await terms.current()
    return await _page(request, found, is_current=last is not None and last["number"] == number)


@post("/terms", status_code=200, **in_client(Right.PROFILE_UPDATE))
async def agree(request: AnyRequest, by: By) -> Response[None]:
    """Agree to the version in force."""
    await terms.agree((await forms.read(request)).into(Agreed).terms, by=by)
    return redirect(request, "/", toast=_("Thank you. We keep that you agreed, and when."))


async def _page(request: AnyRequest, found: Record, *, is_current: bool) -> Response[str]:
    visit = visit_of(request)
    by = memberships.as_user(visit.actor)
    may_agree = is_current and memberships.may(by, Right.PROFILE_UPDATE)
    text, language = terms.text_of(found, visit.locale)
    return page(
        request,
        "portal/terms.html",
        terms=found,
        text=text,
        language=language,
        is_current=is_current,
        can_agree=may_agree and not await terms.has_agreed(found["number"], by=by),
    )


ROUTES: list[Any] = [show, show_version, agree]
