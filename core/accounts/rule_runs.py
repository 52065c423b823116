"""When rules run: right after clients change, at night over all of them, and when a big provider's rule was saved.

Triggers of the tables that rules read note which clients changed (`rule_candidates`) and ask for a job, whoever
changed them: a person, an import, a plugin. At night every rule runs over all clients, because days pass: who
registered "at most 30 days ago" leaves without having been touched. See docs/decisions/groups-by-rule.md.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from asyncpg import Record

from core import db, i18n, jobs, nights, policies, task_runs
from core.accounts import group_rules, rule_changes, rule_members, rule_plugins, rule_tests
from core.accounts.group_rules import Rule
from core.accounts.rule_members import Changed
from core.accounts.rule_sql import Answers
from core.accounts.rule_tests import Test
from core.actor import Actor, system
from core.plugin_calls import PluginFailed

BATCH = 5000
"""Changed clients that are looked at in one transaction."""
DID_NOT_ANSWER = "plugin"


@jobs.task("group_rules.changed")
async def follow(_payload: dict[str, Any], job: jobs.Job) -> None:
    """Look at the clients that changed, with every rule of the provider."""
    has_more = True
    while has_more:
        async with job.scope():
            has_more = await _follow_some(await _runner())


@jobs.task(rule_changes.RUN, timeout=timedelta(minutes=30))
async def run(payload: dict[str, Any], job: jobs.Job) -> None:
    """Run the rule of one group over all clients. Plugins are asked before, in short transactions."""
    group_id = int(payload["group"])
    async with job.scope():
        by = await _runner()
        row = await db.row("SELECT * FROM group_rules WHERE group_id = $1", group_id)
        rule, tests = group_rules.read(row["rule"]) if row else None, await rule_tests.offered(by=by)
        if row and group_rules.trouble_of(rule, tests):
            return
    try:
        gathered = await rule_plugins.gather(rule, tests, by=by, scope=job.scope) if rule else None
    except PluginFailed:
        async with job.scope():
            await _note_trouble(group_id)
        return
    answers = gathered.answers if gathered else {}
    done = Changed(has_more=True)
    while done.has_more:
        async with job.scope():
            done = await _run_piece(group_id, rule, tests, done, row, answers=answers, by=by)


async def nightly(now: datetime) -> None:
    """Ask for a run of every rule once a day, after the provider's midnight. Called every hour, in its scope."""
    by = await _runner()
    if await nights.is_first("group_rules", now, by.tenant.timezone) and policies.has_feature(by.tenant, "groups"):
        for row in await db.fetch("SELECT group_id FROM group_rules ORDER BY group_id"):
            await jobs.later(rule_changes.RUN, {"group": row["group_id"]}, key=str(row["group_id"]))


async def _run_piece(
    group_id: int,
    rule: Rule | None,
    tests: Mapping[str, Test],
    before: Changed,
    read: Record | None,
    *,
    answers: Answers,
    by: Actor,
) -> Changed:
    """One piece of a run over all clients, unless the rule changed since it was `read`; what was done by now."""
    group = await _lock(group_id)
    now = await db.row("SELECT version FROM group_rules WHERE group_id = $1", group_id)
    is_same = (now and now["version"]) == (read and read["version"])
    if group is None or not is_same or not policies.has_feature(by.tenant, "groups"):
        return msgspec.structs.replace(before, has_more=False)
    changed = await rule_members.apply(group, rule, tests, answers=answers, by=by)
    done = Changed(
        joined=before.joined + changed.joined, gone=before.gone + changed.gone, has_more=changed.has_more
    )
    if not done.has_more:
        await rule_changes.note_run(group, done, by=by)
    return done


async def _follow_some(by: Actor) -> bool:
    """Some of the changed clients; whether there may be more."""
    found = await db.fetch(
        f"""DELETE FROM rule_candidates r USING (
                SELECT client_id, id FROM rule_candidates LIMIT {BATCH} FOR UPDATE SKIP LOCKED) taken
             WHERE r.client_id = taken.client_id AND r.id = taken.id RETURNING r.client_id"""
    )
    if found and policies.has_feature(by.tenant, "groups"):
        ids = sorted({row["client_id"] for row in found})
        tests = await rule_tests.offered(by=by)
        for row in await db.fetch("SELECT group_id FROM group_rules ORDER BY group_id"):
            await _look_at(row["group_id"], ids, tests, by=by)
    return len(found) == BATCH


async def _look_at(group_id: int, ids: Sequence[int], tests: Mapping[str, Test], *, by: Actor) -> None:
    """Some clients with the rule of one group. A plugin that does not answer keeps no other group waiting."""
    group = await _lock(group_id)
    row = await db.row("SELECT rule FROM group_rules WHERE group_id = $1", group_id)
    rule: Rule | None = group_rules.read(row["rule"]) if row else None
    if group is None or rule is None or group_rules.trouble_of(rule, tests):
        return
    try:
        gathered = await rule_plugins.gather(rule, tests, by=by, ids=ids)
    except PluginFailed:
        await _note_trouble(group_id)
        return
    await rule_members.apply(group, rule, tests, ids=ids, answers=gathered.answers, by=by)


async def _lock(group_id: int) -> Record | None:
    return await db.row("SELECT id, name FROM account_groups WHERE id = $1 FOR NO KEY UPDATE", group_id)


async def _note_trouble(group_id: int) -> None:
    await db.execute(
        "UPDATE group_rules SET trouble = $2, asked_at = NULL WHERE group_id = $1", group_id, DID_NOT_ANSWER
    )


async def _runner() -> Actor:
    tenant = await task_runs.provider()
    i18n.set_current(tenant.locale)
    return system(tenant, name=tenant.name)
