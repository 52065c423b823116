"""Providers, the tenants: what is known of one on every request, and what the platform decides about them.

The platform's transaction writes the provider's row and its own log; then it is handed over to the provider, whose
log gets the same entry. So a verb here ends the platform's part of a transaction: read what a page needs first.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from asyncpg import Record
from piccolo import columns

from core import audit, clock, db, policies, task_runs
from core.actor import PLATFORM, Actor, Tenant
from core.checks import Checks
from core.errors import Conflict, Forbidden, NotFound
from core.freshness import MEMORY, forget_tenant
from core.i18n import _
from core.permissions import Permission
from tenants import addresses

THE_PLATFORM = Tenant(id=PLATFORM, code="platform", name="Comptoir", edition=policies.PLATFORM_EDITION)
CODE = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
LONGEST_REASON = 500


class Provider(db.Shared, tablename="providers"):
    """A hosting business on this platform. `code` names it in addresses and on the command line, for good."""

    id = columns.BigInt(primary_key=True)
    code = columns.Text()
    name = columns.Text()
    state = columns.Text()
    edition = columns.Text()
    reseller_id = columns.BigInt(null=True)
    locale = columns.Text()
    timezone = columns.Text()
    country = columns.Text()
    color = columns.Text()
    mfa_roles = columns.Array(base_column=columns.Text())
    is_sandbox = columns.Boolean()
    days_ahead = columns.Integer()
    created_at = columns.Timestamptz()
    state_changed_at = columns.Timestamptz()
    state_reason = columns.Text()
    version = columns.Integer()


class ProviderCount(db.Shared, tablename="provider_counts"):
    """How many clients, or staff, a provider has; kept by triggers."""

    provider_id = columns.BigInt(primary_key=True)
    noun = columns.Text()
    number = columns.BigInt()


class ResellerSuspended(Forbidden):
    """The reseller who acts is suspended."""

    def __init__(self) -> None:
        super().__init__(_("Your account as a reseller is suspended."))


class OutOfReach(Forbidden):
    """It was not given to this reseller, so that he cannot give it on."""


async def find_by_host(host: str) -> Tenant | None:
    """The provider, or the platform, that is reached under this host, with or without a port.

    Opens scopes of its own.
    """
    name, _colon, port = host.strip().lower().partition(":")
    name = name.rstrip(".")

    async def look_up() -> int | None:
        async with db.as_platform():
            found: int | None = await db.value("SELECT provider_id FROM hosts WHERE name = $1", name)
            return found

    if port and not (port.isascii() and port.isdecimal()):
        return None
    if name == addresses.platform_name():
        return THE_PLATFORM
    if not 0 < len(name) <= 253 or not name.isascii() or "\x00" in name:
        return None
    provider_id = await MEMORY.get(PLATFORM, f"host:{name}", look_up)
    return None if provider_id is None else await tenant(provider_id)


async def tenant(provider_id: int) -> Tenant:
    """What is known of the provider, remembered; opens a scope of its own. Raises `NotFound`."""
    if provider_id == PLATFORM:
        return THE_PLATFORM

    async def look_up() -> Tenant:
        async with db.as_tenant(provider_id):
            return await current()

    found: Tenant = await MEMORY.get(provider_id, "provider", look_up)
    return found


async def is_active(provider_id: int) -> bool:
    """Whether the provider's jobs are done; those of a suspended one wait. Opens a scope of its own."""
    try:
        return (await tenant(provider_id)).state == "active"
    except NotFound:
        return False


async def current() -> Tenant:
    """The provider whose scope we are in, as it is in the database now."""
    if db.scope().tenant_id == PLATFORM:
        return THE_PLATFORM
    row = await db.row(
        """SELECT id, code, name, state, edition, locale, timezone, country, color, mfa_roles, is_sandbox,
                  days_ahead,
                  ARRAY(SELECT feature FROM provider_features WHERE provider_id = p.id AND is_granted) AS granted,
                  ARRAY(SELECT feature FROM provider_features WHERE provider_id = p.id AND NOT is_granted)
                      AS refused,
                  ARRAY(SELECT plugin FROM plugin_settings WHERE enabled) AS plugins,
                  (SELECT name FROM hosts WHERE provider_id = p.id AND is_primary) AS host
             FROM providers p WHERE p.id = $1""",
        db.scope().tenant_id,
    )
    if row is None:
        raise NotFound
    clock.keep_ahead(row["id"], row["days_ahead"])
    return msgspec.convert(dict(row) | {"base_url": addresses.link(row["host"] or "")}, Tenant)


WITH_FIGURES = """
    SELECT p.*, r.name AS reseller, h.name AS host, c.number AS clients, s.number AS staff
      FROM providers p
      LEFT JOIN resellers r ON r.id = p.reseller_id
      LEFT JOIN hosts h ON h.provider_id = p.id AND h.is_primary
      LEFT JOIN provider_counts c ON c.provider_id = p.id AND c.noun = 'clients'
      LEFT JOIN provider_counts s ON s.provider_id = p.id AND s.noun = 'staff'
"""


async def get(provider_id: int, *, by: Actor) -> Record:
    """One provider with its reseller, host and counts; `NotFound` also for another reseller's."""
    return await _get("p.id = $1", provider_id, by)


async def get_by_code(code: str, *, by: Actor) -> Record:
    """The same, by the code that stands in addresses."""
    if not CODE.fullmatch(code):
        raise NotFound
    return await _get("p.code = $1", code, by)


async def codes(provider_ids: Sequence[int], *, by: Actor) -> dict[int, str]:
    """The codes of those among these providers that the actor may see."""
    policies.require(by, Permission.PROVIDER_READ)
    rows = await db.fetch(
        """SELECT id, code FROM providers
            WHERE id = ANY ($1::bigint[]) AND ($2::bigint IS NULL OR reseller_id = $2)""",
        list(provider_ids),
        reach(by),
    )
    return {row["id"]: row["code"] for row in rows}


async def suspend(provider_id: int, *, reason: str, by: Actor) -> None:
    """Close the provider's doors: at the next request nobody is let in, and its jobs wait. Nothing is lost."""
    await _change_state(provider_id, "suspended", reason=reason, by=by)


async def resume(provider_id: int, *, by: Actor) -> None:
    """Open the doors again; jobs that waited are done."""
    await _change_state(provider_id, "active", reason="", by=by)


async def change_edition(provider_id: int, edition: str, *, by: Actor) -> None:
    """Give the provider another edition. A lower one deletes nothing: what it lacks becomes read-only."""
    policies.require(by, Permission.PROVIDER_EDITION)
    row = await held(provider_id, by=by)
    checks = Checks()
    checks.choice("edition", edition, [one.name for one in policies.editions()])
    checks.done()
    may_give = await editions_to_give(by=by)
    if edition not in may_give:
        raise OutOfReach(_("This edition was not given to you, so that you cannot give it on."))
    if row["edition"] == edition:
        return
    await db.execute(
        "UPDATE providers SET edition = $2, version = version + 1 WHERE id = $1", provider_id, edition
    )
    await note("provider:edition_changed", row, by=by, old={"edition": row["edition"]}, new={"edition": edition})


async def editions_to_give(*, by: Actor) -> list[str]:
    """The editions the actor may give to a provider, the lowest first."""
    names = [edition.name for edition in policies.editions()]
    if (reseller_id := reach(by)) is None:
        return names
    granted = await db.value("SELECT editions FROM resellers WHERE id = $1 AND state = 'active'", reseller_id)
    return [name for name in names if name in (granted or ())]


def reach(by: Actor) -> int | None:
    """The reseller whose providers are all the actor may see; None for no such bound."""
    if by.kind != "reseller":
        return None
    return by.reseller_id if by.reseller_id is not None else -1


async def held(provider_id: int, *, by: Actor) -> Record:
    """The provider's row, locked for a change by this actor; `NotFound` also for another reseller's."""
    row = await db.row("SELECT * FROM providers WHERE id = $1 FOR NO KEY UPDATE", provider_id)
    if row is None or (reach(by) is not None and row["reseller_id"] != reach(by)):
        raise NotFound
    await require_active_reseller(by)
    return row


async def require_active_reseller(by: Actor) -> None:
    """Refuse when the actor is a reseller who is suspended."""
    if (reseller_id := reach(by)) is None:
        return
    if await db.value("SELECT state FROM resellers WHERE id = $1 FOR SHARE", reseller_id) != "active":
        raise ResellerSuspended


async def note(action: str, row: Mapping[str, Any], *, by: Actor, **changes: Any) -> None:
    """Write both logs and let every process forget the provider; the transaction is the provider's then."""
    await note_here(action, row, by=by, **changes)
    await db.hand_over_to(row["id"])
    await note_here(action, row, by=by, **changes)
    await forget_tenant(row["id"])


async def note_here(action: str, row: Mapping[str, Any], *, by: Actor, **changes: Any) -> None:
    """Write the log of the scope we are in."""
    await audit.record(action, "provider", row["id"], by=by, name=row["name"], **changes)


async def _get(condition: str, value: int | str, by: Actor) -> Record:
    policies.require(by, Permission.PROVIDER_READ)
    row = await db.row(f"{WITH_FIGURES} WHERE {condition}", value)
    if row is None or (reach(by) is not None and row["reseller_id"] != reach(by)):
        raise NotFound
    return row


async def _change_state(provider_id: int, state: str, *, reason: str, by: Actor) -> None:
    policies.require(by, Permission.PROVIDER_SUSPEND)
    row = await held(provider_id, by=by)
    checks = Checks()
    reason = checks.text("reason", reason, longest=LONGEST_REASON, required=state == "suspended")
    checks.done()
    if row["state"] == state:
        already = {"suspended": _("This provider is suspended already."), "active": _("This provider is active.")}
        raise Conflict(already[state])
    await db.execute(
        """UPDATE providers SET state = $2, state_reason = $3, state_changed_at = $4, version = version + 1
            WHERE id = $1""",
        provider_id,
        state,
        reason,
        clock.now(),
    )
    action = "provider:suspended" if state == "suspended" else "provider:resumed"
    old = {"state": row["state"], "reason": row["state_reason"]}
    await note(action, row, by=by, old=old, new={"state": state, "reason": reason})


task_runs.read_provider_with(current)
