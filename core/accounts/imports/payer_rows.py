"""Rows of payers: found by their external id or id, else by the client and the name, checked as a form is.

Every client has a payer from the start, so a row of the same name fills in that one. A new payer has the country,
the language and the address for documents of its client where the row says nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from asyncpg import Record

from core import audit, clock, db
from core.accounts import clients, payer_fields, payer_keeping, payers
from core.accounts.imports import places, row_clients
from core.accounts.imports.finding import external_of
from core.accounts.imports.rows import Batch, Row, check_once, sound, unhurried
from core.actor import Actor
from core.checks import Checks
from core.errors import ReadOnly
from core.i18n import _

WRITTEN = (*payer_fields.ALL, "external_id")
OF_CLIENT = ("country", "email", "language", "kind")


class Plan(msgspec.Struct, kw_only=True):
    """What is to become of a row."""

    row: Row
    client: Record
    external: str
    before: Record | None = None
    values: dict[str, str] = {}
    changed: dict[str, str] = {}


async def work(batch: Batch, by: Actor) -> None:
    """Handle the rows of a batch."""
    there = await row_clients.of(batch.rows, by=by, lock=not batch.is_dry)
    plans = [
        Plan(row=row, client=there[row.number], external=external_of(row, "external_id"))
        for row in batch.rows
        if row.number in there
    ]
    await _match(plans)
    by_row = {plan.row.number: plan for plan in plans}
    async for row in unhurried(sound(batch.rows)):
        _check(by_row[row.number], batch.defaults)
    await _check_once(plans, batch)
    right = [plan for plan in plans if not plan.row.errors]
    for plan in right:
        plan.row.what = "added" if plan.before is None else "changed" if plan.changed else "unchanged"
    if not batch.is_dry:
        await _insert([plan for plan in right if plan.before is None], by=by)
        await _update([plan for plan in right if plan.before is not None and plan.changed], by=by)


async def _match(plans: Sequence[Plan]) -> None:
    """Find the payer of each row among those of its client; one of another client is an error."""
    ids = [_id(plan.row) for plan in plans]
    found = await db.fetch(
        """SELECT * FROM payers WHERE merged_into_id IS NULL AND id IN (
               SELECT c.id FROM payers c WHERE c.client_id = ANY($1::bigint[])
               UNION ALL SELECT e.id FROM payers e WHERE e.external_id = ANY($2::text[]) AND e.external_id <> ''
               UNION ALL SELECT i.id FROM payers i WHERE i.id = ANY($3::bigint[])) ORDER BY id""",
        [plan.client["id"] for plan in plans],
        [plan.external for plan in plans if plan.external],
        [number for number in ids if number],
    )
    by_external = {payer["external_id"]: payer for payer in found if payer["external_id"]}
    by_id = {payer["id"]: payer for payer in found}
    by_name = {(payer["client_id"], payer["name"].casefold()): payer for payer in reversed(found)}
    for plan, number in zip(plans, ids, strict=True):
        name = plan.row.values.get("name", "").strip().casefold()
        named = by_name.get((plan.client["id"], name))
        if named is not None and plan.external and named["external_id"] not in ("", plan.external):
            named = None
        plan.before = by_external.get(plan.external) or by_id.get(number) or named
        if plan.before is not None and plan.before["client_id"] != plan.client["id"]:
            plan.row.error("external_id" if plan.external else "id", _("This payer is of another client."))


def _check(plan: Plan, defaults: Mapping[str, str]) -> None:
    row, checks, before = plan.row, Checks(), plan.before
    named = {"country": places.countries(), "language": places.languages(), "kind": places.kinds()}
    given = {key: value for key, value in row.values.items() if key in payer_fields.ALL}
    if before is None:
        given = {key: plan.client[key] for key in OF_CLIENT} | dict(defaults) | given
    told = {key: places.code_of(value, named[key]) if key in named else value for key, value in given.items()}
    kept = payer_keeping.shown(before) if before is not None else {}
    row.kind, row.name = "payer", (told.get("name") or kept.get("name", "")).strip()
    external = {"external_id": plan.external} if plan.external else {}
    if before is not None and all(kept[key] == value for key, value in told.items()):
        plan.values = kept
    else:
        plan.values = payer_fields.check(checks, kept | told)
    row.errors_of(checks.errors)
    old: dict[str, Any] = dict(before) if before is not None else {}
    plan.values = {"external_id": old.get("external_id", "")} | plan.values | external
    plan.changed = {key: value for key, value in plan.values.items() if value != old.get(key)}
    try:
        clients.require_open(plan.client, [payers.FEATURE] if plan.changed else [])
    except ReadOnly as refusal:
        row.error("", refusal.message)


async def _check_once(plans: Sequence[Plan], batch: Batch) -> None:
    keys = [(plan.row, "external_id", plan.external) for plan in plans]
    keys += [(plan.row, "id", str(_id(plan.row) or "")) for plan in plans]
    keys += [
        (plan.row, "name", f"{plan.client['id']} {plan.row.name}")
        for plan in plans
        if not plan.external and not _id(plan.row)
    ]
    await check_once(batch, keys, folded=frozenset({"name"}))
    counts = {
        one["client_id"]: one["count"]
        for one in await db.fetch(
            """SELECT client_id, count(*) FROM payers
               WHERE client_id = ANY($1::bigint[]) AND merged_into_id IS NULL GROUP BY client_id""",
            [plan.client["id"] for plan in plans],
        )
    }
    for plan in plans:
        if plan.before is None and not plan.row.errors:
            counts[plan.client["id"]] = counts.get(plan.client["id"], 0) + 1
            if counts[plan.client["id"]] > payer_keeping.MOST:
                plan.row.error("", _("A client has room for %(count)s payers.") % {"count": payer_keeping.MOST})


async def _insert(new: Sequence[Plan], *, by: Actor) -> None:
    places_ = ", ".join(f"${place}::text[]" for place, _column in enumerate(WRITTEN, start=3))
    made = await db.fetch(
        f"""INSERT INTO payers (client_id, created_at, {", ".join(WRITTEN)})
            SELECT n.client_id, $2, {", ".join(f"n.{column}" for column in WRITTEN)}
            FROM unnest($1::bigint[], {places_}) WITH ORDINALITY AS n (client_id, {", ".join(WRITTEN)}, place)
            ORDER BY n.place RETURNING id, client_id, name, external_id""",
        [plan.client["id"] for plan in new],
        clock.now(),
        *([plan.values[column] for plan in new] for column in WRITTEN),
    )
    ids = {(one["client_id"], one["name"], one["external_id"]): one["id"] for one in made}
    subjects = []
    for plan in new:
        plan.row.id = ids[plan.client["id"], plan.values["name"], plan.values["external_id"]]
        told = {key: value for key, value in plan.values.items() if value}
        subjects.append(
            audit.Subject(id=plan.row.id or 0, name=plan.values["name"], client_id=plan.client["id"], new=told)
        )
    await audit.record_each("payer:created", "payer", subjects, by=by)


async def _update(changed: Sequence[Plan], *, by: Actor) -> None:
    places_ = ", ".join(f"${place}::text[]" for place, _column in enumerate(WRITTEN, start=2))
    settings = ", ".join(f"{column} = n.{column}" for column in WRITTEN)
    await db.execute(
        f"""UPDATE payers p SET {settings}, version = p.version + 1
            FROM unnest($1::bigint[], {places_}) AS n (id, {", ".join(WRITTEN)})
            WHERE p.id = n.id AND p.id = ANY($1::bigint[])""",
        [plan.before["id"] for plan in changed if plan.before is not None],
        *([plan.values[column] for plan in changed] for column in WRITTEN),
    )
    subjects = []
    for plan in changed:
        assert plan.before is not None
        plan.row.id = plan.before["id"]
        old = {key: plan.before[key] for key in plan.changed}
        subjects.append(
            audit.Subject(
                id=plan.before["id"],
                name=plan.values["name"],
                client_id=plan.client["id"],
                old=old,
                new=plan.changed,
            )
        )
    await audit.record_each("payer:updated", "payer", subjects, by=by)


def _id(row: Row) -> int:
    text = row.values.get("id", "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
