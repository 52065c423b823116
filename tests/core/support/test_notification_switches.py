"""Which kinds are sent: what an update brings is off for who was there before, until somebody decides."""

import asyncpg
import pytest

from core import db, notification_switches, schema
from core.billing.billing_kinds import INVOICE_ISSUED, LOW_BALANCE, PAYMENT_RECEIVED
from core.notification_kinds import find
from core.settings import Settings
from core.support import notification_overview
from tests import cast
from tests.core.accounts.house import open_provider

pytestmark = pytest.mark.anyio
UPDATE = (schema.MIGRATIONS / "0316_kinds_of_an_update.sql").read_text()


async def test_the_update_leaves_new_kinds_off_for_who_is_there_and_not_for_who_comes(database: Settings) -> None:
    old = (await cast.tenant("nova")).id
    owner = await asyncpg.connect(database.database_owner_url)
    try:
        for table in ("providers", "notification_switches"):
            await owner.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        await owner.execute("ALTER TABLE notification_switches DROP COLUMN is_new")
        await owner.execute(
            "INSERT INTO notification_switches (tenant_id, kind, is_on) VALUES ($1, 'payment.received', true)", old
        )
        await owner.execute(UPDATE)
        for table in ("providers", "notification_switches"):
            await owner.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    finally:
        await owner.close()
    async with db.as_tenant(old):
        off = await notification_switches.off()
        assert {"invoice.issued", "account.low_balance", "service.suspended"} <= off
        assert "payment.received" not in off and all(find(key) for key in off)
        assert await notification_switches.new() == off
    new = await open_provider()
    async with db.as_tenant(new.id):
        assert await notification_switches.off() == frozenset()


async def test_one_is_decided_about_by_itself_and_the_others_all_at_once(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        kinds = (INVOICE_ISSUED, LOW_BALANCE, PAYMENT_RECEIVED)
        for kind in kinds:
            sql = "INSERT INTO notification_switches (kind, is_on, is_new) VALUES ($1, false, true)"
            await db.execute(sql, kind.key)
        await notification_switches.put(LOW_BALANCE, False, by=alice)
        assert await notification_switches.new() == {INVOICE_ISSUED.key, PAYMENT_RECEIVED.key}
        await notification_switches.decide(True, by=alice)
        assert await notification_switches.off() == {LOW_BALANCE.key}
        assert not [line for line in await notification_overview.every(by=alice) if line.is_new]
