"""The form a rule is built with: read from what was sent, changed by its buttons, and shown with fitting fields.

Fields are named by their place: `blocks.0.match`, `blocks.0.conditions.1.on`, `.operator` and `.values`. A button
sends `act`: `add.0` a condition to a block, `block` a new block, `remove.0.1` a condition, `preview`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from core.accounts import rule_tests
from core.accounts.group_rules import MOST_BLOCKS, MOST_CONDITIONS, Block, Condition, Match, Rule
from core.accounts.rule_tests import Test
from core.errors import Invalid
from core.i18n import _
from web.kit.forms import Form

FEW_OPTIONS = 8
"""Up to so many are boxes beside each other; more are a list that scrolls, with the chosen ones first."""
PLACE = re.compile(r"blocks\.(\d{1,2})\.conditions\.(\d{1,2})\.on")
BLANK = Condition(on="", operator="")


def read(form: Form) -> Rule:
    """The rule as it was sent, whatever is wrong with it."""
    places: dict[int, list[int]] = {}
    for name in form.values:
        if found := PLACE.fullmatch(name):
            places.setdefault(int(found[1]), []).append(int(found[2]))
    blocks = [
        Block(
            match=_match(form, f"blocks.{place}.match"),
            conditions=[_condition(form, f"blocks.{place}.conditions.{number}") for number in sorted(numbers)],
        )
        for place, numbers in sorted(places.items())
    ]
    return Rule(match=_match(form, "match"), blocks=blocks)


def acted(rule: Rule, act: str, tests: Mapping[str, Test]) -> Rule:
    """The rule after a button: with one condition or block more or less, and with operators that fit."""
    verb, *numbers = act.split(".")
    at = [int(number) for number in numbers if number.isascii() and number.isdecimal()]
    blocks = [list(block.conditions) for block in rule.blocks]
    matches: list[Match] = [block.match for block in rule.blocks]
    if verb == "add" and len(at) == 1 and at[0] < len(blocks) and len(blocks[at[0]]) < MOST_CONDITIONS:
        blocks[at[0]].append(BLANK)
    elif verb == "block" and len(blocks) < MOST_BLOCKS:
        blocks.append([BLANK])
        matches.append("any")
    elif verb == "remove" and len(at) == 2 and at[0] < len(blocks) and at[1] < len(blocks[at[0]]):
        del blocks[at[0]][at[1]]
    kept = [
        Block(match=match, conditions=[_fitting(one, tests) for one in conditions])
        for match, conditions in zip(matches, blocks, strict=True)
        if conditions
    ]
    return Rule(match=rule.match, blocks=kept)


def filled(rule: Rule) -> Rule:
    """The rule without conditions in which nothing was chosen."""
    kept = [
        Block(match=block.match, conditions=[one for one in block.conditions if one.on]) for block in rule.blocks
    ]
    return Rule(match=rule.match, blocks=[block for block in kept if block.conditions])


def version_in(form: Form) -> int:
    """The version of the rule that was read, 0 for none."""
    text = form.get("version")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def shown(rule: Rule, tests: Mapping[str, Test], errors: Mapping[str, str]) -> list[dict[str, Any]]:
    """The blocks for the template: each with its place, `match`, and conditions with the test they ask."""
    blocks = rule.blocks or [Block(conditions=[BLANK])]
    return [
        {
            "place": place,
            "match": block.match,
            "conditions": [
                _shown(f"blocks.{place}.conditions.{number}", f"{place}.{number}", one, tests, errors)
                for number, one in enumerate(block.conditions)
            ],
        }
        for place, block in enumerate(blocks)
    ]


def packed(rule: Rule) -> str:
    """The rule as the form that saves it sends it."""
    return msgspec.json.encode(rule).decode()


def unpacked(text: str) -> Rule:
    """The rule that `packed` wrote; `Invalid` for anything else."""
    try:
        return msgspec.json.decode(text, type=Rule)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Invalid({"": _("This form has fields that are not known here.")}) from error


def _shown(
    name: str, place: str, one: Condition, tests: Mapping[str, Test], errors: Mapping[str, str]
) -> dict[str, Any]:
    test = tests.get(one.on)
    operators = [(key, rule_tests.word(test, key)) for key in test.operators] if test else []
    return {
        "name": name,
        "place": place,
        "on": one.on,
        "operator": one.operator,
        "operators": operators,
        "field": _field(test, one.operator),
        "options": _options(test, one),
        "chosen": [test.options[value] for value in one.values if value in test.options] if test else [],
        "values": list(one.values),
        "value": one.values[0] if one.values else "",
        "is_gone": bool(one.on) and test is None,
        "errors": {part: errors.get(f"{name}.{part}", "") for part in ("on", "operator", "values")},
    }


def _options(test: Test | None, one: Condition) -> list[tuple[str, str]]:
    """What can be chosen; of many the chosen ones come first, as the others would hide them."""
    offered = list(test.options.items()) if test else []
    if len(offered) > FEW_OPTIONS:
        offered.sort(key=lambda option: option[0] not in one.values)
    return offered


def _field(test: Test | None, operator: str) -> str:
    """What the value is entered in: boxes, list, yes_no, days, date, number, text, or "" for nothing."""
    if test is None or operator in rule_tests.WITHOUT_VALUE:
        return ""
    if test.kind == "choice":
        return "boxes" if len(test.options) <= FEW_OPTIONS else "list"
    if test.kind in ("date", "moment"):
        return "days" if operator in rule_tests.DAYS else "date"
    return test.kind


def _fitting(one: Condition, tests: Mapping[str, Test]) -> Condition:
    """With an operator that the test knows, and without values that its kind cannot have."""
    test = tests.get(one.on)
    if test is None:
        return one
    operator = one.operator if one.operator in test.operators else test.operators[0]
    return Condition(on=one.on, operator=operator, values=_fitting_values(test, operator, one.values))


def _fitting_values(test: Test, operator: str, values: Sequence[str]) -> tuple[str, ...]:
    if operator in rule_tests.WITHOUT_VALUE:
        return ()
    if test.kind == "choice":
        return tuple(value for value in values if value in test.options)
    try:
        rule_tests.read(test, operator, values[:1])
    except ValueError:
        return tuple(values[:1]) if test.kind in ("text", "number") else ()
    return tuple(values[:1])


def _match(form: Form, name: str) -> Match:
    return "any" if form.get(name) == "any" else "all"


def _condition(form: Form, name: str) -> Condition:
    values = tuple(value for value in form.all(f"{name}.values") if value)
    return Condition(on=form.get(f"{name}.on"), operator=form.get(f"{name}.operator"), values=values)
