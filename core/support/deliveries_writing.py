"""The text of a delivery: written once, kept as it was sent, and sealed while it holds a secret."""

from typing import Any

import msgspec
import structlog
from asyncpg import PostgresError, Record

from core import db, notifications
from core.accounts import written_as
from core.actor import Actor
from core.notification_kinds import Kind
from core.support import incoming_addresses, incoming_mail_settings, notification_texts, notification_trouble

log = structlog.get_logger(__name__)


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What a notification says, and in whose name; `trouble` when it could not be written."""

    subject: str = ""
    text: str = ""
    html: str = ""
    short: str = ""
    locale: str = ""
    template: str = ""
    head: dict[str, str] = {}
    is_secret: bool = False
    trouble: str = ""

    def columns(self, tenant_id: int, *, is_open: bool) -> dict[str, Any]:
        """As a delivery keeps it; what is secret only sealed, and only as long as it is to be sent."""
        texts = {name: getattr(self, name) for name in TEXTS}
        kept = {"locale": self.locale, "template": self.template, "head": self.head, "is_secret": self.is_secret}
        if not self.is_secret:
            return kept | texts
        return kept | {"sealed": notifications.seal(texts, tenant_id) if is_open else ""}


TEXTS = ("subject", "text", "html", "short")


async def content(kind: Kind, notification: Record, *, by: Actor) -> Content:
    """The texts of a notification. One that cannot be written is told as trouble, and the others go on."""
    writer = await written_as.of_project(notification["project_id"], by=by)
    locale = notification["locale"] or by.tenant.locale
    try:
        data = data_of(notification, by=by)
        written = await notification_texts.written(
            kind, locale=locale, project_id=notification["project_id"], data=data, provider=by.tenant
        )
        if written.broken:
            await notification_trouble.tell(kind, written.broken, by=by)
    except PostgresError:
        raise
    except Exception as error:
        log.warning(
            "notification cannot be written", kind=kind.key, tenant=by.tenant.id, error=type(error).__name__
        )
        return Content(locale=locale, is_secret=kind.is_secret, trouble=type(error).__name__)
    texts = {name: getattr(written, name) for name in (*TEXTS, "locale", "template")}
    head = writer.head | await _answered_to(kind, notification, by=by)
    return Content(**texts, head=head, is_secret=kind.is_secret)


async def _answered_to(kind: Kind, notification: Record, *, by: Actor) -> dict[str, str]:
    """What is about a ticket is answered into it, where the provider reads mail; by staff where they may."""
    if notification["about_kind"] != "ticket":
        return {}
    settings, ticket_id = await incoming_mail_settings.in_force(), notification["about_id"]
    answered = ""
    if kind.audience != "staff":
        answered = incoming_addresses.reply_address(settings["address"], ticket_id, tenant_id=by.tenant.id)
    elif settings["staff_answers"] and (staff_id := await _staff(notification["person_id"])) is not None:
        answered = incoming_addresses.staff_address(
            settings["address"], ticket_id, staff_id, tenant_id=by.tenant.id
        )
    return {"reply_to": answered} if answered else {}


async def _staff(person_id: int | None) -> int | None:
    found = await db.value("SELECT id FROM staff WHERE person_id = $1 AND state = 'active'", person_id)
    return None if found is None else int(found)


def data_of(notification: Record, *, by: Actor) -> dict[str, object]:
    """The values its texts are made of."""
    if notification["sealed"]:
        return notifications.unseal(notification["sealed"], by.tenant.id)
    return dict(notification["data"])


def texts_of(delivery: Record, tenant_id: int) -> dict[str, str]:
    """The texts to send; raises `Unsealable` when they were sealed with another key."""
    if delivery["is_secret"]:
        return {name: str(text) for name, text in notifications.unseal(delivery["sealed"], tenant_id).items()}
    return {name: delivery[name] for name in TEXTS}
