"""A text of a notification before it is in force, and what it was before: preview, trial, history, going back."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core.errors import Invalid
from core.i18n import N_, _
from core.support import notification_history, notification_layout, notification_previews, notification_templates
from core.support.notification_templates import Place
from web.kit import edits, forms
from web.kit.forms import Form
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By, visit_of
from web.staff.notification_templates import (
    HERE,
    LABELS,
    MANAGE,
    TemplateForm,
    address,
    asked_place,
    editor,
    ignored,
    query,
)

ORIGINS = {
    "samples": N_("All values are examples."),
    "told": N_("The values are those that this client was last told."),
    "names": N_("This client was never told this: names are his, all other values are examples."),
}


class Back(msgspec.Struct, frozen=True, kw_only=True):
    """Which text goes back, to which version; to the usual text without one."""

    language: str
    project_id: int | None = None
    old: int | None = None

    @property
    def place(self) -> Place:
        """Where the text holds."""
        return Place(language=self.language, project_id=self.project_id)


@post("/notification-templates/{key:str}/preview", status_code=200, **MANAGE)
async def preview(request: AnyRequest, by: By, key: FromPath[str]) -> Response[str]:
    """What the form holds, as it would be sent; shown in a frame of the editor. Nothing is kept."""
    visit_of(request).is_framed = True
    form = await forms.read(request)
    shown: dict[str, Any] = {"written": None, "mail": "", "origin": "", "errors": {}}
    try:
        sent = form.into(TemplateForm, ignore=ignored(form))
        written = await notification_previews.shown(key, sent.place, sent.content, client=sent.client, by=by)
        origin = await notification_previews.origin(key, sent.client, by=by)
        shown |= {
            "written": written,
            "mail": notification_layout.inner(written.html),
            "origin": _(ORIGINS[origin]),
        }
    except Invalid as refusal:
        shown["errors"] = {LABELS.get(field, ""): text for field, text in refusal.errors.items()}
    status = 422 if shown["errors"] else 200
    return page(request, "staff/notification_templates/preview.html", status=status, **shown)


@post("/notification-templates/{key:str}/trial", status_code=200, **MANAGE)
async def trial(request: AnyRequest, by: By, key: FromPath[str]) -> Response[Any]:
    """Mail what the form holds to oneself; the form stays as it is."""
    form = await forms.read(request)
    sent = form.into(TemplateForm, ignore=ignored(form))
    template = await notification_templates.get(key, sent.place, by=by)
    try:
        to = await notification_previews.send_trial(key, sent.place, sent.content, client=sent.client, by=by)
    except Invalid as refusal:
        return await editor(request, template, form.refused(refusal), by=by, status=422)
    visit_of(request).toast = {
        "kind": "good",
        "text": _("A trial is on its way to %(address)s.") % {"address": to},
    }
    return await editor(request, template, form, by=by)


@get("/notification-templates/{key:str}/history", **MANAGE)
async def history(request: AnyRequest, by: By, key: FromPath[str]) -> Response[str]:
    """All versions, and what changed in one of them."""
    place = asked_place(request, by)
    template = await notification_templates.get(key, place, by=by)
    versions = await notification_templates.history(key, place, by=by)
    asked = forms.query(request).get("version", "")
    chosen = next((n for n, row in enumerate(versions) if str(row["version"]) == asked), 0)
    before = notification_templates.usual(template)
    older = versions[chosen + 1] if chosen + 1 < len(versions) else None
    return page(
        request,
        "staff/notification_templates/history.html",
        shown=template,
        versions=versions,
        chosen=versions[chosen] if versions else None,
        changes=notification_history.between(older, versions[chosen], before) if versions else {},
        labels=LABELS,
        address=address(key, place),
        query=query(place),
    )


@get("/notification-templates/{key:str}/back", **MANAGE)
async def confirm(request: AnyRequest, by: By, key: FromPath[str]) -> Response[str]:
    """Ask before the usual text is put in force again."""
    template = await notification_templates.get(key, asked_place(request, by), by=by)
    return page(
        request,
        "staff/notification_templates/back.html",
        shown=template,
        action=f"{HERE}/{key}/back",
        back=address(key, template.place),
    )


@post("/notification-templates/{key:str}/back", status_code=200, **MANAGE)
async def back(request: AnyRequest, by: By, key: FromPath[str]) -> Response[None]:
    """Put an older version in force again, or the usual text."""
    form: Form = await forms.read(request)
    sent = form.into(Back, ignore=edits.VERSION)
    version = edits.version_of(form)
    if sent.old is None:
        await notification_templates.reset(key, sent.place, version=version, by=by)
    else:
        await notification_templates.restore(key, sent.place, sent.old, version=version, by=by)
    return redirect(request, address(key, sent.place), toast=_("The text is in force."))


ROUTES = [preview, trial, history, confirm, back]
