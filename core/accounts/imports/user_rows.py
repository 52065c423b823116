"""Rows of users: people who are members of a client, by its external id or code and their address.

Nobody is written to. A person who is new has no password until he asks for a link; the name and the language count
for new people only. The owner of a client does not change here.
"""

from collections.abc import Mapping, Sequence

import msgspec
from asyncpg import Record

from core import audit, clock, db, freshness, i18n
from core.accounts import clients, people
from core.accounts.imports import places, row_clients
from core.accounts.imports.fields import folded
from core.accounts.imports.rows import Batch, Row, check_once, is_storable, people_of, sound, unhurried
from core.accounts.rights import BUILT_IN, GIVEABLE, OWNER, ROLE_NAMES
from core.accounts.user_access import FEATURE
from core.actor import Actor
from core.checks import Checks
from core.errors import ReadOnly
from core.i18n import LOCALES, _


class Plan(msgspec.Struct, kw_only=True):
    """What is to become of a row."""

    row: Row
    client: Record
    email: str = ""
    person: Record | None = None
    before: Record | None = None
    roles: list[str] = []
    locale: str = ""


async def work(batch: Batch, by: Actor) -> None:
    """Handle the rows of a batch."""
    there = await row_clients.of(batch.rows, by=by, lock=not batch.is_dry)
    plans = [Plan(row=row, client=there[row.number]) for row in batch.rows if row.number in there]
    for plan in plans:
        checks = Checks()
        plan.email = people.checked_email(checks, plan.row.values.get("email", ""))
        plan.row.errors_of(checks.errors)
    await _match([plan for plan in plans if is_storable(plan.email)])
    by_row = {plan.row.number: plan for plan in plans}
    async for row in unhurried(sound(batch.rows)):
        _check(by_row[row.number], batch.defaults, by=by)
    keys = [(plan.row, "email", f"{plan.client['id']} {plan.email}") for plan in plans]
    await check_once(batch, keys, folded=frozenset({"email"}))
    right = [plan for plan in plans if not plan.row.errors]
    changed = [plan for plan in right if plan.before is not None and set(plan.before["roles"]) != set(plan.roles)]
    new = [plan for plan in right if plan.before is None]
    for what, listed in (("unchanged", right), ("changed", changed), ("added", new)):
        for plan in listed:
            plan.row.what = what  # type: ignore[assignment]
    if not batch.is_dry and (new or changed):
        await _join(new, by=by)
        await _change(changed, by=by)
        await freshness.forget_tenant(by.tenant.id)


async def _match(plans: Sequence[Plan]) -> None:
    """The people with these addresses, and what they are in their clients."""
    person_of = await people_of(plan.email for plan in plans)
    seats = await db.fetch(
        "SELECT client_id, person_id, roles FROM memberships WHERE client_id = ANY($1) AND person_id = ANY($2)",
        [plan.client["id"] for plan in plans],
        [one["id"] for one in person_of.values()],
    )
    seat_of = {(one["client_id"], one["person_id"]): one for one in seats}
    for plan in plans:
        plan.person = person_of.get(plan.email)
        if plan.person is not None:
            plan.before = seat_of.get((plan.client["id"], plan.person["id"]))


def _check(plan: Plan, defaults: Mapping[str, str], *, by: Actor) -> None:
    row, checks = plan.row, Checks()
    row.kind, row.code = "membership", plan.client["code"]
    given = row.values if plan.before is not None else dict(defaults) | row.values
    name = checks.text("name", given.get("name") or plan.email, longest=people.LONGEST_NAME)
    row.name = plan.person["name"] if plan.person is not None else name
    language = places.code_of(given.get("language", ""), places.languages())
    plan.locale = language if language in LOCALES else by.tenant.locale
    plan.roles = _roles(checks, given, plan.before)
    row.errors_of(checks.errors)
    is_same = plan.before is not None and set(plan.before["roles"]) == set(plan.roles)
    try:
        clients.require_open(plan.client, [] if is_same else [FEATURE])
    except ReadOnly as refusal:
        row.error("", refusal.message)


def _roles(checks: Checks, given: Mapping[str, str], before: Record | None) -> list[str]:
    """The built-in roles in a cell; an empty one leaves them. An owner stays one, and nobody becomes one."""
    known = {
        folded(i18n.catalogue(locale).gettext(ROLE_NAMES[role])): role for role in BUILT_IN for locale in LOCALES
    }
    known |= {folded(role): role for role in BUILT_IN}
    roles = [known.get(folded(word), word.strip()) for word in given.get("role", "").split("|") if word.strip()]
    if not roles and before is not None:
        return list(before["roles"])
    if not roles:
        checks.error("role", _("Please choose at least one."))
    is_owner = before is not None and OWNER in before["roles"]
    if is_owner and roles != [OWNER]:
        checks.error("role", _("The owner may everything. Hand the client over to change that."))
    elif not is_owner and set(roles) - set(GIVEABLE):
        checks.error("role", _("This is not one of the choices."))
    return [role for role in BUILT_IN if role in roles]


async def _join(new: Sequence[Plan], *, by: Actor) -> None:
    now = clock.now()
    made = await db.fetch(
        """INSERT INTO people (email, name, locale, created_at)
           SELECT DISTINCT ON (lower(o.email)) o.email, o.name, o.locale, $4
           FROM unnest($1::text[], $2::text[], $3::text[]) AS o (email, name, locale)
           ON CONFLICT (tenant_id, email_folded) DO NOTHING RETURNING id, name, email""",
        [plan.email for plan in new],
        [plan.row.name for plan in new],
        [plan.locale for plan in new],
        now,
    )
    people_made = [
        audit.Subject(id=one["id"], name=one["name"], new={"email": one["email"], "name": one["name"]})
        for one in made
    ]
    await audit.record_each("person:created", "person", people_made, by=by)
    known = await people_of(plan.email for plan in new)
    await db.execute(
        """INSERT INTO memberships (client_id, person_id, roles, created_at)
           SELECT o.client_id, o.person_id, string_to_array(o.roles, '|'), $4
           FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS o (client_id, person_id, roles)""",
        [plan.client["id"] for plan in new],
        [known[plan.email]["id"] for plan in new],
        ["|".join(plan.roles) for plan in new],
        now,
    )
    subjects = [
        audit.Subject(
            id=known[plan.email]["id"],
            name=known[plan.email]["name"],
            client_id=plan.client["id"],
            new={"email": known[plan.email]["email"], "roles": plan.roles},
        )
        for plan in new
    ]
    await audit.record_each("membership:added", "membership", subjects, by=by)


async def _change(changed: Sequence[Plan], *, by: Actor) -> None:
    seats = [plan.before for plan in changed if plan.before is not None]
    await db.execute(
        """UPDATE memberships m SET roles = string_to_array(n.roles, '|'), version = m.version + 1
           FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS n (client_id, person_id, roles)
           WHERE m.client_id = n.client_id AND m.person_id = n.person_id""",
        [seat["client_id"] for seat in seats],
        [seat["person_id"] for seat in seats],
        ["|".join(plan.roles) for plan in changed],
    )
    subjects = [
        audit.Subject(
            id=seat["person_id"],
            name=plan.row.name,
            client_id=seat["client_id"],
            old={"roles": seat["roles"]},
            new={"roles": plan.roles},
        )
        for plan, seat in zip(changed, seats, strict=True)
    ]
    await audit.record_each("membership:updated", "membership", subjects, by=by)
