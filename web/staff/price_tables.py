"""The prices of a price list as a page shows them: ways to pay, and below them what addons cost with each."""

from collections.abc import Sequence
from typing import Any

import msgspec

from core.catalog import list_words, terms
from core.catalog.list_price import Sheet


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """One way to pay: in words, and in amounts."""

    price_id: int
    currency: str
    words: str
    units: int
    setup_units: int


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """One addon: how many of it, and what one costs with each way to pay."""

    addon_id: int
    name: str
    kind: str
    unit: str
    limits: str
    costs: list[tuple[str, list[str]]]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a price list; whether anything of it is paid by the calendar."""

    terms: list[Term]
    has_calendar: bool
    addons: list[Offered]

    def __bool__(self) -> bool:
        return bool(self.terms)


def of_sheets(sheets: Sequence[Sheet]) -> Table:
    """The table of a list's sheets."""
    return Table(
        terms=[term_of(sheet) for sheet in sheets],
        has_calendar=any(sheet.billing == "calendar" for sheet in sheets),
        addons=_addons(sheets),
    )


def term_of(sheet: Sheet) -> Term:
    """A sheet's way to pay."""
    return Term(
        price_id=sheet.price_id,
        currency=sheet.currency,
        words=terms.of_sheet(sheet),
        units=sheet.units,
        setup_units=sheet.setup_units,
    )


def _addons(sheets: Sequence[Sheet]) -> list[Offered]:
    found: dict[int, dict[str, Any]] = {}
    for sheet in sheets:
        for addon in sheet.addons:
            kept = found.setdefault(addon.id, {"addon": addon, "costs": []})
            kept["costs"].append((list_words.term(sheet), list_words.costs(addon, sheet.currency)))
    return [
        Offered(
            addon_id=one["addon"].id,
            name=one["addon"].name,
            kind=one["addon"].kind,
            unit=one["addon"].unit,
            limits=", ".join(list_words.limits(one["addon"])),
            costs=one["costs"],
        )
        for one in found.values()
    ]
