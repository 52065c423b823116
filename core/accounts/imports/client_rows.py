"""Rows of clients: found by their external id or code, checked as a form is, changed or registered.

A cell that is empty changes nothing. The login name and the day of registration count for new clients only; who
has no login name in the file gets the e-mail address for one. A row that names a merged client changes the one
that stays, but for its external id: the merged one keeps its own, so that the next file finds it again.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from asyncpg import Record

from core import clock, db, hooks
from core.accounts import clients, field_values, people
from core.accounts.clients import NewClient
from core.accounts.imports import client_writing, places
from core.accounts.imports.client_writing import Plan
from core.accounts.imports.finding import Found, code_of, external_of, found_by, note_merged
from core.accounts.imports.places import Places
from core.accounts.imports.rows import (
    Batch,
    Row,
    check_once,
    lowered,
    planned_anew,
    rows_of,
    sound,
    unhurried,
)
from core.actor import Actor
from core.checks import Checks
from core.errors import ReadOnly
from core.i18n import _

OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
COLUMNS = {
    "name": "name",
    "contact": "contact_person",
    "kind": "kind",
    "email": "email",
    "country": "country",
    "language": "language",
    "phone": "phone",
    "note": "note",
}
"""Fields that are columns of a client, and what the forms call them."""
NAMES = {
    "company_name": "name",
    "contact_person": "contact",
    "project_id": "project",
    "attitude_id": "attitude",
    "password": "",
}
"""What the forms call fields of ours."""


async def work(batch: Batch, by: Actor) -> None:
    """Handle the rows of a batch."""
    there = await places.of(by=by)
    plans = [Plan(row=row) for row in batch.rows]
    await _match(plans, by=by, is_locked=not batch.is_dry)
    by_row = {plan.row.number: plan for plan in plans}
    async for row in unhurried(sound(batch.rows)):
        plan = by_row[row.number]
        if plan.before is None:
            _check_new(plan, batch.defaults, there, by=by)
        else:
            _check_change(plan, plan.before, there)
    await _check_together(plans, batch, by=by)
    for plan in plans:
        await _ask_plugins(plan, by=by)
        plan.row.what = plan.what
    if not batch.is_dry:
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


def _check_change(plan: Plan, before: Record, there: Places) -> None:
    """What of the row would change the client."""
    row, checks = plan.row, Checks()
    row.id, row.code, row.name = before["id"], before["code"], before["name"]
    told = _translated(row.values)
    wanted = {column: told[key] for key, column in COLUMNS.items() if key in told and told[key] != before[column]}
    values = clients.checked_changes(wanted, before, checks)
    row.errors_of(checks.errors, NAMES)
    logins = {one["login"] for one in (before, plan.merged) if one is not None}
    if row.values.get("login", before["login"]).strip() not in logins:
        row.error("login", _("The login name of a client does not change."))
    if plan.external and plan.merged is None:  # else it is, and stays, the one of the client that was merged
        values["external_id"] = plan.external
    values |= _filed(row, row.values, there)
    plan.values = {column: value for column, value in values.items() if value != before[column]}
    _check_own(plan, there)
    _check_groups(plan, there)
    if not plan.is_changed:
        return
    if not there.may_update:
        row.error("", _("Your role does not allow this."))
    try:
        clients.require_open(before, [*plan.values, *plan.own, *(["groups"] if plan.groups else [])])
    except ReadOnly as refusal:
        row.error("", refusal.message)


def _check_new(plan: Plan, defaults: Mapping[str, str], there: Places, *, by: Actor) -> None:
    """What the row makes a new client of."""
    row, checks = plan.row, Checks()
    given = dict(defaults) | row.values
    told = _translated(given)
    if not there.may_create:
        row.error("", _("Your role does not allow this."))
    if by.groups is not None:
        row.error("", _("You are limited to account groups, and a new client is in none of them."))
    kind = checks.choice("kind", told.get("kind") or "individual", tuple(client_kinds()))
    name, contact = told.get("name", ""), told.get("contact", "")
    new = NewClient(
        login=told.get("login") or told.get("email", ""),
        email=told.get("email", ""),
        country=told.get("country", ""),
        kind="company" if kind == "company" else "individual",
        company_name=name,
        contact_person=contact if kind == "company" else contact or name,
        language=told.get("language", ""),
        phone=told.get("phone", ""),
        note=told.get("note", ""),
    )
    plan.values = clients.checked(new, checks, by=by)
    people.checked_email(checks, new.email)
    if kind != "company" and name.strip():
        plan.values["name"] = checks.text("name", name, longest=200)
    row.errors_of(checks.errors, NAMES)
    row.name = plan.values["name"]
    plan.values |= {"external_id": plan.external, "registered_at": _registered(row)}
    plan.values |= {"project_id": there.default_project, "attitude_id": there.default_attitude}
    plan.values |= _filed(row, given, there)
    if "project" not in given and not there.may_use_default:
        row.error("project", _("Please choose one."))
    _check_own(plan, there)
    _check_groups(plan, there)


def client_kinds() -> list[str]:
    """The kinds that a client can be of."""
    return ["individual", "company"]


def _translated(values: Mapping[str, str]) -> dict[str, str]:
    """Values with codes in place of the names of countries, languages and kinds."""
    names = {"country": places.countries(), "language": places.languages(), "kind": places.kinds()}
    return {key: places.code_of(value, names[key]) if key in names else value for key, value in values.items()}


def _filed(row: Row, values: Mapping[str, str], there: Places) -> dict[str, Any]:
    """The ids of the project and the attitude that are named."""
    found = {}
    for key, known in (("project", there.projects), ("attitude", there.attitudes)):
        name = values.get(key, "").strip().casefold()
        if name and name not in known:
            row.error(key, _("This is not one of the choices."))
        elif name:
            found[f"{key}_id"] = known[name]
    return found


def _check_own(plan: Plan, there: Places) -> None:
    """The values of the provider's own fields that differ from what is kept."""
    for column, field in there.fields.items():
        if column not in plan.row.values:
            continue
        try:
            value = field_values.parsed(field, plan.row.values[column])
        except ValueError as error:
            plan.row.error(column, str(error))
            continue
        if value is not None and value != plan.kept_in(field):
            plan.own[column] = (field, value)


def _check_groups(plan: Plan, there: Places) -> None:
    """The groups that are named and that the client is not in; it is taken out of none."""
    for name in plan.row.values.get("groups", "").split("|"):
        if not name.strip():
            continue
        group_id = there.groups.get(name.strip().casefold())
        if group_id is None:
            plan.row.error("groups", _("There is no group of this name: %(name)s") % {"name": name.strip()[:100]})
        elif group_id not in plan.inside:
            plan.groups.append(group_id)
    if plan.groups and not there.may_assign:
        plan.row.error("groups", _("Your role does not allow this."))


def _registered(row: Row) -> datetime:
    """When the client was registered, by the file; now without a word of it."""
    now, text = clock.now(), row.values.get("registered", "").strip()
    if not text:
        return now
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        row.error("registered", _("This is not a date."))
        return now
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment < OLDEST or moment.astimezone(UTC).date() > date(now.year, now.month, now.day):
        row.error("registered", _("This is not a date."))
    return min(moment, now)


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
    keys = [(plan.row, "external_id", plan.external) for plan in plans]
    keys += [(plan.row, "code", str(plan.code or "")) for plan in plans]
    keys += [(plan.row, "login", plan.values["login"]) for plan in new]
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
