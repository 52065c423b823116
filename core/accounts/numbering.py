"""The numbers of documents: patterns, what comes next, and giving numbers without a gap.

A pattern is text with {number} or {number:5} (digits, filled up with zeros), and as one likes {year} and {series}.
Numbers count for one company and kind of document, and begin at 1 again with each year and series that the pattern
names. `give` belongs into the transaction that issues: one that is undone gives its number back.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from piccolo.columns import BigInt, Integer, Text

from core import db
from core.checks import Checks
from core.i18n import _

KINDS = ("invoice", "credit_note", "contract")
PATTERNS = {f"{kind}_pattern": kind for kind in KINDS}
"""The column of a company that holds the pattern of a kind."""
DEFAULTS = {
    "invoice_pattern": "INV-{year}-{number:5}",
    "credit_note_pattern": "CN-{year}-{number:5}",
    "contract_pattern": "CTR-{year}-{number:4}",
}
LONGEST = 40
LONGEST_SERIES = 10
PLACE = re.compile(r"\{(number|year|series)(?::([1-9]))?\}")
NUMBER = re.compile(r"(.*)\{number(?::([1-9]))?\}(.*)")
LITERAL = re.compile(r"[A-Za-z0-9 ._/-]*")
SERIES = re.compile(r"[A-Z0-9]*")


class DocumentCounter(db.Owned, tablename="document_counters"):
    """The next number of a kind of document. Year 0 and series "": the pattern does not name them."""

    company_id = BigInt()
    kind = Text()
    series = Text()
    year = Integer()
    next = BigInt()


def check(checks: Checks, values: Mapping[str, str]) -> dict[str, str]:
    """The series and the patterns of a company as they are kept; notes in `checks` what is wrong with them."""
    series = checks.text("series", values["series"], longest=LONGEST_SERIES, required=False).upper()
    if not SERIES.fullmatch(series):
        checks.error("series", _("Capital letters and digits only."))
    kept = {"series": series}
    for column in PATTERNS:
        pattern = kept[column] = checks.text(column, values[column], longest=LONGEST)
        if column not in checks.errors and (wrong := _wrong(pattern)):
            checks.error(column, wrong)
        elif "{series}" in pattern and not series:
            checks.error("series", _("A pattern names the series: please fill this in."))
    for place, column in enumerate(PATTERNS):
        if kept[column] in [kept[other] for other in list(PATTERNS)[:place]]:
            checks.error(column, _("Another kind of document has this pattern; their numbers would be the same."))
    return kept


def preview(pattern: str, *, series: str, year: int, first: int, count: int = 3) -> list[str]:
    """The numbers from `first` on, as they stand on documents; none for a pattern that cannot be."""
    if len(pattern) > LONGEST or _wrong(pattern):
        return []
    filled = pattern.replace("{series}", series).replace("{year}", str(year))
    before, digits, after = NUMBER.fullmatch(filled).groups()  # type: ignore[union-attr]
    return [f"{before}{number:0{digits or 0}d}{after}" for number in range(first, first + count)]


async def upcoming(company_id: int, values: Mapping[str, Any], *, on: date) -> dict[str, list[str]]:
    """What the next documents of each kind would be called under these patterns; `company_id` may be 0."""
    found = await db.fetch(
        "SELECT kind, series, year, next FROM document_counters WHERE company_id = $1", company_id
    )
    known = {(row["kind"], row["series"], row["year"]): row["next"] for row in found}
    told = {}
    for column, kind in PATTERNS.items():
        pattern, series = str(values[column]).strip(), str(values["series"]).strip().upper()
        first = known.get((kind, *_scope(pattern, series, on.year)), 1)
        told[kind] = preview(pattern, series=series, year=on.year, first=first)
    return told


async def give(company: Mapping[str, Any], kind: str, *, on: date, count: int = 1) -> list[str]:
    """The next numbers of this kind, in their order. Nobody else is given one until the transaction ends."""
    pattern = company[f"{kind}_pattern"]
    series, year = _scope(pattern, company["series"], on.year)
    first = await db.value(
        """INSERT INTO document_counters AS c (company_id, kind, series, year, next)
           VALUES ($1, $2, $3, $4, 1 + $5)
           ON CONFLICT (tenant_id, company_id, kind, series, year) DO UPDATE SET next = c.next + $5
           RETURNING next - $5""",
        company["id"],
        kind,
        series,
        year,
        count,
    )
    return preview(pattern, series=company["series"], year=on.year, first=int(first), count=count)


async def has_given(company_id: int) -> bool:
    """Whether any document has a number of this company."""
    return bool(await db.value("SELECT EXISTS (SELECT FROM document_counters WHERE company_id = $1)", company_id))


def _scope(pattern: str, series: str, year: int) -> tuple[str, int]:
    """What a counter counts for: the series and the year, where the pattern names them."""
    return (series if "{series}" in pattern else "", year if "{year}" in pattern else 0)


def _wrong(pattern: str) -> str:
    """What is wrong with a pattern, "" when nothing is."""
    names = [found[1] for found in PLACE.finditer(pattern)]
    if names.count("number") != 1:
        return _("The number has to stand in it once: {number}, or {number:5} for five digits.")
    if len(set(names)) < len(names) or re.search(r"\{(year|series):", pattern):
        return _("Only {year}, {series} and {number:5} can stand in braces, each once.")
    if "{" in (rest := PLACE.sub("", pattern)) or "}" in rest:
        return _("Only {year}, {series} and {number:5} can stand in braces, each once.")
    if not LITERAL.fullmatch(rest):
        return _("Besides what stands in braces only letters, digits, spaces and . _ / - are possible.")
    return ""
