"""Saving the rule of a group, and excepting clients from it. What is small is done at once, the rest by a job."""

from collections.abc import Mapping
from typing import Any

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Text, Timestamptz

from core import audit, clock, db, i18n, jobs
from core.accounts import (
    access,
    group_rules,
    groups,
    rule_members,
    rule_plugins,
    rule_tests,
)
from core.accounts.group_rules import Rule
from core.accounts.rule_members import Changed, Preview, Reason
from core.accounts.rule_tests import Test
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid, NotFound
from core.i18n import _
from core.plugin_calls import PluginFailed

AT_ONCE = 20_000
"""A provider with so many clients gets the members while he waits."""
MOST_EXCLUSIONS = 200
RUN = "group_rules.run"


class Exclusion(db.Owned, tablename="group_exclusions"):
    """A client that the rule of a group leaves out, whatever it says."""

    group_id = BigInt()
    client_id = BigInt()
    excluded_at = Timestamptz()
    excluded_by = Text()


class Candidate(db.Owned, tablename="rule_candidates"):
    """A client that changed since rules looked at it."""

    client_id = BigInt()


async def locked(group_id: int) -> Record:
    """The group's id and name. Nobody else changes its rule, or its members by rule, in this transaction."""
    found = await db.row("SELECT id, name FROM account_groups WHERE id = $1 FOR NO KEY UPDATE", group_id)
    if found is None:
        raise NotFound()
    return found


async def preview(
    group_id: int, rule: Rule, *, joining_after: str = "", leaving_after: str = "", by: Actor
) -> Preview:
    """Who would join and leave; `Invalid` for a rule that cannot be, `Conflict` when a plugin does not answer."""
    group_rules.require_change(by)
    await groups.get(group_id, by=by)
    checked, tests = await _checked(rule, by=by)
    try:
        return await rule_members.preview(
            group_id, checked, tests, joining_after=joining_after, leaving_after=leaving_after, by=by
        )
    except PluginFailed as error:
        raise Conflict(_unanswered()) from error


async def save(group_id: int, rule: Rule, *, version: int, by: Actor) -> Changed | None:
    """Keep the rule (one without conditions: keep none) and bring the members in line with it.

    `version` is that of the rule that was read, 0 for none; `EditConflict` when somebody else changed it since.
    Returns who joined and left, None when a job does it.
    """
    group_rules.require_change(by)
    await groups.get(group_id, by=by)
    group = await locked(group_id)
    row = await db.row("SELECT * FROM group_rules WHERE group_id = $1", group_id)
    if (row["version"] if row else 0) != version:
        raise EditConflict(dict(row) if row else {"version": 0})
    checked, tests = await _checked(rule, by=by)
    old = group_rules.read(row["rule"]) if row else None
    if row is None and checked is None:
        return Changed()
    if row is None or checked != old:
        await keep(group, old, checked, by=by)
    return await bring_in_line(group, checked, tests, by=by)


async def run_again(group_id: int, *, by: Actor) -> Changed | None:
    """Bring the members in line with the rule as it is; as `save` answers. `Conflict` when it is broken."""
    group_rules.require_change(by)
    kept = await group_rules.find(group_id, by=by)
    if kept is None:
        raise NotFound()
    tests = await rule_tests.offered(by=by)
    if trouble := group_rules.trouble_of(kept.rule, tests):
        raise Conflict(trouble)
    return await bring_in_line(await locked(group_id), kept.rule, tests, by=by)


async def why(client_id: int, group_id: int, *, by: Actor) -> list[list[Reason]] | None:
    """How each condition of a group's rule stands with a client, block by block; None when it has no rule.

    `Conflict` when the rule is broken, or a plugin that it asks does not answer.
    """
    await access.client(client_id, by=by)
    kept = await group_rules.find(group_id, by=by)
    if kept is None:
        return None
    tests = await rule_tests.offered(by=by)
    if kept.rule is None or (trouble := group_rules.trouble_of(kept.rule, tests)):
        raise Conflict(trouble if kept.rule else kept.trouble)
    try:
        return await rule_members.why(client_id, kept.rule, tests, by=by)
    except PluginFailed as error:
        raise Conflict(_unanswered()) from error


async def exclusions(group_id: int, *, by: Actor) -> list[Record]:
    """The clients that the rule leaves out: id, code, name, excluded_at, excluded_by. The latest first."""
    group_rules.require_read(by)
    await groups.get(group_id, by=by)
    return await db.fetch(
        """SELECT c.id, c.code, c.name, x.excluded_at, x.excluded_by
             FROM group_exclusions x JOIN clients c ON c.id = x.client_id
            WHERE x.group_id = $1 ORDER BY x.excluded_at DESC, c.id DESC""",
        group_id,
    )


async def exclude(group_id: int, client_id: int, *, by: Actor) -> bool:
    """Let the rule leave this client out; whoever is a member by hand stays one. False when it was so already."""
    group_rules.require_change(by)
    group, client = await locked(group_id), await access.client(client_id, by=by)
    if await db.value("SELECT count(*) FROM group_exclusions WHERE group_id = $1", group_id) >= MOST_EXCLUSIONS:
        raise Conflict(
            _("A rule has room for %(count)s exceptions. Add a condition to it instead.")
            % {"count": MOST_EXCLUSIONS}
        )
    is_new = await db.value(
        """INSERT INTO group_exclusions (group_id, client_id, excluded_at, excluded_by) VALUES ($1, $2, $3, $4)
           ON CONFLICT DO NOTHING RETURNING true""",
        group_id, client_id, clock.now(), by.name,
    )  # fmt: skip
    if not is_new:
        return False
    await db.execute(
        "DELETE FROM group_members WHERE group_id = $1 AND client_id = $2 AND NOT is_manual", group_id, client_id
    )
    await db.execute(
        "UPDATE group_members SET is_by_rule = false WHERE group_id = $1 AND client_id = $2", group_id, client_id
    )
    await _tell_of("group:client_excepted", group, client, by=by)
    return True


async def include(group_id: int, client_id: int, *, by: Actor) -> bool:
    """Lift an exception: the rule decides about the client again, at once. False when there was none."""
    group_rules.require_change(by)
    group, client = await locked(group_id), await access.client(client_id, by=by)
    done = await db.execute(
        "DELETE FROM group_exclusions WHERE group_id = $1 AND client_id = $2", group_id, client_id
    )
    if done == "DELETE 0":
        return False
    await _tell_of("group:client_included", group, client, by=by)
    await db.execute("INSERT INTO rule_candidates (client_id) VALUES ($1)", client_id)
    await db.execute("SELECT ask_for_group_rules()")
    return True


async def keep(group: Record, old: Rule | None, new: Rule | None, *, by: Actor) -> None:
    """Write another rule of a group that is `locked`, None for none, and tell the audit. Asks for no right."""
    if new is None:
        await db.execute("DELETE FROM group_rules WHERE group_id = $1", group["id"])
    else:
        await db.execute(
            """INSERT INTO group_rules (group_id, rule, changed_at, changed_by) VALUES ($1, $2, $3, $4)
               ON CONFLICT (tenant_id, group_id) DO UPDATE SET rule = EXCLUDED.rule,
                   changed_at = EXCLUDED.changed_at, changed_by = EXCLUDED.changed_by, trouble = '',
                   version = group_rules.version + 1""",
            group["id"], msgspec.to_builtins(new), clock.now(), by.name,
        )  # fmt: skip
    await _tell(group, old, new, by=by)


async def bring_in_line(
    group: Record, rule: Rule | None, tests: Mapping[str, Test], *, by: Actor
) -> Changed | None:
    """The members of a group that is `locked`: now, when it is about few clients and no plugin is asked; else by a
    job, and None is returned. Asks for no right."""
    few = f"SELECT count(*) FROM (SELECT FROM clients LIMIT {AT_ONCE + 1}) found"
    if (rule is None or not rule_plugins.asked(rule, tests)) and await db.value(few) <= AT_ONCE:
        changed = await rule_members.apply(group, rule, tests, by=by)
        await note_run(group, changed, by=by)
        return changed
    await db.execute("UPDATE group_rules SET asked_at = $2 WHERE group_id = $1", group["id"], clock.now())
    await jobs.later(RUN, {"group": group["id"]}, key=str(group["id"]))
    return None


async def note_run(group: Mapping[str, Any], changed: Changed, *, by: Actor) -> None:
    """Keep how a run over all clients went, and tell the audit when it changed anybody."""
    await db.execute(
        """UPDATE group_rules SET ran_at = $2, joined = $3, gone = $4, trouble = '', asked_at = NULL
            WHERE group_id = $1""",
        group["id"], clock.now(), changed.joined, changed.gone,
    )  # fmt: skip
    if changed.joined or changed.gone:
        new = {"joined": changed.joined, "gone": changed.gone}
        await audit.record("group:rule_ran", "group", group["id"], by=by, name=group["name"], new=new)


async def _checked(rule: Rule, *, by: Actor) -> tuple[Rule | None, Mapping[str, Test]]:
    tidy, tests = group_rules.tidied(rule), await rule_tests.offered(by=by)
    if problems := group_rules.problems(tidy, tests):
        raise Invalid(problems)
    return (tidy if tidy.conditions else None), tests


async def _tell(group: Record, old: Rule | None, new: Rule | None, *, by: Actor) -> None:
    """In the provider's language, with names in place of ids: it reads the same when what they name is gone."""
    with i18n.speaking(by.tenant.locale):
        tests = await rule_tests.offered(by=by)
        before, after = ({"rule": group_rules.sentence(rule, tests)} for rule in (old, new))
    await audit.record(
        "group:rule_changed", "group", group["id"], by=by, name=group["name"], old=before, new=after
    )


async def _tell_of(action: str, group: Record, client: Record, *, by: Actor) -> None:
    await audit.record(
        action, "group", group["id"], by=by, name=group["name"], client_id=client["id"],
        new={"clients": [client["code"]]},
    )  # fmt: skip


def _unanswered() -> str:
    return _("A plugin that the rule asks does not answer now. Nothing was changed.")
