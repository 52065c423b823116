"""The users of the client, as its users see and keep them; and going."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import members, memberships
from core.accounts.rights import Right
from core.actor import Actor
from core.errors import Conflict
from core.i18n import _
from web.kit import session, user_pages
from web.kit.forms import Form
from web.kit.guards import in_client
from web.kit.pages import AnyRequest, page, redirect
from web.kit.user_pages import Place
from web.kit.visit import By

HERE, FEATURE = "/users", "users"
MANAGE = Right.USERS_MANAGE


def place_of(by: Actor) -> Place:
    """Where the users of the client that one acts for stand, with what the user may."""
    seat = memberships.require(by)
    may = {"invite", "update", "remove"} if memberships.may(by, MANAGE) else set()
    if seat.is_owner:
        may.add("transfer")
    return Place(
        client_id=seat.id,
        client_name=seat.name,
        here=HERE,
        roles="/roles",
        invitations=f"{HERE}/invitations",
        crumbs=[(_("Users"), HERE)],
        may=frozenset() if seat.is_closed else frozenset(may),
    )


@get(HERE, **in_client(feature=FEATURE))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """Who is in; whoever may not see the others finds himself."""
    place = place_of(by)
    leaves = not memberships.require(by).is_owner and by.impersonator is None
    return page(request, "portal/users.html", leaves=leaves, **await user_pages.listed(place, by=by))


@get(f"{HERE}/invite", **in_client(MANAGE, feature=FEATURE))
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The form of an invitation."""
    return await user_pages.invite_form(request, place_of(by), Form({"roles": []}), by=by)


@post(f"{HERE}/invite", status_code=200, **in_client(MANAGE, feature=FEATURE))
async def invite(request: AnyRequest, by: By) -> Response[Any]:
    """Invite somebody."""
    return await user_pages.invite(request, place_of(by), by=by)


@post(f"{HERE}/invitations/{{invitation_id:int}}/resend", **in_client(MANAGE, feature=FEATURE))
async def resend(request: AnyRequest, by: By, invitation_id: FromPath[int]) -> Response[None]:
    """Send an invitation once more."""
    return await user_pages.resend(request, place_of(by), invitation_id, by=by)


@post(f"{HERE}/invitations/{{invitation_id:int}}/withdraw", **in_client(MANAGE, feature=FEATURE))
async def withdraw(request: AnyRequest, by: By, invitation_id: FromPath[int]) -> Response[None]:
    """Take an invitation back."""
    return await user_pages.withdraw(request, place_of(by), invitation_id, by=by)


@get(f"{HERE}/leave", **in_client(feature=FEATURE))
async def ask_leave(request: AnyRequest, by: By) -> Response[str]:
    """Say what ends with it, and ask."""
    return _ask(request, place_of(by), by=by)


@post(f"{HERE}/leave", status_code=200, **in_client(feature=FEATURE))
async def leave(request: AnyRequest, by: By) -> Response[Any]:
    """Go out of the client; one's sessions end."""
    place = place_of(by)
    try:
        await members.leave(by=by)
    except Conflict as refusal:
        return _ask(request, place, by=by, refused=refusal.message, status=409)
    session.leave(request)
    return redirect(request, "/sign-in", toast=_("You left %(client)s.") % {"client": place.client_name})


@get(f"{HERE}/{{person_id:int}}", **in_client(feature=FEATURE))
async def show(request: AnyRequest, by: By, person_id: FromPath[int]) -> Response[str]:
    """One user."""
    return await user_pages.show_member(request, place_of(by), person_id, by=by)


@post(f"{HERE}/{{person_id:int}}", status_code=200, **in_client(MANAGE, feature=FEATURE))
async def update(request: AnyRequest, by: By, person_id: FromPath[int]) -> Response[Any]:
    """Change a user's roles."""
    return await user_pages.change_roles(request, place_of(by), person_id, by=by)


@get(f"{HERE}/{{person_id:int}}/remove", **in_client(MANAGE, feature=FEATURE))
async def ask_remove(request: AnyRequest, by: By, person_id: FromPath[int]) -> Response[str]:
    """Ask before a user is taken out."""
    return await user_pages.ask_remove(request, place_of(by), person_id, by=by)


@post(f"{HERE}/{{person_id:int}}/remove", status_code=200, **in_client(MANAGE, feature=FEATURE))
async def remove(request: AnyRequest, by: By, person_id: FromPath[int]) -> Response[Any]:
    """Take a user out."""
    return await user_pages.remove(request, place_of(by), person_id, by=by)


@get(f"{HERE}/{{person_id:int}}/transfer", **in_client(MANAGE, feature=FEATURE))
async def ask_transfer(request: AnyRequest, by: By, person_id: FromPath[int]) -> Response[str]:
    """Ask before the client is handed over."""
    return await user_pages.ask_transfer(request, place_of(by), person_id, Form(), by=by)


@post(f"{HERE}/{{person_id:int}}/transfer", status_code=200, **in_client(MANAGE, feature=FEATURE))
async def transfer(request: AnyRequest, by: By, person_id: FromPath[int]) -> Response[Any]:
    """Hand the client over."""
    return await user_pages.transfer(request, place_of(by), person_id, by=by)


def _ask(request: AnyRequest, place: Place, *, by: Actor, refused: str = "", status: int = 200) -> Response[str]:
    if memberships.require(by).is_owner:
        refused = _("The owner cannot leave. Hand the client over first.")
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Leave %(client)s?") % {"client": place.client_name},
        text=_("You lose what you may do for it, and are signed out. Only a new invitation brings you back."),
        refused=refused,
        action=f"{HERE}/leave",
        ok=_("Leave"),
        back=HERE,
        crumbs=place.crumbs,
    )


ROUTES: list[Any] = [
    index, new, invite, resend, withdraw, ask_leave, leave, show, update, ask_remove, remove, ask_transfer,
    transfer,
]  # fmt: skip
