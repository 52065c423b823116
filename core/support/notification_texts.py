"""What a notification says: its own text of the project or the provider, or the one it comes with, in the language
of who reads it; with the data put in, as HTML in the brand's frame and as plain text.

    written(kind, ...)      from the first text of the chain that can be filled in
    chain(...)              which texts those are, the nearest first
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import structlog

from core import db, i18n, notification_values, policies, rich_text, tenant_templates
from core.actor import Tenant
from core.i18n import DEFAULT_LOCALE, LOCALES, _
from core.notification_kinds import Kind
from core.support import notification_brands, notification_layout, notification_markdown
from core.support.notification_layout import Brand
from core.tenant_templates import BadTemplate

LONGEST_SUBJECT = 200
LONGEST_SHORT = 480
COMMON = ("provider", "panel")
"""Variables of every kind: the name of the brand, and the address of the portal."""
IN_FORCE = """SELECT project_id, language, version, subject, text, short FROM notification_templates
    WHERE kind = $1 AND is_current AND NOT is_default AND (project_id IS NULL OR project_id = $2)
      AND language IN ($3, $4)"""

log = structlog.get_logger(__name__)


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A text before anything is put in. `name` says which one it is, such as "default/en" or "project/fr"."""

    name: str
    language: str
    subject: str
    text: str
    short: str = ""
    project_id: int | None = None
    version: int = 0


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent. `template` is the name of the text that was used; `broken` why a nearer one was not.
    `markdown` is what `text` and `html` were made of."""

    subject: str
    text: str
    html: str
    short: str
    locale: str
    template: str
    broken: str = ""
    markdown: str = ""


async def written(
    kind: Kind, *, locale: str, project_id: int | None, data: Mapping[str, Any], provider: Tenant
) -> Written:
    """The notification in the language of who gets it, or the nearest there is. Inside the provider's scope."""
    brand = await notification_brands.of_project(project_id, provider=provider)
    own = await in_force(kind, locale=locale, project_id=project_id, provider=provider)
    sources = chain(own, kind, locale=locale, project_id=project_id, fallback=provider.locale)
    broken = ""
    for source in sources:
        try:
            return msgspec.structs.replace(filled(source, kind, data, brand), broken=broken)
        except BadTemplate as trouble:
            broken = broken or f"{source.name}: {trouble.message}"
            log.warning(
                "notification template broken", kind=kind.key, template=source.name, reason=trouble.message
            )
    raise BadTemplate(broken)


async def in_force(kind: Kind, *, locale: str, project_id: int | None, provider: Tenant) -> list[Source]:
    """The own texts that may be meant for a reader; those of a project only where the edition has projects."""
    project = project_id if policies.has_feature(provider, "projects") else None
    return [
        Source(
            name=f"{'provider' if row['project_id'] is None else 'project'}/{row['language']}/{row['version']}",
            **{name: row[name] for name in ("language", "subject", "text", "short", "project_id", "version")},
        )
        for row in await db.fetch(IN_FORCE, kind.key, project, locale, provider.locale)
    ]


def chain(
    own: Sequence[Source], kind: Kind, *, locale: str, project_id: int | None, fallback: str
) -> list[Source]:
    """The texts in the order in which they are tried: of the project and of the provider in the reader's language,
    both in the provider's language, and those that the kind comes with, at the end in English."""
    places = [(project_id, locale), (None, locale), (project_id, fallback), (None, fallback)]
    kept = {(one.project_id, one.language): one for one in own}
    found = [kept[place] for place in dict.fromkeys(places) if place in kept]
    return [*found, *defaults(kind, locale)]


def defaults(kind: Kind, locale: str) -> list[Source]:
    """The text a kind comes with, in this language where it is spoken here, and in English."""
    return [default(kind, one) for one in dict.fromkeys((locale, DEFAULT_LOCALE)) if one in LOCALES]


def default(kind: Kind, language: str) -> Source:
    """The text a kind comes with, in one of LOCALES."""
    with i18n.speaking(language):
        return Source(
            name=f"default/{language}",
            language=language,
            subject=_(kind.subject),
            text=_(kind.text),
            short=_(kind.short),
        )


def filled(source: Source, kind: Kind, data: Mapping[str, Any], brand: Brand) -> Written:
    """A text with the data put in; raises `BadTemplate`."""
    words = variables(kind, data, brand, source)
    subject = one_line(tenant_templates.render(source.subject, words), longest=LONGEST_SUBJECT)
    text = tenant_templates.render(source.text, notification_markdown.escaped(words))
    short = one_line(tenant_templates.render(source.short, words), longest=LONGEST_SHORT)
    body = rich_text.html(text)
    return Written(
        subject=subject,
        text=rich_text.plain(text) + "\n",
        html=notification_layout.html(body, brand, title=subject, language=source.language),
        short=short or subject,
        locale=source.language,
        template=source.name,
        markdown=text,
    )


def variables(kind: Kind, data: Mapping[str, Any], brand: Brand, source: Source) -> dict[str, Any]:
    """The values of what a text may name: all variables of the kind, "" for one that was not given."""
    top = {name.partition(".")[0]: "" for name in kind.variables}
    words: dict[str, Any] = {**top, "provider": brand.name, "panel": brand.panel, **data}
    for name, marked in notification_markdown.unmarked(words).items():
        if any(re.search(rf"\b{re.escape(name)}\b", part) for part in (source.subject, source.text, source.short)):
            words[name] = rich_text.plain(words[marked])
    said: dict[str, Any] = notification_values.said(words, locale=source.language)
    return said


def names(kind: Kind) -> list[str]:
    """What a text of this kind may name: also what is Markdown by its name without the ending, as plain words."""
    return [*kind.variables, *COMMON, *notification_markdown.unmarked(kind.variables)]


def one_line(text: str, *, longest: int) -> str:
    """Without line breaks and other control characters, and of a bearable length."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(plain.split())[:longest].strip()
