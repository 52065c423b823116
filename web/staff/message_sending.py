"""A message to clients before it is sent, who gets it and who does not, and how far it is afterwards."""

from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent

from core import clock, i18n, places, policies, rich_text, tasks
from core.actor import Actor
from core.errors import EditConflict, Invalid, NotFound
from core.i18n import N_, _
from core.permissions import Permission
from core.support import mass_message_recipients, mass_message_sending, mass_messages
from core.support.mass_message_recipients import REASONS, Reason, State
from core.tasks import Page
from web.kit import forms, streams
from web.kit.forms import Form
from web.kit.pages import AnyRequest, page, redirect, surroundings
from web.kit.templates import render
from web.kit.visit import By, visit_of
from web.staff import edits
from web.staff.messages import HERE, READS, SENDS

STATES: dict[State, str] = {"waiting": N_("Waiting"), "sent": N_("Sent"), "skipped": N_("Passed over")}


@get("/messages/{message_id:int}", **READS)
async def show(request: AnyRequest, by: By, message_id: FromPath[int]) -> Response[str]:
    """A draft as it would go out and to whom; or how far it is."""
    return await _show(request, message_id, Form(dict(request.query_params)), by=by)


@get("/messages/{message_id:int}/skipped", **READS)
async def skipped(request: AnyRequest, by: By, message_id: FromPath[int]) -> Response[Any]:
    """Those whom a draft passes over and why; of one that was sent, what became of them."""
    message = await mass_messages.get(message_id, by=by)
    here, query = f"{HERE}/{message_id}", request.query_params
    if message["state"] != "draft":
        return redirect(request, f"{here}?state=skipped")
    counts = (await mass_message_recipients.count(message, by=by)).skipped
    reason = next((one for one in REASONS if one == query.get("reason")), "")
    listed = await mass_message_recipients.skipped(
        message, reason=cast("Reason", reason), after=query.get("after", ""), before=query.get("before", ""), by=by
    )
    return page(
        request,
        "staff/messages/skipped.html",
        message=message,
        rows=listed.rows,
        reason=reason,
        reasons={key: _(text) for key, text in REASONS.items()},
        counts=counts,
        page=_paging(f"{here}/skipped", listed, {"reason": reason}),
    )


@get("/messages/{message_id:int}/events", **READS)
async def events(request: AnyRequest, by: By, message_id: FromPath[int]) -> ServerSentEvent:
    """The progress as it goes on, until it has ended."""
    await mass_messages.get(message_id, by=by)
    visit = visit_of(request)
    around = surroundings(visit, f"{HERE}/{message_id}")

    async def look(now: Actor) -> tuple[str, str, bool]:
        message = await mass_messages.get(message_id, by=now)
        context = await _progress(message, by=now)
        mark = f"{context['standing']} {message['done']} {message['skipped']} {message['is_cancel_asked']}"
        is_last = context["standing"] not in ("sending", "scheduled")
        return mark, render("staff/messages/sent.html", around | context, block="progress"), is_last

    return streams.answer(visit, look)


@post("/messages/{message_id:int}/send", status_code=200, **SENDS)
async def send(request: AnyRequest, by: By, message_id: FromPath[int]) -> Response[Any]:
    """Send it, now or at the moment that was chosen, to as many as were shown."""
    form = await forms.read(request)
    try:
        at = _moment(form.get("at"), by=by)
        await _check_count(message_id, form.get("count"), by=by)
        await mass_message_sending.send(message_id, version=edits.version_of(form), at=at, by=by)
    except Invalid as refusal:
        return await _show(request, message_id, form.refused(refusal), by=by, status=422)
    except EditConflict:
        changed = _("Somebody changed the message since you looked at it. Look once more.")
        return await _show(request, message_id, Form(form.values, {"": changed}), by=by, status=409)
    toast = _("The message goes out at the time you chose.") if at else _("The message is on its way.")
    return redirect(request, f"{HERE}/{message_id}", toast=toast)


@post("/messages/{message_id:int}/test", status_code=200, **SENDS)
async def test(request: AnyRequest, by: By, message_id: FromPath[int]) -> Response[Any]:
    """Send it to oneself, as one client would get it."""
    form = await forms.read(request)
    try:
        address = await mass_message_sending.test(message_id, _code(form.get("client")), by=by)
    except (Invalid, NotFound) as refusal:
        told = refusal if isinstance(refusal, Invalid) else Invalid({"client": _("There is no such client.")})
        return await _show(request, message_id, form.refused(told), by=by, status=422)
    here = f"{HERE}/{message_id}?{urlencode({'client': form.get('client')})}"
    return redirect(request, here, toast=_("A test goes to %(address)s.") % {"address": address})


@post("/messages/{message_id:int}/pause", status_code=200, **SENDS)
async def pause(request: AnyRequest, by: By, message_id: FromPath[int]) -> Response[None]:
    """Stop it for now."""
    await mass_message_sending.pause(message_id, by=by)
    return redirect(request, f"{HERE}/{message_id}", toast=_("The message pauses after those it is at."))


@post("/messages/{message_id:int}/resume", status_code=200, **SENDS)
async def resume(request: AnyRequest, by: By, message_id: FromPath[int]) -> Response[None]:
    """Let it go on."""
    await mass_message_sending.resume(message_id, by=by)
    return redirect(request, f"{HERE}/{message_id}", toast=_("The message goes on where it stopped."))


@post("/messages/{message_id:int}/withdraw", status_code=200, **SENDS)
async def withdraw(request: AnyRequest, by: By, message_id: FromPath[int]) -> Response[None]:
    """Stop it for good."""
    await mass_message_sending.withdraw(message_id, by=by)
    return redirect(request, f"{HERE}/{message_id}", toast=_("Nobody else gets this message."))


async def _show(
    request: AnyRequest, message_id: int, form: Form, *, by: Actor, status: int = 200
) -> Response[str]:
    message = await mass_messages.get(message_id, by=by)
    if message["state"] != "draft":
        return await _sent(request, message, by=by, status=status)
    names = places.languages(i18n.current())
    counted = await mass_message_recipients.count(message, by=by)
    seen, errors = await _preview(message, form, by=by)
    return page(
        request,
        "staff/messages/draft.html",
        status=status,
        message=message,
        form=Form(form.values, form.errors | errors),
        sending=Form(form.values, {field: told for field, told in form.errors.items() if field != "client"}),
        languages=[(names.get(code, code), count) for code, count in counted.languages.items()],
        skipped=[(why, _(REASONS[why]), count) for why, count in counted.skipped.items()],
        reached=counted.reached,
        seen=seen,
        seen_reason=_(REASONS[seen.reason]) if seen and seen.reason else "",
        timezone=by.tenant.timezone,
    )


async def _preview(message: dict[str, Any], form: Form, *, by: Actor) -> tuple[Any, dict[str, str]]:
    """How a client sees it: the one who was asked for, else the first of those who get it."""
    if not message["texts"]:
        return None, {}
    asked = form.get("client")
    if not asked:
        first = await mass_message_recipients.first(message, by=by)
        if first is None:
            return None, {}
        form.values["client"] = str(first)
        return await mass_message_recipients.seen_by(message, first, by=by), {}
    try:
        return await mass_message_recipients.seen_by(message, _code(asked), by=by), {}
    except (NotFound, Invalid):
        return None, {"client": _("There is no such client.")}


async def _sent(request: AnyRequest, message: dict[str, Any], *, by: Actor, status: int) -> Response[str]:
    query, here, found, errors = request.query_params, f"{HERE}/{message['id']}", Page(rows=[]), {}
    state = next((one for one in STATES if one == query.get("state")), None)
    try:
        found = await mass_message_recipients.page(
            message,
            state=state,
            search=query.get("search", ""),
            after=query.get("after", ""),
            before=query.get("before", ""),
            by=by,
        )
    except Invalid as refusal:
        errors, status = dict(refusal.errors), 422
    search = query.get("search", "").strip()
    return page(
        request,
        "staff/messages/sent.html",
        block="progress",
        status=status,
        rows=found.rows,
        page=_paging(here, found, {"state": state or "", "search": search}),
        filter=Form({"search": search}, errors),
        searched=urlencode({"search": search}) if search else "",
        state=state or "",
        texts=[(code, words.subject, rich_text.html(words.text)) for code, words in message["texts"].items()],
        states=[(key, _(label)) for key, label in STATES.items()],
        reasons={key: _(text) for key, text in REASONS.items()},
        language_names=places.languages(i18n.current()),
        **await _progress(message, by=by),
    )


def _paging(here: str, found: Page, kept: dict[str, str]) -> dict[str, str]:
    """The links of a list's pages, with what it is narrowed by."""
    given = {name: value for name, value in kept.items() if value}
    return {
        "previous": found.previous and f"{here}?{urlencode(given | {'before': found.previous})}",
        "next": found.next and f"{here}?{urlencode(given | {'after': found.next})}",
    }


async def _progress(message: dict[str, Any], *, by: Actor) -> dict[str, Any]:
    return {
        "message": message,
        "standing": mass_messages.status(message, clock.now()),
        "task": await tasks.read(message["task_id"]) if message["task_id"] else None,
        "counts": await mass_message_recipients.outcome(message["id"]),
        "may_send": policies.allows(by, Permission.MESSAGE_SEND),
    }


async def _check_count(message_id: int, told: str, *, by: Actor) -> None:
    """Refuse when others would get it than those who were shown."""
    counted = await mass_message_recipients.count(await mass_messages.get(message_id, by=by), by=by)
    if told != str(counted.reached):
        raise Invalid({"": _("Meanwhile it would reach others than those you saw. Look once more, then send it.")})


def _moment(text: str, *, by: Actor) -> datetime | None:
    """A moment of the provider's clock, as a browser sends it; None for none. `Invalid` for one it never shows."""
    if not text:
        return None
    zone = ZoneInfo(by.tenant.timezone)
    try:
        wanted = datetime.fromisoformat(text).replace(tzinfo=zone)
        shown = wanted.astimezone(UTC).astimezone(zone)
    except (ValueError, OverflowError):
        raise Invalid({"at": _("This is not a date and a time.")}) from None
    if shown.replace(tzinfo=None) != wanted.replace(tzinfo=None):
        raise Invalid({"at": _("The clocks go forward then: there is no such time on that day.")})
    return wanted


def _code(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Invalid({"client": _("There is no such client.")})
    return int(text)


ROUTES = [show, skipped, events, send, test, pause, resume, withdraw]
