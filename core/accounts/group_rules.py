"""Rules of account groups: who belongs to a group is said by conditions instead of, or besides, by hand.

A rule is blocks of conditions: all or any of the blocks must hold, and in each all or any of its conditions. What
can be asked is in `rule_tests`; `rule_runs` brings the members in line with the rule. A rule concerns all clients,
so who is limited to projects or groups neither reads nor changes one.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from asyncpg import Record
from msgspec import Meta
from piccolo.columns import JSONB, BigInt, Integer, Text, Timestamptz

from core import db, policies
from core.accounts import groups, rule_client_tests, rule_tests
from core.accounts.rule_tests import Test
from core.actor import Actor
from core.errors import Forbidden
from core.i18n import _
from core.permissions import Permission

MOST_BLOCKS = 10
MOST_CONDITIONS = 20
"""In one block."""

Match = Literal["all", "any"]


class GroupRule(db.Owned, tablename="group_rules"):
    """The rule of a group, and how its last run went. `asked_at`: since when one waits for a worker."""

    group_id = BigInt()
    rule = JSONB()
    changed_at = Timestamptz()
    changed_by = Text()
    asked_at = Timestamptz(null=True)
    ran_at = Timestamptz(null=True)
    joined = BigInt()
    gone = BigInt()
    trouble = Text()
    version = Integer()


class Condition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing asked of a client. `on` names a test; a choice takes several values, of which one must fit."""

    on: Annotated[str, Meta(description="The name of what is asked, as the list of conditions has it")]
    operator: str
    values: tuple[str, ...] = ()


class Block(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Conditions, of which all or any must hold."""

    match: Match = "all"
    conditions: list[Condition] = []


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Blocks, of which all or any must hold."""

    match: Match = "all"
    blocks: list[Block] = []

    @property
    def conditions(self) -> list[Condition]:
        """All conditions, in their order."""
        return [condition for block in self.blocks for condition in block.conditions]


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The rule of a group as it is kept. `trouble` says why it changes nobody now, "" when it works."""

    rule: Rule | None
    row: Mapping[str, Any]
    trouble: str

    @property
    def is_waiting(self) -> bool:
        """Whether a run over all clients is still to come."""
        return self.row["asked_at"] is not None


def may_read(by: Actor) -> bool:
    """Whether `by` may know what rules ask: who sees a part of the clients only may not."""
    return by.projects is None and by.groups is None and policies.allows(by, Permission.GROUP_READ)


def may_change(by: Actor) -> bool:
    """Whether `by` may change rules, which put clients into groups."""
    return may_read(by) and all(
        policies.allows(by, right)
        for right in (Permission.GROUP_UPDATE, Permission.GROUP_ASSIGN, Permission.CLIENT_READ)
    )


def require_change(by: Actor) -> None:
    """Raise what keeps `by` from changing rules."""
    for right in (Permission.GROUP_UPDATE, Permission.GROUP_ASSIGN, Permission.CLIENT_READ):
        policies.require(by, right)
    require_read(by)


def require_read(by: Actor) -> None:
    """Raise what keeps `by` from reading rules."""
    policies.require(by, Permission.GROUP_READ)
    if not may_read(by):
        raise Forbidden(_("A rule concerns all clients, and you see only a part of them."))


async def find(group_id: int, *, by: Actor) -> Kept | None:
    """The rule of a group, None when it has none. `NotFound` for a group that `by` may not see."""
    require_read(by)
    await groups.get(group_id, by=by)
    row = await db.row("SELECT * FROM group_rules WHERE group_id = $1", group_id)
    return None if row is None else as_kept(row, await rule_tests.offered(by=by))


def as_kept(row: Record, tests: Mapping[str, Test]) -> Kept:
    """A row as its rule, with what is wrong with it."""
    rule = read(row["rule"])
    trouble = trouble_of(rule, tests)
    if row["trouble"] and not trouble:
        trouble = _(
            "A plugin did not answer when the rule ran last, so nobody joined or left. It runs again at night."
        )
    return Kept(rule=rule, row=row, trouble=trouble)


async def troubles(*, by: Actor) -> dict[int, str]:
    """The groups that have a rule, each with what is wrong with it ("" for nothing); none when `by` may not."""
    if not may_read(by):
        return {}
    found = await db.fetch("SELECT * FROM group_rules")
    tests = await rule_tests.offered(by=by) if found else {}
    return {row["group_id"]: as_kept(row, tests).trouble for row in found}


def read(value: Any) -> Rule | None:
    """The rule that was kept; None when it cannot be read any more."""
    try:
        rule = msgspec.convert(value, Rule)
    except msgspec.ValidationError:
        return None
    return rule if rule.conditions else None


def trouble_of(rule: Rule | None, tests: Mapping[str, Test]) -> str:
    """Why a rule cannot be used now: it asks for something that is gone. "" when it can."""
    if rule is None:
        return _("The rule asks for something that is not known any more.")
    for condition in rule.conditions:
        test = tests.get(condition.on)
        if test is None:
            return _gone(condition.on)
        try:
            rule_tests.read(test, condition.operator, condition.values)
        except ValueError:
            return _("What the rule asks of “%(name)s” is not there any more.") % {"name": test.label}
    return ""


def _gone(name: str) -> str:
    plugin, dot, _key = name.partition(".")
    if dot and not name.startswith(rule_client_tests.OF_FIELD):
        return _("The rule asks the plugin “%(name)s”, which is off or does not answer now.") % {"name": plugin}
    return _("The rule asks for “%(name)s”, which is not there any more.") % {"name": name}


def problems(rule: Rule, tests: Mapping[str, Test]) -> dict[str, str]:
    """What is wrong with a rule that somebody wants to save, by place: `blocks.0.conditions.1.values`."""
    found: dict[str, str] = {}
    if len(rule.blocks) > MOST_BLOCKS:
        found["rule"] = _("At most %(count)s blocks, please.") % {"count": MOST_BLOCKS}
    for place, block in enumerate(rule.blocks):
        if len(block.conditions) > MOST_CONDITIONS:
            found["rule"] = _("At most %(count)s conditions in a block, please.") % {"count": MOST_CONDITIONS}
        for number, condition in enumerate(block.conditions):
            if wrong := _wrong(condition, tests):
                found[f"blocks.{place}.conditions.{number}.{wrong[0]}"] = wrong[1]
    return found


def tidied(rule: Rule) -> Rule:
    """The rule without empty blocks and blanks around its values."""
    blocks = [
        Block(
            match=block.match,
            conditions=[
                msgspec.structs.replace(one, values=tuple(value.strip() for value in one.values if value.strip()))
                for one in block.conditions
            ],
        )
        for block in rule.blocks
        if block.conditions
    ]
    return Rule(match=rule.match, blocks=blocks)


def lines(rule: Rule | None, tests: Mapping[str, Test]) -> list[tuple[Match, list[str]]]:
    """The rule for people: of each block, whether all or any must hold, and its conditions."""
    return [
        (block.match, [_said(condition, tests) for condition in block.conditions])
        for block in (rule.blocks if rule else [])
    ]


def sentence(rule: Rule | None, tests: Mapping[str, Test]) -> str | None:
    """The rule in one line, for the audit; None for no rule."""
    if rule is None or not rule.conditions:
        return None
    parts = []
    for match, conditions in lines(rule, tests):
        text = (_(" or ") if match == "any" else _(" and ")).join(conditions)
        parts.append(f"({text})" if len(conditions) > 1 and len(rule.blocks) > 1 else text)
    return (_(" or ") if rule.match == "any" else _(" and ")).join(parts)


def _wrong(condition: Condition, tests: Mapping[str, Test]) -> tuple[str, str] | None:
    test = tests.get(condition.on)
    if test is None:
        return "on", _("Please choose one.") if not condition.on else _("This is not one of the choices.")
    if condition.operator not in test.operators:
        return "operator", _("Please choose one.")
    try:
        rule_tests.read(test, condition.operator, condition.values)
    except ValueError as error:
        return "values", str(error)
    return None


def _said(condition: Condition, tests: Mapping[str, Test]) -> str:
    test = tests.get(condition.on)
    if test is None:
        return _("%(name)s (gone)") % {"name": condition.on}
    return rule_tests.said(test, condition.operator, condition.values)
