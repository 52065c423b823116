"""A mail as it came, read without trusting it: size, depth, number of parts and character sets are bounded."""

import email
import hashlib
import re
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses
from html.parser import HTMLParser

import msgspec

LARGEST = 10 * 1024**2
LARGEST_HEAD = 256 * 1024
MOST_PARTS = 100
MOST_DASHES = 20_000
"""Lines that may begin a part: reading takes the time of their number and of the depth."""
DEEPEST = 12
MOST_ADDRESSES = 100
LONGEST_TEXT = 200_000
MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
BREAKING = frozenset(
    {"address", "blockquote", "br", "div", "h1", "h2", "h3", "li", "p", "pre", "table", "tr", "ul"}
)
UNSEEN = frozenset({"head", "script", "style", "title"})


class Unreadable(Exception):
    """This is no mail, or one that nobody honest sends."""


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail says. `key` is the same for the same Message-ID; addresses are in small letters. `is_forged`: a
    mail server on the way said that it is not from whom it says. That none said so means nothing."""

    key: str
    message_id: str
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    subject: str
    references: tuple[str, ...]
    auto: str = ""
    is_forged: bool = False
    text: str = ""
    files: tuple[tuple[str, bytes], ...] = ()


def parse(raw: bytes, *, is_cut: bool = False) -> Parsed:
    """The mail; raises `Unreadable`. Of a cut one there is the head only."""
    head = raw[: LARGEST_HEAD + 4]
    ends = [place for place in (head.find(b"\r\n\r\n"), head.find(b"\n\n")) if place >= 0]
    if len(raw) > LARGEST or (not ends and len(raw) > LARGEST_HEAD):
        raise Unreadable("too large")
    if raw.count(b"\n--") > MOST_DASHES or raw.lower().count(b"boundary=") > MOST_PARTS:
        raise Unreadable("too many parts")
    try:
        message = email.message_from_bytes(raw)
        text, files = ("", []) if is_cut else _content(message)
        return _parsed(message, raw, text, files)
    except (MessageError, ValueError, LookupError, RecursionError, TypeError, AttributeError) as error:
        raise Unreadable(type(error).__name__) from error


def unreadable(raw: bytes) -> Parsed:
    """What there is to keep of a mail that cannot be read."""
    key = hashlib.sha256(raw).hexdigest()
    return Parsed(key=key, message_id="", sender="", sender_name="", recipients=(), subject="", references=())


def _parsed(message: Message, raw: bytes, text: str, files: list[tuple[str, bytes]]) -> Parsed:
    senders = _addresses(message, "From")
    name, sender = senders[0] if len(senders) == 1 else ("", "")
    message_id = (MESSAGE_ID.findall(_header(message, "Message-ID")) or [""])[0]
    references = MESSAGE_ID.findall(f"{_header(message, 'In-Reply-To')} {_header(message, 'References')}")
    named = [address for header in ("To", "Cc", "Delivered-To", "X-Original-To") for _name, address in
             _addresses(message, header)]  # fmt: skip
    return Parsed(
        key=hashlib.sha256(message_id.encode() or raw).hexdigest(),
        message_id=message_id,
        sender=sender,
        sender_name=name,
        recipients=tuple(dict.fromkeys(named)),
        subject=_header(message, "Subject")[:200],
        references=tuple(references[-50:]),
        auto=_auto(message),
        is_forged=any("dmarc=fail" in str(one).lower() for one in message.get_all("Authentication-Results", [])),
        text=text,
        files=tuple(files),
    )


def _auto(message: Message) -> str:
    """Why this was sent by a machine (RFC 3834 and what machines do besides), "" when a person sent it."""
    submitted = _header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        return "Auto-Submitted"
    if _header(message, "Precedence").strip().lower() in ("bulk", "junk", "list", "auto_reply"):
        return "Precedence"
    for name in (
        "List-Id",
        "List-Unsubscribe",
        "X-Autoreply",
        "X-Autorespond",
        "X-Auto-Response-Suppress",
        "X-Loop",
    ):
        if message.get(name) is not None and not (name == "X-Auto-Response-Suppress" and _is_human(message)):
            return name
    if (message.get("Return-Path") or "").strip() == "<>" or message.get_content_type() == "multipart/report":
        return "Return-Path"
    local = (_addresses(message, "From") or [("", "")])[0][1].partition("@")[0]
    return "From" if local in ("mailer-daemon", "postmaster", "no-reply", "noreply") else ""


def _is_human(message: Message) -> bool:
    """Exchange writes X-Auto-Response-Suppress into what people send too."""
    return "auto" not in _header(message, "Subject").lower()


def _header(message: Message, name: str) -> str:
    """A header in one line, decoded; what cannot be decoded is replaced."""
    parts = []
    for value, charset in decode_header(str(message.get(name) or "")[:20_000]):
        parts.append(_decoded(value, charset) if isinstance(value, bytes) else value)
    return _visible(" ".join("".join(parts).split()))


def _addresses(message: Message, name: str) -> list[tuple[str, str]]:
    values = [str(value)[:20_000] for value in message.get_all(name, [])[:10]]
    found = getaddresses(values)[:MOST_ADDRESSES]
    return [
        (_visible(_shown(shown))[:200], _visible(address).lower()[:254])
        for shown, address in found
        if "@" in address
    ]


def _shown(name: str) -> str:
    parts = [
        _decoded(value, charset) if isinstance(value, bytes) else value for value, charset in decode_header(name)
    ]
    return " ".join("".join(parts).split())


def _content(message: Message) -> tuple[str, list[tuple[str, bytes]]]:
    """The text that a person reads, and the files beside it."""
    plain: list[str] = []
    marked: list[str] = []
    files: list[tuple[str, bytes]] = []
    for part in _parts(message, 0):
        body = part.get_payload(decode=True)
        content = body if isinstance(body, bytes) else b""
        kind, name = part.get_content_type(), part.get_filename()
        if name or part.get_content_disposition() == "attachment":
            files.append((_shown(name or "mail.eml"), content))
        elif kind == "text/plain":
            plain.append(_decoded(content, part.get_content_charset()))
        elif kind == "text/html":
            marked.append(_unmarked(_decoded(content, part.get_content_charset())))
    text = "\n".join(plain) if any(one.strip() for one in plain) else "\n".join(marked)
    return _visible(text, lines=True)[:LONGEST_TEXT], files


def _parts(message: Message, deep: int) -> Iterator[Message]:
    """The parts that hold something, in their order."""
    if deep > DEEPEST:
        raise ValueError("too deep")
    listed = message.get_payload() if message.is_multipart() else None
    if not isinstance(listed, list):
        yield message
        return
    if len(listed) > MOST_PARTS:
        raise ValueError("too many parts")
    for part in listed:
        if isinstance(part, Message):
            yield from _parts(part, deep + 1)


def _decoded(content: bytes, charset: str | None) -> str:
    try:
        return content.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return content.decode("latin-1")


def _visible(text: str, *, lines: bool = False) -> str:
    """Without control characters; a text that cannot be kept loses what cannot."""
    kept = "\n\t" if lines else ""
    text = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "ignore").decode()
    return "".join(letter for letter in text if letter in kept or (letter.isprintable() or letter == "\u00a0"))


class _Reader(HTMLParser):
    """The words of an HTML mail."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unseen += tag in UNSEEN
        if tag in BREAKING:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.unseen = max(0, self.unseen - (tag in UNSEEN))
        if tag in BREAKING:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.words.append(" ".join(data.split()) + " " if data.strip() else " ")


def _unmarked(html: str) -> str:
    reader = _Reader()
    reader.feed(html[:LONGEST_TEXT])
    lines = (" ".join(line.split()) for line in "".join(reader.words).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
