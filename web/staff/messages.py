"""Messages to clients: the list, writing one for those who were chosen, and looking at it before it is sent.

Who was chosen travels in the address (all that a filter lets through) or in the form (codes), as for any change of
many clients. What happens after sending stands in `message_sending`.
"""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import clock, i18n, places
from core.accounts.client_choice import Choice
from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from core.support import mass_message_categories, mass_message_recipients, mass_messages
from core.support.mass_messages import FLAGS, MessageValues, Words
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By, visit_of
from web.staff import autofill, client_bulk, edits

HERE = "/staff/messages"
READS = requires(Permission.MESSAGE_READ)
SENDS = requires(Permission.MESSAGE_SEND)
PARTS = ("subject", "text")


@get("/messages", **READS)
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The messages, the newest first; inside a focus those to its clients."""
    query = request.query_params
    within, after, before = visit_of(request).focus, query.get("after", ""), query.get("before", "")
    listed = await mass_messages.page(within=within, after=after, before=before, by=by)
    links = {
        "previous": listed.previous and f"{HERE}?before={listed.previous}",
        "next": listed.next and f"{HERE}?after={listed.next}",
    }
    now = clock.now()
    rows = [{**row, "status": mass_messages.status(row, now)} for row in listed.rows]
    return page(request, "staff/messages/index.html", rows=rows, page=links)


@get("/messages/new", **SENDS)
async def new(request: AnyRequest, by: By) -> Response[Any]:
    """The empty form, for the selected clients or all that match."""
    choice = client_bulk.chosen(request, request.query_params.getall("code", []))
    return await _begin(request, choice, Form({"only_matching": "1"}), by=by)


@post("/messages", status_code=200, **SENDS)
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Keep a draft, and look at it before it is sent; or show the form with one more language."""
    form = await forms.read(request)
    choice = client_bulk.chosen(request, form.all("code"))
    if form.get("more"):
        return await _begin(request, choice, form, by=by)
    try:
        message_id = await mass_messages.create(values_of(form), choice, by=by)
    except Invalid as refusal:
        return await _begin(request, choice, form.refused(refusal), by=by, status=422)
    return redirect(request, f"{HERE}/{message_id}", toast=_("The draft was saved. Nothing is sent yet."))


@get("/messages/{message_id:int}/edit", **SENDS)
async def edit(request: AnyRequest, by: By, message_id: FromPath[int]) -> Response[str]:
    """The draft in the form."""
    message = await mass_messages.locked_draft(message_id, by=by)
    return await _edit(request, message, Form(mass_messages.shown(message)), by=by)


@post("/messages/{message_id:int}", status_code=200, **SENDS)
async def update(request: AnyRequest, by: By, message_id: FromPath[int]) -> Response[Any]:
    """Save the draft; when somebody else saved meanwhile, show both and let the person choose."""
    message = await mass_messages.locked_draft(message_id, by=by)
    form = edits.settled(await forms.read(request), mass_messages.shown(message))
    if form.get("more"):
        return await _edit(request, message, form, by=by)
    try:
        await mass_messages.update(message_id, values_of(form), version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _edit(request, message, form.refused(refusal), by=by, status=422)
    except EditConflict as refusal:
        saved = {name: "" for name in form.values if name.partition(".")[0] in PARTS} | dict(refusal.current)
        both = edits.conflict(form, saved, _labels(saved))
        return await _edit(request, message, form, by=by, conflict=both, status=409)
    return redirect(request, f"{HERE}/{message_id}", toast=_("The draft was saved. Nothing is sent yet."))


@get("/messages/{message_id:int}/delete", **SENDS)
async def confirm(request: AnyRequest, by: By, message_id: FromPath[int]) -> Response[str]:
    """Ask before a draft goes."""
    message = await mass_messages.locked_draft(message_id, by=by)
    subject = message["subject"] or _("without a subject")
    return page(
        request,
        "staff/confirm.html",
        title=_("Delete the draft “%(name)s”?") % {"name": subject},
        text=_("It was sent to nobody."),
        refused="",
        action=f"{HERE}/{message_id}/delete",
        ok=_("Delete the draft"),
        back=f"{HERE}/{message_id}",
        crumbs=[(_("Messages to clients"), HERE)],
    )


@post("/messages/{message_id:int}/delete", status_code=200, **SENDS)
async def delete(request: AnyRequest, by: By, message_id: FromPath[int]) -> Response[None]:
    """Delete a draft."""
    await mass_messages.delete(message_id, by=by)
    return redirect(request, HERE, toast=_("The draft was deleted."))


def values_of(form: Form) -> MessageValues:
    """What a form says. `Invalid` for a field that is not one, or a category that is no number."""
    known = {"category", "version", "code", "more", "add_language", *FLAGS, *autofill.FIELDS}
    texts: dict[str, dict[str, str]] = {}
    for name in form.values:
        part, dot, language = name.partition(".")
        if dot and part in PARTS and language:
            texts.setdefault(language, {})[part] = form.get(name)
        elif name not in known:
            raise Invalid({name: _("There is no such field.")})
    category = form.get("category")
    if category and not (category.isascii() and category.isdecimal() and len(category) < 19):
        raise Invalid({"category": _("This is not one of the choices.")})
    return MessageValues(
        category=int(category) if category else None,
        texts={language: Words(**parts) for language, parts in texts.items()},
        **{flag: form.get(flag) == "1" for flag in FLAGS},
    )


async def _begin(
    request: AnyRequest, choice: Choice, form: Form, *, by: Actor, status: int = 200
) -> Response[Any]:
    if not choice.codes and choice.filter is None:
        return redirect(request, "/staff/clients", toast=_("Select one or several clients first."), kind="warn")
    spoken = await mass_message_recipients.languages(choice, by=by)
    if not spoken and status == 200:
        told = _("No client fits, so there is nobody to write to.")
        return redirect(request, "/staff/clients", toast=told, kind="warn")
    return await _form(
        request,
        form,
        spoken,
        by=by,
        status=status,
        kept=None,
        conflict=None,
        codes=choice.codes,
        action=client_bulk.address_of(HERE, request, choice),
        back="/staff/clients",
    )


async def _edit(
    request: AnyRequest, message: dict[str, Any], form: Form, *, by: Actor, conflict: Any = None, status: int = 200
) -> Response[str]:
    spoken = await mass_message_recipients.languages(mass_messages.choice_of(message), by=by)
    here = f"{HERE}/{message['id']}"
    return await _form(
        request,
        form,
        spoken,
        by=by,
        status=status,
        kept=message,
        conflict=conflict,
        codes=(),
        action=here,
        back=here,
    )


async def _form(
    request: AnyRequest, form: Form, spoken: dict[str, int], *, by: Actor, status: int, **context: Any
) -> Response[str]:
    names = places.languages(i18n.current())
    shown = _languages(form, spoken, by=by)
    return page(
        request,
        "staff/messages/form.html",
        status=status,
        form=form,
        languages=[(code, names.get(code, code), spoken.get(code, 0)) for code in shown],
        others=[(code, names[code], spoken.get(code, 0)) for code in _others(names, spoken) if code not in shown],
        count=sum(spoken.values()),
        categories=await mass_message_categories.offered(by=by),
        variables=[(name, _(text)) for name, text in mass_messages.NAMES.items()],
        **context,
    )


def _languages(form: Form, spoken: dict[str, int], *, by: Actor) -> list[str]:
    """Those that have a column of their own: what is written, what is spoken most, and the provider's."""
    written = [name.partition(".")[2] for name in form.values if name.partition(".")[0] in PARTS and "." in name]
    wanted = [by.tenant.locale, *list(spoken)[:2], *written, form.get("add_language") if form.get("more") else ""]
    return [code for code in dict.fromkeys(wanted) if code in places.LANGUAGES][: mass_messages.MOST_LANGUAGES]


def _others(names: dict[str, str], spoken: dict[str, int]) -> list[str]:
    """The languages that can be added: those that are spoken first, the most frequent before the others."""
    return sorted(names, key=lambda code: (-spoken.get(code, 0), names[code]))


def _labels(saved: dict[str, Any]) -> dict[str, str]:
    names = places.languages(i18n.current())
    labels = {
        "category": _("Category"),
        "is_news": _("This is news"),
        "returns_to_author": _("Return the ticket to me when new messages arrive"),
        "only_matching": _("Only to clients whose language has a text"),
    }
    for name in sorted(saved):
        part, dot, code = name.partition(".")
        if dot and part in PARTS:
            title = _("Subject") if part == "subject" else _("Text")
            labels[name] = f"{title} ({names.get(code, code)})"
    return labels


ROUTES = [index, new, create, edit, update, confirm, delete]
