"""Rules of account groups that name a project, which is merged into another one: they name the one that stays."""

from collections.abc import Sequence

import msgspec

from core import db, policies
from core.accounts import group_rules, rule_changes, rule_tests
from core.accounts.group_rules import Condition, Rule
from core.actor import Actor

TEST = "project"
"""What asks for a project in a rule."""


async def count(project_id: int) -> int:
    """How many rules name the project."""
    return len(await _naming(project_id))


async def lock(project_id: int) -> None:
    """Lock the groups whose rules name the project. Runs of rules lock a group first and its clients then; whoever
    is to lock clients and change rules calls this before, or the two wait for each other."""
    await db.fetch(
        "SELECT id FROM account_groups WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE",
        sorted(await _naming(project_id)),
    )


async def follow(gone_id: int, stays_id: int, *, by: Actor) -> None:
    """Let the rules name the one that stays, and bring the members in line. Both projects are there yet, and the
    clients have moved."""
    tests = await rule_tests.offered(by=by)
    for group_id, old in (await _naming(gone_id)).items():
        group, new = await rule_changes.locked(group_id), _renamed(old, str(gone_id), str(stays_id))
        await rule_changes.keep(group, old, new, by=by)
        if policies.has_feature(by.tenant, "groups") and not group_rules.trouble_of(new, tests):
            await rule_changes.bring_in_line(group, new, tests, by=by)


async def _naming(project_id: int) -> dict[int, Rule]:
    """The rules that name the project, by group."""
    found = await db.fetch("SELECT group_id, rule FROM group_rules ORDER BY group_id")
    rules = {row["group_id"]: group_rules.read(row["rule"]) for row in found}
    return {key: rule for key, rule in rules.items() if rule and _names(rule.conditions, str(project_id))}


def _names(conditions: Sequence[Condition], project: str) -> bool:
    return any(one.on == TEST and project in one.values for one in conditions)


def _renamed(rule: Rule, gone: str, stays: str) -> Rule:
    blocks = [
        msgspec.structs.replace(block, conditions=[_renamed_in(one, gone, stays) for one in block.conditions])
        for block in rule.blocks
    ]
    return msgspec.structs.replace(rule, blocks=blocks)


def _renamed_in(one: Condition, gone: str, stays: str) -> Condition:
    """The condition with the one that stays in place of the other, once."""
    if one.on != TEST:
        return one
    values = dict.fromkeys(stays if value == gone else value for value in one.values)
    return msgspec.structs.replace(one, values=tuple(values))
