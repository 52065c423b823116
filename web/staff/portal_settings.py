"""What users of clients may do with their services by themselves."""

from typing import Any

from litestar import Response, get, post

from core.accounts import portal_settings
from core.accounts.portal_settings import PortalChanges
from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import edits, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/settings/portal"
LABELS = {
    "may_renew": N_("Renew services early"),
    "may_change": N_("Change services"),
    "may_cancel": N_("Cancel services"),
}


@get(HERE, **requires(Permission.SETTINGS_MANAGE))
async def show(request: AnyRequest, by: By) -> Response[str]:
    """The switches."""
    return await _page(request, by=by)


@post(HERE, status_code=200, **requires(Permission.SETTINGS_MANAGE))
async def update(request: AnyRequest, by: By) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    form = edits.settled(await forms.read(request), await portal_settings.get(by=by))
    try:
        changes = form.into(PortalChanges, ignore=edits.VERSION)
        await portal_settings.update(changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _page(request, form=form.refused(refusal), by=by, status=422)
    except EditConflict as conflict:
        form.values |= {name: bool(form.values.get(name)) for name in LABELS}
        labels = {name: _(label) for name, label in LABELS.items()}
        both = edits.conflict(form, conflict.current, labels, _shown)
        return await _page(request, form=form, by=by, conflict=both, status=409)
    return redirect(request, f"/staff{HERE}", toast=_("The settings were saved."))


def _shown(_field: str, value: Any) -> str:
    return _("yes") if value else _("no")


async def _page(
    request: AnyRequest, *, by: Actor, form: Form | None = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    kept = await portal_settings.get(by=by)
    shown = {"form": form or Form(dict(kept)), "conflict": conflict}
    return page(request, "staff/portal_settings/index.html", status=status, **shown)


ROUTES = [show, update]
