"""Conditions of rules that plugins bring and answer, some hundred clients at a time, in time and contained.

A plugin that is off brings nothing, so a rule that asks it is broken. One that fails while a rule runs ends the
run: nobody joins or leaves by half an answer.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import msgspec

from core import db, hooks
from core.accounts import clients, rule_sql, rule_tests
from core.accounts.group_rules import Condition, Rule
from core.accounts.rule_tests import Test
from core.actor import Actor
from core.filters import Conditions

BATCH = 1000
SHOWN = ", ".join(f"c.{field}" for field in ("id", "code", "login", "status", *clients.EDITABLE))

Scope = Callable[[], AbstractAsyncContextManager[Any]]


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """What plugins answered. `last` is the last client they were asked about when time ran out, None for all."""

    answers: dict[Condition, list[int]]
    last: int | None = None


@rule_tests.bring
async def of_plugins(by: Actor) -> list[Test]:
    """What the plugins that are on bring."""
    return [
        Test(
            name=f"{plugin}.{brought.key}",
            label=brought.label,
            kind=brought.kind,
            options=brought.options,
            plugin=plugin,
        )
        for plugin, brought in await hooks.provide_named("provide_client_conditions", by=by)
    ]


def asked(rule: Rule, tests: Mapping[str, Test]) -> list[Condition]:
    """The conditions of a rule that plugins answer, each once."""
    return list(dict.fromkeys(one for one in rule.conditions if tests[one.on].plugin))


async def gather(
    rule: Rule,
    tests: Mapping[str, Test],
    *,
    by: Actor,
    ids: Sequence[int] | None = None,
    seconds: float | None = None,
    scope: Scope = nullcontext,
) -> Gathered:
    """What plugins say of the clients that might fit; `PluginFailed` when one does not answer.

    Each batch is read and asked about in a `scope` of its own. After so many `seconds` no further one is begun.
    """
    wanted = asked(rule, tests)
    answers: dict[Condition, list[int]] = {condition: [] for condition in wanted}
    until = None if seconds is None else time.monotonic() + seconds
    last: int | None = 0 if wanted else None
    while last is not None:
        async with scope():
            found = await _batch(rule, tests, last, by=by, ids=ids)
            for condition in wanted:
                answers[condition] += await _answer(condition, tests[condition.on], found, by=by)
        last = found[-1]["id"] if len(found) == BATCH else None
        if last is not None and until is not None and time.monotonic() > until:
            return Gathered(answers=answers, last=last)
    return Gathered(answers=answers)


async def _batch(
    rule: Rule, tests: Mapping[str, Test], after: int, *, by: Actor, ids: Sequence[int] | None
) -> list[dict[str, Any]]:
    bound = Conditions()
    bound.add(f"c.id > {after:d} AND c.merged_into_id IS NULL")
    if ids is not None:
        bound.add(f"c.id = ANY({bound.bind(list(ids))}::bigint[])")
    bound.add(rule_sql.fits(rule, tests, bound, by=by))
    rows = await db.fetch(
        f"SELECT {SHOWN}, c.registered_at FROM clients c WHERE {bound.sql} ORDER BY c.id LIMIT {BATCH}",
        *bound.arguments,
    )
    return [clients.shown(row) for row in rows]


async def _answer(condition: Condition, test: Test, found: list[dict[str, Any]], *, by: Actor) -> list[int]:
    if not found:
        return []
    said = await hooks.ask(
        "provide_clients_that_fit",
        test.plugin,
        by=by,
        condition=test.name.removeprefix(f"{test.plugin}."),
        operator=condition.operator,
        values=list(condition.values),
        clients=found,
    )
    return [client["id"] for client in found if client["id"] in (said or ())]
