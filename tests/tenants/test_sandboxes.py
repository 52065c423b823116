"""The time of a sandbox: it goes forward only, days of business follow, and everybody else's stays."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import pytest

from core import clock, db
from core.actor import Actor
from core.billing import billing_run
from core.errors import Conflict, Invalid, PermissionMissing
from core.settings import Settings
from tenants import onboarding, providers, sandboxes
from tests import cast
from tests.core.at_queue import until, workers
from tests.core.billing import bills, books
from tests.core.billing.test_services import account, begin, sell
from tests.tenants.test_onboarding import FRESH
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def calendar() -> Iterator[None]:
    """What this process knows of sandboxes goes with the test."""
    yield
    for tenant_id in range(20):
        clock.keep_ahead(tenant_id, 0)


@pytest.fixture
async def alice(database: Settings) -> Actor:
    """The owner of Nova, which is a sandbox here."""
    async with db.as_platform():
        await db.execute("UPDATE providers SET is_sandbox = true WHERE code = 'nova'")
    return await cast.who("alice")


async def test_days_follow_moments_and_other_providers_stay(alice: Actor) -> None:
    bob = await cast.who("bob")
    async with db.as_tenant(alice.tenant.id):
        begun = clock.today(alice.tenant.timezone)
        day = begun + timedelta(days=40)
        assert await sandboxes.move(day, by=alice) == day
        await providers.current()
        assert clock.today(alice.tenant.timezone) == day
        assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
        assert await sandboxes.move(day, by=alice) == day, "to stay is no error"
        later = await sandboxes.move(day + timedelta(days=1), by=alice)
        noted = await db.fetch(
            "SELECT changes FROM audit_entries WHERE action = 'provider:time_moved' ORDER BY id"
        )
        assert sorted(row["changes"]["day"][1] for row in noted) == [day.isoformat(), later.isoformat()]
    async with db.as_tenant(bob.tenant.id):
        assert abs((clock.today(alice.tenant.timezone) - begun).days) <= 1
    assert abs((clock.today(alice.tenant.timezone) - begun).days) <= 1, "outside of any scope"


async def test_time_goes_forward_not_too_far_and_only_in_a_sandbox(alice: Actor) -> None:
    bob, sam = await cast.who("bob"), await cast.who("sam")
    async with db.as_tenant(alice.tenant.id):
        day = clock.today(alice.tenant.timezone)
        for wrong in (day - timedelta(days=1), day + timedelta(days=sandboxes.MOST_DAYS + 1)):
            with pytest.raises(Invalid):
                await sandboxes.move(wrong, by=alice)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.savepoint():
                await db.execute("UPDATE providers SET is_sandbox = false WHERE id = $1", alice.tenant.id)
        with pytest.raises(PermissionMissing):
            await sandboxes.move(day, by=sam)
    async with db.as_tenant(bob.tenant.id):
        with pytest.raises(Conflict):
            await sandboxes.move(day + timedelta(days=9), by=bob)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.savepoint():
                await db.execute("UPDATE providers SET is_sandbox = true WHERE id = $1", bob.tenant.id)


async def test_the_night_s_work_follows_and_charges_what_fell_due(
    alice: Actor, visitor: Visitor, settings: Settings
) -> None:
    async with db.as_tenant(alice.tenant.id):
        (monthly,) = await sell(alice, {"units": 1000})
        await bills.ready()
        await begin(await account(alice), monthly, alice)
        begun = clock.today(alice.tenant.timezone)
    staff = await visitor.sign_in(cast.email("alice"))
    assert "Sandbox" in (await staff.get("/staff")).text
    over = begun + timedelta(days=70)
    refused = await staff.post("/staff/sandbox", {"day": "2020-01-01"})
    assert refused.status_code == 422
    assert "forward only" in refused.text
    assert (await staff.post("/staff/sandbox", {"day": over.isoformat()})).status_code == 303
    assert f'min="{over.isoformat()}"' in (await staff.get("/staff/sandbox")).text

    async def is_billed() -> bool:
        async with db.as_tenant(alice.tenant.id):
            return await db.value("SELECT count(*) FROM invoices WHERE state = 'issued'") == 1

    async with workers(settings):
        await until(is_billed)
    async with db.as_tenant(alice.tenant.id):
        assert await db.value("SELECT count(*) FROM expenses") == 3
        assert await db.value("SELECT issued_on FROM invoices") == over
        told = "SELECT next FROM counters WHERE name IN ('billing_run', 'dunning_run', 'daily_figures')"
        assert {row["next"] for row in await db.fetch(told)} == {over.toordinal()}, "the night is of that day"
        assert (await billing_run.preview(by=alice)).due == 0
        await books.check()


async def test_one_is_opened_by_the_operator(database: Settings) -> None:
    olga = await cast.who("olga")
    async with db.as_platform():
        opened = await onboarding.open_provider(msgspec.structs.replace(FRESH, is_sandbox=True), by=olga)
    assert opened.provider.is_sandbox
