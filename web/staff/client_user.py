"""The one user of a client, where the edition has no more, edited in place on the client's page."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.accounts import clients, users
from core.accounts.users import UserChanges
from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, redirect
from web.kit.visit import By
from web.staff import client_tabs, edits
from web.staff.users import LOCALES, conflict_of, told_of_link

HERE = "/clients/{code:int}/user"


@get(HERE, **requires(Permission.CLIENT_READ))
async def show(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The owner of the client, as a form for those who may edit him."""
    client = await clients.get(code, by=by)
    user = await users.owner_of(client["id"], by=by)
    return await _show(request, Form(user), client, user, by=by)


@post(HERE, status_code=200, **requires(Permission.CLIENT_UPDATE))
async def save(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    client = await clients.get(code, by=by)
    user = await users.owner_of(client["id"], by=by)
    form = edits.settled(await forms.read(request), user)
    try:
        changes = form.into(UserChanges, ignore=edits.VERSION)
        await users.update(user["id"], changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _show(request, form.refused(refusal), client, user, by=by, status=422)
    except EditConflict as refused:
        both = conflict_of(form, refused)
        return await _show(request, form, client, user, by=by, conflict=both, status=409)
    return redirect(request, f"/staff/clients/{code}/user", toast=_("The user was saved."))


@post(f"{HERE}/link", **requires(Permission.CLIENT_UPDATE))
async def send_link(request: AnyRequest, by: By, code: FromPath[int]) -> Response[None]:
    """Mail him a link to choose a password."""
    user = await users.owner_of((await clients.get(code, by=by))["id"], by=by)
    sent = await users.send_link(user["id"], by=by)
    return redirect(request, f"/staff/clients/{code}/user", toast=told_of_link(sent))


async def _show(
    request: AnyRequest, form: Form, client: Any, user: Any, *, by: Actor, conflict: Any = None, status: int = 200
) -> Response[str]:
    refusal = users.why_not(user)
    return await client_tabs.show(
        request,
        client,
        "user",
        by=by,
        status=status,
        user=user,
        form=form,
        conflict=conflict,
        locales=LOCALES,
        refusal=refusal,
        may_edit=not refusal and policies.allows(by, users.right_of(by)),
    )


ROUTES = [show, save, send_link]
