"""The client's profile, as its users see and change it."""

from typing import Any

from litestar import Response, get, post

from core import i18n, places
from core.accounts import own_profile
from core.accounts.own_profile import EDITABLE, OwnChanges
from core.accounts.rights import Right
from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import N_, _
from web.kit import edits, forms
from web.kit.forms import Form
from web.kit.guards import in_client
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/profile"
LABELS = {
    "contact_person": N_("Contact person"),
    "email": N_("E-mail"),
    "phone": N_("Phone"),
    "language": N_("Language"),
    "country": N_("Country"),
}


@get(HERE, **in_client())
async def show(request: AnyRequest, by: By) -> Response[str]:
    """What is kept of the client."""
    return page(request, "portal/profile/show.html", client=await own_profile.get(by=by))


@get(f"{HERE}/edit", **in_client(Right.PROFILE_UPDATE))
async def edit(request: AnyRequest, by: By) -> Response[str]:
    """The form with what is kept."""
    client = await own_profile.get(by=by)
    return await _form(request, Form({name: client[name] for name in (*EDITABLE, "version")}), by=by)


@post(HERE, status_code=200, **in_client(Right.PROFILE_UPDATE))
async def update(request: AnyRequest, by: By) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    form = edits.settled(await forms.read(request), await own_profile.get(by=by))
    try:
        changes = form.into(OwnChanges, ignore=edits.VERSION)
        await own_profile.update(changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), by=by, status=422)
    except EditConflict as conflict:
        sent = {name: _(label) for name, label in LABELS.items() if name in form.values}
        both = edits.conflict(form, conflict.current, sent, _shown)
        return await _form(request, form, by=by, conflict=both, status=409)
    return redirect(request, HERE, toast=_("The profile was saved."))


def _shown(field: str, value: Any) -> str:
    return str(_choices().get(field, {}).get(value, value))


def _choices() -> dict[str, dict[str, str]]:
    locale = i18n.current()
    return {"country": dict(places.countries(locale)), "language": dict(places.languages(locale))}


async def _form(
    request: AnyRequest, form: Form, *, by: Actor, conflict: Any = None, status: int = 200
) -> Response[str]:
    return page(
        request,
        "portal/profile/edit.html",
        status=status,
        form=form,
        client=await own_profile.get(by=by),
        choices={name: list(named.items()) for name, named in _choices().items()},
        conflict=conflict,
    )


ROUTES: list[Any] = [show, edit, update]
