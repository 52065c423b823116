"""What dunning does to an account on which day, if nothing is paid. Pure: the run and the pages ask the same.

A debt is all that became due on one day; the oldest one that is open leads. Its steps come in the order of their
days, each once; after the last one a debt leads that became due later than that. Days of a pause do not count, so
what comes after it comes so much later. Whatever would fall on a free day comes on the next working day. Of
several reminders that fall on one day only the last one is sent.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

import msgspec

from core.catalog.percents import WHOLE
from core.money import rounded

Action = Literal["remind", "fee", "suspend", "end"]
Letter = Literal["", "reminder", "second", "last"]
ORDER: tuple[Action, ...] = ("remind", "fee", "suspend", "end")
"""On one day they happen in this order."""
AGAIN = 7
"""The same step comes to an account at most once in so many days, whatever debt it is about."""
MOST_FREE = 400
"""So many days are looked at for one that is not free."""
_DAY = timedelta(days=1)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """`day` is counted from the day the debt is due; below 0 it is in advance.

    A fee is one of `amounts` by currency, or `percent` (in thousandths) of what is overdue, up to `most`. `letter`
    is the text of a reminder, "" for the one that suits.
    """

    day: int
    action: Action
    amounts: Mapping[str, int] = {}
    percent: int = 0
    most: Mapping[str, int] = {}
    letter: Letter = ""

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
    past = _Past(rules, account.done, today)
    debts = sorted((debt for debt in account.debts if debt.units > 0), key=lambda debt: debt.due_on)
    frame = _Frame(rules, _merged(account.pauses), calendar if rules.is_on_workdays else None)
    placed: list[Planned] = []
    for debt in debts:
        if debt.due_on <= past.closed or not rules.steps:
            continue
        enough = _enough(debts, debt.due_on, rules.least.get(account.currency, 0))
        if enough is None:
            break
        past.earliest = max(past.earliest, enough)
        placed += _round(debts, debt.due_on, frame, past)
        if not past.is_whole(debt.due_on):
            break
    return _without_doubles(placed)


def _round(debts: Sequence[Debt], due_on: date, frame: "_Frame", past: "_Past") -> list[Planned]:
    """The steps about one debt that are not behind yet; `past` knows of them then."""
    placed = []
    for step in frame.steps:
        if past.has(due_on, step):
            continue
        wanted = max(past.earliest, moved(due_on, step.day, frame.pauses), past.again(step))
        if step.action in ("suspend", "end"):
            told = past.told(due_on)
            if told is None:
                break
            wanted = max(wanted, told + timedelta(days=frame.rules.notice_days))
        on = frame.open_day(wanted)
        past.note(due_on, step, on)
        placed.append(Planned(on=on, due_on=due_on, step=step, units=_overdue(debts, due_on, on)))
    return placed


def moved(due_on: date, days: int, pauses: Sequence[Pause]) -> date:
    """The day that is so many days after the due day when the days of pauses, which are in order, do not count."""
    day = due_on + timedelta(days=days)
    for pause in pauses:
        first = max(pause.first, due_on + _DAY)
        if first <= day and pause.last >= first:
            day += pause.last - first + _DAY
    return day


class _Frame:
    """What decides about days: the steps in their order, the pauses, and the calendar where free days count."""

    def __init__(self, rules: Rules, pauses: Sequence[Pause], calendar: Calendar | None) -> None:
        self.rules, self.pauses, self.calendar = rules, pauses, calendar
        self.steps = sorted(rules.steps, key=lambda step: step.place)

    def open_day(self, day: date) -> date:
        """The day, or the first one after it that is neither paused nor free."""
        for _try in range(MOST_FREE):
            paused = next((pause for pause in self.pauses if pause.first <= day <= pause.last), None)
            if paused is not None:
                day = paused.last + _DAY
            elif self.calendar is not None and self.calendar.is_free(day):
                day += _DAY
            else:
                break
        return day


class _Past:
    """What is behind, and what is planned already, about each debt. Nothing comes before `earliest`.

    A debt about which all steps are done closes the round: what was due by then was asked for with it.
    """

    def __init__(self, rules: Rules, done: Sequence[Done], today: date) -> None:
        self.earliest, self.closed = today, date.min
        self.whole = max((step.place for step in rules.steps), default=None)
        self.reached: dict[date, tuple[int, int]] = {}
        self.reminded: dict[date, date] = {}
        self.suspended: dict[date, date] = {}
        self.last: dict[tuple[int, int], date] = {}
        latest: dict[date, date] = {}
        for one in done:
            self._keep(one.due_on, one.place, one.action, one.on, is_skipped=one.is_skipped)
            latest[one.due_on] = max(one.on, latest.get(one.due_on, one.on))
        self.closed = max((on for due_on, on in latest.items() if self.is_whole(due_on)), default=date.min)

    def has(self, due_on: date, step: Step) -> bool:
        """Whether a step is behind. A reminder is not, as long as none was sent."""
        reached = self.reached.get(due_on)
        if reached is None or (step.action == "remind" and due_on not in self.reminded):
            return False
        return step.place <= reached

    def is_whole(self, due_on: date) -> bool:
        """Whether all steps about a debt are behind."""
        reached = self.reached.get(due_on)
        return reached is not None and self.whole is not None and reached >= self.whole

    def again(self, step: Step) -> date:
        """The first day on which the account may have this step again."""
        last = self.last.get(step.place)
        return date.min if last is None else last + timedelta(days=AGAIN)

    def told(self, due_on: date) -> date | None:
        """When the client was last reminded of a debt, or stopped for it; None when he was never reminded."""
        reminded = self.reminded.get(due_on)
        return None if reminded is None else max(reminded, self.suspended.get(due_on, reminded))

    def note(self, due_on: date, step: Step, on: date) -> None:
        """A step is planned: it is behind for what follows."""
        self.earliest = on
        self._keep(due_on, step.place, step.action, on, is_skipped=False)
        if self.is_whole(due_on):
            self.closed = max(self.closed, on)

    def _keep(self, due_on: date, place: tuple[int, int], action: Action, on: date, *, is_skipped: bool) -> None:
        self.reached[due_on] = max(place, self.reached.get(due_on, place))
        if is_skipped:
            return
        self.last[place] = max(on, self.last.get(place, on))
        if action in ("remind", "suspend"):
            kept = self.reminded if action == "remind" else self.suspended
            kept[due_on] = max(on, kept.get(due_on, on))


def _enough(debts: Sequence[Debt], due_on: date, least: int) -> date | None:
    """The first day on which so much is overdue; any day when it is with what is due by `due_on`."""
    total = 0
    for debt in debts:
        total += debt.units
        if total >= least and (debt.due_on >= due_on):
            return date.min if debt.due_on == due_on else debt.due_on + _DAY
    return None


def _overdue(debts: Sequence[Debt], due_on: date, on: date) -> int:
    """What is overdue on a day, and at least what is due by `due_on`."""
    return sum(debt.units for debt in debts if debt.due_on < on or debt.due_on <= due_on)


def _merged(pauses: Sequence[Pause]) -> list[Pause]:
    """In order, and none of them touches another one."""
    merged: list[Pause] = []
    for pause in sorted(one for one in pauses if one.first <= one.last):
        if merged and pause.first <= merged[-1].last + _DAY:
            merged[-1] = Pause(merged[-1].first, max(merged[-1].last, pause.last))
        else:
            merged.append(pause)
    return merged


def _without_doubles(placed: Sequence[Planned]) -> list[Planned]:
    """Of reminders on one day the last one is sent."""
    last = {one.on: one for one in placed if one.step.action == "remind"}
    return [
        msgspec.structs.replace(one, is_skipped=True)
        if one.step.action == "remind" and last[one.on] is not one
        else one
        for one in placed
    ]
