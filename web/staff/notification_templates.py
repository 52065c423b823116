"""The texts of notifications: the kinds, which languages are missing, and the editor of one text."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core import i18n, notification_switches, places, policies
from core.accounts import projects
from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from core.support import notification_overview, notification_templates
from core.support.notification_templates import Place, Template, TemplateText
from web.kit import edits, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import notification_template_words

HERE = "/staff/notification-templates"
MANAGE = requires(Permission.NOTIFICATION_TEMPLATE_MANAGE)
LABELS = {"subject": N_("Subject"), "text": N_("Text"), "short": N_("Short text")}


class TemplateForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the editor sends. `client` is whose data the preview is filled with."""

    language: str
    project_id: int | None = None
    subject: str = ""
    text: str = ""
    short: str = ""
    client: int | None = None

    @property
    def place(self) -> Place:
        """Where the text holds."""
        return Place(language=self.language, project_id=self.project_id)

    @property
    def content(self) -> TemplateText:
        """The text itself."""
        return TemplateText(subject=self.subject, text=self.text, short=self.short)


@get("/notification-templates", **MANAGE)
async def index(request: AnyRequest, by: By) -> Response[str]:
    """All kinds by group, with the own texts of each."""
    lines = await notification_overview.every(by=by)
    return page(
        request,
        "staff/notification_templates/index.html",
        groups=notification_template_words.grouped(lines),
        new=[_(line.kind.title) for line in lines if line.is_new],
        languages=places.languages(i18n.current()),
        projects=await project_names(by=by),
    )


@get("/notification-templates/missing", **MANAGE)
async def missing(request: AnyRequest, by: By) -> Response[str]:
    """The languages that clients speak and notifications do not."""
    found = await notification_overview.missing(by=by)
    languages = places.languages(i18n.current())
    return page(request, "staff/notification_templates/missing.html", missing=found, languages=languages)


@get("/notification-templates/{key:str}", **MANAGE)
async def edit(request: AnyRequest, by: By, key: FromPath[str]) -> Response[str]:
    """The text in force in one place, in the editor."""
    template = await notification_templates.get(key, asked_place(request, by), by=by)
    values = msgspec.structs.asdict(template.text) | {"version": template.version}
    return await editor(request, template, Form(values), by=by)


@post("/notification-templates/{key:str}", status_code=200, **MANAGE)
async def update(request: AnyRequest, by: By, key: FromPath[str]) -> Response[Any]:
    """Put the text in force; when somebody else did meanwhile, show both and let the person choose."""
    form = await forms.read(request)
    sent = form.into(TemplateForm, ignore=ignored(form))
    template = await notification_templates.get(key, sent.place, by=by)
    form = edits.settled(form, msgspec.structs.asdict(template.text))
    sent = form.into(TemplateForm, ignore=edits.VERSION)
    try:
        await notification_templates.save(key, sent.place, sent.content, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await editor(request, template, form.refused(refusal), by=by, status=422)
    except EditConflict as refusal:
        labels = {name: _(label) for name, label in LABELS.items()}
        both = edits.conflict(form, refusal.current, labels)
        return await editor(request, template, form, by=by, conflict=both, status=409)
    return redirect(request, address(key, sent.place), toast=_("The text is in force."))


@post("/notification-templates/{key:str}/switch", status_code=200, **MANAGE)
async def switch(request: AnyRequest, by: By, key: FromPath[str]) -> Response[None]:
    """Send this kind, or do not send it any more; or let it go with its file, or without."""
    kind = await notification_templates.kind(key, by=by)
    form = await forms.read(request)
    if has_file := form.get("has_file"):
        await notification_switches.put_file(kind, has_file == "1", by=by)
        told = _("“%(kind)s” goes with its file.") if has_file == "1" else _("“%(kind)s” goes without its file.")
        return redirect(request, HERE, toast=told % {"kind": _(kind.title)})
    is_on = form.get("is_on") == "1"
    await notification_switches.put(kind, is_on, by=by)
    told = _("“%(kind)s” is sent from now on.") if is_on else _("“%(kind)s” is not sent any more.")
    return redirect(request, HERE, toast=told % {"kind": _(kind.title)})


@post("/notification-templates/new-kinds", status_code=200, **MANAGE)
async def decide(request: AnyRequest, by: By) -> Response[None]:
    """Send all that an update brought and left off, or leave all of it off."""
    is_on = (await forms.read(request)).get("is_on") == "1"
    await notification_switches.decide(is_on, by=by)
    told = _("All of them are sent from now on.") if is_on else _("They stay off.")
    return redirect(request, HERE, toast=told)


async def editor(
    request: AnyRequest, template: Template, form: Form, *, by: Actor, conflict: Any = None, status: int = 200
) -> Response[str]:
    """The page with the form."""
    return page(
        request,
        "staff/notification_templates/edit.html",
        status=status,
        shown=template,
        form=form,
        conflict=conflict,
        language_choices=list(places.languages(i18n.current()).items()),
        project_choices=list((await project_names(by=by)).items()),
        variables=notification_template_words.variables(template.kind),
        place=Form(msgspec.structs.asdict(template.place)),
        query=query(template.place),
    )


def asked_place(request: AnyRequest, by: Actor) -> Place:
    """The place that the address names: by default the provider's language, and all projects."""
    values: Mapping[str, Any] = {"language": by.tenant.locale} | forms.query(request)
    return Form({name: values[name] for name in ("language", "project_id") if name in values}).into(Place)


def address(key: str, place: Place) -> str:
    """Where the text of a place is edited."""
    return f"{HERE}/{key}?{query(place)}"


def query(place: Place) -> str:
    """A place as parameters of an address."""
    project = f"&project_id={place.project_id}" if place.project_id is not None else ""
    return f"language={place.language}{project}"


def ignored(form: Form) -> frozenset[str]:
    """Fields of the form that are about the edit and not the text."""
    return edits.VERSION | {name for name in form.values if name.startswith("keep_")}


async def project_names(*, by: Actor) -> dict[int, str]:
    """The projects to choose from; none where the provider has one brand."""
    return await projects.names(by=by) if policies.has_feature(by.tenant, "projects") else {}


ROUTES = [index, missing, decide, edit, update, switch]
