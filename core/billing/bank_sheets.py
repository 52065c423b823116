"""Statements as tables, CSV or XLSX: where the headings are, what the columns mean, and days and amounts in them.

Banks put lines about the account above the headings; the row that names most of what is looked for is taken.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import date
from types import MappingProxyType

import msgspec

from core import money, sheet_reading
from core.billing.bank_files import LONGEST_NAME, LONGEST_TEXT, MOST_LINES, Line, plain, plain_iban
from core.errors import Invalid
from core.i18n import N_, _
from core.sheet_reading import Head

HEADINGS_WITHIN = 30
"""The headings stand in one of the first so many rows."""
LONGEST_CELL = 1000
MEANINGS = MappingProxyType(
    {
        "day": N_("Day"),
        "amount": N_("Amount"),
        "credit": N_("Amount that came in"),
        "debit": N_("Amount that went out"),
        "currency": N_("Currency"),
        "name": N_("Name of the other side"),
        "iban": N_("Account of the other side"),
        "text": N_("What the payer wrote"),
        "reference": N_("The bank’s reference"),
    }
)
WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "day": (
            "booking ?date", "buchungs(tag|datum)", "date( d.op.ration| comptable| op)?", "transaction date",
            "fecha", "data( contabile)?", "datum", "posted( date)?", "completed date",
        ),
        "credit": (
            "cr[eé]dit( .*)?", "haben", "gutschrift", "paid in", "money in", "abono", "avere", "entrate",
        ),
        "debit": (
            "d[eé]bit( .*)?", "soll", "belastung", "paid out", "money out", "cargo", "dare", "uscite",
        ),
        "amount": (
            "amount( .*)?", "betrag( .*)?", "montant( .*)?", "importe", "importo", "bedrag( .*)?", "value",
            "umsatz( .*)?",
        ),
        "currency": (
            "currency", "w[äa]hrung", "devise", "monnaie", "divisa", "valuta( code)?", "ccy",
        ),
        "name": (
            "beg[üu]nstigter?.*", "auftraggeber.*", "zahlungspflichtiger.*", "name.*", "payee", "payer",
            "counter ?party( name)?", "tiers", "contrepartie", "nom.*", "tegenpartij.*", "debtor", "ordenante",
        ),
        "iban": (
            "(counter ?party |payer |gegen)?iban( .*)?", "kontonummer.*iban.*", "account number",
            "tegenrekening.*",
        ),
        "reference": (
            "(bank )?reference", "r[eé]f[eé]rence( bancaire| de l.op[eé]ration)?", "transaction id",
            "referenz", "referencia", "id", "volgnr",
        ),
        "text": (
            "verwendungszweck", "description", "details", "narrative", "memo", "remittance.*", "libell[eé].*",
            "communication", "motif", "concepto", "causale", "omschrijving.*", "mededelingen", "text",
            "buchungstext", "purpose", "informations? compl.*",
        ),
    }
)  # fmt: skip
"""What banks call a column, in the languages of Europe; letters are small and signs are spaces."""
ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T].*)?|(\d{4})(\d{2})(\d{2})")
PARTS = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?:[ T].*)?")


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a file below its headings, each with its number in the file."""

    headings: list[str]
    rows: list[tuple[int, list[str]]]
    columns: list[str]
    is_month_first: bool = False


async def read(content: bytes) -> Table:
    """The table in a file with its columns guessed; `Invalid` under "file" when there is none."""
    rows: list[tuple[int, list[str]]] = []
    async with aclosing(sheet_reading.read(content, most_rows=MOST_LINES + HEADINGS_WITHIN)) as found:
        async for part in found:
            if isinstance(part, Head):
                rows.append((1, _cells(part.headings)))
            else:
                rows += [(number, _cells(row or [])) for number, row in part]
    best = max(range(min(len(rows), HEADINGS_WITHIN)), key=lambda at: (_named(rows[at][1]), -at))
    if _named(rows[best][1]) < 2 or len(rows) == best + 1:
        raise Invalid(
            {"file": _("No row of this file names a day and an amount. Is it a statement of your bank?")}
        )
    headings = [plain(cell, 200) for cell in rows[best][1]]
    below = [(number, row) for number, row in rows[best + 1 :] if any(cell.strip() for cell in row)]
    columns = guessed(headings)
    days = [
        row[columns.index("day")] for _number, row in below if "day" in columns and columns.index("day") < len(row)
    ]
    return Table(headings=headings, rows=below, columns=columns, is_month_first=is_month_first(days))


def _cells(row: Sequence[str]) -> list[str]:
    return [cell[:LONGEST_CELL].replace("\0", "") for cell in row]


def guessed(headings: Sequence[str]) -> list[str]:
    """What each heading means, "" for nothing; each meaning once, but for texts."""
    found: list[str] = []
    for heading in headings:
        meaning = meaning_of(heading)
        found.append("" if meaning in found and meaning != "text" else meaning)
    if "amount" in found and {"credit", "debit"} <= set(found):
        found[found.index("amount")] = ""
    return found


def meaning_of(heading: str) -> str:
    """What a heading means, "" when it is not known."""
    words = " ".join(re.sub(r"[^\w ]+", " ", heading.lower()).split())
    return next((key for key, known in WORDS.items() if any(re.fullmatch(one, words) for one in known)), "")


def check(headings: Sequence[str], columns: Sequence[str]) -> None:
    """`Invalid` when columns do not say the day and the amount, or one thing twice."""
    errors: dict[str, str] = {}
    for place, key in enumerate(columns):
        if key and key not in MEANINGS:
            errors[f"columns.{place}"] = _("This is not one of the choices.")
        elif key and key != "text" and key in columns[:place]:
            errors[f"columns.{place}"] = _("Another column means this already.")
    if len(columns) != len(headings) or "day" not in columns:
        errors[""] = _("One column has to be the day.")
    elif "amount" not in columns and not {"credit", "debit"} & set(columns):
        errors[""] = _("One column has to be the amount, or one what came in and one what went out.")
    if errors:
        raise Invalid(errors)


def lines(
    table: Table, columns: Sequence[str], *, currency: str, is_month_first: bool
) -> tuple[list[Line], dict[int, str]]:
    """The lines of a table, and what is wrong in which row."""
    found, wrong = [], {}
    for number, row in table.rows:
        cells: dict[str, str] = {}
        for key, cell in zip(columns, row, strict=False):
            if key:
                cells[key] = f"{cells[key]} {cell}" if key in cells else cell
        try:
            found.append(_line(cells, currency, is_month_first=is_month_first))
        except ValueError as error:
            wrong[number] = str(error)
    return found, wrong


def _line(cells: dict[str, str], currency: str, *, is_month_first: bool) -> Line:
    said = cells.get("currency", "").strip().upper()[:3] or currency
    return Line(
        day=day(cells.get("day", ""), is_month_first=is_month_first),
        units=_units(cells, said),
        currency=said,
        reference=plain(cells.get("reference", ""), 100),
        name=plain(cells.get("name", ""), LONGEST_NAME),
        iban=plain_iban(cells.get("iban", "")),
        text=plain(cells.get("text", ""), LONGEST_TEXT),
    )


def _units(cells: dict[str, str], currency: str) -> int:
    if cells.get("amount", "").strip():
        return amount(cells["amount"], currency)
    if cells.get("credit", "").strip() or cells.get("debit", "").strip():
        came = amount(cells.get("credit", "") or "0", currency)
        return came or -abs(amount(cells.get("debit", "") or "0", currency))
    raise ValueError(_("There is no amount."))


def amount(text: str, currency: str) -> int:
    """Minor units of `-1.234,56`, `1 234.56`, `(12,00)`, `12,00-`, `€12`; `ValueError` for what is none."""
    bare = re.sub(r"[^\d.,+()-]", "", text.replace("−", "-"))
    is_out = bare.startswith(("-", "(")) or bare.endswith("-")
    bare = bare.strip("+-()")
    whole, mark, fraction = _separated(bare, money.digits(currency))
    if not re.fullmatch(r"\d*", whole) or not re.fullmatch(r"\d*", fraction) or not whole + fraction:
        raise ValueError(_("“%(text)s” is no amount of money.") % {"text": text[:40]})
    units = money.parse(f"{whole or 0}.{fraction}" if mark and fraction else whole, currency)
    return -units if is_out else units


def _separated(bare: str, digits: int) -> tuple[str, str, str]:
    """The digits before and behind the mark of decimals: the last mark, unless what is behind it is a group."""
    last = max(bare.rfind(","), bare.rfind("."))
    if last < 0:
        return bare, "", ""
    mark, behind = bare[last], bare[last + 1 :]
    is_group = bare.count(mark) > 1 or (len(behind) == 3 and digits != 3 and mark != _other(bare, mark))
    if is_group:
        return re.sub(r"[.,]", "", bare), "", ""
    return re.sub(r"[.,]", "", bare[:last]), mark, behind


def _other(bare: str, mark: str) -> str:
    """The mark itself when the other one stands before it: then it is that of decimals for sure."""
    return mark if ("." if mark == "," else ",") in bare else ""


def day(text: str, *, is_month_first: bool) -> date:
    """The day in one of the forms that banks write; `ValueError` for what is none."""
    bare = text.strip()
    if found := ISO.fullmatch(bare):
        year, month, number = (int(part) for part in found.groups() if part)
    elif found := PARTS.fullmatch(bare):
        first, second, year = (int(part) for part in found.groups())
        year = year + 2000 if year < 100 else year
        month, number = (first, second) if is_month_first else (second, first)
    else:
        raise ValueError(_("“%(text)s” is no day.") % {"text": bare[:40]})
    try:
        return date(year, month, number)
    except ValueError as error:
        raise ValueError(_("“%(text)s” is no day.") % {"text": bare[:40]}) from error


def is_month_first(days: Sequence[str]) -> bool:
    """Whether these days begin with the month: some second number is no month, and no first one is."""
    parts = [found.groups() for found in map(PARTS.fullmatch, (text.strip() for text in days)) if found]
    return any(int(second) > 12 for _first, second, _year in parts) and not any(
        int(first) > 12 for first, _second, _year in parts
    )


def _named(row: Sequence[str]) -> int:
    """How much of what is looked for a row names; 1 at most without a day and an amount."""
    found = {meaning_of(cell) for cell in row} - {""}
    return len(found) if "day" in found and found & {"amount", "credit", "debit"} else min(len(found), 1)
