"""When the provider asks its clients to verify their telephone number, and how codes are limited."""

import re
from typing import Any

from litestar import Response, get, post

from core.accounts import phone_channel, phone_projects, phone_settings
from core.accounts.phone_settings import PhoneChanges
from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import edits, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/settings/phone"
REGISTRATION = {
    "never": N_("Nobody"),
    "new": N_("Clients who register from now on"),
    "all": N_("All clients"),
}
LABELS = {
    "registration": N_("After registration, before anything can be ordered"),
    "paying": N_("Before paying"),
    "tries": N_("Wrong tries of a code"),
    "minutes": N_("Minutes that a code is good"),
    "wait_seconds": N_("Seconds between two codes"),
    "per_number": N_("Codes a day to a number"),
    "per_client": N_("Codes a day of a client"),
    "per_network": N_("Codes a day from a network address"),
    "per_day": N_("Codes a day in all"),
    "countries": N_("Countries of numbers"),
    "holds_days": N_("Days that a proof is good"),
}


@get(HERE, **requires(Permission.SETTINGS_MANAGE))
async def show(request: AnyRequest, by: By) -> Response[str]:
    """The form with what holds."""
    return await _page(request, by=by)


@post(HERE, status_code=200, **requires(Permission.SETTINGS_MANAGE))
async def update(request: AnyRequest, by: By) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    form = edits.settled(_listed(await forms.read(request)), await phone_settings.get(by=by))
    try:
        changes = form.into(PhoneChanges, ignore=edits.VERSION)
        await phone_settings.update(changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _page(request, form=form.refused(refusal), by=by, status=422)
    except EditConflict as conflict:
        form.values["paying"] = bool(form.values.get("paying"))
        labels = {name: _(label) for name, label in LABELS.items()}
        both = edits.conflict(form, conflict.current, labels, _shown)
        return await _page(request, form=form, by=by, conflict=both, status=409)
    return redirect(request, f"/staff{HERE}", toast=_("The settings were saved."))


def _listed(form: Form) -> Form:
    """The form with its countries as a list: they are typed as codes, FR BE DE."""
    if "countries" in form.values:
        form.values["countries"] = [code for code in re.split(r"[\s,;]+", form.get("countries").upper()) if code]
    return form


def _shown(field: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(value)
    return _(REGISTRATION[value]) if field == "registration" and value in REGISTRATION else str(value)


async def _page(
    request: AnyRequest, *, by: Actor, form: Form | None = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    shown = form or Form(dict(await phone_settings.get(by=by)))
    typed = Form(shown.values | {"countries": ", ".join(shown.all("countries"))}, shown.errors)
    return page(
        request,
        "staff/phone_settings/index.html",
        status=status,
        form=typed,
        conflict=conflict,
        registration=[(key, _(label)) for key, label in REGISTRATION.items()],
        bounds={name: {"min": least, "max": most} for name, (least, most) in phone_settings.BOUNDS.items()},
        projects=list((await phone_projects.names(by=by)).items()),
        can_send=await phone_channel.is_there(by=by),
    )


ROUTES: list[Any] = [show, update]
