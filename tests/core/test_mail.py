"""Mail: one message to one person, the same one each time it is tried, and never more headers than were meant."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from core import caught_mail, db, jobs, mail, mail_catcher, worker
from core.channel_contract import AttachedFile, Delivery
from core.errors import NotFound
from core.settings import Settings

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")]

NOVA = 701
HEADERS = [
    "Auto-Submitted",
    "Content-Transfer-Encoding",
    "Content-Type",
    "Date",
    "From",
    "MIME-Version",
    "Message-ID",
    "Subject",
    "To",
]
QUICK = worker.Rhythm(delays=(0.02, 0.05, 0.1), poll=0.2, silence=2, set_aside=0.2, grace=0.2, reconnect=0.1)
EVIL = [
    "Hi\r\nBcc: eve@example.org",
    "Hi\nBcc: eve@example.org",
    "Hi\x0bBcc: x\x00\x85\u2028Bcc: y",
    "a" * 5000,
    '"<,>;@',
]


class Post:
    """A mail server that keeps what it takes, and answers RCPT and DATA from `refusals` first."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.rcpt_refusals: list[str] = []
        self.data_refusals: list[str] = []
        self.url = ""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt_refusals:
            return self.rcpt_refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.data_refusals:
            return self.data_refusals.pop(0)
        self.recipients += envelope.rcpt_tos
        self.taken.append(message_from_bytes(envelope.content or b"", policy=policy.default))
        return "250 OK"


@asynccontextmanager
async def post_office(post: Post, port: int = 0, **options: Any) -> AsyncIterator[Post]:
    protocol: Any = partial(SMTP, post, hostname="post", **options)
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port)
    post.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield post
    finally:
        server.close()


@pytest.fixture(autouse=True)
def forget_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "_settings", Settings())


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with post_office(Post()) as post:
        mail.configure(Settings(smtp_url=post.url, mail_from="no-reply@panel.example"))
        yield post


OWN = "no-reply@panel.example"


def a_job(**changes: Any) -> jobs.Job:
    job = jobs.Job(
        tenant_id=NOVA,
        id=1,
        kind="mail.send",
        key=str(uuid4()),
        attempt=1,
        asked_at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
        worker=uuid4(),
    )
    return msgspec.structs.replace(job, **changes)


def a_letter(**changes: Any) -> dict[str, Any]:
    return {
        "to": "alice@example.org",
        "subject": "Welcome",
        "text": "Hello Alice",
        "html": None,
        "kind": "welcome",
        "sender_name": "Nova Hosting",
        **changes,
    }


# The message


async def test_a_message_arrives_with_its_headers(post: Post) -> None:
    await mail.send(a_letter(html="<p>Hello <b>Alice</b></p>", subject="Bienvenue à bord, été 東京"), a_job())
    (letter,) = post.taken
    assert post.recipients == ["alice@example.org"]
    assert letter["From"] == "Nova Hosting <no-reply@panel.example>"
    assert letter["To"] == "alice@example.org"
    assert letter["Subject"] == "Bienvenue à bord, été 東京"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime == datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().strip() == "Hello Alice"
    assert html.get_content().strip() == "<p>Hello <b>Alice</b></p>"


async def test_a_brand_that_has_proven_its_domain_sends_by_the_installation(post: Post) -> None:
    await mail.send(a_letter(sender="team@prohost.example"), a_job())
    await mail.send(a_letter(reply_to="team@other.example"), a_job())
    proven, other = post.taken
    assert proven["From"] == "Nova Hosting <team@prohost.example>"
    assert proven["Sender"] == "no-reply@panel.example"
    assert proven["Reply-To"] is None
    assert (other["From"], other["Sender"]) == ("Nova Hosting <no-reply@panel.example>", None)
    assert other["Reply-To"] == "team@other.example"


async def test_a_repeated_attempt_sends_the_same_message(post: Post) -> None:
    job = a_job()
    for attempt in (1, 2):
        await mail.send(a_letter(html="<p>x</p>"), msgspec.structs.replace(job, attempt=attempt))
    await mail.send(a_letter(), a_job())
    first, second, other = post.taken
    assert first["Message-ID"] == f"<{job.key}@panel.example>"
    assert bytes(first) == bytes(second)
    assert other["Message-ID"] != first["Message-ID"]


def test_a_header_stays_one_header() -> None:
    for evil in EVIL:
        delivery = Delivery(
            id="1", channel="mail", medium="mail", kind="test", attempt=1, written_at=datetime.now(UTC),
            address="alice@example.org", subject=evil, sender_name=evil, text="x",
            files=[AttachedFile(name=evil, media="text/plain", content=b"x")],
        )  # fmt: skip
        made = mail.compose(mail.of_delivery(delivery), key="1", written_at=delivery.written_at, mail_from=OWN)
        letter = message_from_bytes(made.as_bytes(), policy=policy.default)
        assert set(letter.keys()) <= {*HEADERS, "MIME-Version"} and "Bcc" not in letter
        assert len(letter["From"].addresses) == len(letter["To"].addresses) == 1
        (file,) = letter.iter_attachments()
        assert set(file.keys()) <= {
            "Content-Type",
            "Content-Transfer-Encoding",
            "Content-Disposition",
            "MIME-Version",
        }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alice",
        "@example.org",
        "alice@",
        "a@b@c.org",
        "alice@example.org, bob@example.org",
        "alice@example.org\r\nBcc: eve@example.org",
        "alice@example.org\n",
        "Alice <alice@example.org>",
        "alïce@example.org",
        "a b@example.org",
        "alice@example..org",
        f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.org",
    ],
)
def test_what_is_not_one_address_is_refused(text: str) -> None:
    with pytest.raises(mail.BadAddress):
        mail.address(text)


def test_a_domain_in_any_script_is_written_as_the_mail_system_knows_it() -> None:
    assert mail.address("alice@münchen.example").addr_spec == "alice@xn--mnchen-3ya.example"
    assert mail.address("o'hara+news@example.org").addr_spec == "o'hara+news@example.org"


# What the mail server answers


@pytest.mark.parametrize("where", ["rcpt_refusals", "data_refusals"])
@pytest.mark.parametrize(
    ("answer", "expected"),
    [("550 no such mailbox", jobs.Permanent), ("451 greylisted, come back", mail.NotSent)],
)
async def test_a_refusal_is_permanent_or_not_as_the_server_says(
    post: Post, where: str, answer: str, expected: type[Exception]
) -> None:
    getattr(post, where).append(answer)
    with pytest.raises(expected, match=answer):
        await mail.send(a_letter(), a_job())
    assert post.taken == []


async def test_a_server_that_is_away_is_worth_another_attempt(post: Post) -> None:
    mail.configure(Settings(smtp_url="smtp://127.0.0.1:9", mail_from="x@panel.example"))
    with pytest.raises(mail.NotSent):
        await mail.send(a_letter(), a_job())


async def test_without_a_server_mail_waits() -> None:
    with pytest.raises(jobs.NotNow):
        await mail.send(a_letter(), a_job())


async def test_a_password_is_not_said_in_the_clear_to_another_machine() -> None:
    assert mail.client("smtp://me:pass%40word@mail.example.org")._start_tls_on_connect is True
    assert mail.client("smtp://mail.example.org")._start_tls_on_connect is None
    local = mail.client("smtp://me:pass%40word@localhost:25")
    assert (local.port, local._start_tls_on_connect) == (25, None)
    tls = mail.client("smtps://me@mail.example.org")
    assert (tls.port, tls.use_tls) == (465, True)


async def test_the_server_is_told_who_we_are() -> None:
    asked: list[bytes] = []

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        asked.extend((data.login, data.password))
        return AuthResult(success=True)

    options = {"authenticator": authenticate, "auth_require_tls": False, "auth_required": True}
    async with post_office(Post(), **options) as post:
        url = post.url.replace("//", "//me:pass%40word@")
        mail.configure(Settings(smtp_url=url, mail_from="x@panel.example"))
        await mail.send(a_letter(), a_job())
    assert asked == [b"me", b"pass@word"]
    assert len(post.taken) == 1


async def test_the_check_says_what_is_wrong(post: Post) -> None:
    good = Settings(smtp_url=post.url, mail_from="x@panel.example")
    assert await mail.check(good) is None
    for changes, words in (
        ({"smtp_url": ""}, "mail waits"),
        ({"smtp_url": "mail.example.org:25"}, "COMPTOIR_SMTP_URL"),
        ({"smtp_url": "smtp://host:port"}, "COMPTOIR_SMTP_URL"),
        ({"smtp_url": "smtp://me:secret@127.0.0.1:9"}, "127.0.0.1:9 does not answer"),
        ({"mail_from": "nobody"}, "COMPTOIR_MAIL_FROM"),
    ):
        trouble = await mail.check(msgspec.structs.replace(good, **changes))
        assert trouble is not None
        assert words in trouble
        assert "secret" not in trouble
        assert trouble.endswith(".")


# Through the queue


@asynccontextmanager
async def at_work(settings: Settings) -> AsyncIterator[None]:
    stop = asyncio.Event()
    working = asyncio.create_task(worker.work(settings, stop=stop, rhythm=QUICK))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(working, 10)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(30):
        while True:
            if condition():
                return
            await asyncio.sleep(0.02)


async def test_mail_of_a_transaction_that_rolls_back_is_not_sent(post: Post, database: Settings) -> None:
    async def write_and_fail() -> None:
        async with db.as_tenant(NOVA):
            await jobs.later("mail.send", a_letter(to="lost@example.org", subject="no"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_fail()
    async with db.as_tenant(NOVA):
        await jobs.later("mail.send", a_letter(to="kept@example.org", subject="yes"))
    async with at_work(database):
        await until(lambda: post.taken)
        await asyncio.sleep(0.3)
    assert post.recipients == ["kept@example.org"]


async def test_mail_survives_a_server_that_refuses_and_then_recovers(post: Post, database: Settings) -> None:
    post.rcpt_refusals = ["451 later", "421 closing"]
    post.data_refusals = ["452 the disk is full"]
    async with db.as_tenant(NOVA):
        await jobs.later("mail.send", a_letter(to="alice@example.org", subject="At last"))
    async with at_work(database):
        await until(lambda: post.taken)
        await asyncio.sleep(0.3)
    assert [letter["Subject"] for letter in post.taken] == ["At last"]
    async with db.as_tenant(NOVA):
        (failure,) = await jobs.failures(states=("solved",))
    assert (failure.kind, failure.attempt) == ("mail.send", 3)
    assert failure.error == "452 the disk is full"


async def test_mail_to_a_mailbox_that_does_not_exist_is_dead_at_once(post: Post, database: Settings) -> None:
    post.rcpt_refusals = ["550 no such mailbox"] * 5
    async with db.as_tenant(NOVA):
        await jobs.later("mail.send", a_letter(to="nobody@example.org", subject="x"))
    async with at_work(database):
        await until(lambda: len(post.rcpt_refusals) == 4)
        await asyncio.sleep(0.3)
    assert len(post.rcpt_refusals) == 4
    async with db.as_tenant(NOVA):
        assert [failure.error for failure in await jobs.failures(states=("dead",))] == ["550 no such mailbox"]


# The demo's catcher


async def test_caught_mail_can_be_listed_and_read(tmp_path: Path) -> None:
    server, url = await mail_catcher.catch(tmp_path)
    mail.configure(Settings(smtp_url=url, mail_from="x@panel.example"))
    await mail.send(a_letter(subject="Premier été", text="Bonjour\n.\nfin", html="<p>Bonjour</p>"), a_job())
    await mail.send(a_letter(subject="second", to="bob@example.org"), a_job())
    server.close()
    first, second = caught_mail.caught(tmp_path)
    assert (first.subject, second.subject, second.to) == ("Premier été", "second", "bob@example.org")
    letter = caught_mail.read(tmp_path, first.name)
    assert letter.text.split() == ["Bonjour", ".", "fin"]
    assert letter.html == "<p>Bonjour</p>\n"
    assert ("Auto-Submitted", "auto-generated") in letter.headers
    assert (tmp_path / "mail").stat().st_mode & 0o077 == 0


def test_only_the_latest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caught_mail, "MOST_KEPT", 3)
    names = [caught_mail.keep(tmp_path, f"Subject: {n}\r\n\r\nx".encode()) for n in range(5)]
    assert [letter.name for letter in caught_mail.caught(tmp_path)] == names[2:]


@pytest.mark.parametrize(
    "name", ["../passwords.json", "/etc/passwd", "x.eml", "", "0" * 20 + "-" + "0" * 8 + ".eml"]
)
def test_only_a_caught_message_can_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "passwords.json").write_text("secret")
    caught_mail.keep(tmp_path, b"Subject: x\r\n\r\nx")
    with pytest.raises(NotFound):
        caught_mail.read(tmp_path, name)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00garbage",
        b"Subject: =?utf-8?b?////?=\r\nFrom: <<>@@\r\nTo: ;;:,\r\n\r\n\xff",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xff",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"From: a@[\r\nMessage-ID: <[\r\nDate: yesterday\r\n\r\nx",
        b"Content-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\nx",
    ],
)
def test_a_broken_message_is_shown_all_the_same(tmp_path: Path, content: bytes) -> None:
    name = caught_mail.keep(tmp_path, content)
    assert [letter.name for letter in caught_mail.caught(tmp_path)] == [name]
    assert caught_mail.read(tmp_path, name).name == name


def test_nothing_is_caught_where_there_is_no_folder(tmp_path: Path) -> None:
    assert caught_mail.caught(tmp_path / "nowhere") == []
