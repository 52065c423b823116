"""What dunning does to an account on which day, if nothing is paid. Pure: the run and the pages ask the same.

A debt is all that became due on one day; the oldest one that is open leads. Its steps come in the order of their
days, each once. Days of a pause do not count, so what comes after it comes so much later. Whatever would fall on a
free day comes on the next working day. Of several reminders that fall on one day only the last one is sent.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

import msgspec

from core.catalog.percents import WHOLE
from core.money import rounded

Action = Literal["remind", "fee", "suspend", "end"]
ORDER: tuple[Action, ...] = ("remind", "fee", "suspend", "end")
"""On one day they happen in this order."""
AGAIN = 7
"""The same step comes to an account at most once in so many days, whatever debt it is about."""
MOST_FREE = 400
"""So many days are looked at for one that is not free."""
_DAY = timedelta(days=1)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """`day` is counted from the day the debt is due; below 0 it is in advance.

    A fee is one of `amounts` by currency, or `percent` (in thousandths) of what is overdue, up to `most`.
    """

    day: int
    action: Action
    amounts: Mapping[str, int] = {}
    percent: int = 0
    most: Mapping[str, int] = {}

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands among the steps of a policy."""
        return self.day, ORDER.index(self.action)

    def fee(self, overdue: int, currency: str) -> int:
        """The fee in minor units; 0 where the step has none in this currency."""
        units = rounded(Fraction(overdue * self.percent, WHOLE)) if self.percent else self.amounts.get(currency, 0)
        return min(units, self.most.get(currency, units))


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What of a policy decides about days. `least`: below this amount, by currency, nothing happens.

    Services are suspended and ended `notice_days` after a reminder was sent, at the earliest.
    """

    steps: tuple[Step, ...]
    notice_days: int = 3
    is_on_workdays: bool = False
    least: Mapping[str, int] = {}


class Debt(msgspec.Struct, frozen=True, kw_only=True):
    """What is open of all that was due on a day, in minor units."""

    due_on: date
    units: int


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A step that is behind: about the debt of which day, and when. One that `is_skipped` was left out."""

    due_on: date
    day: int
    action: Action
    on: date
    is_skipped: bool = False

    @property
    def place(self) -> tuple[int, int]:
        """The place of its step."""
        return self.day, ORDER.index(self.action)


class Pause(msgspec.Struct, frozen=True, order=True):
    """Days on which nothing happens, both included."""

    first: date
    last: date


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """Free days besides Saturdays and Sundays: of one year, and of every year as (month, day)."""

    holidays: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()

    def is_free(self, day: date) -> bool:
        """Whether nobody works."""
        return day.weekday() >= 5 or day in self.holidays or (day.month, day.day) in self.yearly


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A step to come: on which day, and how much is overdue then. One that `is_skipped` is left out."""

    on: date
    due_on: date
    step: Step
    units: int
    is_skipped: bool = False


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of an account: its currency, open debts, what was done, and the pauses of its client."""

    currency: str
    debts: Sequence[Debt] = ()
    done: Sequence[Done] = ()
    pauses: Sequence[Pause] = ()


def timeline(rules: Rules, account: Account, calendar: Calendar, today: date) -> list[Planned]:
    """What comes from today on as long as nothing is paid, in the order in which it comes.

    What should have come before, but did not, comes today, or as soon as it may.
    """
    debts = sorted((debt for debt in account.debts if debt.units > 0), key=lambda debt: debt.due_on)
    enough = _enough(debts, rules.least.get(account.currency, 0))
    if not debts or enough is None:
        return []
    due_on, pauses = debts[0].due_on, _merged(account.pauses)
    past = _Past(due_on, account.done)
    placed: list[Planned] = []
    earliest = max(today, enough)
    for step in sorted(rules.steps, key=lambda step: step.place):
        if past.has(step):
            continue
        wanted = max(earliest, moved(due_on, step.day, pauses), past.again(step))
        if step.action in ("suspend", "end"):
            if past.stopped_or_told is None:
                break
            wanted = max(wanted, past.stopped_or_told + timedelta(days=rules.notice_days))
        earliest = _open_day(wanted, pauses, calendar if rules.is_on_workdays else None)
        placed.append(Planned(on=earliest, due_on=due_on, step=step, units=_overdue(debts, earliest)))
        past.note(step, earliest)
    return _without_doubles(placed)


def moved(due_on: date, days: int, pauses: Sequence[Pause]) -> date:
    """The day that is so many days after the due day when the days of pauses, which are in order, do not count."""
    day = due_on + timedelta(days=days)
    for pause in pauses:
        first = max(pause.first, due_on + _DAY)
        if first <= day and pause.last >= first:
            day += pause.last - first + _DAY
    return day


class _Past:
    """What was done about the debt that leads, and when the account last had each step."""

    def __init__(self, due_on: date, done: Sequence[Done]) -> None:
        mine = [one for one in done if one.due_on == due_on]
        self.reached = max((one.place for one in mine), default=None)
        self.reminded = _last(one.on for one in mine if one.action == "remind" and not one.is_skipped)
        self.suspended = _last(one.on for one in mine if one.action == "suspend" and not one.is_skipped)
        self.others: dict[tuple[int, int], date] = {}
        for one in done:
            if one.due_on != due_on and not one.is_skipped:
                self.others[one.place] = max(one.on, self.others.get(one.place, one.on))

    def has(self, step: Step) -> bool:
        """Whether a step is behind. A reminder is not, as long as none was sent."""
        if self.reached is None or (step.action == "remind" and self.reminded is None):
            return False
        return step.place <= self.reached

    def again(self, step: Step) -> date:
        """The first day on which the account may have this step again."""
        last = self.others.get(step.place)
        return date.min if last is None else last + timedelta(days=AGAIN)

    @property
    def stopped_or_told(self) -> date | None:
        """When the client was last reminded or stopped; None when he was never reminded."""
        return _last(day for day in (self.reminded, self.suspended) if day) if self.reminded else None

    def note(self, step: Step, on: date) -> None:
        """From now on this step is behind too."""
        if step.action == "remind":
            self.reminded = on
        elif step.action == "suspend":
            self.suspended = on


def _last(days: Iterable[date]) -> date | None:
    return max(days, default=None)


def _enough(debts: Sequence[Debt], least: int) -> date | None:
    """The first day on which so much is overdue; the due day itself when the oldest debt is enough alone."""
    total = 0
    for place, debt in enumerate(debts):
        total += debt.units
        if total >= least:
            return date.min if place == 0 else debt.due_on + _DAY
    return None


def _overdue(debts: Sequence[Debt], on: date) -> int:
    """What is overdue on a day, and at least the debt that leads."""
    return sum(debt.units for debt in debts if debt.due_on < on or debt.due_on == debts[0].due_on)


def _merged(pauses: Sequence[Pause]) -> list[Pause]:
    """In order, and none of them touches another one."""
    merged: list[Pause] = []
    for pause in sorted(one for one in pauses if one.first <= one.last):
        if merged and pause.first <= merged[-1].last + _DAY:
            merged[-1] = Pause(merged[-1].first, max(merged[-1].last, pause.last))
        else:
            merged.append(pause)
    return merged


def _open_day(day: date, pauses: Sequence[Pause], calendar: Calendar | None) -> date:
    """The day, or the first one after it that is neither paused nor free."""
    for _try in range(MOST_FREE):
        paused = next((pause for pause in pauses if pause.first <= day <= pause.last), None)
        if paused is not None:
            day = paused.last + _DAY
        elif calendar is not None and calendar.is_free(day):
            day += _DAY
        else:
            break
    return day


def _without_doubles(placed: Sequence[Planned]) -> list[Planned]:
    """Of reminders on one day the last one is sent."""
    last = {one.on: one for one in placed if one.step.action == "remind"}
    return [
        msgspec.structs.replace(one, is_skipped=True)
        if one.step.action == "remind" and last[one.on] is not one
        else one
        for one in placed
    ]
