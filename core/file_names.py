"""Names and kinds of files that people upload: what a name may be, and what a file must begin with to be taken.

A name is for people to read. Nothing is ever opened by it: files are kept under our own ids.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import NamedTuple

LONGEST = 120
LONGEST_ENDING = 12
BARRED = re.compile(r'[<>:"|?*%\\/]')
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Categories of characters that are not seen or turn the direction of what follows."""
DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
"""Names that mean a device on some systems."""


class Kind(NamedTuple):
    """A media type, and whether some bytes are of it."""

    media: str
    fits: Callable[[bytes], bool]


def _begins(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(signatures)


def _is_text(content: bytes) -> bool:
    return b"\0" not in content


def _is_webp(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"


_ZIP = _begins(b"PK\x03\x04")
_OLD_OFFICE = _begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_OPEN = "application/vnd.openxmlformats-officedocument"
KINDS: Mapping[str, Kind] = {
    "csv": Kind("text/csv", _is_text),
    "doc": Kind("application/msword", _OLD_OFFICE),
    "docx": Kind(f"{_OPEN}.wordprocessingml.document", _ZIP),
    "eml": Kind("message/rfc822", _is_text),
    "gif": Kind("image/gif", _begins(b"GIF87a", b"GIF89a")),
    "jpeg": Kind("image/jpeg", _begins(b"\xff\xd8\xff")),
    "jpg": Kind("image/jpeg", _begins(b"\xff\xd8\xff")),
    "md": Kind("text/markdown", _is_text),
    "ods": Kind("application/vnd.oasis.opendocument.spreadsheet", _ZIP),
    "odt": Kind("application/vnd.oasis.opendocument.text", _ZIP),
    "pdf": Kind("application/pdf", _begins(b"%PDF-")),
    "png": Kind("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    "txt": Kind("text/plain", _is_text),
    "webp": Kind("image/webp", _is_webp),
    "xls": Kind("application/vnd.ms-excel", _OLD_OFFICE),
    "xlsx": Kind(f"{_OPEN}.spreadsheetml.sheet", _ZIP),
    "zip": Kind("application/zip", _ZIP),
}
"""What is taken, by the ending of its name. Nothing that a browser would run: no HTML, no SVG."""


def cleaned(name: str) -> str:
    """The last part of a name, without what hides, steers or breaks out; 1 to LONGEST characters."""
    text = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    text = "".join(letter for letter in text if unicodedata.category(letter) not in UNSEEN)
    text = " ".join(BARRED.sub("_", text).split()).strip(" .")
    stem, dot, ending = text.rpartition(".")
    if not stem:
        stem, dot, ending = text, "", ""
    if len(ending) > LONGEST_ENDING:
        stem, dot, ending = text, "", ""
    stem = stem[: LONGEST - len(dot + ending)].strip(" .") or "file"
    named = stem + dot + ending
    return f"_{named}"[:LONGEST] if DEVICES.match(named) else named


def kind_of(name: str, content: bytes) -> str:
    """The media type that the ending says and the first bytes confirm; "" for anything that is not taken."""
    _stem, dot, ending = name.rpartition(".")
    kind = KINDS.get(ending.lower()) if dot else None
    return kind.media if kind is not None and kind.fits(content) else ""
