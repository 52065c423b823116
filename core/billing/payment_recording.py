"""Recording many payments by one statement, as a bank's statement brings them."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

import msgspec
from asyncpg import Record

from core import audit, clock, db, policies
from core.actor import Actor
from core.audit import Subject
from core.billing import accounts, allocations, billing_notices
from core.periods import first_moment
from core.permissions import Permission

OPEN_LEDGER = """
    INSERT INTO ledger_accounts (kind, currency, holder_id, opened_at)
    SELECT 'client', j.currency, a.id, $2::timestamptz
      FROM client_projects a JOIN projects j ON j.id = a.project_id WHERE a.id = ANY($1::bigint[])
    UNION SELECT 'bank', j.currency, NULL, $2 FROM client_projects a JOIN projects j ON j.id = a.project_id
     WHERE a.id = ANY($1::bigint[])
    ON CONFLICT DO NOTHING
"""
RECORD = """
    WITH asked AS MATERIALIZED (
        SELECT t.*, a.client_id, j.currency, new_id() AS payment_id, new_id() AS entry_id
          FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::date[], $5::timestamptz[], $6::text[])
               t (account_id, key, units, day, at, reference)
          JOIN client_projects a ON a.id = t.account_id JOIN projects j ON j.id = a.project_id
         WHERE NOT EXISTS (SELECT FROM payments p WHERE p.key = t.key)),
    entries AS (
        INSERT INTO ledger_entries (id, key, kind, digest, at, recorded_at)
        SELECT k.entry_id, 'payment-' || k.payment_id, 'payment', sha256(convert_to(k.key, 'UTF8')), k.at, $7
          FROM asked k),
    moves AS (
        INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, currency, units, at)
        SELECT k.entry_id, b.id, c.id, k.currency, k.units, k.at FROM asked k
          JOIN ledger_accounts b ON b.kind = 'bank' AND b.currency = k.currency AND b.holder_id IS NULL
          JOIN ledger_accounts c ON c.kind = 'client' AND c.currency = k.currency AND c.holder_id = k.account_id),
    made AS (
        INSERT INTO payments (id, client_id, account_id, currency, key, method, state, units, day, reference, note,
            entry_id, created_at, created_by)
        SELECT k.payment_id, k.client_id, k.account_id, k.currency, k.key, 'bank_transfer', 'paid', k.units, k.day,
               k.reference, '', k.entry_id, $7, $8 FROM asked k),
    states AS (
        INSERT INTO payment_states (payment_id, state, at, actor_name, reason)
        SELECT k.payment_id, 'paid', $7, $8, '' FROM asked k)
    SELECT payment_id AS id, key, client_id, currency, units, reference FROM asked
"""


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer that came into an account on a day. With its key it is recorded once."""

    account_id: int
    key: str
    units: int
    day: date
    reference: str


async def record(came: Sequence[Came], *, by: Actor) -> dict[str, int]:
    """Record bank transfers into accounts that the caller has locked; returns payments by their keys.

    What they leave free covers what is open, the oldest first. One whose key is there already is left out.
    """
    policies.require(by, Permission.PAYMENT_CREATE)
    if not came:
        return {}
    account_ids = sorted({one.account_id for one in came})
    zone, now = ZoneInfo(by.tenant.timezone), clock.now()
    await db.execute(OPEN_LEDGER, account_ids, now)
    made = await db.fetch(
        RECORD,
        [one.account_id for one in came],
        [one.key for one in came],
        [one.units for one in came],
        [one.day for one in came],
        [first_moment(one.day, zone) for one in came],
        [one.reference for one in came],
        now,
        by.name,
    )
    await allocations.cover(account_ids, at=now)
    await billing_notices.payments([row["id"] for row in made], by=by)
    await audit.record_each("payment:created", "payment", [_subject(row) for row in made], by=by)
    return {row["key"]: row["id"] for row in made}


def _subject(row: Record) -> Subject:
    name = accounts.told(row["units"], row["currency"])
    new = {"reference": row["reference"]} if row["reference"] else {}
    return Subject(id=row["id"], name=name, client_id=row["client_id"], new=new)
