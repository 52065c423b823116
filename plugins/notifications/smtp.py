"""A provider's own mail server: notifications leave through it, from the provider's address, and signed (DKIM)."""

import asyncio
import re
from textwrap import wrap
from typing import Annotated, Any, Literal

import aiosmtplib
import dkim
import msgspec

from plugins import api
from plugins.api import N_, Channel, Context, Delivery, Plugin, Receipt, hookimpl, setting

SECONDS = 20.0
MARKED = re.compile(r"-----BEGIN ([A-Z ]+)-----(.*)-----END \1-----", re.DOTALL)
SIGNED = (
    b"from", b"sender", b"reply-to", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
    b"list-unsubscribe", b"list-unsubscribe-post",
)  # fmt: skip


class NotSetUp(Exception):
    """The settings contradict each other."""


class Smtp(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider can set."""

    host: Annotated[str, setting(N_("Mail server"), min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:_-]+$")]
    mail_from: Annotated[
        str,
        setting(
            N_("Sender’s address"),
            hint=N_("What is sent comes from it, unless a project has proven an address of its own."),
            max_length=254,
            pattern=r"^[^@\s]+@[^@\s]+$",
        ),
    ]
    port: Annotated[int, setting(N_("Port"), ge=1, le=65535)] = 587
    security: Annotated[
        Literal["starttls", "tls", "none"],
        setting(N_("Encryption"), hint=N_("starttls is usual with port 587, tls with port 465.")),
    ] = "starttls"
    user: Annotated[str, setting(N_("User name"), max_length=200)] = ""
    password: Annotated[str, setting(N_("Password"), secret=True, max_length=500)] = ""
    dkim_domain: Annotated[
        str, setting(N_("DKIM: domain"), hint=N_("Empty: mail is not signed here."), max_length=253)
    ] = ""
    dkim_selector: Annotated[str, setting(N_("DKIM: selector"), max_length=63)] = ""
    dkim_key: Annotated[
        str,
        setting(N_("DKIM: private key"), hint=N_("In PEM, RSA with 2048 bits."), secret=True, max_length=6000),
    ] = ""


@hookimpl
def provide_plugin() -> Plugin:
    return Plugin(
        name="smtp",
        kind="notification",
        title=N_("Own mail server (SMTP)"),
        description=N_("Sends what clients and staff are told by mail through a mail server of your own."),
    )


@hookimpl
def provide_settings() -> type[msgspec.Struct]:
    return Smtp


@hookimpl
def provide_channels(ctx: Context) -> list[Channel]:
    return [Channel(key="mail", title=N_("Own mail server (SMTP)"), medium="mail", seconds=SECONDS)]


@hookimpl
async def send_notification(ctx: Context, delivery: Delivery) -> Receipt:
    settings: Smtp = ctx.settings
    if settings.password and settings.security == "none":
        raise NotSetUp("a password is sent over an encrypted connection only")
    letter = api.letter(delivery, mail_from=settings.mail_from)
    if settings.dkim_domain:
        letter = await asyncio.to_thread(signed, letter, settings)
    if ctx.dry_run:
        return Receipt(said="dry run")
    connected = await api.connect(settings.host, settings.port)
    with connected:
        server = aiosmtplib.SMTP(
            hostname=settings.host,
            sock=connected,
            port=None,
            username=settings.user or None,
            password=settings.password or None,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            timeout=SECONDS - 5,
        )
        return await api.post(delivery, letter, server, sender=settings.mail_from)


def pem(text: str) -> bytes:
    """A private key in PEM, also when a form has taken its line breaks away."""
    found = MARKED.search(text)
    label, body = (found[1], found[2]) if found else ("PRIVATE KEY", text)
    lines = "\n".join(wrap("".join(body.split()), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n".encode()


def signed(letter: bytes, settings: Smtp) -> bytes:
    """The letter with a signature of the domain in front; one more From would break it."""
    present = {line.split(b":")[0].strip().lower() for line in letter.split(b"\r\n\r\n", 1)[0].split(b"\r\n")}
    named = [name for name in SIGNED if name in present]
    signature: Any = dkim.sign(
        letter,
        settings.dkim_selector.encode(),
        settings.dkim_domain.encode(),
        pem(settings.dkim_key),
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[*named, b"from"],
    )
    return bytes(signature) + letter
