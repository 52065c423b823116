"""The kinds of notifications and the provider's own texts for them, over JSON."""

from typing import Any

import msgspec
from litestar import delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from core import notification_switches
from core.actor import Actor
from core.i18n import _
from core.permissions import Permission
from core.support import notification_overview, notification_previews, notification_templates
from core.support.notification_overview import KindLine
from core.support.notification_templates import Place, Template, TemplateText
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.visit import By

MANAGE = Permission.NOTIFICATION_TEMPLATE_MANAGE


class OwnText(msgspec.Struct, kw_only=True):
    """Where there is a text of the provider's own; `project_id` is null for the one of all projects."""

    language: str
    project_id: int | None
    version: int
    made_at: Moment
    made_by: str


class NotificationKind(msgspec.Struct, kw_only=True):
    """A kind. `variables` is what its texts may name, and what each of them is; `is_new`: an update brought it and
    left it off, and nobody has decided yet."""

    key: str
    title: str
    description: str
    audience: str
    group: str
    channels: list[str]
    variables: dict[str, str]
    is_service: bool
    is_secret: bool
    is_on: bool
    is_new: bool
    has_file: bool
    own: list[OwnText]
    missing: list[str]


class NotificationKindList(msgspec.Struct, kw_only=True):
    """All kinds, by group and key."""

    items: list[NotificationKind]


class MissingTranslation(msgspec.Struct, kw_only=True):
    """A language of so many clients, and the keys of the kinds that reach them in another one."""

    language: str
    clients: int
    kinds: list[str]


class MissingTranslations(msgspec.Struct, kw_only=True):
    """The languages in which kinds are missing."""

    items: list[MissingTranslation]


class SwitchEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the kind is sent, and whether its mail goes with the file of what it is about."""

    is_on: bool | None = None
    has_file: bool | None = None


class AskedPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the text holds: its language (the provider's without one), and a project."""

    language: str = ""
    project_id: int | None = None


class AskedVersion(AskedPlace, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the text holds, and the version that was read."""

    version: int = 0


class NotificationTemplate(msgspec.Struct, kw_only=True):
    """The text in force in one place. `is_default`: the one that the kind comes with; `version` is 0 where nothing
    was ever written."""

    kind: str
    language: str
    project_id: int | None
    subject: str
    text: str
    short: str
    version: int
    is_default: bool
    made_at: Moment | None
    made_by: str


class TemplateEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text for a language and a project, and the version that was read."""

    language: str
    subject: str
    text: str
    version: int
    project_id: int | None = None
    short: str = ""


class TemplateTrial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text to be looked at, filled with the samples or what the client with the code `client` was told last."""

    language: str
    subject: str
    text: str
    project_id: int | None = None
    short: str = ""
    client: int | None = None


class TemplatePreview(msgspec.Struct, kw_only=True):
    """The text as it would be sent."""

    subject: str
    text: str
    html: str
    short: str


class TemplateVersion(msgspec.Struct, kw_only=True):
    """What was in force once; with `is_default` the text that the kind comes with."""

    version: int
    subject: str
    text: str
    short: str
    is_default: bool
    made_at: Moment
    made_by: str


class TemplateHistory(msgspec.Struct, kw_only=True):
    """The versions of a text, the newest first."""

    items: list[TemplateVersion]


@get("/v1/notification-kinds", **asks(MANAGE))
async def kinds(by: By) -> NotificationKindList:
    """List the kinds of notifications, with the own texts of each and the languages that are missing."""
    return NotificationKindList(items=[_kind(line) for line in await notification_overview.every(by=by)])


@get("/v1/notification-kinds/missing", **asks(MANAGE))
async def missing(by: By) -> MissingTranslations:
    """List the languages that clients speak and notifications do not."""
    found = await notification_overview.missing(by=by)
    return MissingTranslations(
        items=[
            MissingTranslation(language=one.language, clients=one.clients, kinds=[kind.key for kind in one.kinds])
            for one in found
        ]
    )


@patch("/v1/notification-kinds/{key:str}", **asks(MANAGE, body=SwitchEdit))
async def switch(by: By, key: FromPath[str], sent: NamedDependency[SwitchEdit]) -> NotificationKind:
    """Send a kind, or do not send it any more, with its file or without; 409 for what nobody could get in without,
    and for a file that there is none of."""
    kind = await notification_templates.kind(key, by=by)
    if sent.is_on is not None:
        await notification_switches.put(kind, sent.is_on, by=by)
    if sent.has_file is not None:
        await notification_switches.put_file(kind, sent.has_file, by=by)
    return next(_kind(line) for line in await notification_overview.every(by=by) if line.kind.key == key)


@get("/v1/notification-templates/{key:str}", **asks(MANAGE, query=AskedPlace))
async def show(by: By, key: FromPath[str], asked: NamedDependency[AskedPlace]) -> NotificationTemplate:
    """Get the text in force for a language and a project."""
    return _shown(await notification_templates.get(key, _place(asked, by), by=by))


@put("/v1/notification-templates/{key:str}", **asks(MANAGE, body=TemplateEdit))
async def update(by: By, key: FromPath[str], sent: NamedDependency[TemplateEdit]) -> NotificationTemplate:
    """Put a text in force; 409 when somebody else did since `version` was read."""
    return _shown(
        await notification_templates.save(key, _place(sent, by), _text(sent), version=sent.version, by=by)
    )


@delete("/v1/notification-templates/{key:str}", status_code=200, **asks(MANAGE, query=AskedVersion))
async def reset(by: By, key: FromPath[str], asked: NamedDependency[AskedVersion]) -> NotificationTemplate:
    """Go back to the text that the kind comes with; what was written stays in the history."""
    return _shown(await notification_templates.reset(key, _place(asked, by), version=asked.version, by=by))


@post("/v1/notification-templates/{key:str}/preview", status_code=200, **asks(MANAGE, body=TemplateTrial))
async def preview(by: By, key: FromPath[str], sent: NamedDependency[TemplateTrial]) -> TemplatePreview:
    """Tell how a text would look. Nothing is kept or sent."""
    written = await notification_previews.shown(key, _place(sent, by), _text(sent), client=sent.client, by=by)
    return TemplatePreview(subject=written.subject, text=written.text, html=written.html, short=written.short)


@post("/v1/notification-templates/{key:str}/trial", status_code=200, **asks(MANAGE, body=TemplateTrial))
async def trial(by: By, key: FromPath[str], sent: NamedDependency[TemplateTrial]) -> answers.Tried:
    """Mail a text to whoever made the key, as it would be sent. Nothing is kept; some in an hour, then 429."""
    to = await notification_previews.send_trial(key, _place(sent, by), _text(sent), client=sent.client, by=by)
    return answers.Tried(address=to)


@get("/v1/notification-templates/{key:str}/history", **asks(MANAGE, query=AskedPlace))
async def history(by: By, key: FromPath[str], asked: NamedDependency[AskedPlace]) -> TemplateHistory:
    """List the versions of a text."""
    found = await notification_templates.history(key, _place(asked, by), by=by)
    return TemplateHistory(items=[answers.of(TemplateVersion, row) for row in found])


def _kind(line: KindLine) -> NotificationKind:
    kind = line.kind
    return NotificationKind(
        key=kind.key,
        title=_(kind.title),
        description=_(kind.description),
        audience=kind.audience,
        group=kind.group,
        channels=list(kind.channels),
        variables={name: _(meaning) for name, meaning in kind.variables.items()},
        is_service=kind.is_service,
        is_secret=kind.is_secret,
        is_on=line.is_on,
        is_new=line.is_new,
        has_file=line.has_file,
        own=[answers.of(OwnText, row) for row in line.own],
        missing=line.missing,
    )


def _place(asked: Any, by: Actor) -> Place:
    return Place(language=asked.language or by.tenant.locale, project_id=asked.project_id)


def _text(sent: TemplateEdit | TemplateTrial) -> TemplateText:
    return TemplateText(subject=sent.subject, text=sent.text, short=sent.short)


def _shown(template: Template) -> NotificationTemplate:
    return NotificationTemplate(
        kind=template.kind.key,
        language=template.place.language,
        project_id=template.place.project_id,
        **msgspec.structs.asdict(template.text),
        version=template.version,
        is_default=template.is_default,
        made_at=template.made_at,
        made_by=template.made_by,
    )


ROUTES = [kinds, missing, switch, show, update, reset, preview, trial, history]
