"""A mail server that says what it is told to, kinds of notifications to try, and jobs done at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from core import breaker, clock, db, jobs, mail, notification_kinds
from core.notification_kinds import Kind
from core.settings import Settings
from core.support import deliveries_routing, deliveries_sending

TOLD = Kind(
    key="test.told",
    title="Told",
    description="For tests",
    variables={"name": "Who", "word": "What"},
    samples={"name": "Zoé", "word": "hello"},
    subject="About {{ word }}",
    text="Hello {{ name }},\n\n{{ word }}\n",
    short="{{ word }}",
)
NEWS = msgspec.structs.replace(TOLD, key="test.news", is_service=False)
SECRET = msgspec.structs.replace(TOLD, key="test.secret", is_secret=True)
KINDS = {kind.key: kind for kind in (TOLD, NEWS, SECRET)}


class Post:
    """A mail server that keeps what it takes. `answers` come before its 250 to what is sent."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.answers: list[str] = []
        self.asked = 0
        self.url = ""
        self.port = 0
        self.raw: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.asked += 1
        if self.answers:
            return self.answers.pop(0)
        self.raw.append(bytes(envelope.content or b""))
        self.taken.append(message_from_bytes(self.raw[-1], policy=policy.default))
        return "250 OK queued as 42"

    def told(self) -> list[tuple[str, str]]:
        """Address and subject of each, in the order they came."""
        return [(letter["To"], letter["Subject"]) for letter in self.taken]


@asynccontextmanager
async def post_office(post: Post, port: int = 0, **options: Any) -> AsyncIterator[Post]:
    """The server listens inside the block; a port it had before it gets again."""
    protocol: Any = partial(SMTP, post, hostname="post", **options)
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port or post.port)
    post.port = server.sockets[0].getsockname()[1]
    post.url = f"smtp://127.0.0.1:{post.port}"
    try:
        yield post
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def connected(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Post]:
    """A server that mail leaves by inside the block."""
    monkeypatch.setattr(mail, "_settings", Settings())
    monkeypatch.setattr(deliveries_sending, "_server", breaker.Breaker())
    async with post_office(Post()) as post:
        mail.configure(Settings(smtp_url=post.url, mail_from="no-reply@panel.example"))
        yield post


class AtOnce(jobs.Job, frozen=True, kw_only=True):
    """A job that nobody queued: its scope is its tenant's."""

    @asynccontextmanager
    async def scope(self) -> AsyncIterator[None]:
        async with db.as_tenant(self.tenant_id):
            yield


def a_job(tenant_id: int, kind: str, **more: Any) -> AtOnce:
    return AtOnce(tenant_id=tenant_id, id=1, kind=kind, asked_at=clock.now(), worker=uuid4(),
                  **{"key": str(uuid4()), "attempt": 1, **more})  # fmt: skip


async def hand_out(tenant_id: int) -> None:
    """What the job of the outbox does."""
    await deliveries_routing.hand_out({}, a_job(tenant_id, "notification.send"))


async def send(tenant_id: int, channel: str = "mail", **more: Any) -> None:
    """What the job of a channel does."""
    await deliveries_sending.send({"channel": channel}, a_job(tenant_id, "delivery.send", **more))


async def all_of(tenant_id: int) -> list[dict[str, Any]]:
    """All deliveries in the order they were made."""
    async with db.as_tenant(tenant_id):
        return [dict(row) for row in await db.fetch("SELECT * FROM deliveries ORDER BY created_at, id")]


def declared(monkeypatch: Any) -> None:
    """The kinds to try, known until the test ends."""
    for kind in KINDS.values():
        monkeypatch.setitem(notification_kinds.KINDS, kind.key, kind)


async def mailed(tenant_id: int, settings: Settings) -> list[EmailMessage]:
    """What waits is handed out and sent to a real mail server; returns what that took."""
    async with post_office(Post()) as post:
        mail.configure(msgspec.structs.replace(settings, smtp_url=post.url, mail_from="no-reply@panel.example"))
        try:
            await hand_out(tenant_id)
            await send(tenant_id)
        finally:
            mail.configure(settings)
    return post.taken
