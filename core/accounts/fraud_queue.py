"""The list of fraud checks, and one of them, inside what the viewer may see. What is decided is a floor above."""

from typing import Any, Literal, get_args

import msgspec
from asyncpg import Record

from core import clock, db, freshness, policies
from core.accounts import access, focus, fraud_checks, rows
from core.accounts.focus import Focus
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.filters import Conditions
from core.i18n import _
from core.keyset import PAGE, Page, page
from core.permissions import Permission

Kind = Literal["registration", "order"]
State = Literal["passed", "waiting", "stopped", "approved", "refused"]
STATES = get_args(State)
KINDS = get_args(Kind)
LONGEST_REASON = 500
MOST_COUNTED = 99
WITH_NAMES = """SELECT k.*, c.code AS client_code, c.name AS client_name, c.status AS client_status,
           j.name AS project
    FROM fraud_checks k LEFT JOIN clients c ON c.id = k.client_id JOIN projects j ON j.id = k.project_id"""


class FraudFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows. `client` is a client's code."""

    state: State | None = None
    kind: Kind | None = None
    client: int | None = None


async def listed(
    chosen: FraudFilter,
    *,
    by: Actor,
    within: Focus | None = None,
    after: str = "",
    before: str = "",
    size: int = PAGE,
) -> Page:
    """A page of checks, the newest first; `Invalid` for a filter or a cursor that cannot be."""
    bound = _visible(by=by, within=within)
    checks = Checks()
    if chosen.client is not None and not rows.is_id(chosen.client):
        checks.error("client", _("This is not one of the choices."))
    checks.done()
    bound.equals("c.code", chosen.client)
    bound.equals("k.state", chosen.state, among=frozenset(STATES))
    bound.equals("k.kind", chosen.kind, among=frozenset(KINDS))
    return await page(WITH_NAMES, "k", bound, after=after, before=before, size=size)


async def waiting(*, by: Actor, within: Focus | None = None) -> int:
    """How many wait for a decision that `by` may see; counted as far as MOST_COUNTED and one more.

    It stands on every page: where none waits, which is remembered, nothing is asked.
    """
    if not await freshness.MEMORY.get(by.tenant.id, "fraud checks wait", _is_any_waiting):
        return 0
    bound = _visible(by=by, within=within)
    bound.add("k.state = 'waiting'")
    return int(
        await db.value(
            f"SELECT count(*) FROM (SELECT FROM fraud_checks k WHERE {bound.sql} LIMIT {MOST_COUNTED + 1}) found",
            *bound.arguments,
        )
    )


async def _is_any_waiting() -> bool:
    return bool(await db.value("SELECT EXISTS (SELECT FROM fraud_checks WHERE state = 'waiting')"))


async def get(check_id: int, *, by: Actor) -> Record:
    """One check with the names of its client and project; `NotFound` when there is none that `by` may see."""
    if not rows.is_id(check_id):
        raise NotFound()
    bound = _visible(by=by)
    bound.add(f"k.id = {bound.bind(check_id)}")
    found = await db.row(f"{WITH_NAMES} WHERE {bound.sql}", *bound.arguments)
    if found is None:
        raise NotFound()
    return found


async def of_client(client_id: int, *, by: Actor) -> list[Record]:
    """The newest checks of a client that `by` may see."""
    bound = _visible(by=by)
    bound.add(f"k.client_id = {bound.bind(client_id)}")
    return await db.fetch(
        f"{WITH_NAMES} WHERE {bound.sql} ORDER BY k.created_at DESC, k.id DESC LIMIT 20", *bound.arguments
    )


async def require_waiting(check_id: int) -> None:
    """Lock a check; `Conflict` when somebody has decided about it meanwhile."""
    if (await rows.locked("fraud_checks", check_id))["state"] != "waiting":
        raise Conflict(_("Somebody has decided about this already."))


def checked_reason(reason: str, *, required: bool) -> str:
    """The reason as it is kept; `Invalid` for one that cannot be."""
    checks = Checks()
    told = checks.text("reason", reason, longest=LONGEST_REASON, required=required)
    checks.done()
    return told


async def decide(check: Record, state: State, reason: str, *, by: Actor) -> None:
    """Write what was decided about a locked check that waits, and by whom. Asks for no right."""
    await db.execute(
        "UPDATE fraud_checks SET state = $2, reason = $3, decided_at = $4, decided_by = $5 WHERE id = $1",
        check["id"],
        state,
        reason,
        clock.now(),
        by.name,
    )
    await freshness.forget_tenant(by.tenant.id)
    told: dict[str, Any] = {"reason": reason} if reason else {}
    await fraud_checks.tell_decided(f"fraud_check:{state}", check, told, by=by)


def _visible(*, by: Actor, within: Focus | None = None) -> Conditions:
    """A check is of a project, and of a client where there is one: limits and a focus ask for both."""
    policies.require(by, Permission.FRAUD_READ)
    policies.require(by, Permission.CLIENT_READ)
    bound = Conditions()
    if by.projects is not None:
        bound.add(f"k.project_id IN ({access.listed(by.projects)})")
    if by.groups is not None:
        bound.add(
            "EXISTS (SELECT FROM group_members limits WHERE limits.client_id = k.client_id"
            f" AND limits.group_id IN ({access.listed(by.groups)}))"
        )
    focus.limit(bound, within, column="k.client_id")
    return bound
