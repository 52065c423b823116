"""Rules in SQL: what a client must have to fit, as one condition over `clients c`.

Each condition is true or false of every client, never unknown: what a client lacks does not fit, and is not what
it "is not". So blocks join them by AND and OR alone.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core import clock
from core.accounts import rule_tests
from core.accounts.group_rules import Condition, Rule
from core.accounts.rule_tests import Test, Value
from core.actor import Actor
from core.filters import Conditions

Answers = Mapping[Condition, Sequence[int]]
"""The ids of the clients that fit a condition which a plugin answers."""


def fits(
    rule: Rule, tests: Mapping[str, Test], bound: Conditions, *, by: Actor, answers: Answers | None = None
) -> str:
    """The condition that a client fits the rule; values are bound in `bound`. The rule has no trouble.

    Without `answers`, what plugins are asked is taken to hold: who might fit.
    """
    blocks = [
        _joined(block.match, [holds(one, tests, bound, by=by, answers=answers) for one in block.conditions])
        for block in rule.blocks
    ]
    return _joined(rule.match, blocks)


def holds(
    condition: Condition,
    tests: Mapping[str, Test],
    bound: Conditions,
    *,
    by: Actor,
    answers: Answers | None = None,
) -> str:
    """One condition."""
    test = tests[condition.on]
    if test.plugin:
        if answers is None:
            return "true"
        return f"(c.id = ANY({bound.bind(list(answers.get(condition, ())))}::bigint[]))"
    values = rule_tests.read(test, condition.operator, condition.values)
    zone = ZoneInfo(by.tenant.timezone)
    return f"({_compared(test, condition.operator, values, bound, zone=zone)})"


def _joined(match: str, parts: Sequence[str]) -> str:
    return f"({(' OR ' if match == 'any' else ' AND ').join(parts)})"


def _compared(test: Test, operator: str, values: Sequence[Value], bound: Conditions, *, zone: ZoneInfo) -> str:
    value = test.value
    if operator in rule_tests.WITHOUT_VALUE:
        return f"{value} IS {'NOT ' if operator == 'is_set' else ''}NULL"
    if test.kind == "choice":
        is_one = f"({value} = ANY({bound.bind([str(one) for one in values])}::text[]))"
        return f"{is_one} IS {'NOT ' if operator == 'is_not' else ''}TRUE"
    only = values[0]
    if test.kind == "yes_no":
        return f"({value}) IS {'TRUE' if only == 'yes' else 'FALSE'}"
    if test.kind == "text":
        return _of_text(test, operator, bound.bind(only))
    if test.kind == "number":
        sign = {"is": "=", "at_least": ">=", "at_most": "<="}[operator]
        return f"({value} {sign} {bound.bind(only)}::numeric) IS TRUE"
    sign, day = _from_day(operator, only, clock.today(zone.key))
    if test.kind == "date":
        return f"({value} {sign} {bound.bind(day)}::date) IS TRUE"
    return f"({value} {sign} {bound.bind(datetime.combine(day, time(), zone))}::timestamptz) IS TRUE"


def _of_text(test: Test, operator: str, placeholder: str) -> str:
    folded = test.fold.format(f"{placeholder}::text")
    if operator == "begins":
        return f"starts_with({test.value}, {folded}) IS TRUE"
    return f"({test.value} = {folded}) IS {'NOT ' if operator == 'is_not' else ''}TRUE"


def _from_day(operator: str, value: Value, today: date) -> tuple[str, date]:
    """A comparison with the beginning of a day."""
    if operator in rule_tests.DAYS:
        day = today - timedelta(days=int(str(value)))
        return (">=", day) if operator == "newer_than" else ("<", day)
    assert isinstance(value, date)
    return (">=", value) if operator == "from" else ("<", value + timedelta(days=1))
