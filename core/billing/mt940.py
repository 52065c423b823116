"""MT940, the bank's statement as SWIFT has it, with what European banks make of field 86."""

import re
from datetime import date, timedelta

from core import money
from core.billing.bank_files import LONGEST_NAME, LONGEST_TEXT, Line, Statement, WrongFile, plain, plain_iban
from core.i18n import _

FIELD = re.compile(r"^:([0-9]{2}[A-Z]?):", re.MULTILINE)
LINE = re.compile(
    r"(?P<value>[0-9]{6})(?P<entry>[0-9]{4})?(?P<sign>R?[CD])(?P<third>[A-Z])?(?P<amount>[0-9]+,[0-9]*)"
    r"(?P<kind>[A-Z][A-Z0-9]{3})(?P<own>[^\r\n]*?)(//(?P<bank>[^\r\n]*))?(\r?\n|$)"
)
BALANCE = re.compile(r"(?P<sign>[CD])(?P<day>[0-9]{6})(?P<currency>[A-Z]{3})(?P<amount>[0-9]+,[0-9]*)")
PART = re.compile(r"\?([0-9]{2})")
SEPA = re.compile(r"(?:^|\s)(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|IBAN|BIC|PURP)\+")
SLASHED = re.compile(r"/(TRTP|IBAN|BIC|NAME|REMI|EREF|MARF|CSID|ORDP|BENM|ISDT)/")
NO_REFERENCE = frozenset({"", "NONREF"})


def read(content: bytes) -> list[Statement]:
    """The statements of a file; `WrongFile` when it cannot be read."""
    found: list[Statement] = []
    fields = _fields(_text(content))
    for place, (tag, text) in enumerate(fields):
        if tag == "20":
            found.append(Statement(account="", lines=[]))
        elif not found:
            raise WrongFile(_("This file cannot be read. It may be damaged."))
        elif tag == "25":
            found[-1].account = plain(text, 64)
        elif tag in ("60F", "60M", "62F", "62M"):
            _balance(found[-1], tag, text)
        elif tag == "61":
            told = fields[place + 1][1] if place + 1 < len(fields) and fields[place + 1][0] == "86" else ""
            found[-1].lines.append(_line(text, told, found[-1].currency))
    if not found or not all(one.account for one in found):
        raise WrongFile(_("This file does not say which account it is about."))
    return found


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _fields(text: str) -> list[tuple[str, str]]:
    """The fields in their order; what stands around the block and its last line is left out."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"^(-\}?.*|\{1:.*|@@)$", "", text, flags=re.MULTILINE)
    if not (marks := list(FIELD.finditer(text))):
        return []
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return [(mark[1], text[mark.end() : end].strip("\n")) for mark, end in zip(marks, ends, strict=True)]


def _balance(statement: Statement, tag: str, text: str) -> None:
    found = BALANCE.match(text)
    if found is None:
        raise WrongFile(_("“%(text)s” is no balance.") % {"text": text[:40]})
    statement.currency = statement.currency or found["currency"]
    units = _units(found["amount"], found["currency"]) * (1 if found["sign"] == "C" else -1)
    if tag.startswith("62"):
        statement.closing = units
    elif statement.opening is None:
        statement.opening = units


def _line(text: str, told: str, currency: str) -> Line:
    found = LINE.match(text)
    if found is None or not currency:
        raise WrongFile(_("“%(text)s” is no line of a statement.") % {"text": text[:60]})
    is_in = found["sign"] in ("C", "RD")
    name, iban, words = _told(told)
    reference = (found["bank"] or "").strip()
    own = found["own"].strip()
    if own.upper() not in NO_REFERENCE and own not in words:
        words = f"{words} {own}"
    return Line(
        day=_booked(found["value"], found["entry"]),
        units=_units(found["amount"], currency) * (1 if is_in else -1),
        currency=currency,
        reference=plain("" if reference.upper() in NO_REFERENCE else reference, 100),
        name=plain(name, LONGEST_NAME),
        iban=plain_iban(iban),
        text=plain(words, LONGEST_TEXT),
    )


def _told(text: str) -> tuple[str, str, str]:
    """Name, account and words in a field 86: with ?20 parts as in Germany, with /NAME/ words, or as it stands."""
    if PART.search(text):
        pieces = PART.split(text.replace("\n", ""))
        parts = dict(zip(pieces[1::2], pieces[2::2], strict=True))
        words = "".join(parts.get(key, "") for key in (*map(str, range(20, 30)), "60", "61", "62", "63"))
        name = parts.get("32", "") + parts.get("33", "")
        return name, parts.get("31", "") or parts.get("38", ""), _sepa(words)
    if SLASHED.search(text):
        pieces = SLASHED.split(text.replace("\n", ""))
        said = dict(zip(pieces[1::2], pieces[2::2], strict=True))
        words = " ".join(said.get(key, "") for key in ("REMI", "EREF")).replace("USTD//", "").replace("/", " ")
        return said.get("NAME", "").strip("/"), said.get("IBAN", "").strip("/"), words
    return "", "", text.replace("\n", " ")


def _sepa(words: str) -> str:
    """What the payer wrote: SVWZ+ and his own reference, without mandates and the names of the parts."""
    if not SEPA.search(words):
        return words
    pieces = SEPA.split(words)
    said = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    own = said.get("EREF", "").strip()
    return f"{pieces[0]} {said.get('SVWZ', '')} {'' if own.upper() == 'NOTPROVIDED' else own}"


def _booked(value: str, entry: str | None) -> date:
    """The day it was booked: that of the entry in the year that is nearest to the value's."""
    day = _day(value)
    if entry is None:
        return day
    try:
        near = [date(year, int(entry[:2]), int(entry[2:])) for year in (day.year - 1, day.year, day.year + 1)]
    except ValueError:
        return day
    best = min(near, key=lambda one: abs(one - day))
    return best if abs(best - day) < timedelta(days=60) else day


def _day(text: str) -> date:
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:]))
    except ValueError as error:
        raise WrongFile(_("“%(text)s” is no day.") % {"text": text}) from error


def _units(text: str, currency: str) -> int:
    try:
        return money.parse(text.rstrip(","), currency)
    except (ValueError, KeyError) as error:
        raise WrongFile(_("“%(text)s” is no amount of money.") % {"text": f"{text[:40]} {currency}"}) from error
