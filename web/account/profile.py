"""One's own profile and password; language and appearance also for visitors, by a cookie."""

from typing import Any, Literal

import msgspec
from litestar import Response, get, post
from msgspec import UNSET, UnsetType

from core import i18n
from core.accounts import people
from core.accounts.people import Profile
from core.actor import Actor
from core.errors import Invalid
from core.i18n import _
from web.kit import cookies, forms, session
from web.kit.forms import Form
from web.kit.guards import public, signed_in
from web.kit.pages import AnyRequest, local, page, redirect
from web.kit.visit import By, visit_of

YEAR = 365 * 24 * 3600
SHOWN_ONLY = frozenset({"email"})


class NewPassword(msgspec.Struct, frozen=True, kw_only=True):
    """The current password, and the new one twice."""

    current: str
    password: str
    password_again: str


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """How the pages appear to somebody who need not be signed in."""

    locale: Literal["en", "fr"] | UnsetType = UNSET
    theme: Literal["auto", "light", "dark"] | UnsetType = UNSET


@get("/", **signed_in())
async def show(request: AnyRequest, by: By) -> Response[str]:
    """What is kept of oneself."""
    return await _page(request, by=by)


@post("/", status_code=200, **signed_in())
async def update(request: AnyRequest, by: By) -> Response[Any]:
    """Save the profile; the answer already speaks the new language."""
    form = await forms.read(request)
    try:
        changes = form.into(Profile, ignore=SHOWN_ONLY)
        await people.update_profile(changes, by=by)
    except Invalid as refusal:
        return await _page(request, by=by, form=form.refused(refusal), status=422)
    _remember(request, changes)
    return redirect(request, "/account", toast=_("Your profile was saved."))


@post("/password", status_code=200, **signed_in())
async def change_password(request: AnyRequest, by: By) -> Response[Any]:
    """A new password; this session goes on under a new token, all others end."""
    form = await forms.read(request)
    try:
        given = form.into(NewPassword)
        if given.password != given.password_again:
            raise Invalid({"password_again": _("The two passwords are not the same.")})
        token = await people.change_password(given.current, given.password, by=by, token=session.token_of(request))
    except Invalid as refusal:
        return await _page(request, by=by, password_form=form.refused(refusal), status=422)
    session.carry_on(request, token)
    return redirect(request, "/account", toast=_("Your password was changed."))


@post("/language", status_code=200, **public())
async def choose_language(request: AnyRequest, by: By) -> Response[None]:
    """Another language, for this browser and for the person."""
    return await _choose(request, "locale", by=by)


@post("/appearance", status_code=200, **public())
async def choose_appearance(request: AnyRequest, by: By) -> Response[None]:
    """Light, dark, or as the system."""
    return await _choose(request, "theme", by=by)


async def _choose(request: AnyRequest, field: str, *, by: Actor) -> Response[None]:
    sent = await request.form()
    look = forms.fill(Look, {field: sent.get(field, "")})
    choices = Profile(locale=look.locale, theme=look.theme)
    if by.is_signed_in and by.impersonator is None:
        await people.update_profile(choices, by=by)
    _remember(request, choices)
    return redirect(request, local(str(sent.get("back", "")), "/"))


def _remember(request: AnyRequest, choices: Profile) -> None:
    """The pages before sign-in look the same in this browser."""
    visit = visit_of(request)
    if isinstance(choices.locale, str):
        visit.cookies.append(cookies.write(cookies.LOCALE, choices.locale, visit.settings, seconds=YEAR))
        i18n.set_current(choices.locale)
    if isinstance(choices.theme, str):
        visit.cookies.append(cookies.write(cookies.THEME, choices.theme, visit.settings, seconds=YEAR))


async def _page(
    request: AnyRequest,
    *,
    by: Actor,
    form: Form | None = None,
    password_form: Form | None = None,
    status: int = 200,
) -> Response[str]:
    person = await people.me(by=by)
    kept = {field: person[field] for field in ("name", "email", "locale", "theme")}
    shown = Form({**kept, **form.values}, form.errors) if form else Form(kept)
    other = password_form or Form()
    return page(request, "account/index.html", status=status, form=shown, password_form=other)


ROUTES: list[Any] = [show, update, change_password, choose_language, choose_appearance]
