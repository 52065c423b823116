"""Where a project asks for telephone numbers otherwise than the provider does."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import phone_channel, phone_projects, projects
from core.accounts.phone_projects import PhoneProjectChanges
from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import edits, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff.phone_settings import LABELS, REGISTRATION

HERE = "/settings/phone/projects/{project_id:int}"
USUAL = N_("As the provider has it")
PAYING = {"usual": USUAL, "yes": N_("yes"), "no": N_("no")}
PRODUCTS = N_("Products that ask for it do so here")


@get(HERE, **requires(Permission.PROJECT_UPDATE))
async def show(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[str]:
    """The form with what holds."""
    return await _page(request, project_id, by=by)


@post(HERE, status_code=200, **requires(Permission.PROJECT_UPDATE))
async def update(request: AnyRequest, by: By, project_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    form = edits.settled(await forms.read(request), await phone_projects.get(project_id, by=by))
    try:
        changes = form.into(PhoneProjectChanges, ignore=edits.VERSION)
        await phone_projects.update(project_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _page(request, project_id, form=form.refused(refusal), by=by, status=422)
    except EditConflict as conflict:
        form.values["products"] = bool(form.values.get("products"))
        labels = {name: _(LABELS[name]) for name in ("registration", "paying")} | {"products": _(PRODUCTS)}
        both = edits.conflict(form, conflict.current, labels, _shown)
        return await _page(request, project_id, form=form, by=by, conflict=both, status=409)
    return redirect(request, "/staff/settings/phone", toast=_("The settings were saved."))


def _shown(field: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    words = PAYING if field == "paying" else {"usual": USUAL} | REGISTRATION
    return _(words[value]) if value in words else str(value)


async def _page(
    request: AnyRequest,
    project_id: int,
    *,
    form: Form | None = None,
    conflict: Any = None,
    status: int = 200,
    by: Actor,
) -> Response[str]:
    kept = await phone_projects.get(project_id, by=by)
    return page(
        request,
        "staff/phone_settings/project.html",
        status=status,
        form=form or Form(dict(kept)),
        conflict=conflict,
        project=await projects.get(project_id, by=by),
        registration=[(key, _(label)) for key, label in ({"usual": USUAL} | REGISTRATION).items()],
        paying=[(key, _(label)) for key, label in PAYING.items()],
        can_send=await phone_channel.is_there(by=by),
    )


ROUTES: list[Any] = [show, update]
