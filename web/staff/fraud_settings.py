"""What the provider decides about fraud checks."""

from typing import Any

from litestar import Response, get, post

from core.accounts import fraud_checks, fraud_settings
from core.accounts.fraud_settings import FraudChanges
from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import edits, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/settings/fraud"
LABELS = {
    "on_failure": N_("A plugin that does not answer"),
    "checks_staff": N_("Also check what staff register and order"),
}
ON_FAILURE = {"review": N_("Somebody looks at it"), "pass": N_("It passes")}


@get(HERE, **requires(Permission.SETTINGS_MANAGE))
async def show(request: AnyRequest, by: By) -> Response[str]:
    """The form with what holds."""
    return await _page(request, by=by)


@post(HERE, status_code=200, **requires(Permission.SETTINGS_MANAGE))
async def update(request: AnyRequest, by: By) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    form = edits.settled(await forms.read(request), await fraud_settings.get(by=by))
    try:
        changes = form.into(FraudChanges, ignore=edits.VERSION)
        await fraud_settings.update(changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _page(request, form=form.refused(refusal), by=by, status=422)
    except EditConflict as conflict:
        form.values["checks_staff"] = bool(form.values.get("checks_staff"))
        labels = {name: _(label) for name, label in LABELS.items()}
        both = edits.conflict(form, conflict.current, labels, _shown)
        return await _page(request, form=form, by=by, conflict=both, status=409)
    return redirect(request, f"/staff{HERE}", toast=_("The settings were saved."))


def _shown(_field: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return _(ON_FAILURE[value]) if value in ON_FAILURE else str(value)


async def _page(
    request: AnyRequest, *, by: Actor, form: Form | None = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    kept = await fraud_settings.get(by=by)
    return page(
        request,
        "staff/fraud_settings/index.html",
        status=status,
        form=form or Form(dict(kept)),
        conflict=conflict,
        is_on=fraud_checks.is_on(by=by),
        on_failure=[(key, _(label)) for key, label in ON_FAILURE.items()],
    )


ROUTES = [show, update]
