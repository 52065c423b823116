"""What staff read about deliveries: what went to whom by which channel, and why something did not.

Whoever is limited to projects or groups sees what was told about his clients, in his projects; what was told about
a ticket is for those who may read the ticket. What is about no client, such as what staff are told, is for those
who may see the staff.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from asyncpg import Record

from core import db, keyset, notification_kinds, policies, unsubscribe_links
from core.accounts import access, focus, rows
from core.accounts.focus import Focus
from core.actor import Actor
from core.checks import Checks
from core.errors import NotFound
from core.filters import Conditions
from core.i18n import N_, _
from core.keyset import PAGE, Page
from core.permissions import Permission
from core.support import notification_limits

State = Literal["waiting", "retrying", "sent", "dead", "skipped"]
RESULTS = {"taken": N_("Accepted by the server"), "later": N_("Not taken"), "refused": N_("Refused")}
LISTED = """SELECT d.id, d.kind, d.channel, d.medium, d.client_id, d.person_id, d.address, d.name, d.subject,
    d.is_secret, d.state, d.reason, d.said, d.attempts, d.next_at, d.created_at, d.ended_at, c.code AS client_code,
    c.name AS client_name FROM deliveries d LEFT JOIN clients c ON c.id = d.client_id"""


class DeliveryFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows. `client` is a client's code; `address` is the beginning of one."""

    state: State | None = None
    kind: str = ""
    channel: str = ""
    client: int | None = None
    address: str = ""


async def page(
    chosen: DeliveryFilter,
    *,
    by: Actor,
    within: Focus | None = None,
    after: str = "",
    before: str = "",
    size: int = PAGE,
) -> Page:
    """A page of the list, the newest first. `Invalid` for a filter or a cursor that cannot be."""
    bound = _seen(by)
    checks = Checks()
    kind, channel, address = (
        checks.text(field, getattr(chosen, field), longest=200, required=False)
        for field in ("kind", "channel", "address")
    )
    rows.check_ids(checks, chosen, "client")
    checks.done()
    bound.equals("d.state", chosen.state, among=frozenset(("waiting", "retrying", "sent", "dead", "skipped")))
    bound.equals("d.kind", kind)
    bound.equals("d.channel", channel)
    bound.begins("d.address_folded", address.lower())
    if chosen.client is not None:
        bound.add(f"d.client_id = {access.BY_CODE.format(bound.bind(chosen.client))}")
    focus.limit(bound, within, column="d.client_id")
    return await keyset.page(LISTED, "d", bound, after=after, before=before, size=size)


async def of_client(client_id: int, *, by: Actor, size: int = PAGE) -> list[Record]:
    """The newest of one client that `by` may see."""
    bound = _seen(by)
    await access.client(client_id, by=by)
    bound.equals("d.client_id", client_id)
    return (await keyset.page(LISTED, "d", bound, size=size)).rows


async def get(delivery_id: int, *, by: Actor) -> dict[str, Any]:
    """One with its text as it was sent but for a link that opts out, and what it is about; `NotFound` when it is
    not for `by` to see."""
    bound = _seen(by)
    if not rows.is_id(delivery_id):
        raise NotFound()
    bound.equals("d.id", delivery_id)
    found = await db.row(
        f"""SELECT d.*, c.code AS client_code, c.name AS client_name, n.about_kind, n.about_id,
                   n.created_at AS told_at
              FROM deliveries d JOIN notifications n ON n.id = d.notification_id
              LEFT JOIN clients c ON c.id = d.client_id WHERE {bound.sql}""",
        *bound.arguments,
    )
    if found is None:
        raise NotFound()
    head = {name: value for name, value in found["head"].items() if name != "unsubscribe"}
    return (
        dict(found) | {name: unsubscribe_links.hidden(found[name]) for name in ("text", "html")} | {"head": head}
    )


async def attempts_of(delivery_id: int) -> list[Record]:
    """Each time it was tried, the first first; of one that `get` gave."""
    return await db.fetch("SELECT * FROM delivery_attempts WHERE delivery_id = $1 ORDER BY at, id", delivery_id)


async def others_of(delivery: Mapping[str, Any]) -> list[Record]:
    """The same notification by other channels, and when it was sent again."""
    return await db.fetch(
        """SELECT id, channel, medium, state, address, created_at FROM deliveries
            WHERE notification_id = $1 AND id <> $2 ORDER BY created_at, id LIMIT 50""",
        delivery["notification_id"],
        delivery["id"],
    )


def title(row: Mapping[str, Any]) -> str:
    """What lists call it: its subject, or what it was for when that is secret or not written."""
    kind = notification_kinds.find(row["kind"])
    return str(row["subject"] or (_(kind.title) if kind else row["kind"]))


def kind_names(*, by: Actor) -> dict[str, str]:
    """The kinds of this provider by key, as people read them."""
    return {kind.key: _(kind.title) for kind in notification_kinds.every(by.tenant.plugins)}


def _seen(by: Actor) -> Conditions:
    policies.require(by, Permission.NOTIFICATION_READ)
    bound = Conditions()
    if by.projects is not None or by.groups is not None or not policies.allows(by, Permission.STAFF_READ):
        bound.add("d.client_id IS NOT NULL")
    access.limit_to_visible(bound, by=by)
    notification_limits.limit(bound, by=by)
    return bound
