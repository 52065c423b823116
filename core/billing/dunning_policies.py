"""Dunning policies: steps after a debt is due, for all clients, those of a project or a group, or one client.

The nearest policy is a client's: its own, that of a group, of the project, of the provider. Of several groups that
with the highest priority wins, then the one that was made first. What the edition lacks has no effect.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import JSONB, BigInt, Boolean, Integer, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import access, group_effects, rows
from core.accounts.group_effects import Line
from core.actor import Actor, Tenant
from core.billing import dunning_checks
from core.billing.dunning_timeline import Rules, Step
from core.errors import Conflict, Forbidden, NotFound
from core.i18n import N_, _
from core.permissions import Permission

MOST = 200
Recipient = Literal["provider", "project", "group", "client"]
FEATURES: Mapping[str, str] = {"group": "groups", "project": "projects"}
"""What the edition must have for a policy of this kind."""
READ = """SELECT d.*, c.code AS client, c.name AS client_name, g.name AS group_name, j.name AS project_name
    FROM dunning_policies d LEFT JOIN clients c ON c.id = d.client_id
    LEFT JOIN account_groups g ON g.id = d.group_id LEFT JOIN projects j ON j.id = d.project_id"""
NEAREST = """
    SELECT DISTINCT ON (a.id) a.id AS account_id, d.*
      FROM client_projects a JOIN dunning_policies d
        ON d.recipient = ANY($2::text[]) AND CASE d.recipient
           WHEN 'client' THEN d.client_id = a.client_id
           WHEN 'project' THEN d.project_id = a.project_id
           WHEN 'group' THEN EXISTS (SELECT FROM group_members m
                                      WHERE m.group_id = d.group_id AND m.client_id = a.client_id)
           ELSE true END
     WHERE a.id = ANY($1::bigint[])
     ORDER BY a.id, array_position(ARRAY['client', 'group', 'project', 'provider'], d.recipient), d.priority DESC,
              d.created_at, d.id
"""


class DunningPolicy(db.Owned, tablename="dunning_policies"):
    """A policy; the columns are those of `NewPolicy`, with the ids of whom it is for."""

    name = Text()
    recipient = Text()
    project_id = BigInt(null=True)
    group_id = BigInt(null=True)
    client_id = BigInt(null=True)
    priority = Integer()
    steps = JSONB()
    least = JSONB()
    terms_days = Integer()
    notice_days = Integer()
    is_on_workdays = Boolean()
    covers_postpaid = Boolean()
    is_fee_taxed = Boolean()
    created_at = Timestamptz()
    version = Integer()


class NewPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A policy to be made. `client` is a client's code.

    `least`: below this amount, by currency, nothing happens. What no invoice asks for is due `terms_days` after it
    was charged. Services are stopped `notice_days` after a reminder, at the earliest.
    """

    name: str
    recipient: Recipient = "provider"
    project_id: int | None = None
    group_id: int | None = None
    client: int | None = None
    priority: int = 0
    steps: tuple[Step, ...] = ()
    least: Mapping[str, int] = {}
    terms_days: int = 14
    notice_days: int = 3
    is_on_workdays: bool = True
    covers_postpaid: bool = True
    is_fee_taxed: bool = False


class PolicyChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays. Whom it is for stays too."""

    name: str | UnsetType = UNSET
    priority: int | UnsetType = UNSET
    steps: tuple[Step, ...] | UnsetType = UNSET
    least: Mapping[str, int] | UnsetType = UNSET
    terms_days: int | UnsetType = UNSET
    notice_days: int | UnsetType = UNSET
    is_on_workdays: bool | UnsetType = UNSET
    covers_postpaid: bool | UnsetType = UNSET
    is_fee_taxed: bool | UnsetType = UNSET


async def every(*, by: Actor) -> list[Record]:
    """All policies, from the provider's to those of single clients, with the names of whom they are for."""
    _require(Permission.DUNNING_READ, by=by)
    return await db.fetch(
        f"""{READ} ORDER BY array_position(ARRAY['provider', 'project', 'group', 'client'], d.recipient),
            d.priority DESC, d.name_folded, d.id"""
    )


async def get(policy_id: int, *, by: Actor) -> Record:
    """One policy as in `every`."""
    _require(Permission.DUNNING_READ, by=by)
    found = await db.row(f"{READ} WHERE d.id = $1", policy_id) if rows.is_id(policy_id) else None
    if found is None:
        raise NotFound()
    return found


async def create(new: NewPolicy, *, by: Actor) -> Record:
    """Make a policy; returns it. All that is wrong comes back at once as `Invalid`."""
    _require(Permission.DUNNING_MANAGE, by=by)
    if feature := FEATURES.get(new.recipient):
        policies.require_feature(by, feature)
    values = dunning_checks.checked(msgspec.structs.asdict(new)) | await _target(new, by=by)
    if await db.value("SELECT count(*) FROM dunning_policies") >= MOST:
        raise Conflict(_("There is room for %(count)s policies.") % {"count": MOST})
    kept = values | {"created_at": clock.now()}
    places = ", ".join(f"${place}" for place in range(1, len(kept) + 1))
    async with rows.free_name():
        policy_id = await db.value(
            f"INSERT INTO dunning_policies ({', '.join(kept)}) VALUES ({places}) RETURNING id", *kept.values()
        )
    await _tell("dunning_policy:created", policy_id, values, new=told(values), by=by)
    return await get(policy_id, by=by)


async def update(policy_id: int, changes: PolicyChanges, *, version: int, by: Actor) -> Record:
    """Change a policy; `EditConflict` when somebody else did since it was read. What is done stays done."""
    _require(Permission.DUNNING_MANAGE, by=by)
    row = await rows.locked("dunning_policies", policy_id, version=version)
    if feature := FEATURES.get(row["recipient"]):
        policies.require_feature(by, feature)
    before = dunning_checks.kept(row)
    values = dunning_checks.checked(before | rows.given(changes))
    changed = {field: value for field, value in values.items() if value != before[field]}
    async with rows.free_name():
        await rows.save("dunning_policies", row, changed)
    if changed:
        old, new = ({field: one[field] for field in changed} for one in (told(before), told(values)))
        await _tell("dunning_policy:updated", policy_id, dict(row) | values, old=old, new=new, by=by)
    return await get(policy_id, by=by)


async def delete(policy_id: int, *, by: Actor) -> None:
    """Remove a policy; the next nearest takes its place."""
    _require(Permission.DUNNING_MANAGE, by=by)
    row = await rows.locked("dunning_policies", policy_id)
    await db.execute("DELETE FROM dunning_policies WHERE id = $1", policy_id)
    await _tell("dunning_policy:deleted", policy_id, row, old=told(dunning_checks.kept(row)), by=by)


async def nearest(account_ids: Sequence[int], tenant: Tenant) -> dict[int, Record]:
    """The policy of each of these accounts that has one. Needs no permission."""
    found = await db.fetch(NEAREST, list(account_ids), in_force(tenant))
    return {row["account_id"]: row for row in found}


def in_force(tenant: Tenant) -> list[str]:
    """The kinds of policies that the provider's edition lets have an effect."""
    kinds = ("provider", "project", "group", "client")
    return [kind for kind in kinds if kind not in FEATURES or policies.has_feature(tenant, FEATURES[kind])]


def rules(policy: Mapping[str, Any]) -> Rules:
    """What the timeline needs of a policy."""
    return Rules(
        steps=steps_of(policy),
        notice_days=policy["notice_days"],
        is_on_workdays=policy["is_on_workdays"],
        least=policy["least"],
    )


def steps_of(policy: Mapping[str, Any]) -> tuple[Step, ...]:
    """Its steps in the order in which they come."""
    return msgspec.convert(policy["steps"], tuple[Step, ...])


def told(values: Mapping[str, Any]) -> dict[str, Any]:
    """A policy as the audit keeps it: steps and amounts in a few letters."""
    shown = {field: values[field] for field in dunning_checks.FIELDS}
    words = [dunning_checks.in_letters(step) for step in steps_of(values)]
    return shown | {"steps": words, "least": dunning_checks.amounts_written(values["least"])}


@group_effects.bring("dunning", N_("Dunning"))
async def of_group(group_id: int, *, by: Actor) -> list[Line]:
    """The policy that a group carries."""
    if not policies.allows(by, Permission.DUNNING_READ) or by.projects is not None or by.groups is not None:
        return []
    found = await db.fetch("SELECT id, name FROM dunning_policies WHERE group_id = $1", group_id)
    return [Line(text=row["name"], href=f"/staff/dunning/policies/{row['id']}") for row in found]


def _require(permission: Permission, *, by: Actor) -> None:
    """Policies are about all clients: they are not for whoever is limited to some of them."""
    policies.require(by, permission)
    if by.projects is not None or by.groups is not None:
        raise Forbidden(_("Dunning is about all clients, and you see only some of them."))


async def _target(new: NewPolicy, *, by: Actor) -> dict[str, Any]:
    """The id of whom it is for; `Invalid` when there is no such thing, or it has a policy."""
    ids: dict[str, Any] = {"project_id": None, "group_id": None, "client_id": None}
    field, column = {
        "provider": ("recipient", ""),
        "project": ("project_id", "project_id"),
        "group": ("group_id", "group_id"),
        "client": ("client", "client_id"),
    }[new.recipient]
    if new.recipient == "client":
        try:
            ids["client_id"] = (await access.client_by_code(new.client or 0, by=by))["id"]
        except NotFound:
            dunning_checks.refuse(field, _("There is no client with this code."))
    elif column:
        table = {"project_id": "projects", "group_id": "account_groups"}[column]
        ids[column] = getattr(new, field) or 0
        if not rows.is_id(ids[column]) or not await db.value(f"SELECT id FROM {table} WHERE id = $1", ids[column]):
            dunning_checks.refuse(field, _("Please choose one."))
    if await db.value(
        """SELECT EXISTS (SELECT FROM dunning_policies WHERE recipient = $1
               AND coalesce(project_id, group_id, client_id, 0) = $2)""",
        new.recipient,
        ids.get(column, 0) or 0,
    ):
        dunning_checks.refuse(field, _("There is a policy for it already. Change that one."))
    return ids | {"recipient": new.recipient}


async def _tell(
    action: str,
    policy_id: int,
    policy: Mapping[str, Any],
    *,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    by: Actor,
) -> None:
    await audit.record(action, "dunning_policy", policy_id, by=by, name=policy["name"],
                       client_id=policy["client_id"], old=old, new=new)  # fmt: skip
