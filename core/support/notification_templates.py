"""Texts of the provider's own for notifications, by kind, project and language. Each is kept in versions: saving
adds one, going back adds one as well, and the text that a kind comes with is in force where none is.

Whoever is limited to projects changes the texts of those projects, and reads all.
"""

from datetime import datetime
from typing import Any

import asyncpg
import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Boolean, Integer, Text, Timestamptz

from core import audit, clock, db, i18n, notification_kinds, places, policies, tenant_templates
from core.accounts import access, projects
from core.actor import Actor
from core.checks import Checks
from core.errors import EditConflict, Forbidden, NotFound
from core.i18n import _
from core.notification_kinds import Kind
from core.permissions import Permission
from core.support import notification_texts
from core.tenant_templates import BadTemplate

RIGHT = Permission.NOTIFICATION_TEMPLATE_MANAGE
LONGEST_TEXT = 20_000
KEPT = 100
"""Versions of one text; what is older is forgotten."""


class NotificationTemplate(db.Owned, tablename="notification_templates"):
    """One version of a text. `is_current`: the last one; with `is_default` the kind's own text is in force."""

    kind = Text()
    project_id = BigInt(null=True)
    language = Text()
    version = Integer()
    subject = Text()
    text = Text()
    short = Text()
    is_default = Boolean()
    is_current = Boolean()
    made_at = Timestamptz()
    made_by = Text()


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a text holds: in one language, for one project or (None) for all that have none of their own."""

    language: str
    project_id: int | None = None


class TemplateText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text: the subject of a mail, its text in Markdown, and the short one for SMS and the panel. Variables of
    the kind stand in double braces."""

    subject: str = ""
    text: str = ""
    short: str = ""


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """The text in force in a place, and the version of it, 0 where nothing was ever written."""

    kind: Kind
    place: Place
    text: TemplateText
    version: int
    is_default: bool
    made_at: datetime | None = None
    made_by: str = ""


async def kind(key: str, *, by: Actor) -> Kind:
    """A kind that the provider has; `NotFound` for any other."""
    policies.require(by, RIGHT)
    found = next((one for one in notification_kinds.every(by.tenant.plugins) if one.key == key), None)
    if found is None:
        raise NotFound()
    return found


async def own(*, by: Actor) -> list[Record]:
    """Every own text in force, without the text itself: kind, project_id, language, version, made_at, made_by."""
    policies.require(by, RIGHT)
    return await db.fetch(
        """SELECT kind, project_id, language, version, made_at, made_by FROM notification_templates
           WHERE is_current AND NOT is_default ORDER BY kind, project_id NULLS FIRST, language"""
    )


async def get(key: str, place: Place, *, by: Actor) -> Template:
    """The text in force there, the kind's own where the provider has none; what is in no language of ours begins
    in English."""
    found = await kind(key, by=by)
    await check_place(place, by=by)
    row = await _current(key, place)
    if row is None or row["is_default"]:
        return _of_default(found, place, row)
    return Template(
        kind=found,
        place=place,
        text=TemplateText(subject=row["subject"], text=row["text"], short=row["short"]),
        version=row["version"],
        is_default=False,
        made_at=row["made_at"],
        made_by=row["made_by"],
    )


async def save(key: str, place: Place, text: TemplateText, *, version: int, by: Actor) -> Template:
    """Put an own text in force. Raises `Invalid` beside what cannot be filled in, and `EditConflict` with the text
    as it is when somebody else saved since `version` was read."""
    before = await _locked(key, place, version, by=by)
    kept = checked(before.kind, text)
    if not before.is_default and kept == before.text:
        return before
    return await _put(before, kept, by=by)


async def reset(key: str, place: Place, *, version: int, by: Actor) -> Template:
    """Go back to the text that the kind comes with; what was written stays in the history."""
    before = await _locked(key, place, version, by=by)
    return before if before.is_default else await _put(before, None, by=by)


async def history(key: str, place: Place, *, by: Actor) -> list[Record]:
    """All versions, the newest first: version, subject, text, short, is_default, made_at, made_by."""
    await kind(key, by=by)
    await check_place(place, by=by)
    return await db.fetch(
        """SELECT version, subject, text, short, is_default, made_at, made_by FROM notification_templates
           WHERE kind = $1 AND project_id IS NOT DISTINCT FROM $2 AND language = $3 ORDER BY version DESC""",
        key,
        place.project_id,
        place.language,
    )


async def restore(key: str, place: Place, old: int, *, version: int, by: Actor) -> Template:
    """Put an older version in force again, as a new one. It is checked again: variables may be gone since."""
    found = [row for row in await history(key, place, by=by) if row["version"] == old]
    if not found:
        raise NotFound()
    if found[0]["is_default"]:
        return await reset(key, place, version=version, by=by)
    text = TemplateText(**{name: found[0][name] for name in TemplateText.__struct_fields__})
    return await save(key, place, text, version=version, by=by)


def checked(found: Kind, text: TemplateText) -> TemplateText:
    """The text as it is kept; raises `Invalid` with what is wrong beside each field."""
    checks = Checks()
    longest = {"subject": notification_texts.LONGEST_SUBJECT, "text": LONGEST_TEXT, "short": 500}
    kept = {
        name: checks.text(name, getattr(text, name), longest=most, required=name != "short", lines=name == "text")
        for name, most in longest.items()
    }
    for name, source in kept.items():
        if name not in checks.errors and (trouble := trouble_of(found, source)):
            checks.error(name, trouble)
    checks.done()
    return TemplateText(**kept)


def usual(template: Template) -> dict[str, str]:
    """The text that the kind comes with in that language, by field."""
    return msgspec.structs.asdict(_of_default(template.kind, template.place, None).text)


def trouble_of(found: Kind, source: str) -> str:
    """Why a text cannot be filled in, as a sentence with the line; "" when it can."""
    try:
        tenant_templates.check(source, notification_texts.names(found))
    except BadTemplate as trouble:
        return trouble.message
    return ""


async def _locked(key: str, place: Place, version: int, *, by: Actor) -> Template:
    """The text in force, when it is still of this version and `by` may change it."""
    if by.projects is not None and place.project_id not in by.projects:
        raise Forbidden(_("You are limited to some projects, and this text is for others, too."))
    if place.project_id is not None and not access.may_use_project(place.project_id, by=by):
        raise NotFound()
    before = await get(key, place, by=by)
    if before.version != version:
        raise EditConflict(msgspec.structs.asdict(before.text) | {"version": before.version})
    return before


async def _put(before: Template, text: TemplateText | None, *, by: Actor) -> Template:
    """Add a version and put it in force; None goes back to the kind's own text."""
    key, place = before.kind.key, before.place
    kept = text or TemplateText()
    try:
        async with db.savepoint():
            await db.execute(
                """UPDATE notification_templates SET is_current = false
                   WHERE kind = $1 AND project_id IS NOT DISTINCT FROM $2 AND language = $3 AND is_current""",
                key,
                place.project_id,
                place.language,
            )
            await db.execute(
                """INSERT INTO notification_templates (kind, project_id, language, version, subject, text, short,
                       is_default, made_at, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
                key,
                place.project_id,
                place.language,
                before.version + 1,
                *msgspec.structs.astuple(kept),
                text is None,
                clock.now(),
                by.name,
            )
    except asyncpg.UniqueViolationError as error:
        now = await get(key, place, by=by)
        raise EditConflict(msgspec.structs.asdict(now.text) | {"version": now.version}) from error
    await _forget_old(key, place, before.version + 1 - KEPT)
    await _record(before, text, by=by)
    return await get(key, place, by=by)


async def _forget_old(key: str, place: Place, version: int) -> None:
    await db.execute(
        """DELETE FROM notification_templates WHERE kind = $1 AND project_id IS NOT DISTINCT FROM $2
           AND language = $3 AND version <= $4""",
        key,
        place.project_id,
        place.language,
        version,
    )


async def _record(before: Template, text: TemplateText | None, *, by: Actor) -> None:
    action = "notification_template:reset" if text is None else "notification_template:saved"
    now = text or _of_default(before.kind, before.place, None).text
    old = msgspec.structs.asdict(before.text)
    new = {name: value for name, value in msgspec.structs.asdict(now).items() if value != old[name]}
    place: dict[str, Any] = {"language": before.place.language}
    if before.place.project_id is not None:
        place["project_id"] = before.place.project_id
    await audit.record(
        action,
        "notification_template",
        None,
        by=by,
        name=before.kind.key,
        old={name: old[name] for name in new},
        new=new | place,
    )


async def _current(key: str, place: Place) -> Record | None:
    return await db.row(
        """SELECT * FROM notification_templates
           WHERE kind = $1 AND project_id IS NOT DISTINCT FROM $2 AND language = $3 AND is_current""",
        key,
        place.project_id,
        place.language,
    )


def _of_default(found: Kind, place: Place, row: Record | None) -> Template:
    language = place.language if place.language in i18n.LOCALES else i18n.DEFAULT_LOCALE
    source = notification_texts.default(found, language)
    return Template(
        kind=found,
        place=place,
        text=TemplateText(subject=source.subject, text=source.text, short=source.short),
        version=row["version"] if row else 0,
        is_default=True,
        made_at=row["made_at"] if row else None,
        made_by=row["made_by"] if row else "",
    )


async def check_place(place: Place, *, by: Actor) -> None:
    """Raise `NotFound` for a language or a project that there is not, or that is not for `by` to see."""
    if place.language not in places.languages(i18n.DEFAULT_LOCALE):
        raise NotFound()
    if place.project_id is not None:
        policies.require_feature(by, "projects")
        if place.project_id not in await projects.names(by=by):
            raise NotFound()
