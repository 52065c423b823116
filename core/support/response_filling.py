"""Response templates filled in: in the language of who is written to, with what there is to say."""

from collections.abc import Mapping
from typing import Any

import msgspec

from core import i18n, tenant_templates
from core.actor import Actor
from core.support import notification_markdown, response_templates, response_variables
from core.support.response_templates import Template
from core.support.response_variables import About


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """A subject (which may be "") and a text in Markdown; `missing` are the names that had nothing to say."""

    language: str
    subject: str
    text: str
    missing: tuple[str, ...] = ()


async def filled(template_id: int, *, language: str = "", about: About, by: Actor) -> Filled:
    """The template filled in, in this language or the one that suits best."""
    template = await response_templates.get(template_id, by=by)
    chosen = suited(template, language, by=by)
    values = await values_of(about, language=chosen, by=by)
    return fill(template.subjects.get(chosen, ""), template.bodies[chosen], values, language=chosen)


async def values_of(about: About, *, language: str, by: Actor) -> dict[str, Any]:
    """What texts in this language can name; days and amounts are written as it does where we know how."""
    with i18n.speaking(language if language in i18n.LOCALES else by.tenant.locale):
        return await response_variables.of(about, by=by)


def fill(subject: str, body: str, values: Mapping[str, Any], *, language: str) -> Filled:
    """Subject and text with these values, which are letters in the text and never marks; raises `BadTemplate`."""
    used = tenant_templates.names_in(subject) | tenant_templates.names_in(body)
    return Filled(
        language=language,
        subject=" ".join(tenant_templates.render(subject, values).split()),
        text=tenant_templates.render(body, notification_markdown.escaped(values)),
        missing=tuple(sorted(name for name in used if _is_missing(name, values))),
    )


def suited(template: Template, language: str, *, by: Actor) -> str:
    """The language of the template that suits: this one, the provider's, English, else the first it has."""
    wanted = (language, by.tenant.locale, i18n.DEFAULT_LOCALE, *template.languages)
    return next(one for one in wanted if one in template.bodies)


def _is_missing(name: str, values: Mapping[str, Any]) -> bool:
    found: Any = values
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found in ("", None)
