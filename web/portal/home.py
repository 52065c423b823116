"""The front page of a host: the start page of the portal for users, and for others whose host it is."""

from typing import Any

from litestar import Response, get

from core.accounts import memberships, own_log, rights, sign_up_settings, terms
from core.accounts.rights import ROLE_NAMES, Right
from core.actor import Actor
from core.i18n import _
from web.kit import brands, portal_menu
from web.kit.guards import public
from web.kit.pages import AnyRequest, page
from web.kit.visit import visit_of

LATEST = 5


@get("/", opt={**public()["opt"], "hosts": "any"})
async def show(request: AnyRequest) -> Response[str]:
    """What there is to do, for a user; for anybody else the way on."""
    visit = visit_of(request)
    if not visit.actor.is_signed_in and (closed := await brands.closed_page(request)):
        return closed
    if not visit.actor.is_signed_in or visit.actor.client is None:
        is_open = (await sign_up_settings.in_force())["is_open"]
        return page(request, "public/home.html", can_sign_up=is_open)
    by = visit.actor = memberships.as_user(visit.actor)
    await portal_menu.ask(request)
    seat = memberships.require(by)
    may_read = memberships.may(by, Right.LOG_READ)
    entries = (await own_log.page(by=by)).entries[:LATEST] if may_read else []
    return page(
        request,
        "portal/home.html",
        seat=seat,
        roles=[_(ROLE_NAMES[role]) for role in rights.BUILT_IN if role in seat.roles],
        new_terms=await _new_terms(by),
        sections=portal_menu.cards(by),
        entries=entries,
        may_read=may_read,
    )


async def _new_terms(by: Actor) -> bool:
    """Whether there are terms that nobody agreed to yet for the client, and this user may."""
    last = await terms.current() if memberships.may(by, Right.PROFILE_UPDATE) else None
    return last is not None and not await terms.has_agreed(last["number"], by=by)


ROUTES: list[Any] = [show]
