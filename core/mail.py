"""Mail: composed of a notification's delivery, and handed over to a mail server by the worker.

A message goes to one person. Its identity comes from its delivery, so that one that is sent twice (nobody knows
whether a server that fell silent took it) is the same message to every mailbox.
"""

import re
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from core import jobs
from core.channel_contract import Delivery
from core.i18n import _
from core.settings import Settings

SECONDS = 20.0
"""How long a mail server may take for one answer."""
ATTEMPTS = 10
WIRE = SMTP.clone(cte_type="7bit")
"""Nothing on the way has to write it anew, which would break a signature."""
WITHOUT_A_SERVER = timedelta(minutes=5)
LONGEST_LINE = 200
LONGEST_ADDRESS = 254
PLAIN = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
HEADERS = ("List-Unsubscribe", "List-Unsubscribe-Post")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")

log = structlog.get_logger(__name__)

_settings = Settings()


class BadAddress(ValueError):
    """This is not the address of one mailbox."""


class NotSent(Exception):
    """The mail server could not be reached or did not take the message now; worth another attempt.

    `is_answer`: the server works, and asked to come again with this message.
    """

    def __init__(self, reason: str, *, is_answer: bool = False) -> None:
        super().__init__(reason)
        self.is_answer = is_answer


class BadServer(ValueError):
    """COMPTOIR_SMTP_URL cannot be read; the message says why."""


def configure(settings: Settings) -> None:
    """Say once, at the start of a process with a worker, where mail goes."""
    global _settings
    _settings = settings


def home() -> Path:
    """The directory of the product, in which mail is kept that was caught instead of sent."""
    return _settings.home


@jobs.task("mail.send", attempts=ATTEMPTS, timeout=timedelta(minutes=3))
async def send(payload: dict[str, Any], job: jobs.Job) -> None:
    """Hand one message to the mail server; without one, mail waits. Nothing asks for it any more: notifications do
    it all, and this is for what a version before has left in the queue."""
    if not _settings.smtp_url:
        raise jobs.NotNow(WITHOUT_A_SERVER)
    await post(payload, key=job.key, written_at=job.asked_at)
    log.info("mail sent", kind=payload["kind"], tenant_id=job.tenant_id, job_id=job.id, attempt=job.attempt)


def has_server() -> bool:
    """Whether the installation has a mail server; without one, mail waits."""
    return bool(_settings.smtp_url)


def is_caught() -> bool:
    """Whether mail is caught here instead of sent, as in the demo."""
    return _settings.mail_catcher


async def post(payload: dict[str, Any], *, key: str, written_at: datetime) -> str:
    """Hand one message to the installation's mail server; what that said.

    Raises `Permanent` when it refuses this recipient or message for good, `NotSent` for all else.
    """
    letter = compose(payload, key=key, written_at=written_at, mail_from=_settings.mail_from)
    sender = address(_settings.mail_from).addr_spec
    return await hand_over(letter.as_bytes(), to=payload["to"], sender=sender, server=client(_settings.smtp_url))


def of_delivery(delivery: Delivery) -> dict[str, Any]:
    """What `compose` takes of a notification that goes by mail."""
    return {
        "to": delivery.address,
        "subject": _one_line(delivery.subject),
        "text": delivery.text,
        "html": delivery.html,
        "sender_name": _one_line(delivery.sender_name),
        "sender": delivery.sender,
        "reply_to": delivery.reply_to,
        "headers": delivery.headers,
        "files": delivery.files,
    }


def compose(payload: dict[str, Any], *, key: str, written_at: datetime, mail_from: str) -> EmailMessage:
    """The message as it goes out: the same bytes for the same arguments.

    `payload["headers"]` may hold those of HEADERS, `payload["files"]` what it goes with.
    One that comes from another address than the installation's names that as its Sender (RFC 5322, 3.6.2).
    """
    own = address(mail_from)
    sender = address(payload["sender"]) if payload.get("sender") else own
    letter = EmailMessage(policy=WIRE)
    letter["Message-ID"] = f"<{key}@{own.domain}>"
    letter["Date"] = written_at
    letter["From"] = Address(payload.get("sender_name") or "", addr_spec=sender.addr_spec)
    if sender != own:
        letter["Sender"] = own
    if payload.get("reply_to"):
        letter["Reply-To"] = address(payload["reply_to"])
    letter["To"] = address(payload["to"])
    letter["Subject"] = payload["subject"]
    letter["Auto-Submitted"] = "auto-generated"
    for name in HEADERS:
        if value := (payload.get("headers") or {}).get(name):
            letter[name] = value
    letter.set_content(payload["text"])
    if payload.get("html"):
        letter.add_alternative(payload["html"], subtype="html")
        letter.set_boundary(f"={key}=")
    for file in payload.get("files") or ():
        main, _slash, sub = file.media.partition("/")
        letter.add_attachment(file.content, maintype=main, subtype=sub, filename=_one_line(file.name))
        letter.set_boundary(f"=files-{key}=")
    return letter


def address(text: str) -> Address:
    """One mailbox, its domain in the letters the mail system knows; raises `BadAddress` for anything else."""
    try:
        found = _parsed(text)
        domain = found.domain.encode("idna").decode()
        plain = Address(username=found.username, domain=domain)
        plain.addr_spec.encode("ascii")
    except (ValueError, IndexError, MessageError) as error:
        raise BadAddress(text) from error
    if not (found.username and domain and text.isprintable() and len(plain.addr_spec) <= LONGEST_ADDRESS):
        raise BadAddress(text)
    return plain


def _parsed(text: str) -> Address:
    """The parts of an address; of a plain one without the parser for all that mail allows, which takes long."""
    if PLAIN.fullmatch(text):
        username, _at, domain = text.partition("@")
        return Address(username=username, domain=domain)
    return Address(addr_spec=text)


async def check(settings: Settings) -> str | None:
    """Whether mail can leave: None when the server answers, else the trouble as a sentence."""
    if not settings.smtp_url:
        return _("No mail server is set (COMPTOIR_SMTP_URL is empty): mail waits.")
    try:
        address(settings.mail_from)
        async with client(settings.smtp_url) as server:
            await server.noop()
    except BadAddress:
        return f"COMPTOIR_MAIL_FROM is not an address: {settings.mail_from}."
    except BadServer as error:
        return f"{error}."
    except (aiosmtplib.SMTPException, OSError) as error:
        return f"The mail server {_shown(settings.smtp_url)} does not answer: {_reason(error)}."
    return None


def client(url: str) -> aiosmtplib.SMTP:
    """A connection to be opened. A password goes over TLS only, unless the server is on this machine."""
    parts = urlsplit(url)
    try:
        is_complete = parts.scheme in ("smtp", "smtps") and bool(parts.hostname)
        port = parts.port or (465 if parts.scheme == "smtps" else 587)
    except ValueError:
        is_complete = False
    if not is_complete:
        raise BadServer("COMPTOIR_SMTP_URL is not like smtp://user:password@host:587 or smtps://host")
    is_tls = parts.scheme == "smtps"
    has_secret = bool(parts.password) and parts.hostname not in LOCAL_HOSTS
    return aiosmtplib.SMTP(
        hostname=parts.hostname,
        port=port,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=is_tls,
        start_tls=False if is_tls else True if has_secret else None,
        timeout=SECONDS,
    )


async def hand_over(letter: bytes, *, to: str, sender: str, server: aiosmtplib.SMTP) -> str:
    """Give one message to a server that is to be connected to; what that said.

    Raises `Permanent` when it refuses this recipient or message for good, `NotSent` for all else.
    """
    try:
        async with server:
            _errors, said = await server.sendmail(sender, [to], letter)
    except aiosmtplib.SMTPRecipientsRefused as error:
        refused = error.recipients[0]
        raise _judged(refused.code, f"{refused.code} {refused.message}") from error
    except aiosmtplib.SMTPDataError as error:
        raise _judged(error.code, f"{error.code} {error.message}") from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise NotSent(_reason(error)) from error
    return said


def _judged(code: int, reason: str) -> Exception:
    return jobs.Permanent(reason) if 500 <= code < 600 else NotSent(reason, is_answer=True)


def _reason(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    return str(error) or type(error).__name__


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _one_line(text: str) -> str:
    """Without line breaks and other control characters, and of a bearable length."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))[:LONGEST_LINE].strip()
