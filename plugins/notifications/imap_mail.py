"""Incoming mail by IMAP: new mails of one folder are read, and nothing on the server is changed.

The position is "<UIDVALIDITY>:<highest UID seen>". The first time, what is in the folder already is left alone.
The server is somebody's choice: time and size are bounded here, whatever it sends.
"""

import asyncio
import imaplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Any, Literal

import msgspec

from plugins.api import (
    N_,
    Context,
    IncomingMail,
    IncomingMails,
    Plugin,
    connect,
    hookimpl,
    setting,
)

SECONDS = 15.0
"""Of one call in all."""
MOST_MAILS = 10
LARGEST = 10 * 1024**2
LARGEST_HEAD = 64 * 1024
LOOKED_BACK = timedelta(days=2)
"""How far back is read when the server has numbered its mails anew; those that were added stay added once."""


class Imap(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider can set."""

    host: Annotated[str, setting(N_("Server"), min_length=1, max_length=253)]
    login: Annotated[str, setting(N_("Login name"), min_length=1, max_length=254)]
    password: Annotated[str, setting(N_("Password"), secret=True, min_length=1, max_length=500)]
    port: Annotated[int, setting(N_("Port"), ge=1, le=65535)] = 993
    security: Annotated[
        Literal["tls", "starttls", "none"],
        setting(N_("Encryption"), hint=N_("“none” only for a server of one’s own network.")),
    ] = "tls"
    folder: Annotated[str, setting(N_("Folder"), min_length=1, max_length=100, pattern=r"^[ -~]+\Z")] = "INBOX"


@hookimpl
def provide_plugin() -> Plugin:
    return Plugin(
        name="imap-mail",
        kind="notification",
        title=N_("Incoming mail by IMAP"),
        description=N_("Reads the mailbox of your support address, so that clients can answer tickets by mail."),
    )


@hookimpl
def provide_settings() -> type[msgspec.Struct]:
    return Imap


@hookimpl
def provide_incoming_mail(ctx: Context, position: str) -> IncomingMails:
    with _session(ctx.settings) as imap:
        _done(imap.select(_quoted(ctx.settings.folder), readonly=True))
        validity = _number(imap.response("UIDVALIDITY")[1])
        kept, _colon, last = position.partition(":")
        if not position:
            return IncomingMails(position=f"{validity}:{_newest(imap)}")
        if kept == str(validity):
            uids = [uid for uid in _search(imap, "UID", f"{int(last) + 1}:*") if uid > int(last)]
        else:
            last, uids = "0", _search(imap, "SINCE", (ctx.now - LOOKED_BACK).strftime("%d-%b-%Y"))
        mails = [_fetch(imap, uid) for uid in uids[:MOST_MAILS]]
        return IncomingMails(position=f"{validity}:{(uids[:MOST_MAILS] or [int(last)])[-1]}", mails=mails)


class _Session(imaplib.IMAP4):
    """A session over a connection that leads where it may, and that reads no more than it was asked for."""

    def __init__(self, wanted: Imap, connection: socket.socket) -> None:
        self.wanted, self.connection = wanted, connection
        super().__init__(wanted.host, wanted.port, timeout=SECONDS)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        self.connection.settimeout(timeout)
        if self.wanted.security == "none" and ip_address(self.connection.getpeername()[0]).is_global:
            raise imaplib.IMAP4.error("without encryption only in a network of one's own")
        if self.wanted.security == "tls":
            return ssl.create_default_context().wrap_socket(self.connection, server_hostname=self.wanted.host)
        return self.connection

    def read(self, size: int) -> bytes:
        """A literal of the length that the server announced."""
        if not 0 <= size <= max(LARGEST, LARGEST_HEAD):
            raise imaplib.IMAP4.abort("more than was asked for")
        return super().read(size)


@contextmanager
def _session(wanted: Imap) -> Iterator[imaplib.IMAP4]:
    """Signed in; whatever the server does, from its first byte on, it ends in time."""
    until = time.monotonic() + SECONDS
    with (
        closing(asyncio.run(connect(wanted.host, wanted.port))) as connection,
        _cut_at(until, connection),
        _greeted(wanted, connection) as imap,
    ):
        if wanted.security == "starttls":
            _done(imap.starttls(ssl.create_default_context()))
        imap.login(wanted.login, wanted.password)
        yield imap


@contextmanager
def _greeted(wanted: Imap, connection: socket.socket) -> Iterator[imaplib.IMAP4]:
    imap = _Session(wanted, connection)
    try:
        yield imap
    finally:
        with suppress(Exception):
            imap.shutdown()


@contextmanager
def _cut_at(until: float, connection: socket.socket) -> Iterator[None]:
    """Cut the line at this moment. It is held by a handle of its own: TLS takes the connection's away."""
    with closing(connection.dup()) as line:
        end = threading.Timer(max(0.0, until - time.monotonic()), _cut, [line])
        end.daemon = True
        end.start()
        try:
            yield
        finally:
            end.cancel()


def _cut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _newest(imap: imaplib.IMAP4) -> int:
    return max(0, _number(imap.response("UIDNEXT")[1]) - 1)


def _search(imap: imaplib.IMAP4, *asked: str) -> list[int]:
    found = _done(imap.uid("SEARCH", *asked))
    return sorted(int(uid) for uid in b" ".join(part for part in found if part).split())


def _fetch(imap: imaplib.IMAP4, uid: int) -> IncomingMail:
    """One mail; of one that is too large only its head."""
    told = _done(imap.uid("FETCH", str(uid), "(RFC822.SIZE)"))
    size = _number(
        [part for part in (_text(one) for one in told) if b"RFC822.SIZE" in part], after=b"RFC822.SIZE "
    )
    is_cut = size > LARGEST
    part = f"(BODY.PEEK[HEADER]<0.{LARGEST_HEAD}>)" if is_cut else "(BODY.PEEK[])"
    got = [one[1] for one in _done(imap.uid("FETCH", str(uid), part)) if isinstance(one, tuple)]
    return IncomingMail(content=got[0] if got else b"", is_cut=is_cut)


def _done(answer: tuple[str, list[Any]]) -> list[Any]:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(f"the server says {status}")
    return data


def _text(part: Any) -> bytes:
    return bytes(part[0] if isinstance(part, tuple) else part or b"")


def _number(parts: list[Any], *, after: bytes = b"") -> int:
    """The number in what the server said, or the one behind `after`."""
    for part in parts:
        digits = _text(part).partition(after)[2] if after else _text(part)
        leading = digits.split(b")")[0].split()
        if leading and leading[0].isdigit():
            return int(leading[0])
    return 0


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
