"""One's passkeys: the list, one more, a name, and removing one. Making one takes the browser's own dialog."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.enums import MediaType
from litestar.params import FromPath

from core.accounts import passkeys
from core.accounts.passkeys import NewPasskey
from core.accounts.sessions import SignedIn
from core.actor import Actor
from core.errors import Conflict, Invalid, NotSignedIn
from core.i18n import _
from web.kit import forms, proving, session
from web.kit.forms import Form
from web.kit.guards import signed_in
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By, visit_of

HERE = "/account/passkeys"


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """What a passkey is called."""

    name: str


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """A code of the app, or the password; `passkey` is the one whose page asked."""

    code: str
    passkey: int = 0


@get("/passkeys", **signed_in(enrolling=True))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The list, and the form for one more."""
    return await _list(request, Form(), by=by)


@post("/passkeys/options", status_code=200, **signed_in(enrolling=True))
async def options(request: AnyRequest) -> Response[str]:
    """What the browser is asked for, as JSON."""
    visit = visit_of(request)
    asked = await passkeys.options(place=visit.place, seed=visit.seed, signed_in=_me(request))
    return Response(asked, media_type=MediaType.JSON)


@post("/passkeys", status_code=200, **signed_in(enrolling=True))
async def add(request: AnyRequest, by: By) -> Response[Any]:
    """Keep what the browser made."""
    visit, form = visit_of(request), await forms.read(request)
    try:
        token = await passkeys.add(
            form.into(NewPasskey),
            place=visit.place,
            seed=visit.seed,
            token=session.token_of(request),
            signed_in=_me(request),
        )
    except Invalid as refusal:
        return await _list(request, form.refused(refusal), by=by, status=422)
    session.carry_on(request, token)
    return redirect(request, HERE, toast=_("The passkey was added. You can sign in with it now."))


@post("/passkeys/prove", status_code=200, **signed_in())
async def prove(request: AnyRequest, by: By) -> Response[Any]:
    """Show again who one is; then on with what was wanted."""
    form = await forms.read(request)
    try:
        given = form.into(Secret)
        await proving.proved(request, given.code)
    except Invalid as refusal:
        return await _list(request, form.refused(refusal), by=by, status=422)
    except NotSignedIn as refusal:
        session.leave(request)
        return redirect(request, "/sign-in", toast=refusal.message, kind="bad")
    return redirect(request, f"{HERE}/{given.passkey}" if given.passkey > 0 else HERE)


@get("/passkeys/{passkey_id:int}", **signed_in())
async def show(request: AnyRequest, by: By, passkey_id: FromPath[int]) -> Response[str]:
    """One passkey: its name, and the way to remove it."""
    passkey = await passkeys.get(passkey_id, by=by)
    return _one(request, passkey, Form({"name": passkey["name"]}))


@post("/passkeys/{passkey_id:int}", status_code=200, **signed_in())
async def rename(request: AnyRequest, by: By, passkey_id: FromPath[int]) -> Response[Any]:
    """Another name."""
    passkey, form = await passkeys.get(passkey_id, by=by), await forms.read(request)
    try:
        await passkeys.rename(passkey_id, form.into(Name).name, by=by)
    except Invalid as refusal:
        return _one(request, passkey, form.refused(refusal), status=422)
    return redirect(request, HERE, toast=_("The passkey was renamed."))


@post("/passkeys/{passkey_id:int}/remove", status_code=200, **signed_in())
async def remove(request: AnyRequest, by: By, passkey_id: FromPath[int]) -> Response[Any]:
    """It opens nothing any more."""
    passkey = await passkeys.get(passkey_id, by=by)
    try:
        await passkeys.remove(passkey_id, signed_in=_me(request))
    except Conflict as conflict:
        form = Form({"name": passkey["name"]}, {"": conflict.message})
        return _one(request, passkey, form, status=409)
    return redirect(request, HERE, toast=_("The passkey was removed. You are signed out everywhere else."))


def _me(request: AnyRequest) -> SignedIn:
    found = visit_of(request).signed_in
    if found is None:
        raise NotSignedIn()
    return found


async def _list(request: AnyRequest, form: Form, *, by: Actor, status: int = 200) -> Response[str]:
    return page(
        request,
        "account/passkeys.html",
        status=status,
        form=Form({"name": form.get("name")}, form.errors),
        passkeys=await passkeys.every(by=by),
        host=visit_of(request).place.host,
        needs_proof=passkeys.needs_proof(_me(request)),
    )


def _one(request: AnyRequest, passkey: Any, form: Form, *, status: int = 200) -> Response[str]:
    needs_proof = passkeys.needs_proof(_me(request))
    return page(
        request, "account/passkey.html", status=status, passkey=passkey, form=form, needs_proof=needs_proof
    )


ROUTES: list[Any] = [index, options, add, prove, show, rename, remove]
