"""What hangs on a client, table by table, and what becomes of it when the client is merged into another one.

Every table with a column `client_id` stands in PARTS; a test reads PostgreSQL's catalogue and refuses one that
does not. What only needs its `client_id` changed is moved here; what needs more thought says in `how` who does it.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec
from asyncpg import Record

from core import db
from core.i18n import N_

How = Literal["moves", "moves_unless", "elsewhere", "stays"]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One table and what becomes of its rows.

    moves         they belong to the client that stays
    moves_unless  the same, but for those that the other has already: `beside` are the columns that tell. Those
                  stay with the merged client, or go when `is_same` says that nothing is lost with them
    elsewhere     a function of their own moves them; `why` names it
    stays         they stay with the merged client; `why` says the reason

    `sets` are columns that get another value on the way. `label` names the rows in the preview; without one they
    are not told there.
    """

    table: str
    how: How
    label: str = ""
    beside: tuple[str, ...] = ()
    is_same: bool = False
    sets: Mapping[str, str] = {}
    why: str = ""


REGISTERED = {"registered_at": "(SELECT s.registered_at FROM clients s WHERE s.id = $2)"}
"""For tables whose rows are in the order of their client's registration."""

USERS = "client_merging_users"
CODES_END = {
    "state": "CASE t.state WHEN 'sent' THEN 'replaced' ELSE t.state END",
    "hash": "NULL",
    "ended_at": "coalesce(t.ended_at, now())",
}
"""A code that waits proves no number of the client that stays."""

PARTS: tuple[Part, ...] = (
    Part(
        table="audit_entries",
        how="elsewhere",
        label=N_("Entries in the activity"),
        why="history.follow_merge, as the application may not change the audit",
    ),
    Part(
        table="client_field_values",
        how="moves_unless",
        label=N_("Values in the provider’s own fields"),
        beside=("field_id",),
        sets=REGISTERED,
    ),
    Part(table="client_files", how="moves", label=N_("Files")),
    Part(table="client_notes", how="moves", label=N_("Notes"), sets={"is_pinned": "false"}),
    Part(
        table="client_projects",
        how="moves_unless",
        label=N_("Accounts in projects"),
        beside=("project_id",),
        is_same=True,
        sets=REGISTERED,
    ),
    Part(table="client_roles", how="elsewhere", label=N_("Roles that the client made"), why=USERS),
    Part(table="client_words", how="stays", why="the search for the merged client leads to the one that stays"),
    Part(
        table="consents",
        how="moves_unless",
        label=N_("Consents to the terms"),
        beside=("person_id", "number"),
    ),
    Part(table="contracts", how="moves", label=N_("Contracts")),
    Part(table="expenses", how="moves", label=N_("Expenses")),
    Part(table="discounts", how="moves", label=N_("Discounts")),
    Part(table="discount_uses", how="moves"),
    Part(table="dunning_events", how="moves"),
    Part(table="dunning_pauses", how="moves", label=N_("Pauses of dunning")),
    Part(
        table="dunning_policies",
        how="moves_unless",
        label=N_("Dunning policies"),
        beside=("recipient",),
        is_same=True,
    ),
    Part(table="fraud_checks", how="moves", label=N_("Fraud checks")),
    Part(
        table="group_members",
        how="moves_unless",
        label=N_("Account groups"),
        beside=("group_id",),
        is_same=True,
        sets=REGISTERED,
    ),
    Part(
        table="group_exclusions",
        how="moves_unless",
        label=N_("Exceptions from rules of groups"),
        beside=("group_id",),
        is_same=True,
    ),
    Part(table="impersonations", how="moves", label=N_("Visits of support")),
    Part(
        table="invitations",
        how="moves_unless",
        label=N_("Open invitations"),
        beside=("email_folded",),
        is_same=True,
    ),
    Part(table="deliveries", how="moves", label=N_("Notifications")),
    Part(table="invoices", how="moves", label=N_("Invoices")),
    Part(table="membership_roles", how="elsewhere", why=USERS),
    Part(
        table="mass_message_recipients",
        how="moves_unless",
        label=N_("Messages to clients that were sent to it"),
        beside=("message_id",),
    ),
    Part(table="memberships", how="elsewhere", label=N_("Users"), why=USERS),
    Part(table="notifications", how="moves"),
    Part(table="payments", how="moves", label=N_("Payments")),
    Part(table="payers", how="moves", label=N_("Payers"), sets={"is_default": "false"}),
    Part(
        table="phone_codes",
        how="moves",
        label=N_("Codes that were sent to telephone numbers"),
        sets=CODES_END,
    ),
    Part(
        table="phone_decisions",
        how="stays",
        why="what was decided about the telephone number of the client that stays is what holds",
    ),
    Part(table="promised_payments", how="moves", label=N_("Promised payments")),
    Part(table="promo_codes", how="moves", label=N_("Promo codes")),
    Part(table="rule_candidates", how="stays", why="a job looks at the client and finds that it was merged"),
    Part(table="personal_exports", how="moves", label=N_("Copies of personal data")),
    Part(table="services", how="moves", label=N_("Services")),
    Part(table="offers", how="moves", label=N_("Quotes")),
    Part(table="tickets", how="moves", label=N_("Tickets")),
    Part(table="sessions", how="elsewhere", why="client_merging_users: no session changes its client unasked"),
    Part(table="webhook_events", how="moves"),
)
BY_TABLE = {part.table: part for part in PARTS}


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows of a part there are, and how many of them do not move because the other has such a one."""

    label: str
    table: str
    rows: int
    kept_back: int = 0


async def counts(gone_id: int, stays_id: int) -> list[Count]:
    """What the client that goes has, by part, as far as the preview tells it; parts without rows are left out."""
    told = [part for part in PARTS if part.label]
    columns = ", ".join(
        f"""(SELECT count(*) FROM {part.table} t WHERE t.client_id = $1) AS rows_{number},
            {_count_such(part)} AS kept_{number}"""
        for number, part in enumerate(told)
    )
    # Without a part that asks for the other client its id would be of no known type.
    found = await db.row(f"SELECT {columns}, $2::bigint", gone_id, stays_id)
    assert found is not None
    return [
        Count(label=part.label, table=part.table, rows=found[f"rows_{n}"], kept_back=found[f"kept_{n}"])
        for n, part in enumerate(told)
        if found[f"rows_{n}"]
    ]


async def move(gone: Record, stays: Record) -> None:
    """Move what needs nothing but its client changed, one statement a table."""
    for part in PARTS:
        if part.how in ("moves", "moves_unless"):
            await _move(part, gone["id"], stays["id"])


async def _move(part: Part, gone_id: int, stays_id: int) -> None:
    sets = "".join(f", {column} = {value}" for column, value in part.sets.items())
    unless = f" AND NOT {_has_such(part)}" if part.beside else ""
    await db.execute(
        f"UPDATE {part.table} t SET client_id = $2{sets} WHERE t.client_id = $1{unless}", gone_id, stays_id
    )
    if part.is_same:
        await db.execute(f"DELETE FROM {part.table} WHERE client_id = $1", gone_id)


def _count_such(part: Part) -> str:
    if not part.beside:
        return "0"
    return f"(SELECT count(*) FROM {part.table} t WHERE t.client_id = $1 AND {_has_such(part)})"


def _has_such(part: Part) -> str:
    same = " AND ".join(f"o.{column} = t.{column}" for column in part.beside)
    return f"EXISTS (SELECT FROM {part.table} o WHERE o.client_id = $2 AND {same})"
