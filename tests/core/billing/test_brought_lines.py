"""Lines that plugins bring to invoices: charged once, taxed right, looked at without a trace, or waited for."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date
from typing import Any

import pytest

from core import clock, db, hooks
from core.actor import Actor
from core.billing import billing_run
from core.hook_lines import BilledAccount, InvoiceLine
from core.hookspecs import Context
from core.settings import Settings
from plugins.testing import check_plugin
from tests import cast
from tests.core.billing import bills, books
from tests.core.billing.test_run_invoices import issued, run
from tests.core.billing.test_services import account, begin, on, sell
from tests.plugins import rogues

pytestmark = pytest.mark.anyio
FIRST = date(2026, 1, 1)
Answer = Callable[[Context, list[BilledAccount]], list[InvoiceLine]]


class Meter:
    """A plugin that answers what a test says, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Answer = lambda _ctx, _accounts: []
        self.dry: list[bool] = []

    def provide(self, ctx: Context, accounts: list[BilledAccount]) -> list[InvoiceLine]:
        self.dry.append(ctx.dry_run)
        return self.answer(ctx, accounts)


@pytest.fixture
def meter(settings: Settings) -> Iterator[Meter]:
    made = Meter()

    def provide_invoice_lines(ctx: Context, accounts: list[BilledAccount]) -> list[InvoiceLine]:
        return made.provide(ctx, accounts)

    plugin = rogues.plugin("meter", provide_invoice_lines=provide_invoice_lines)
    assert not hooks.load(settings, extra={"meter": plugin})
    check_plugin(plugin)
    made.dry.clear()
    yield made
    hooks.load(settings)


@pytest.fixture
async def alice(database: Settings, meter: Meter) -> AsyncIterator[Actor]:
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        await db.execute(
            "INSERT INTO plugin_settings (plugin, enabled, updated_at) VALUES ('meter', true, $1)", clock.now()
        )
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        (monthly,) = await sell(by, {"units": 1000})
        await bills.ready()
        with on(FIRST):
            await begin(await account(by), monthly, by)
        yield by
        await books.check()


def lines(**more: Any) -> Answer:
    def answer(_ctx: Context, accounts: list[BilledAccount]) -> list[InvoiceLine]:
        (asked,) = accounts
        service = asked.lines[0].service
        if more.get("kind") == "adjustment":
            return [InvoiceLine(account=asked.id, service=service, **more)]
        return [InvoiceLine(account=asked.id, **more)]

    return answer


async def test_a_charge_is_on_the_invoice_once_with_the_client_s_tax(alice: Actor, meter: Meter) -> None:
    meter.answer = lines(key="traffic-2026-01", text="Traffic, 30 GB", units=500)
    told, waiting = await run(FIRST, alice)
    assert (told["invoices"], waiting) == (1, [])
    (made,) = await issued()
    assert (made["lines"], made["net_units"], made["tax_units"]) == (2, 1500, 300)
    assert await db.value("SELECT text FROM expenses WHERE key = 'meter-traffic-2026-01'") == "Traffic, 30 GB"
    await run(date(2026, 2, 1), alice)
    assert [row["net_units"] for row in await issued()] == [1500, 1000], "the same key again is the same line"


async def test_a_levy_has_no_tax_and_what_is_given_back_has_that_of_its_charge(alice: Actor, meter: Meter) -> None:
    meter.answer = lines(key="levy", text="Levy", units=7, kind="tax")
    await run(FIRST, alice)
    meter.answer = lines(key="sla-1", text="Outage", units=300, kind="adjustment")
    await run(date(2026, 2, 1), alice)
    await run(date(2026, 2, 2), alice)
    note, *found = await issued()
    assert [(row["net_units"], row["tax_units"]) for row in found] == [(1007, 200), (1000, 200)]
    assert (note["kind"], note["corrects_id"], note["net_units"], note["tax_units"]) == (
        "credit_note",
        found[1]["id"],
        300,
        60,
    )
    assert await db.fetch("SELECT units, method FROM payments") == [(360, "credit")]


@pytest.mark.parametrize(
    "wrong",
    [
        lines(key="x", text="Too much", units=1001, kind="adjustment"),
        lines(key="x", text="Of nobody", units=1, service=12345),
        lambda _ctx, _accounts: [InvoiceLine(account=12345, key="x", text="Foreign", units=1)],
        lambda _ctx, _accounts: [{"account": 1, "key": "x", "text": "Below nothing", "units": -5}],
        lambda _ctx, asked: [
            InvoiceLine(account=asked[0].id, key=f"{n}", text="Byte", units=1) for n in range(101)
        ],
        lambda _ctx, _accounts: 1 / 0,
    ],
)
async def test_who_brings_what_cannot_be_makes_his_accounts_wait(alice: Actor, meter: Meter, wrong: Any) -> None:
    meter.answer = wrong
    told, (waits,) = await run(FIRST, alice)
    assert told["invoices"] == 0
    assert "meter" in waits.reason
    assert await db.value("SELECT count(*) FROM expenses WHERE kind = 'plugin'") == 0
    meter.answer = lambda _ctx, _accounts: []
    assert (await run(FIRST, alice))[0]["invoices"] == 1, "the next run asks again"


async def test_looking_tells_what_would_come_and_writes_nothing(alice: Actor, meter: Meter) -> None:
    meter.answer = lines(key="traffic", text="Traffic", units=500)
    with on(FIRST):
        (seen,) = (await billing_run.preview(by=alice)).brought
    assert (seen.plugin, seen.line and seen.line.units, seen.currency, meter.dry) == ("meter", 500, "EUR", [True])
    assert await db.value("SELECT count(*) FROM expenses") == 1
