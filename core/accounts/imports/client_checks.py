"""Checking one row of clients, as a form is checked: what it would change, or what new client it makes."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from asyncpg import Record

from core import clock
from core.accounts import clients, field_values, people
from core.accounts.clients import NewClient
from core.accounts.imports import places
from core.accounts.imports.client_writing import Plan
from core.accounts.imports.places import Places
from core.accounts.imports.rows import Row
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


def check_change(plan: Plan, before: Record, there: Places) -> None:
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


def check_new(plan: Plan, defaults: Mapping[str, str], there: Places, *, by: Actor) -> None:
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


def take_new(plan: Plan, values: Mapping[str, Any], there: Places) -> None:
    """The same as `check_new`, of a row whose values were checked before, and found right."""
    plan.is_known, plan.values = True, {**values, "registered_at": _registered(plan.row)}
    plan.row.name = plan.values["name"]
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
