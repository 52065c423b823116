"""Mail that came in: what became of each, reading it now, and where it is read."""

from typing import Any

from litestar import Response, get, post

from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from core.support import incoming_mail, incoming_mail_settings, incoming_reading, ticket_categories
from core.support.incoming_mail import REASONS, STATES
from core.support.incoming_mail_settings import IncomingMailChanges
from web.kit import edits, filtered, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

LIST, SETTINGS = "/incoming-mail", "/settings/incoming-mail"
LABELS = {
    "address": N_("Address of the mailbox"),
    "opens_tickets": N_("Mail opens tickets"),
    "category_id": N_("Category"),
    "unknown_client": N_("Client for unknown senders"),
    "staff_answers": N_("Staff answer by mail"),
}


@get(LIST, **requires(Permission.TICKET_MANAGE))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """What came, the latest first."""
    asked = forms.query(request)
    state = asked.get("state", "")
    state = state if state in STATES else ""
    found = await incoming_mail.page(
        state=state, after=asked.get("after", ""), before=asked.get("before", ""), by=by
    )
    return page(
        request,
        "staff/incoming_mail/index.html",
        rows=[dict(row) | {"why": _why(row["reason"])} for row in found.rows],
        page=filtered.paging(f"/staff{LIST}", {"state": state} if state else {}, found.previous, found.next),
        filter=Form({"state": state}),
        states=[(key, _(text)) for key, text in STATES.items()],
        places=await incoming_reading.places(),
    )


@post(f"{LIST}/read", status_code=200, **requires(Permission.TICKET_MANAGE))
async def read(request: AnyRequest, by: By) -> Response[None]:
    """Have it read now."""
    if await incoming_reading.begin(by=by):
        return redirect(request, f"/staff{LIST}", toast=_("New mail is being read. Look again in a moment."))
    return redirect(request, f"/staff{LIST}", toast=_("No plugin that reads mail is on."), kind="warn")


@get(SETTINGS, **requires(Permission.SETTINGS_MANAGE))
async def show(request: AnyRequest, by: By) -> Response[str]:
    """Where mail is read, and what becomes of it."""
    return await _page(request, by=by)


@post(SETTINGS, status_code=200, **requires(Permission.SETTINGS_MANAGE))
async def update(request: AnyRequest, by: By) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    form = edits.settled(await forms.read(request), await incoming_mail_settings.get(by=by))
    try:
        changes = form.into(IncomingMailChanges, ignore=edits.VERSION)
        await incoming_mail_settings.update(changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _page(request, form=form.refused(refusal), by=by, status=422)
    except EditConflict:
        now = await incoming_mail_settings.get(by=by)
        form.values |= {name: bool(form.values.get(name)) for name in ("opens_tickets", "staff_answers")}
        both = edits.conflict(form, now, {name: _(label) for name, label in LABELS.items()})
        return await _page(request, form=form, by=by, conflict=both, status=409)
    return redirect(request, f"/staff{SETTINGS}", toast=_("The settings were saved."))


def _why(reason: str) -> str:
    known = REASONS.get(reason, "")
    return _(known) if known else reason


async def _page(
    request: AnyRequest, *, by: Actor, form: Form | None = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    categories = [
        (row["id"], ticket_categories.name(row)) for row in await ticket_categories.every(by=by) if row["is_on"]
    ]
    return page(
        request,
        "staff/incoming_mail/settings.html",
        status=status,
        form=form or Form(await incoming_mail_settings.get(by=by)),
        conflict=conflict,
        categories=categories,
    )


ROUTES = [index, read, show, update]
