"""Files that banks give, as what is in them: their form is found out, and what all forms have in common.

camt.053 (`camt`) and MT940 (`mt940`) say which account they are about. A table (`bank_sheets`) does not, and what
its columns mean is guessed and can be corrected.
"""

import re
from datetime import date

import msgspec

from core.errors import Invalid
from core.i18n import _

MOST_BYTES = 20 * 1024 * 1024
MOST_LINES = 50_000
LONGEST_TEXT = 1000
LONGEST_NAME = 200


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a statement: `units` of the smallest unit came in, or went out when they are below 0.

    `reference` is the bank's own and the same in every statement, "" when the bank gives none. `name` and `iban`
    are those of the other side, `text` is what the payer wrote.
    """

    day: date
    units: int
    currency: str
    reference: str = ""
    name: str = ""
    iban: str = ""
    text: str = ""


class Statement(msgspec.Struct, kw_only=True):
    """What happened in one account; `account` is its IBAN or what the bank calls it."""

    account: str
    currency: str = ""
    opening: int | None = None
    closing: int | None = None
    lines: list[Line] = []


class WrongFile(Exception):
    """A file cannot be read: `message` says why, in the reader's language."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def kind_of(content: bytes) -> str:
    """camt053, mt940, or csv for whatever else."""
    start = content[:4096].lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    if start.startswith(b"<"):
        return "camt053"
    if re.search(rb"(^|[\r\n])\s*:20:", start) and re.search(rb"[\r\n]:(25|28C?|60[FM]):", start):
        return "mt940"
    return "csv"


def check_size(content: bytes) -> None:
    """`Invalid` for an empty file and one that is too big."""
    if not content.strip():
        raise Invalid({"file": _("Please choose a file.") if not content else _("This file is empty.")})
    if len(content) > MOST_BYTES:
        raise Invalid({"file": _("At most %(count)s MB, please.") % {"count": MOST_BYTES // 1024**2}})


def joined(statements: list[Statement]) -> list[Statement]:
    """One statement of each account and currency, as banks put one for every day into a file."""
    found: dict[tuple[str, str], Statement] = {}
    for one in statements:
        known = found.setdefault((one.account, one.currency), one)
        if known is not one:
            known.lines += one.lines
            known.closing = one.closing
    if sum(len(one.lines) for one in found.values()) > MOST_LINES:
        raise WrongFile(_("There are too many lines: at most %(most)s, please.") % {"most": MOST_LINES})
    return list(found.values())


def plain(text: str, longest: int) -> str:
    """Text in one line, without what no database and no page takes."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(shown.split())[:longest].strip()


def plain_iban(text: str) -> str:
    """An account number in capitals without spaces, "" for what is none."""
    found = re.sub(r"[^A-Z0-9]", "", text.upper())
    return found if re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{8,30}", found) else ""
