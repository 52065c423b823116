"""The form of a response template: its texts by language, and how they read to a client."""

from typing import Any

from litestar import Response

from core import i18n, places, policies, rich_text
from core.accounts import access
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.i18n import _
from core.permissions import Permission
from core.support import response_filling, response_templates, response_variables
from core.support.response_templates import ALL, LONGEST, LONGEST_SUBJECT, OWN, Template
from core.support.response_variables import About
from core.tenant_templates import BadTemplate
from web.kit.forms import Form
from web.kit.pages import AnyRequest, page

HERE = "/staff/response-templates"


def values_of(template: Template) -> dict[str, Any]:
    """A template as its form has it."""
    values: dict[str, Any] = {"name": template.name, "audience": template.audience, "version": template.version}
    values |= {f"subjects.{language}": text for language, text in template.subjects.items()}
    return values | {f"bodies.{language}": text for language, text in template.bodies.items()}


def labels(fields: Any) -> dict[str, str]:
    """What the fields of the form are called."""
    languages = places.languages(i18n.current())
    labels = {"name": _("Name"), "audience": _("For whom")}
    for field in sorted(fields):
        part, dot, language = field.partition(".")
        if dot and part in ("subjects", "bodies"):
            word = _("Subject") if part == "subjects" else _("Text")
            labels[field] = f"{word} ({languages.get(language, language)})"
    return labels


async def kept(template_id: str, *, by: Actor) -> Template | None:
    """The template that a form is about; None for a new one."""
    if not template_id:
        return None
    if not template_id.isdecimal() or len(template_id) > 19:
        raise NotFound()
    return await response_templates.get(int(template_id), by=by)


async def preview(form: Form, *, by: Actor) -> dict[str, Any]:
    """Who it would be written to, and by language how it reads; `Invalid` beside what is wrong."""
    client = await _client(form.get("preview_client"), by=by)
    about = About(client_id=client["id"], newest=True)
    texts = []
    for language in _languages(form, by=by):
        subject, body = form.get(f"subjects.{language}"), form.get(f"bodies.{language}")
        values = await response_filling.values_of(about, language=language, by=by)
        try:
            filled = response_filling.fill(subject, body, values, language=language)
        except BadTemplate as error:
            raise Invalid({f"bodies.{language}": error.message}) from error
        if filled.text.strip():
            texts.append({"filled": filled, "html": rich_text.html(filled.text)})
    return {"client": client, "texts": texts}


async def _client(code: str, *, by: Actor) -> Any:
    """The client of this code, or the newest one that `by` sees."""
    try:
        if code.strip():
            return await access.client_by_code(int(code), by=by)
        return await access.client(await response_variables.newest_client(by=by), by=by)
    except (NotFound, ValueError) as error:
        raise Invalid({"preview_client": _("There is no such client.")}) from error


def _languages(form: Form, *, by: Actor) -> list[str]:
    """The languages the form shows: those written in, the provider's, and one that was just chosen."""
    written = [name.partition(".")[2] for name in form.values if name.startswith(("bodies.", "subjects."))]
    wanted = dict.fromkeys([by.tenant.locale, *sorted(written), form.get("add_language")])
    return [language for language in wanted if language in places.LANGUAGES]


def show(
    request: AnyRequest,
    form: Form,
    *,
    kept: Template | None = None,
    conflict: Any = None,
    preview: Any = None,
    status: int = 200,
    by: Actor,
) -> Response[str]:
    """The page with the form, and what stands beside it."""
    names = places.languages(i18n.current())
    shown = _languages(form, by=by)
    audiences = [(OWN, _("Only for me"), ""), (ALL, _("For all"), _("Everybody of the team finds it."))]
    return page(
        request,
        "staff/response_templates/form.html",
        status=status,
        form=form,
        kept=kept,
        conflict=conflict,
        preview=preview,
        action=f"{HERE}/{kept.id}" if kept else HERE,
        shown=[(language, names[language]) for language in shown],
        others=[(code, name) for code, name in names.items() if code not in shown],
        audiences=audiences if policies.allows(by, Permission.RESPONSE_TEMPLATE_MANAGE) else audiences[:1],
        names=[(name, _(text)) for name, text in response_variables.NAMES.items()],
        longest={"subject": LONGEST_SUBJECT, "body": LONGEST},
    )
