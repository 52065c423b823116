"""How a text would look: with the samples of its kind or with what a client was told, and by mail to oneself."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from core import db, notifications, policies, tenant_templates
from core.accounts import access, throttle
from core.accounts.throttle import Limit
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.i18n import N_, _
from core.notification_kinds import Kind, declare
from core.notifications import Recipient
from core.support import (
    notification_brands,
    notification_limits,
    notification_markdown,
    notification_templates,
    notification_texts,
)
from core.support.notification_layout import Brand
from core.support.notification_templates import Place, TemplateText
from core.support.notification_texts import Source, Written
from core.tenant_templates import BadTemplate

Origin = Literal["samples", "told", "names"]
"""Examples, what a client was last told, or examples with the names of a client."""
TESTS_AN_HOUR = 30
TRIAL = declare(
    Kind(
        key="notification.trial",
        title=N_("Trial of a text"),
        description=N_("A text that somebody of the team sends to himself before it is put in force."),
        audience="staff",
        group="team",
        variables={"subject": N_("The subject"), "text_markdown": N_("The text")},
        samples={"subject": "Invoice 2026-0042", "text_markdown": "Hello"},
        subject=N_("Trial: {{ subject }}"),
        text="{{ text_markdown }}",
    )
)


async def shown(key: str, place: Place, text: TemplateText, *, client: int | None = None, by: Actor) -> Written:
    """The text as it would be sent: to the client with this code, or with the samples. Nothing is sent.

    Raises `Invalid` beside what cannot be filled in, and under "client" when there is none.
    """
    kind = await notification_templates.kind(key, by=by)
    await notification_templates.check_place(place, by=by)
    kept = notification_templates.checked(kind, text)
    _origin, data = await _data(kind, client, by=by)
    brand = await notification_brands.of_project(place.project_id, provider=by.tenant)
    source = Source(
        name="preview", language=place.language, subject=kept.subject, text=kept.text, short=kept.short
    )
    return _filled(source, kind, data, brand)


async def origin(key: str, client: int | None, *, by: Actor) -> Origin:
    """Of what the preview for this client is made, which `shown` has taken. Raises like it."""
    kind = await notification_templates.kind(key, by=by)
    return (await _data(kind, client, by=by))[0]


async def send_trial(key: str, place: Place, text: TemplateText, *, client: int | None = None, by: Actor) -> str:
    """Mail the text to oneself; returns the address. Raises like `shown`, and `TooManyAttempts`."""
    written = await shown(key, place, text, client=client, by=by)
    me = await db.row("SELECT id, name, email FROM people WHERE id = $1", by.person_id)
    if me is None:
        raise Conflict(_("Sign in yourself for that: a key has no mailbox."))
    await throttle.count(Limit(f"trial:person:{me['id']}", TESTS_AN_HOUR, timedelta(hours=1)))
    await notifications.notify(
        TRIAL,
        to=Recipient(address=me["email"], name=me["name"], locale=place.language, person_id=me["id"]),
        data={"subject": written.subject, "text_markdown": written.markdown},
        project_id=place.project_id,
        by=by,
    )
    return str(me["email"])


def _filled(source: Source, kind: Kind, data: Mapping[str, Any], brand: Brand) -> Written:
    """The text filled in; what goes wrong stands beside the field in which it does."""
    try:
        return notification_texts.filled(source, kind, data, brand)
    except BadTemplate as trouble:
        words = notification_markdown.escaped(notification_texts.variables(kind, data, brand, source))
        for field in ("subject", "text", "short"):
            try:
                tenant_templates.render(getattr(source, field), words)
            except BadTemplate as found:
                raise Invalid({field: found.message}) from found
        raise Invalid({"text": trouble.message}) from trouble


async def _data(kind: Kind, code: int | None, *, by: Actor) -> tuple[Origin, Mapping[str, Any]]:
    """What was last told to the client in this way that `by` may see, else the samples with his names."""
    if code is None:
        return "samples", kind.samples
    policies.require(by, notification_templates.RIGHT)
    try:
        client = await access.client_by_code(code, by=by)
    except NotFound as error:
        raise Invalid({"client": _("There is no client with this code.")}) from error
    seen = notification_limits.condition(by=by) or "true"
    told = await db.row(
        f"""SELECT n.data FROM notifications n
            WHERE n.client_id = $1 AND n.kind = $2 AND n.data <> '{{}}' AND {seen}
            ORDER BY n.created_at DESC LIMIT 1""",
        client["id"],
        kind.key,
    )
    if told is not None:
        return "told", dict(kind.samples) | dict(told["data"])
    own = {
        "name": client["contact_person"] or client["name"],
        "client": client["name"],
        "code": client["code"],
        "login": client["login"],
        "email": client["email"],
    }
    return "names", dict(kind.samples) | {name: own[name] for name in kind.variables if name in own}
