"""Sending again: what waits for its next try goes now, and what has ended goes once more, as one of its own.

It goes to the address it had, or to the one that the client has now. Secrets cannot be sent again, and nobody is
told what he has opted out of.
"""

from collections.abc import Mapping
from typing import Any

from asyncpg import Record

from core import audit, clock, db, policies
from core.accounts import access
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.i18n import _
from core.notification_kinds import find
from core.permissions import Permission
from core.support import deliveries, deliveries_log, deliveries_routing, deliveries_writing

COPIED = ("notification_id", "kind", "channel", "medium", "client_id", "person_id", "audience", "name", "locale",
          "template", "subject", "text", "html", "short", "head")  # fmt: skip


async def addresses(delivery: Mapping[str, Any]) -> list[str]:
    """Where it can be sent: to where it went, and to where its client is reached now; of staff only the former."""
    if delivery["medium"] not in ("mail", "sms"):
        return []
    column = "email" if delivery["medium"] == "mail" else "coalesce(nullif(phone_verified, ''), phone)"
    if delivery["audience"] == "staff":
        return [delivery["address"]] if delivery["address"] else []
    now = await db.value(f"SELECT {column} FROM clients WHERE id = $1", delivery["client_id"])
    fits = deliveries_routing.is_address if delivery["medium"] == "mail" else bool
    return [one for one in dict.fromkeys((delivery["address"], now or "")) if one and fits(one)]


def may(delivery: Mapping[str, Any], *, by: Actor) -> bool:
    """Whether it makes sense to offer it."""
    if not policies.allows(by, Permission.NOTIFICATION_SEND) or delivery["medium"] == "panel":
        return False
    if delivery["state"] in ("waiting", "retrying"):
        return True
    return not delivery["is_secret"] and delivery["reason"] not in ("opted_out", "unknown_kind")


async def send(delivery_id: int, *, address: str = "", by: Actor) -> int:
    """Send it again; the id of the delivery that is tried now. `Conflict` for one that cannot be."""
    policies.require(by, Permission.NOTIFICATION_SEND)
    await deliveries_log.get(delivery_id, by=by)
    row = await deliveries.row(delivery_id, lock=True)
    if row is None:
        raise NotFound()
    if _is_on_its_way(row):
        raise Conflict(_("It is being sent just now."))
    if not may(row, by=by):
        raise Conflict(_("This cannot be sent again."))
    if row["client_id"] is not None:
        await access.client(row["client_id"], by=by)
    if row["state"] in ("waiting", "retrying"):
        sql = "UPDATE deliveries SET next_at = $2 WHERE id = $1 AND claimed_by IS NULL"
        await db.execute(sql, delivery_id, clock.now())
        made_id = delivery_id
    else:
        made_id = await _once_more(row, address, by=by)
    await deliveries.ask(row["channel"])
    await audit.record(
        "notification:sent_again",
        "notification",
        made_id,
        by=by,
        name=deliveries_log.title(row),
        client_id=row["client_id"],
        new={"address": address or row["address"]},
    )
    return made_id


def _is_on_its_way(delivery: Record) -> bool:
    """Whether a job has it in hand; one whose job died has it no more once its lease is over."""
    return (
        delivery["state"] in ("waiting", "retrying")
        and delivery["claimed_by"] is not None
        and delivery["next_at"] > clock.now()
    )


async def _once_more(row: Record, address: str, *, by: Actor) -> int:
    known = await addresses(row)
    to = address or (known[0] if known else "")
    if row["medium"] in ("mail", "sms") and to not in known:
        raise Invalid({"address": _("This is not one of the choices.")})
    now = clock.now()
    values: dict[str, Any] = {column: row[column] for column in COPIED}
    if row["reason"] == "no_text":
        values |= await _written_anew(row, by=by)
    lane = to.lower() if to else row["lane"]
    return await deliveries.add(
        values
        | {
            "address": to,
            "lane": lane,
            "state": "waiting",
            "next_at": now,
            "created_at": now,
            "created_by": by.name,
            "again_of": row["id"],
        }
    )


async def _written_anew(row: Record, *, by: Actor) -> dict[str, Any]:
    """Its text, where it could not be written before."""
    notification = await db.row("SELECT * FROM notifications WHERE id = $1", row["notification_id"])
    kind = find(row["kind"])
    if notification is None or kind is None:
        raise Conflict(_("This cannot be sent again."))
    content = await deliveries_writing.content(kind, notification, by=by)
    if content.trouble:
        raise Conflict(_("Its text still cannot be written. Look at its template."))
    return content.columns(by.tenant.id, is_open=True)
