"""What the provider decides about itself: its name and looks, where it is, and who needs a second step."""

from typing import Any

from litestar import Response, get, post

from core import i18n, places
from core.accounts import provider_settings
from core.accounts.provider_settings import SettingsChanges
from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from tenants import hosts
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits

HERE = "/staff/settings"


@get("/settings", **requires(Permission.SETTINGS_MANAGE))
async def show(request: AnyRequest, by: By) -> Response[str]:
    """The form with what is kept."""
    return await _form(request, Form(dict(await provider_settings.get(by=by))), by=by)


@post("/settings", status_code=200, **requires(Permission.SETTINGS_MANAGE))
async def update(request: AnyRequest, by: By) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    form = edits.listed(await forms.read(request), "mfa_roles")
    form = edits.settled(form, await provider_settings.get(by=by))
    try:
        changes = form.into(SettingsChanges, ignore=edits.VERSION)
        await provider_settings.update(changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), by=by, status=422)
    except EditConflict as conflict:
        both = await _conflict(form, conflict.current, by=by)
        return await _form(request, form, by=by, conflict=both, status=409)
    return redirect(request, HERE, toast=_("The settings were saved."))


async def _form(
    request: AnyRequest, form: Form, *, by: Actor, conflict: Any = None, status: int = 200
) -> Response[str]:
    return page(
        request,
        "staff/settings/index.html",
        status=status,
        form=form,
        choices=await _choices(by=by),
        hosts=[row["name"] for row in await hosts.every(by.tenant.id)],
        conflict=conflict,
    )


async def _choices(*, by: Actor) -> dict[str, Any]:
    return {
        "color": provider_settings.COLORS,
        "timezone": [(name, name.replace("_", " ")) for name in provider_settings.TIMEZONES],
        "country": list(places.countries(i18n.current()).items()),
        "role": list((await provider_settings.roles_to_choose(by=by)).items()),
    }


async def _conflict(form: Form, saved: Any, *, by: Actor) -> dict[str, Any]:
    labels = {
        "name": _("Name"),
        "color": _("Colour"),
        "locale": _("Language"),
        "country": _("Country"),
        "timezone": _("Time zone"),
        "mfa_roles": _("Required for"),
    }
    sent = {field: label for field, label in labels.items() if field in form.values}
    roles = await provider_settings.roles_to_choose(by=by)
    return edits.conflict(
        form, saved, sent, lambda field, value: roles.get(value, value) if field == "mfa_roles" else str(value)
    )


ROUTES = [show, update]
