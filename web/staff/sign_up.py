"""Whether clients may sign up by themselves, what they are asked, and the terms they agree to."""

from typing import Any

from litestar import Response, get, post

from core.accounts import sign_up_settings, terms
from core.accounts.sign_up_settings import SignUpChanges
from core.accounts.terms import NewTerms
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import edits, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/settings/sign-up"
ASKED = {"hidden": N_("Not asked"), "optional": N_("May be left empty"), "required": N_("Must be filled in")}
LABELS = {"is_open": N_("Open"), "company": N_("Company"), "phone": N_("Phone"), "country": N_("Country")}


@get(HERE, **requires(Permission.SETTINGS_MANAGE))
async def show(request: AnyRequest, by: By) -> Response[str]:
    """The settings, and the versions of the terms."""
    return await _page(request, by=by)


@post(HERE, status_code=200, **requires(Permission.SETTINGS_MANAGE))
async def update(request: AnyRequest, by: By) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    form = edits.settled(await forms.read(request), await sign_up_settings.get(by=by))
    try:
        changes = form.into(SignUpChanges, ignore=edits.VERSION)
        await sign_up_settings.update(changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _page(request, form=form.refused(refusal), by=by, status=422)
    except EditConflict as conflict:
        form.values["is_open"] = bool(form.values.get("is_open"))
        labels = {name: _(label) for name, label in LABELS.items()}
        both = edits.conflict(form, conflict.current, labels, _shown)
        return await _page(request, form=form, by=by, conflict=both, status=409)
    return redirect(request, f"/staff{HERE}", toast=_("The settings were saved."))


@post(f"{HERE}/terms", status_code=200, **requires(Permission.SETTINGS_MANAGE))
async def publish(request: AnyRequest, by: By) -> Response[Any]:
    """Put a new version of the terms in force."""
    form = await forms.read(request)
    try:
        made = await terms.publish(form.into(NewTerms), by=by)
    except Invalid as refusal:
        return await _page(request, terms_form=form.refused(refusal), by=by, status=422)
    except Conflict as refusal:
        return await _page(request, terms_form=Form(form.values, {"": refusal.message}), by=by, status=409)
    text = _("Version %(number)s is in force.") % {"number": made["number"]}
    return redirect(request, f"/staff{HERE}", toast=text)


def _shown(_field: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return _(ASKED[value]) if value in ASKED else str(value)


async def _page(
    request: AnyRequest,
    *,
    by: Actor,
    form: Form | None = None,
    terms_form: Form | None = None,
    conflict: Any = None,
    status: int = 200,
) -> Response[str]:
    kept, versions = await sign_up_settings.get(by=by), await terms.every(by=by)
    texts = {name: versions[0][name] for name in ("text_en", "text_fr")} if versions else {}
    return page(
        request,
        "staff/sign_up/index.html",
        status=status,
        form=form or Form(dict(kept)),
        terms_form=terms_form or Form(texts),
        versions=versions,
        asked=[(key, _(label)) for key, label in ASKED.items()],
        is_open=kept["is_open"],
        conflict=conflict,
    )


ROUTES = [show, update, publish]
