"""Telling clients what billing did: one statement for any number of documents, payments or services.

Each is told once, whoever asks again. What a run issued is told by a job behind it, some hundreds at a time, so
that the run costs the same with and without.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core import clock, db, jobs, notification_switches, notifications, task_runs
from core.actor import Actor, system
from core.billing.billing_kinds import (
    CREDIT_NOTE_ISSUED,
    INVOICE_ISSUED,
    PAYMENT_RECEIVED,
    PRICE_CHANGES,
    SERVICE_RESUMED,
    SERVICE_SUSPENDED,
)
from core.filters import cursor_at, moment_of, read_cursor
from core.notification_kinds import Kind

AT_ONCE = 500
JOB = "invoices.tell"
OUTBOX = """
    INSERT INTO notifications (kind, key, client_id, project_id, address, name, locale, about_kind, about_id, data,
           created_at, created_by)
    SELECT $2::text, {key}, c.id, a.project_id, {address}, left({name}, 200), {locale}, {about},
           jsonb_build_object('name', {name}, {data}), $4, $5
      FROM unnest($1::bigint[]) AS asked (id) JOIN {table} t ON t.id = asked.id
      JOIN clients c ON c.id = t.client_id JOIN client_projects a ON a.id = t.account_id {joins}
     WHERE c.cleared_at IS NULL
    ON CONFLICT (tenant_id, kind, key) DO NOTHING
"""
CLIENT = {
    "address": "c.email",
    "name": "coalesce(nullif(c.contact_person, ''), c.name)",
    "locale": "c.language",
    "joins": "",
}
AMOUNT = "jsonb_build_object('_units', {units}, '_currency', t.currency)"
DOCUMENTS = OUTBOX.format(
    table="invoices",
    key="'document-' || t.id",
    about="'invoice', t.id",
    address="coalesce(nullif(p.email, ''), c.email)",
    name="coalesce(nullif(p.contact_person, ''), p.name)",
    locale="p.language",
    joins="""JOIN payers o ON o.id = t.payer_id JOIN payers p ON p.id = coalesce(o.merged_into_id, o.id)
      LEFT JOIN invoices was ON was.id = t.corrects_id""",
    data=f"""'number', t.number, 'amount', {AMOUNT.format(units="abs(t.gross_units)")},
             'due_on', CASE WHEN t.due_on IS NULL THEN '""'::jsonb ELSE jsonb_build_object('_day', t.due_on) END,
             'corrects', coalesce(was.number, ''), 'link', $3::text || '/invoices/' || t.id""",
)
PAYMENTS = OUTBOX.format(
    table="payments",
    key="'payment-' || t.id",
    about="'payment', t.id",
    data=f"""'amount', {AMOUNT.format(units="t.units")}, 'day', jsonb_build_object('_day', t.day),
             'link', $3::text || '/balance'""",
    **CLIENT,
)
SERVICES = OUTBOX.format(
    table="services",
    key="t.id || '-' || t.version || '-' || $2::text",
    about="'service', t.id",
    data="""'service', t.name || CASE WHEN t.label = '' THEN '' ELSE ' · ' || t.label END,
            'reason', $6::text, 'link', $3::text || '/services/' || t.id""",
    **CLIENT,
)

PRICES = OUTBOX.format(
    table="""(SELECT s.id, h.id AS change_id, h.on_day, h.name, s.label, s.client_id, s.account_id, s.currency,
                     s.full_units - s.discount_units AS old, h.full_units - h.discount_units AS new
                FROM service_changes h JOIN services s ON s.id = h.service_id
               WHERE h.state = 'planned' AND h.service_id = ANY($1::bigint[])
                 AND h.full_units - h.discount_units <> s.full_units - s.discount_units)""",
    key="'change-' || t.change_id",
    about="'service', t.id",
    data=f"""'service', t.name || CASE WHEN t.label = '' THEN '' ELSE ' · ' || t.label END,
             'old', {AMOUNT.format(units="t.old")}, 'new', {AMOUNT.format(units="t.new")},
             'day', jsonb_build_object('_day', t.on_day), 'link', $3::text || '/services/' || t.id""",
    **CLIENT,
)


async def documents(kind: Kind, ids: Sequence[int], *, by: Actor) -> None:
    """Tell the payers of invoices or credit notes that these are issued."""
    await _tell(DOCUMENTS, kind, ids, by=by)


async def payments(ids: Sequence[int], *, by: Actor) -> None:
    """Tell clients that their money has come."""
    await _tell(PAYMENTS, PAYMENT_RECEIVED, ids, by=by)


async def stopped(ids: Sequence[int], reason: str, *, by: Actor) -> None:
    """Tell clients that these services are suspended."""
    await _tell(SERVICES, SERVICE_SUSPENDED, ids, reason, by=by)


async def resumed(ids: Sequence[int], reason: str, *, by: Actor) -> None:
    """Tell clients that these services go on."""
    await _tell(SERVICES, SERVICE_RESUMED, ids, reason, by=by)


async def prices(service_ids: Sequence[int], *, by: Actor) -> None:
    """Tell clients ahead that these services, for which a change is planned, have another price then."""
    await _tell(PRICES, PRICE_CHANGES, service_ids, by=by)


async def issued_by_run(since: datetime) -> None:
    """Have all invoices told that were issued from a moment on, when this transaction is durable."""
    if await notification_switches.is_on(INVOICE_ISSUED):
        await jobs.later(JOB, {"since": cursor_at(since, 0), "until": clock.now().isoformat()})


@jobs.task(JOB)
async def tell_issued(payload: dict[str, Any], job: jobs.Job) -> None:
    """The invoices of a run, in the order in which they were written."""
    after, until = str(payload["since"]), datetime.fromisoformat(payload["until"])
    while after:
        async with job.scope():
            by = system(await task_runs.provider())
            after = await _some(after, until, by=by)


async def _some(after: str, until: datetime, *, by: Actor) -> str:
    """Tell the next ones; where to go on, "" at the end."""
    cursor = read_cursor(after, int)
    assert cursor is not None
    found = await db.fetch(
        f"""SELECT id, created_at FROM invoices WHERE (created_at, id) > ($1, $2) AND created_at <= $3
               AND state = 'issued' AND kind = 'invoice' ORDER BY created_at, id LIMIT {AT_ONCE:d}""",
        moment_of(cursor),
        cursor.id,
        until,
    )
    await documents(INVOICE_ISSUED, [row["id"] for row in found], by=by)
    return cursor_at(found[-1]["created_at"], found[-1]["id"]) if len(found) == AT_ONCE else ""


async def corrected(credit_note_id: int, *, by: Actor) -> None:
    """Tell the payer of a credit note."""
    await documents(CREDIT_NOTE_ISSUED, [credit_note_id], by=by)


async def _tell(sql: str, kind: Kind, ids: Sequence[int], *more: str, by: Actor) -> None:
    if not ids or not await notification_switches.is_on(kind):
        return
    panel = by.tenant.base_url.rstrip("/")
    await db.execute(sql, list(ids), kind.key, panel, clock.now(), by.name, *more)
    await notifications.ask()
