"""What the rule of an account group can ask of a client: tests of some kinds, and what each kind can be asked.

A module that knows something of clients brings tests of its own:

    @rule_tests.bring
    async def of_services(by: Actor) -> list[Test]:
        return [Test(name="services", label=_("Number of services"), kind="number", value="(SELECT count(*) ...)")]

`value` is SQL over one client `c`, looked up for each client that is asked: a correlated sub-select costs an index
look-up and no plan can make more of it. What brings no test now (a field that is gone) is not offered, and a rule
that asks for it is broken. `rule_sql` puts tests into SQL.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import msgspec
from babel.dates import format_date
from babel.numbers import format_decimal

from core import i18n
from core.actor import Actor
from core.i18n import N_, _, ngettext

Kind = Literal["choice", "text", "number", "date", "moment", "yes_no"]
"""A `moment` is a time of which whole days in the provider's time zone are asked."""

OPERATORS: Mapping[Kind, tuple[str, ...]] = {
    "choice": ("is", "is_not"),
    "text": ("is", "is_not", "begins"),
    "number": ("is", "at_least", "at_most"),
    "date": ("from", "to", "newer_than", "older_than"),
    "moment": ("from", "to", "newer_than", "older_than"),
    "yes_no": ("is",),
}
WITHOUT_VALUE = ("is_set", "is_not_set")
DAYS = ("newer_than", "older_than")
MOST_DAYS = 36_500
MOST_VALUES = 300
LONGEST = 200
LARGEST = Decimal(10) ** 18

WORDS: Mapping[str, str] = {
    "is": N_("is"),
    "is_not": N_("is not"),
    "begins": N_("begins with"),
    "at_least": N_("is at least"),
    "at_most": N_("is at most"),
    "from": N_("is on or after"),
    "to": N_("is on or before"),
    "newer_than": N_("is at most so many days ago"),
    "older_than": N_("is more than so many days ago"),
    "is_set": N_("is filled in"),
    "is_not_set": N_("is not filled in"),
}

CHOICE_WORDS: Mapping[str, str] = {"is": N_("is one of"), "is_not": N_("is none of")}
"""Of a choice with several values, and where one is offered to choose them."""

Value = str | Decimal | date | int
Show = Callable[[Any], str]


class Test(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be asked. `options` are those of a choice, key to label; `plugin` is who answers.

    `value` is SQL that gives text for a choice or a text (folded by `fold`, which takes a placeholder), a number,
    a date, a time or a boolean. `shows` makes text for people of it. `may_lack`: a client may have nothing there.
    """

    __test__ = False

    name: str
    label: str
    kind: Kind
    value: str = ""
    options: Mapping[str, str] = {}
    may_lack: bool = False
    fold: str = "{}"
    shows: Show | None = None
    plugin: str = ""

    @property
    def operators(self) -> tuple[str, ...]:
        """What can be asked of it."""
        return OPERATORS[self.kind] + (WITHOUT_VALUE if self.may_lack else ())


Source = Callable[[Actor], Awaitable[list[Test]]]
_sources: list[Source] = []


def bring(source: Source) -> Source:
    """Register where tests come from, as a decorator. It is asked with whoever looks, in a scope."""
    _sources.append(source)
    return source


async def offered(*, by: Actor) -> dict[str, Test]:
    """All that can be asked at this provider now, by name, in the order it was brought."""
    return {test.name: test for source in _sources for test in await source(by)}


def read(test: Test, operator: str, values: Sequence[str]) -> list[Value]:
    """The values as they are compared; a ValueError whose text is for people when they cannot be."""
    if operator not in test.operators:
        raise ValueError(_("Please choose one."))
    if operator in WITHOUT_VALUE:
        return []
    given = [value.strip() for value in values if value.strip()]
    if not given:
        raise ValueError(
            _("Please choose one.") if test.kind in ("choice", "yes_no") else _("Please fill this in.")
        )
    if len(given) > (MOST_VALUES if test.kind == "choice" else 1):
        raise ValueError(_("These are too many."))
    return [_read(test, operator, value) for value in given]


def word(test: Test, operator: str, *, is_one: bool = False) -> str:
    """What an operator of a test is called; `is_one` when there is one value only."""
    words = WORDS if test.kind != "choice" or is_one else {**WORDS, **CHOICE_WORDS}
    return _(words[operator]) if operator in words else operator


def said(test: Test, operator: str, values: Sequence[str]) -> str:
    """A condition as people read it: "Country is France or Belgium"."""
    verb = word(test, operator, is_one=len(values) == 1)
    if operator in WITHOUT_VALUE:
        return f"{test.label} {verb}"
    if operator in DAYS and values and values[0].isdecimal():
        days = int(values[0])
        text = (
            ngettext("is at most one day ago", "is at most %(count)s days ago", days)
            if operator == "newer_than"
            else ngettext("is more than one day ago", "is more than %(count)s days ago", days)
        )
        return f"{test.label} {text % {'count': days}}"
    return f"{test.label} {verb} {', '.join(_value_said(test, value) for value in values)}"


def shown(test: Test, value: Any) -> str:
    """What a client has there, as people read it; "" for nothing."""
    if value is None:
        return ""
    if test.shows is not None:
        return test.shows(value)
    if test.kind == "choice":
        return test.options.get(str(value), str(value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return format_date(value, format="medium", locale=i18n.current())
    if isinstance(value, (int, Decimal)):
        return format_decimal(value, locale=i18n.current(), decimal_quantization=False)
    return str(value)


def _read(test: Test, operator: str, value: str) -> Value:
    if test.kind == "choice":
        if value not in test.options:
            raise ValueError(_("This is not one of the choices."))
        return value
    if test.kind == "yes_no":
        if value not in ("yes", "no"):
            raise ValueError(_("Yes or no?"))
        return value
    if test.kind == "text":
        if len(value) > LONGEST or not value.isprintable():
            raise ValueError(_("At most %(count)s characters, please.") % {"count": LONGEST})
        return value
    if test.kind == "number":
        return _number(value)
    return _days(value) if operator in DAYS else _day(value)


def _number(value: str) -> Decimal:
    try:
        number = Decimal(value.replace(",", ".")) if value.isascii() and "_" not in value else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number) >= LARGEST:
        raise ValueError(_("Please enter a number."))
    return number


def _days(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and int(value[:9]) <= MOST_DAYS and len(value) < 9):
        raise ValueError(_("From 0 to %(most)s days, please.") % {"most": MOST_DAYS})
    return int(value)


def _day(value: str) -> date:
    try:
        day = date.fromisoformat(value) if len(value) == len("2026-01-01") else None
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 9000:
        raise ValueError(_("This is not a date."))
    return day


def _value_said(test: Test, value: str) -> str:
    if test.kind == "choice":
        return test.options.get(value, _("(gone)"))
    if test.kind == "yes_no":
        return {"yes": _("yes"), "no": _("no")}.get(value, value)
    if test.kind in ("date", "moment"):
        try:
            return shown(test, _day(value)) if test.shows is None else _day_said(value)
        except ValueError:
            return value
    return value


def _day_said(value: str) -> str:
    return format_date(_day(value), format="medium", locale=i18n.current())
