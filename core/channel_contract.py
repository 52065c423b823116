"""What a channel plugin and the core tell each other: what is to be sent to whom, and what became of it.

The core decides what goes by which channel and when it is tried again; a plugin sends one delivery, once a call.
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from core.notification_kinds import Medium

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_-]{0,39}\Z")]
Words = Annotated[str, msgspec.Meta(max_length=1000)]


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A way to people. `medium` says what it needs: mail an address, sms a telephone number, webhook nothing.

    It gets the notifications of kinds that usually go by its medium, and of those named in `kinds` ("*" for all
    that are no secret). `seconds` is how long one delivery may take.
    """

    key: Name
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    medium: Medium
    kinds: Annotated[list[str], msgspec.Meta(max_length=500)] = []
    seconds: Annotated[float, msgspec.Meta(ge=1, le=30)] = 20.0


class AttachedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a mail goes with. `media` is what it is, such as "application/pdf"."""

    name: str
    media: str
    content: bytes


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One notification by one channel to one person.

    `id` is the same at all attempts: give it to whom you send to (a Message-ID, a webhook-id). `written_at` is the
    same too. `sender` is whose address it comes from ("" for the channel's own), `reply_to` where answers go,
    `headers` and `files` belong into a mail, others get none. `data` are the values that the texts were made
    of; none of a secret kind.
    """

    id: str
    channel: str
    medium: Medium
    kind: str
    attempt: int
    written_at: datetime
    address: str = ""
    phone: str = ""
    name: str = ""
    locale: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    short: str = ""
    sender_name: str = ""
    sender: str = ""
    reply_to: str = ""
    headers: dict[str, str] = {}
    files: list[AttachedFile] = []
    client: int | None = None
    project: int | None = None
    about: str = ""
    data: dict[str, Any] = {}
    is_secret: bool = False


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """It was taken. `id` is what the other side calls it, `said` what it answered; staff read both."""

    id: Annotated[str, msgspec.Meta(max_length=200)] = ""
    said: Words = ""


class Refused(Exception):
    """The other side will never take it (no such mailbox, not allowed): it is not tried again."""


class Later(Exception):
    """The other side asks to come again. Tried again like any failure, and the channel is not blamed for it."""
