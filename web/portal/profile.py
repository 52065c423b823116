"""The client's profile, as its users see and change it."""

from typing import Any

from litestar import Response, get, post

from core import i18n, places
from core.accounts import client_fields, own_profile
from core.accounts.own_profile import EDITABLE, OwnChanges
from core.accounts.rights import Right
from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import N_, _
from web.kit import edits, field_forms, forms
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
    fields = await client_fields.shown()
    own = field_forms.facts(fields, await own_profile.own_values(fields, by=by))
    return page(request, "portal/profile/show.html", client=await own_profile.get(by=by), own=own)


@get(f"{HERE}/edit", **in_client(Right.PROFILE_UPDATE))
async def edit(request: AnyRequest, by: By) -> Response[str]:
    """The form with what is kept."""
    kept = await _kept(by=by)
    begun = {name: kept[name] for name in (*EDITABLE, "version")}
    own = {name: text for name, text in kept.items() if name.startswith(field_forms.BEGINNING)}
    return await _form(request, Form(begun | own), by=by)


@post(HERE, status_code=200, **in_client(Right.PROFILE_UPDATE))
async def update(request: AnyRequest, by: By) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    form = edits.settled(await forms.read(request), await _kept(by=by))
    try:
        changes = form.into(OwnChanges, ignore=edits.VERSION)
        await own_profile.update(changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), by=by, status=422)
    except EditConflict as conflict:
        return await _form(request, form, by=by, conflict=await _conflict(form, conflict), status=409)
    return redirect(request, HERE, toast=_("The profile was saved."))


async def _kept(*, by: Actor) -> dict[str, Any]:
    """What the form begins with."""
    fields = await client_fields.shown()
    values = await own_profile.own_values(fields, by=by)
    return await own_profile.get(by=by) | field_forms.filled(fields, values)


async def _conflict(form: Form, refusal: EditConflict) -> dict[str, Any]:
    fields = await client_fields.shown()
    own = field_forms.labels(fields)
    labels = {name: _(label) for name, label in LABELS.items()} | own
    asked = {name: label for name, label in labels.items() if name in form.values}

    def told(name: str, value: Any) -> str:
        return field_forms.readable(fields, name, value) if name in own else _shown(name, value)

    return edits.conflict(form, field_forms.saved(fields, refusal.current), asked, told)


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
        own_fields=await client_fields.shown(),
        conflict=conflict,
    )


ROUTES: list[Any] = [show, edit, update]
