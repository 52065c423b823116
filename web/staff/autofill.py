"""Autofill: a text field of staff filled in from a response template. The field's form brings what it is about.

With JavaScript the choice and the text come into the form itself (`staff/autofill/_buttons.html`); without, these
pages carry what was written so far, and lead back to where the form goes.
"""

import re
from typing import Any

from litestar import Response, post

from core import i18n, places
from core.accounts import access
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.i18n import _
from core.permissions import Permission
from core.support import response_filling, response_templates
from core.support.response_filling import Filled
from core.support.response_variables import About
from core.tenant_templates import BadTemplate
from web.kit import forms, pages
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page
from web.kit.visit import By

FIELD = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)?")
FIELDS = frozenset(
    f"autofill_{name}"
    for name in ("action", "client", "into", "language", "ok", "q", "subject", "template", "ticket")
)
"""Fields that a form with Autofill in it has besides its own."""
MOST_BYTES = 32 * 1024 * 1024
"""Without JavaScript the whole form is sent, with its files, which then have to be chosen again."""


@post(
    "/autofill",
    status_code=200,
    request_max_body_size=MOST_BYTES,
    **requires(Permission.RESPONSE_TEMPLATE_READ),
)
async def autofill(request: AnyRequest, by: By) -> Response[str]:
    """The templates to choose from; the text of the one that was chosen."""
    form = await forms.read(request)
    into = form.get("autofill_into")
    if not FIELD.fullmatch(into):
        raise NotFound()
    chosen = form.get("autofill_template")
    if not chosen:
        return await _choices(request, form, by=by)
    try:
        filled = await _filled(chosen, form, by=by)
    except BadTemplate as refusal:
        return await _choices(request, form.refused(refusal), status=422, by=by)
    return _show(request, form, filled)


async def _choices(request: AnyRequest, form: Form, *, status: int = 200, by: Actor) -> Response[str]:
    q = form.get("autofill_q")
    return page(
        request,
        "staff/autofill/index.html",
        status=status,
        form=form,
        into=form.get("autofill_into"),
        language=places.languages(i18n.current()).get(form.get("autofill_into").partition(".")[2], ""),
        q=q,
        templates=await response_templates.every(q=q, by=by),
        carried=_carried(form, "autofill_q"),
    )


def _show(request: AnyRequest, form: Form, filled: Filled) -> Response[str]:
    into, subject = form.get("autofill_into"), of_its_language(form, "autofill_subject")
    before = form.get(into).rstrip()
    text = f"{before}\n\n{filled.text}" if before else filled.text
    values = {into: text} | ({subject: form.get(subject) or filled.subject} if FIELD.fullmatch(subject) else {})
    return page(
        request,
        "staff/autofill/filled.html",
        form=Form(values),
        into=into,
        subject=subject if FIELD.fullmatch(subject) else "",
        action=pages.local(form.get("autofill_action"), "/staff"),
        ok=form.get("autofill_ok"),
        missing=filled.missing,
        carried=[one for one in _carried(form, into, subject) if not one[0].startswith("autofill_")],
    )


async def _filled(chosen: str, form: Form, *, by: Actor) -> Filled:
    if not (chosen.isascii() and chosen.isdecimal() and len(chosen) < 20):
        raise NotFound()
    wanted = of_its_language(form, "autofill_language")
    language = wanted if wanted in places.LANGUAGES else ""
    code = form.get("autofill_client")
    if not code:
        template = await response_templates.get(int(chosen), by=by)
        suited = response_filling.suited(template, language, by=by)
        return Filled(language=suited, subject=template.subjects.get(suited, ""), text=template.bodies[suited])
    if not (code.isascii() and code.isdecimal() and len(code) < 20):
        raise Invalid({"": _("There is no such client.")})
    client = await access.client_by_code(int(code), by=by)
    about = About(
        client_id=client["id"],
        ticket_id=_number(form, "autofill_ticket"),
        service_id=_number(form, "service_id"),
        invoice_id=_number(form, "invoice_id"),
    )
    return await response_filling.filled(int(chosen), language=language or client["language"], about=about, by=by)


def _number(form: Form, name: str) -> int | None:
    """An id that the form brings, None where it has none; `NotFound` for what is no id."""
    if not (text := form.get(name)):
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise NotFound()
    return int(text)


def of_its_language(form: Form, name: str) -> str:
    """A field's name in a form with a text for each language: `*` is that of the field to be filled, `text.fr`."""
    return form.get(name).replace("*", form.get("autofill_into").partition(".")[2])


def _carried(form: Form, *but: str) -> list[tuple[str, str]]:
    """What was sent, but for these fields and the choice itself."""
    left_out = {*but, "autofill_template"}
    return [(name, value) for name in form.values if name not in left_out for value in form.all(name)]


ROUTES: list[Any] = [autofill]
