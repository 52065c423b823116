"""Response templates: the list with its search, adding, editing and deleting one, and how it reads to a client."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import i18n, places
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from core.support import response_templates
from core.support.response_templates import LONGEST, LONGEST_SUBJECT, OWN, TemplateValues
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import autofill, edits, response_template_forms
from web.staff.response_template_forms import HERE

USES = requires(Permission.RESPONSE_TEMPLATE_READ)
NOT_KEPT = edits.VERSION | {"add_language", "preview_client", "template_id"}


@get("/response-templates", **USES)
async def index(request: AnyRequest, by: By) -> Response[str]:
    """One's own and those for all, with `q` those whose name holds it."""
    q = request.query_params.get("q", "")
    found = await response_templates.every(q=q, by=by)
    return page(
        request,
        "staff/response_templates/index.html",
        templates=found,
        filter=Form({"q": q.strip()}),
        languages=places.languages(i18n.current()),
    )


@get("/response-templates/new", **USES)
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form."""
    return await response_template_forms.show(request, Form({"audience": OWN}), by=by)


@post("/response-templates/new", status_code=200, **USES)
async def new_from(request: AnyRequest, by: By) -> Response[str]:
    """The form with what was just written somewhere else: its field `autofill_into`, and the subject beside it."""
    sent = await forms.read(request)
    language = autofill.of_its_language(sent, "autofill_language")
    language = language if language in places.LANGUAGES else by.locale
    subject = sent.get(autofill.of_its_language(sent, "autofill_subject"))[:LONGEST_SUBJECT]
    values = {"audience": OWN, f"bodies.{language}": sent.get(sent.get("autofill_into"))[:LONGEST]}
    values |= {f"subjects.{language}": subject} if subject else {}
    return await response_template_forms.show(request, Form(values), by=by)


@post("/response-templates/preview", status_code=200, **USES)
async def preview(request: AnyRequest, by: By) -> Response[str]:
    """The form as it was sent, one language more when one was chosen, and how it reads to a client."""
    form = await forms.read(request)
    kept = await response_template_forms.kept(form.get("template_id"), by=by)
    try:
        shown = await response_template_forms.preview(form, by=by)
    except Invalid as refusal:
        return await response_template_forms.show(request, form.refused(refusal), kept=kept, status=422, by=by)
    return await response_template_forms.show(request, form, kept=kept, preview=shown, by=by)


@post("/response-templates", status_code=200, **USES)
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Add a template."""
    form = await forms.read(request)
    try:
        await response_templates.create(form.into(TemplateValues, ignore=NOT_KEPT), by=by)
    except Invalid as refusal:
        return await response_template_forms.show(request, form.refused(refusal), status=422, by=by)
    except Conflict as refusal:
        return await response_template_forms.show(
            request, Form(form.values, {"": refusal.message}), status=409, by=by
        )
    return redirect(request, HERE, toast=_("The template was added."))


@get("/response-templates/{response_template_id:int}/edit", **USES)
async def edit(request: AnyRequest, by: By, response_template_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    template = await response_templates.get(response_template_id, by=by)
    return await response_template_forms.show(
        request, Form(response_template_forms.values_of(template)), kept=template, by=by
    )


@post("/response-templates/{response_template_id:int}", status_code=200, **USES)
async def update(request: AnyRequest, by: By, response_template_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    template = await response_templates.get(response_template_id, by=by)
    form = edits.settled(await forms.read(request), response_template_forms.values_of(template))
    try:
        values = form.into(TemplateValues, ignore=NOT_KEPT)
        await response_templates.update(response_template_id, values, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await response_template_forms.show(request, form.refused(refusal), kept=template, status=422, by=by)
    except EditConflict:
        now = response_template_forms.values_of(await response_templates.get(response_template_id, by=by))
        labels = response_template_forms.labels(form.values.keys() | now.keys())
        both = edits.conflict(form, dict.fromkeys(labels, "") | now, labels)
        return await response_template_forms.show(request, form, kept=template, conflict=both, status=409, by=by)
    return redirect(request, HERE, toast=_("The template was saved."))


@get("/response-templates/{response_template_id:int}/delete", **USES)
async def confirm(request: AnyRequest, by: By, response_template_id: FromPath[int]) -> Response[str]:
    """Ask before it goes."""
    template = await response_templates.get(response_template_id, by=by)
    return page(
        request,
        "staff/confirm.html",
        title=_("Delete the response template “%(name)s”?") % {"name": template.name},
        text=_("What was written with it stays."),
        refused="",
        action=f"{HERE}/{response_template_id}/delete",
        ok=_("Delete the template"),
        back=HERE,
        crumbs=[(_("Response templates"), HERE)],
    )


@post("/response-templates/{response_template_id:int}/delete", **USES)
async def delete(request: AnyRequest, by: By, response_template_id: FromPath[int]) -> Response[None]:
    """Delete it."""
    await response_templates.delete(response_template_id, by=by)
    return redirect(request, HERE, toast=_("The template was deleted."))


ROUTES = [index, new, new_from, preview, create, edit, update, confirm, delete]
