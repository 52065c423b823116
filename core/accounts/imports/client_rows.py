"""Rows of clients: found by their external id or code, checked as a form is, changed or registered.

A cell that is empty changes nothing. The login name and the day of registration count for new clients only; who
has no login name in the file gets the e-mail address for one. A row that names a merged client changes the one
that stays, but for its external id: the merged one keeps its own, so that the next file finds it again.
"""

from collections import defaultdict
from typing import Any

from core import db, hooks
from core.accounts import clients
from core.accounts.imports import checked, client_writing, places
from core.accounts.imports.client_checks import NAMES, check_change, check_new, take_new
from core.accounts.imports.client_writing import Plan
from core.accounts.imports.finding import Found, code_of, external_of, found_by, note_merged
from core.accounts.imports.rows import Batch, check_once, lowered, planned_anew, rows_of, sound, unhurried
from core.actor import Actor
from core.i18n import _


async def work(batch: Batch, by: Actor) -> None:
    """Handle the rows of a batch."""
    there = await places.of(by=by)
    plans = [Plan(row=row) for row in batch.rows]
    await _match(plans, by=by, is_locked=not batch.is_dry)
    by_row = {plan.row.number: plan for plan in plans}
    known = {} if batch.is_dry else await checked.of(batch, there, by=by)
    async for row in unhurried(sound(batch.rows)):
        plan = by_row[row.number]
        if plan.before is not None:
            check_change(plan, plan.before, there)
        elif row.number in known:
            take_new(plan, known[row.number], there)
        else:
            check_new(plan, batch.defaults, there, by=by)
    await _check_together(plans, batch, by=by)
    is_heard = hooks.is_heard("validate_client", by=by)
    for plan in plans:
        if is_heard:
            await _ask_plugins(plan, by=by)
        plan.row.what = plan.what
    if batch.is_dry:
        await checked.keep(batch, plans, there, by=by)
    else:
        await client_writing.write([plan for plan in plans if not plan.row.errors], there, by=by)


async def _match(plans: list[Plan], *, by: Actor, is_locked: bool) -> None:
    """Find the client that each row is about."""
    for plan in plans:
        plan.external, plan.code = external_of(plan.row, "external_id"), code_of(plan.row, "code")
    externals = [plan.external for plan in plans if plan.external]
    codes = [plan.code for plan in plans if plan.code is not None]
    found = await found_by(externals, codes, by=by, lock=is_locked)
    by_external = {one.named["external_id"]: one for one in found if one.named["external_id"]}
    by_code = {one.named["code"]: one for one in found}
    plans_of = defaultdict(list)
    for plan in plans:
        _choose(plan, by_external.get(plan.external), by_code.get(plan.code))
        if plan.before is not None:
            plans_of[plan.before["id"]].append(plan)
    kept = "SELECT * FROM client_field_values WHERE client_id = ANY($1::bigint[])"
    for value in await db.fetch(kept, list(plans_of)):
        for plan in plans_of[value["client_id"]]:
            plan.kept[value["field_id"]] = value
    inside = "SELECT client_id, group_id FROM group_members WHERE client_id = ANY($1::bigint[])"
    for member in await db.fetch(inside, list(plans_of)):
        for plan in plans_of[member["client_id"]]:
            plan.inside.add(member["group_id"])


def _choose(plan: Plan, external: Found | None, coded: Found | None) -> None:
    row = plan.row
    if external is not None and coded is not None and external.client["id"] != coded.client["id"]:
        row.error("code", _("The external id and the code are those of two clients."))
    elif external is not None and not external.client["is_seen"]:
        row.error("external_id", _("Another client has this external id."))
    elif coded is not None and not coded.client["is_seen"]:
        row.error("code", _("Another client has this code."))
    elif external is not None and plan.code is not None and coded is None:
        row.error("code", _("The code of a client does not change."))
    else:
        for found in (coded, external):
            if found is not None:
                plan.before, plan.merged = found.client, found.merged or plan.merged
                note_merged(row, found)


async def _check_together(plans: list[Plan], batch: Batch, *, by: Actor) -> None:
    """What only the other rows and clients tell: names that are taken, keys that come twice."""
    new = [plan for plan in plans if plan.before is None and not plan.row.errors]
    folded = await lowered([plan.values["login"] for plan in new])
    sql = "SELECT login_folded FROM clients WHERE login_folded = ANY($1::text[])"
    async with planned_anew():
        known = {one["login_folded"] for one in await db.fetch(sql, list(folded.values()))}
    for plan in new:
        if folded.get(plan.values["login"]) in known:
            plan.row.error("login", _("Another client has this login name."))
    asked = [plan for plan in plans if not plan.is_known]  # in the others nothing comes twice
    keys = [(plan.row, "external_id", plan.external) for plan in asked]
    keys += [(plan.row, "code", str(plan.code or "")) for plan in asked]
    keys += [(plan.row, "login", plan.values["login"]) for plan in new if not plan.is_known]
    await check_once(batch, keys, folded=frozenset({"login"}))
    await _check_merged(plans, batch)


async def _check_merged(plans: list[Plan], batch: Batch) -> None:
    """A row that names a merged client changes nothing where another row names the one that stays."""
    found = [(plan, str(plan.before["id"])) for plan in plans if plan.before is not None and not plan.row.errors]
    direct = [(plan.row, "client", key) for plan, key in found if plan.merged is None]
    await check_once(batch, direct, folded=frozenset())
    led = [(plan, key) for plan, key in found if plan.merged is not None]
    there = await rows_of(batch, "client", [key for _plan, key in led])
    for plan, key in led:
        if key in there:
            told = {"note": plan.row.note, "row": there[key]}
            plan.row.note = _("%(note)s Row %(row)s tells of that one.") % told
            plan.values, plan.own, plan.groups = {}, {}, []
    rest = [(plan.row, "merged", key) for plan, key in led if key not in there]
    await check_once(batch, rest, folded=frozenset())


async def _ask_plugins(plan: Plan, *, by: Actor) -> None:
    """What plugins find wrong, as with a form."""
    if plan.row.errors or not plan.is_changed:
        return
    before: dict[str, Any] = clients.shown(plan.before) if plan.before is not None else {}
    asked = plan.values if plan.before is None else before | plan.values
    shown = {key: value for key, value in asked.items() if key not in ("registered_at", "external_id")}
    plan.row.errors_of(await hooks.validate("validate_client", by=by, client=shown), NAMES)
