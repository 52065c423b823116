"""Who a rule brings into its group and whom it lets go: shown before it is saved, and done by one statement.

The clients that fit and the members by the rule are joined in full, which PostgreSQL does by one pass over each
however wrong its estimates are. A member by hand stays one; a client that was excepted is never brought in.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from asyncpg import Record

from core import clock, db
from core.accounts import rule_plugins, rule_sql, rule_tests
from core.accounts.group_rules import Rule
from core.accounts.rule_sql import Answers
from core.accounts.rule_tests import Test
from core.actor import Actor
from core.filters import Conditions, Cursor, read_cursor

PAGE = 50
PIECE = 20_000
"""So many members one statement changes of a run over all clients; the rest is for the next one."""
SECONDS_TO_ASK = 4.0
"""How long plugins are asked while somebody waits for the preview."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule would do: counts, and a page of those who join and leave, the latest first.

    `is_whole` is False when a plugin could not be asked about all clients in time: the counts are of a part.
    """

    fits: int
    joins: int
    leaves: int
    joining: list[Record] = []
    joining_next: str = ""
    leaving: list[Record] = []
    leaving_next: str = ""
    is_whole: bool = True


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """How many a run brought in, and let go. `has_more`: it has to be run again for the rest."""

    joined: int = 0
    gone: int = 0
    has_more: bool = False


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One condition as it stands with a client: the sentence, what the client has there, whether it holds."""

    text: str
    value: str
    holds: bool


async def preview(
    group_id: int,
    rule: Rule | None,
    tests: Mapping[str, Test],
    *,
    joining_after: str = "",
    leaving_after: str = "",
    by: Actor,
) -> Preview:
    """What it would do if it were saved now; no rule lets all members by rule go. `PluginFailed` as `gather`."""
    gathered = rule_plugins.Gathered(answers={})
    if rule is not None:
        gathered = await rule_plugins.gather(rule, tests, by=by, seconds=SECONDS_TO_ASK)
    bound = Conditions()
    diff = _diff(group_id, rule, tests, bound, answers=gathered.answers, last=gathered.last, by=by)
    joining, leaving = (_before(cursor, bound) for cursor in (joining_after, leaving_after))
    found = await db.fetch(
        f"""{diff}, counted AS MATERIALIZED (
                SELECT (SELECT count(*) FROM fitting) AS fits, count(*) FILTER (WHERE d.fits) AS joins,
                       count(*) FILTER (WHERE NOT d.fits) AS leaves FROM diff d WHERE NOT d.is_manual),
            listed AS (
                (SELECT d.id, true AS is_in FROM diff d WHERE d.fits AND NOT d.is_manual {joining}
                  ORDER BY d.id DESC LIMIT {PAGE + 1})
                UNION ALL
                (SELECT d.id, false FROM diff d WHERE NOT d.fits AND NOT d.is_manual {leaving}
                  ORDER BY d.id DESC LIMIT {PAGE + 1}))
            SELECT n.fits, n.joins, n.leaves, l.is_in, c.id, c.code, c.login, c.name
              FROM counted n LEFT JOIN (listed l JOIN clients c ON c.id = l.id) ON true ORDER BY c.id DESC""",
        *bound.arguments,
    )
    who_joins = [row for row in found if row["is_in"] is True]
    who_leaves = [row for row in found if row["is_in"] is False]
    return Preview(
        fits=found[0]["fits"],
        joins=found[0]["joins"],
        leaves=found[0]["leaves"],
        joining=who_joins[:PAGE],
        joining_next=_next(who_joins),
        leaving=who_leaves[:PAGE],
        leaving_next=_next(who_leaves),
        is_whole=gathered.last is None,
    )


WRITE = """{diff}, joined AS (
                INSERT INTO group_members (group_id, client_id, added_at, added_by, registered_at,
                                           is_manual, is_by_rule)
                SELECT {group:d}, d.id, {at}::timestamptz, '', d.registered_at, false, true
                  FROM diff d WHERE d.fits AND NOT d.is_manual
                ON CONFLICT (tenant_id, group_id, client_id) DO UPDATE SET is_by_rule = true),
            kept AS (
                UPDATE group_members m SET is_by_rule = d.fits FROM diff d
                 WHERE m.group_id = {group:d} AND m.client_id = d.id AND d.is_manual),
            gone AS (
                DELETE FROM group_members m USING diff d
                 WHERE m.group_id = {group:d} AND m.client_id = d.id AND NOT d.fits AND NOT d.is_manual),
            told AS (
                INSERT INTO audit_entries (at, action, actor_kind, actor_id, actor_name, subject_kind, subject_id,
                                           subject_name, client_id, changes, address, request_id)
                SELECT {at}::timestamptz,
                       CASE WHEN d.fits THEN 'group:joined_by_rule' ELSE 'group:left_by_rule' END,
                       {kind}::text, {actor}::bigint, {who}::text, 'group', {group:d}, {name}::text, d.id,
                       '{{}}', '', {request}::text
                  FROM diff d WHERE NOT d.is_manual)
            SELECT count(*) FILTER (WHERE d.fits AND NOT d.is_manual) AS joined,
                   count(*) FILTER (WHERE NOT d.fits AND NOT d.is_manual) AS gone, count(*) AS changed
              FROM diff d"""
"""Writes what a diff says: members, who was put in by hand as well, and an entry in the audit for the others."""


async def apply(
    group: Mapping[str, Any],
    rule: Rule | None,
    tests: Mapping[str, Test],
    *,
    ids: Sequence[int] | None = None,
    answers: Answers | None = None,
    by: Actor,
) -> Changed:
    """Bring members by rule in line with it, of all clients or of some, each with an entry in the audit.

    Of all clients at most a PIECE; a run that changes fewer is whole.
    """
    bound, most = Conditions(), PIECE if ids is None else None
    diff = _diff(group["id"], rule, tests, bound, ids=ids, answers=answers or {}, most=most, by=by)
    at, who, kind = bound.bind(clock.now()), bound.bind(by.name), bound.bind(by.kind)
    actor, name, request = (bound.bind(it) for it in (by.staff_id or by.person_id, group["name"], by.request_id))
    if ids is None:  # it would loop over all for each, if it believes that there are few
        await db.execute("SET LOCAL enable_nestloop = off")
    row = await db.row(
        WRITE.format(
            diff=diff, group=group["id"], at=at, who=who, kind=kind, actor=actor, name=name, request=request
        ),
        *bound.arguments,
    )
    if ids is None:
        await db.execute("SET LOCAL enable_nestloop = on")
    assert row is not None
    return Changed(joined=row["joined"], gone=row["gone"], has_more=most is not None and row["changed"] >= most)


async def why(client_id: int, rule: Rule, tests: Mapping[str, Test], *, by: Actor) -> list[list[Reason]]:
    """Each condition as it stands with a client, block by block. `PluginFailed` as `gather`."""
    gathered = await rule_plugins.gather(rule, tests, by=by, ids=[client_id])
    bound = Conditions()
    asked: list[str] = []
    for condition in rule.conditions:
        test = tests[condition.on]
        held = rule_sql.holds(condition, tests, bound, answers=gathered.answers, by=by)
        asked += [f"{test.value or 'NULL'} AS v{len(asked)}", f"{held} AS h{len(asked)}"]
    row = await db.row(
        f"SELECT {', '.join(asked)} FROM clients c WHERE c.id = {bound.bind(client_id)}", *bound.arguments
    )
    values = list(row.values()) if row else [None] * len(asked)
    pairs = iter(zip(values[::2], values[1::2], strict=True))
    return [
        [
            Reason(
                text=rule_tests.said(test, one.operator, one.values),
                value=rule_tests.shown(test, value),
                holds=bool(held),
            )
            for one in block.conditions
            for test, (value, held) in [(tests[one.on], next(pairs))]
        ]
        for block in rule.blocks
    ]


def _diff(
    group_id: int,
    rule: Rule | None,
    tests: Mapping[str, Test],
    bound: Conditions,
    *,
    ids: Sequence[int] | None = None,
    last: int | None = None,
    most: int | None = None,
    answers: Answers,
    by: Actor,
) -> str:
    """WITH clauses: `fitting`, the clients that fit, and `diff`, those whose membership by rule is to change."""
    fits = rule_sql.fits(rule, tests, bound, by=by, answers=answers) if rule else "false"
    of_client, of_member = [], []
    if ids is not None:
        chosen = bound.bind(list(ids))
        of_client.append(f"c.id = ANY({chosen}::bigint[])")
        of_member.append(f"m.client_id = ANY({chosen}::bigint[])")
    if last is not None:
        of_client.append(f"c.id <= {last:d}")
        of_member.append(f"m.client_id <= {last:d}")
    return f"""
        WITH fitting AS MATERIALIZED (
            SELECT c.id, c.registered_at FROM clients c
             WHERE {" AND ".join([*of_client, "c.merged_into_id IS NULL", fits])}
               AND (SELECT true FROM group_exclusions x
                     WHERE x.group_id = {group_id:d} AND x.client_id = c.id LIMIT 1) IS NULL),
        present AS MATERIALIZED (
            SELECT m.client_id, m.is_manual, m.is_by_rule FROM group_members m
             WHERE {" AND ".join([f"m.group_id = {group_id:d}", *of_member])}),
        diff AS MATERIALIZED (
            SELECT coalesce(f.id, p.client_id) AS id, f.registered_at, f.id IS NOT NULL AS fits,
                   coalesce(p.is_manual, false) AS is_manual
              FROM fitting f FULL JOIN present p ON p.client_id = f.id
             WHERE (f.id IS NOT NULL) <> coalesce(p.is_by_rule, false) {f"LIMIT {most:d}" if most else ""})"""


def _before(cursor: str, bound: Conditions) -> str:
    read = read_cursor(cursor, int)
    return f"AND d.id < {bound.bind(read.id)}" if read else ""


def _next(rows: list[Record]) -> str:
    return str(Cursor(0, rows[PAGE - 1]["id"])) if len(rows) > PAGE else ""
