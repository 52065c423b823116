"""What stands in the panel for one person: the bell's count, the list, and what was read.

Staff see what is for staff, users what is for clients. What is about a client shows as long as the person may see
that client, and what is about a ticket as long as he may read that: a membership, a right or a limit that has
ended takes it away.
"""

from asyncpg import Record

from core import clock, db, keyset
from core.accounts import access, rows, standing
from core.accounts.rights import Right
from core.actor import Actor
from core.errors import ForbiddenInside, NotFound
from core.filters import Conditions
from core.keyset import Page
from core.support import notification_limits

MOST_COUNTED = 99
LISTED = """SELECT d.id, d.kind, d.subject, d.short, d.client_id, d.created_at, d.read_at, n.about_kind,
    n.about_id, c.name AS client_name FROM deliveries d JOIN notifications n ON n.id = d.notification_id
    LEFT JOIN clients c ON c.id = d.client_id"""
ABOUT = "(SELECT n.about_kind FROM notifications n WHERE n.id = d.notification_id)"
OF_STAFF = {
    "invoice": "/staff/invoices/{id}",
    "payment": "/staff/payments/{id}",
    "service": "/staff/services/{id}",
    "ticket": "/staff/tickets/{id}",
}
OF_USERS = {"invoice": "/invoices", "payment": "/payments", "service": "/services/{id}", "ticket": "/tickets/{id}"}
"""Where a notice leads, by what it is about."""


async def unread(*, by: Actor) -> int:
    """How many the person has not read, up to one more than MOST_COUNTED; none for who is no person."""
    if by.person_id is None or by.impersonator is not None:
        return 0
    bound = _own(by)
    bound.add("d.read_at IS NULL")
    found = await db.value(
        f"""SELECT count(*) FROM (SELECT FROM deliveries d LEFT JOIN clients c ON c.id = d.client_id
             WHERE {bound.sql} LIMIT {MOST_COUNTED + 1}) counted""",
        *bound.arguments,
    )
    return int(found)


async def page(*, by: Actor, after: str = "", before: str = "") -> Page:
    """A page of the person's own, the newest first."""
    return await keyset.page(LISTED, "d", _own(by), after=after, before=before)


async def open_one(delivery_id: int, *, by: Actor) -> Record:
    """One of them, read from now on."""
    bound = _own(by)
    bound.equals("d.id", delivery_id if rows.is_id(delivery_id) else 0)
    found = await db.row(f"{LISTED} WHERE {bound.sql}", *bound.arguments)
    if found is None:
        raise NotFound()
    await db.execute(
        "UPDATE deliveries SET read_at = $2 WHERE id = $1 AND read_at IS NULL", delivery_id, clock.now()
    )
    return found


async def read_all(*, by: Actor) -> None:
    """Nothing is unread any more."""
    bound = _own(by)
    now = bound.bind(clock.now())
    await db.execute(
        f"""UPDATE deliveries SET read_at = {now} WHERE read_at IS NULL AND id IN (
            SELECT d.id FROM deliveries d LEFT JOIN clients c ON c.id = d.client_id
             WHERE {bound.sql} AND d.read_at IS NULL)""",
        *bound.arguments,
    )


def place(notice: Record, *, by: Actor) -> str:
    """The page it is about, "" when there is none."""
    known = OF_USERS if by.kind == "user" else OF_STAFF
    return known.get(notice["about_kind"], "").format(id=notice["about_id"])


def _own(by: Actor) -> Conditions:
    if by.person_id is None or by.impersonator is not None:
        raise ForbiddenInside()
    bound = Conditions()
    bound.equals("d.person_id", by.person_id)
    bound.add("d.medium = 'panel' AND d.state = 'sent'")
    if by.kind == "user":
        bound.add(
            f"""d.audience <> 'staff' AND (d.client_id IS NULL OR EXISTS (SELECT FROM memberships m
               WHERE m.client_id = d.client_id AND m.person_id = d.person_id AND ({ABOUT} <> 'ticket'
                   OR {standing.brings(Right.TICKETS_READ, tenant=by.tenant)})))"""
        )
        return bound
    bound.add("d.audience = 'staff'")
    limits = Conditions()
    access.limit_to_visible(limits, by=by)
    notification_limits.limit(limits, by=by)
    bound.add(f"(d.client_id IS NULL OR ({limits.sql}))")
    return bound
