"""Mail that was caught instead of sent: one file a message, for the demo's mail page and for tests."""

import re
import secrets
import time
from collections.abc import Collection
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import msgspec

from core.errors import NotFound

MOST_KEPT = 500
LARGEST_READ = 5_000_000

_NAME = re.compile(r"[0-9]{20}-[0-9a-f]{8}\.eml")


class Caught(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list of caught mail."""

    name: str
    caught_at: datetime
    sender: str
    to: str
    subject: str


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A caught message, read. `html` is as it came: show it only inside a sandbox, or as text."""

    name: str
    headers: list[tuple[str, str]]
    text: str
    html: str | None


def keep(home: Path, content: bytes) -> str:
    """Store a message and forget the oldest; returns its name. Names sort by time."""
    folder = home / "mail"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{time.time_ns():020d}-{secrets.token_hex(4)}.eml"
    unfinished = folder / f".{name}"
    unfinished.write_bytes(content)
    unfinished.rename(folder / name)
    for old in _names(home)[:-MOST_KEPT]:
        (folder / old).unlink(missing_ok=True)
    return name


def caught(home: Path) -> list[Caught]:
    """All caught messages, the newest last."""
    found = []
    for name in _names(home):
        try:
            message = _parsed(home, name)
        except FileNotFoundError:
            continue
        found.append(
            Caught(
                name=name,
                caught_at=datetime.fromtimestamp(int(name[:20]) / 1e9).astimezone(),
                sender=_header(message, "From"),
                to=_header(message, "To"),
                subject=_header(message, "Subject"),
            )
        )
    return found


def read(home: Path, name: str) -> Letter:
    """One caught message; raises NotFound."""
    if not _NAME.fullmatch(name):
        raise NotFound
    try:
        message = _parsed(home, name)
    except FileNotFoundError:
        raise NotFound from None
    return Letter(
        name=name,
        headers=[(field, _header(message, field)) for field in dict.fromkeys(message.keys())],
        text=_body(message, "plain") or "",
        html=_body(message, "html"),
    )


def _names(home: Path) -> list[str]:
    folder = home / "mail"
    return (
        sorted(path.name for path in folder.glob("*.eml") if _NAME.fullmatch(path.name)) if folder.is_dir() else []
    )


def _parsed(home: Path, name: str) -> EmailMessage:
    with (home / "mail" / name).open("rb") as file:
        return message_from_bytes(file.read(LARGEST_READ), policy=policy.default)


def _header(message: EmailMessage, field: str) -> str:
    """A header as text; one that cannot be parsed is empty rather than an error."""
    try:
        return ", ".join(str(value) for value in message.get_all(field, []))
    except (ValueError, IndexError, AttributeError, TypeError):
        return ""


def _body(message: EmailMessage, subtype: str) -> str | None:
    try:
        part = message.get_body(preferencelist=(subtype,))
        return None if part is None else str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, ValueError, AttributeError, TypeError):
        return None


def forget(home: Path, addresses: Collection[str]) -> int:
    """Remove the messages to or from any of these addresses, or that name one in their text; returns how many."""
    found = [name for name in _names(home) if addresses and _says(home, name, addresses)]
    for name in found:
        (home / "mail" / name).unlink(missing_ok=True)
    return len(found)


def _says(home: Path, name: str, texts: Collection[str]) -> bool:
    try:
        letter = read(home, name)
    except NotFound:
        return False
    said = " ".join([*(value for _field, value in letter.headers), letter.text, letter.html or ""]).lower()
    return any(text.lower() in said for text in texts)
