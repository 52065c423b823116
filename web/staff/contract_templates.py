"""The texts that contracts begin with: the list, adding, editing and deleting one."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import i18n, places
from core.accounts import contract_templates, contract_texts
from core.accounts.contract_templates import TemplateValues
from core.errors import EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits

HERE = "/staff/contract-templates"
MANAGE = requires(Permission.CONTRACT_TEMPLATE_MANAGE)


@get("/contract-templates", **MANAGE)
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The templates by name."""
    found = await contract_templates.every(by=by)
    languages = places.languages(i18n.current())
    return page(request, "staff/contract_templates/index.html", templates=found, languages=languages)


@get("/contract-templates/new", **MANAGE)
async def new(request: AnyRequest) -> Response[str]:
    """The empty form."""
    return _form(request, Form({"language": i18n.current(), "title": _("Contract")}))


@post("/contract-templates", status_code=200, **MANAGE)
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Add a template."""
    form = await forms.read(request)
    try:
        await contract_templates.create(form.into(TemplateValues), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), status=422)
    return redirect(request, HERE, toast=_("The template was added."))


@get("/contract-templates/{template_id:int}/edit", **MANAGE)
async def edit(request: AnyRequest, by: By, template_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    template = await contract_templates.get(template_id, by=by)
    return _form(request, Form(dict(template)), kept=template)


@post("/contract-templates/{template_id:int}", status_code=200, **MANAGE)
async def update(request: AnyRequest, by: By, template_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    template = await contract_templates.get(template_id, by=by)
    form = edits.settled(await forms.read(request), template)
    try:
        values = form.into(TemplateValues, ignore=edits.VERSION)
        await contract_templates.update(template_id, values, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), kept=template, status=422)
    except EditConflict as refusal:
        labels = {"name": _("Name"), "language": _("Language"), "title": _("Title"), "body": _("Text")}
        both = edits.conflict(form, refusal.current, labels)
        return _form(request, form, kept=template, conflict=both, status=409)
    return redirect(request, HERE, toast=_("The template was saved."))


@get("/contract-templates/{template_id:int}/delete", **MANAGE)
async def confirm(request: AnyRequest, by: By, template_id: FromPath[int]) -> Response[str]:
    """Ask before it goes."""
    template = await contract_templates.get(template_id, by=by)
    return page(
        request,
        "staff/confirm.html",
        title=_("Delete the template “%(name)s”?") % {"name": template["name"]},
        text=_("Contracts that began with it keep their text."),
        refused="",
        action=f"{HERE}/{template_id}/delete",
        ok=_("Delete the template"),
        back=HERE,
        crumbs=[(_("Contract templates"), HERE)],
    )


@post("/contract-templates/{template_id:int}/delete", **MANAGE)
async def delete(request: AnyRequest, by: By, template_id: FromPath[int]) -> Response[None]:
    """Delete it."""
    await contract_templates.delete(template_id, by=by)
    return redirect(request, HERE, toast=_("The template was deleted."))


def _form(
    request: AnyRequest, form: Form, *, kept: Any = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    return page(
        request,
        "staff/contract_templates/form.html",
        status=status,
        form=form,
        kept=kept,
        conflict=conflict,
        action=f"{HERE}/{kept['id']}" if kept else HERE,
        language_choices=list(places.languages(i18n.current()).items()),
        names=[(name, _(text)) for name, text in contract_texts.NAMES.items()],
    )


ROUTES = [index, new, create, edit, update, confirm, delete]
