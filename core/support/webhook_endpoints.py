"""Where a provider wants to be told of what happens: addresses, the events each wants, and the secret that signs.

An endpoint is told of all clients, so nobody who is limited to some of them sees or changes one.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import Array, Boolean, Integer, Text, Timestamptz

from core import audit, clock, db, freshness, outside, policies, quotas, sealing, signed_webhooks
from core.accounts import rows
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, Forbidden, NotFound
from core.i18n import _
from core.permissions import Permission
from core.support import webhook_outbox
from core.support.webhook_events import CHOICES

BOTH_VALID = timedelta(days=1)
LONGEST_DESCRIPTION = 200
SHOWN = """SELECT n.id, n.url, n.description, n.is_for_all, n.events, n.is_on, n.failures, n.failing_since,
    n.rests_until, n.before_until, n.created_at, n.version FROM webhook_endpoints n"""


class WebhookEndpoint(db.Owned, tablename="webhook_endpoints"):
    """An address. `failures` in a row since it last worked; while it `rests_until` nothing is sent there."""

    url = Text()
    description = Text()
    is_for_all = Boolean()
    events = Array(base_column=Text())
    sealed = Text()
    sealed_before = Text()
    before_until = Timestamptz(null=True)
    is_on = Boolean()
    failures = Integer()
    failing_since = Timestamptz(null=True)
    rests_until = Timestamptz(null=True)
    created_at = Timestamptz()
    version = Integer()


class EndpointValues(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of an endpoint but its secret. One that names `events` is told of these only; one that names none, or
    `is_for_all`, of all kinds, also of those that come later."""

    url: str
    description: str = ""
    is_for_all: bool | UnsetType = UNSET
    events: tuple[str, ...] | UnsetType = UNSET
    is_on: bool = True


class Created(msgspec.Struct, frozen=True):
    """The secret is shown this once."""

    id: int
    secret: str


def require(by: Actor, permission: Permission = Permission.WEBHOOK_READ) -> None:
    """The right; `Forbidden` for whoever sees only some clients."""
    policies.require(by, permission)
    if by.projects is not None or by.groups is not None:
        raise Forbidden(_("This is about all clients, and you are limited to some of them."))


async def every(*, by: Actor) -> list[Record]:
    """All of them, in the order of their addresses."""
    require(by)
    return await db.fetch(f"{SHOWN} ORDER BY n.url, n.id")


async def get(endpoint_id: int, *, by: Actor) -> Record:
    """One of them; `NotFound` when there is none."""
    require(by)
    found = await db.row(f"{SHOWN} WHERE n.id = $1", endpoint_id) if rows.is_id(endpoint_id) else None
    if found is None:
        raise NotFound()
    return found


async def create(new: EndpointValues, *, by: Actor) -> Created:
    """Add one; `Invalid` beside what is wrong, `Conflict` when the edition has room for no more."""
    require(by, Permission.WEBHOOK_MANAGE)
    values = _checked(new)
    await quotas.require_room("webhooks", "SELECT count(*) FROM webhook_endpoints", by=by)
    given = values | {"created_at": clock.now()}
    places = ", ".join(f"${place}" for place in range(1, len(given) + 1))
    sql = f"INSERT INTO webhook_endpoints ({', '.join(given)}) VALUES ({places}) RETURNING id"
    endpoint_id = int(await db.value(sql, *given.values()))
    secret = signed_webhooks.new_secret()
    sql = "UPDATE webhook_endpoints SET sealed = $2 WHERE id = $1"
    await db.execute(sql, endpoint_id, _sealed(endpoint_id, secret, by=by))
    await _tell("webhook:created", endpoint_id, values["url"], by=by, new=values)
    return Created(endpoint_id, secret)


async def update(endpoint_id: int, changes: EndpointValues, *, version: int, by: Actor) -> Record:
    """Change one; `EditConflict` when somebody else did since it was read.

    One that is switched on, or moves, is tried anew.
    """
    require(by, Permission.WEBHOOK_MANAGE)
    row = await rows.locked("webhook_endpoints", endpoint_id, version=version)
    values = _checked(changes)
    if await rows.save("webhook_endpoints", row, values):
        if values["url"] != row["url"] or (values["is_on"] and not row["is_on"]):
            await wake(endpoint_id)
        old = {name: row[name] for name in values if row[name] != values[name]}
        new = {name: values[name] for name in old}
        await _tell("webhook:updated", endpoint_id, values["url"], by=by, old=old, new=new)
    return await get(endpoint_id, by=by)


async def rotate(endpoint_id: int, *, by: Actor) -> Created:
    """A new secret; for a day the one before signs too, so that the other side can change it in its own time."""
    require(by, Permission.WEBHOOK_MANAGE)
    row = await rows.locked("webhook_endpoints", endpoint_id)
    secret = signed_webhooks.new_secret()
    await db.execute(
        """UPDATE webhook_endpoints SET sealed = $2, sealed_before = sealed, before_until = $3,
               version = version + 1 WHERE id = $1""",
        endpoint_id,
        _sealed(endpoint_id, secret, by=by),
        clock.now() + BOTH_VALID,
    )
    await _tell("webhook:secret_changed", endpoint_id, row["url"], by=by)
    return Created(endpoint_id, secret)


async def delete(endpoint_id: int, *, by: Actor) -> None:
    """Remove one, with the log of what was sent there."""
    require(by, Permission.WEBHOOK_MANAGE)
    row = await rows.locked("webhook_endpoints", endpoint_id)
    await db.execute("DELETE FROM webhook_endpoints WHERE id = $1", endpoint_id)
    await _tell("webhook:deleted", endpoint_id, row["url"], by=by, old={"url": row["url"]})


async def test(endpoint_id: int, *, by: Actor) -> int:
    """Send it a test event, also while it rests; returns the event's id. `Conflict` while it is off."""
    require(by, Permission.WEBHOOK_MANAGE)
    row = await rows.locked("webhook_endpoints", endpoint_id)
    if not row["is_on"]:
        raise Conflict(_("It is off: nothing is sent there."))
    await wake(endpoint_id)
    event_id = await webhook_outbox.write_test(endpoint_id)
    await audit.record("webhook:tested", "webhook", endpoint_id, by=by, name=row["url"])
    return event_id


async def gone(endpoint_id: int, *, by: Actor) -> None:
    """Switch one off that said itself that it is gone; one that is off stays so. Asks for no right."""
    url = await db.value(
        "UPDATE webhook_endpoints SET is_on = false, version = version + 1 WHERE id = $1 AND is_on RETURNING url",
        endpoint_id,
    )
    if url is not None:
        await _tell("webhook:gone", endpoint_id, url, by=by, old={"is_on": True}, new={"is_on": False})


async def wake(endpoint_id: int) -> None:
    """Let it rest no longer: somebody says that it works again. Asks for no right."""
    sql = "UPDATE webhook_endpoints SET failures = 0, failing_since = NULL, rests_until = NULL WHERE id = $1"
    await db.execute(sql, endpoint_id)
    await webhook_outbox.deliver_later(endpoint_id)


def secrets_of(row: Mapping[str, Any], tenant_id: int, now: datetime) -> tuple[str, ...]:
    """The secrets that sign now, the newest first."""
    kept = [row["sealed"]]
    if row["before_until"] is not None and row["before_until"] > now:
        kept.append(row["sealed_before"])
    return tuple(sealing.unseal(one, bound_to=_place(tenant_id, row["id"])) for one in kept)


def _sealed(endpoint_id: int, secret: str, *, by: Actor) -> str:
    return sealing.seal(secret, bound_to=_place(by.tenant.id, endpoint_id))


def _place(tenant_id: int, endpoint_id: int) -> str:
    return f"{tenant_id}:webhook:{endpoint_id}"


def _checked(new: EndpointValues) -> dict[str, Any]:
    checks = Checks()
    url = checks.text("url", new.url, longest=outside.LONGEST_URL)
    if "url" not in checks.errors:
        try:
            outside.check_url(url)
        except ValueError as error:
            checks.error("url", str(error))
    description = checks.text("description", new.description, longest=LONGEST_DESCRIPTION, required=False)
    is_for_all = new.events is UNSET if new.is_for_all is UNSET else new.is_for_all
    events = [] if new.events is UNSET else sorted(set(new.events))
    if not set(events) <= set(CHOICES):
        checks.error("events", _("This is not one of the choices."))
    elif is_for_all and events:
        checks.error("events", _("All events, or those you name: not both."))
    elif not is_for_all and not events:
        checks.error("events", _("Please choose at least one, or all."))
    checks.done()
    return {
        "url": url,
        "description": description,
        "is_for_all": is_for_all,
        "events": events,
        "is_on": new.is_on,
    }


async def _tell(action: str, endpoint_id: int, url: str, *, by: Actor, **changes: Mapping[str, Any]) -> None:
    await audit.record(action, "webhook", endpoint_id, by=by, name=url, **changes)  # type: ignore[arg-type]
    await freshness.forget_tenant(by.tenant.id)
