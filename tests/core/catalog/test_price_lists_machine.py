"""Whatever is done to a plan's price lists, in whatever order: what was published stays as it was, to the row.

Hypothesis begins, edits, publishes and deletes, and between that writes to the tables past all verbs, as the
application's role.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import date, timedelta
from typing import Any

import asyncpg
import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core import clock, db
from core.actor import Tenant
from core.catalog import addon_offers, addons, price_lists, price_sheets, prices
from core.catalog.addons import AddonChanges
from core.catalog.price_lists import PriceListChanges
from core.catalog.prices import PriceChanges
from core.errors import Refusal
from tests import cast
from tests.core.accounts.house import worker
from tests.core.catalog import shop
from tests.core.catalog.shop import cost

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]
TABLES = ("prices", "addon_offers", "addon_prices")
PAST_ALL_VERBS = (
    "UPDATE price_lists SET valid_from = valid_from + 1 WHERE id = $1",
    "UPDATE price_lists SET published_at = NULL, valid_from = NULL WHERE id = $1",
    "DELETE FROM price_lists WHERE id = $1",
    "UPDATE prices SET units = units + 1 WHERE price_list_id = $1",
    "DELETE FROM prices WHERE price_list_id = $1",
    "UPDATE addon_offers SET included = included + 1 WHERE price_list_id = $1",
    "DELETE FROM addon_offers WHERE price_list_id = $1",
    "UPDATE addon_prices SET units = units + 1 WHERE price_list_id = $1",
    "DELETE FROM addon_prices WHERE price_list_id = $1",
    "DELETE FROM addons WHERE id IN (SELECT addon_id FROM addon_offers WHERE price_list_id = $1)",
    "DELETE FROM addon_choices WHERE id IN (SELECT choice_id FROM addon_prices WHERE price_list_id = $1)",
    """INSERT INTO prices (price_list_id, billing, currency, units) SELECT $1, 'once', 'XXX', 1
       WHERE EXISTS (SELECT FROM price_lists WHERE id = $1)""",
    """UPDATE prices SET price_list_id = $1, currency = 'XXX' WHERE id = (
           SELECT p.id FROM prices p JOIN price_lists l ON l.id = p.price_list_id WHERE l.published_at IS NULL
              AND NOT EXISTS (SELECT FROM addon_prices a WHERE a.price_id = p.id) LIMIT 1)""",
)
_numbers = itertools.count(1)


@asynccontextmanager
async def undone() -> AsyncIterator[None]:
    """What is refused leaves nothing behind, as in a request."""
    with suppress(Refusal):
        async with db.savepoint():
            yield


class Lists(RuleBasedStateMachine):
    """One plan and its price lists."""

    loop: asyncio.AbstractEventLoop
    tenant: Tenant

    def do(self, call: Coroutine[Any, Any, Any]) -> Any:
        """Run it in the test's own loop, in a transaction of the provider."""

        async def inside() -> Any:
            async with db.as_tenant(self.tenant.id), undone():
                return await call

        return asyncio.run_coroutine_threadsafe(inside(), self.loop).result(30)

    @initialize()
    def begin(self) -> None:
        self.by = worker(self.tenant)
        self.shop = self.do(shop.opened(self.by, f"Hosting {next(_numbers)}"))
        self.published: dict[int, Any] = {}

    async def newest(self) -> dict[str, Any]:
        found = await price_lists.of_plan(self.shop.plan, by=self.by)
        return dict(found[0] if found else await price_lists.begin(self.shop.plan, by=self.by))

    async def rows_of(self, list_id: int) -> list[Any]:
        """All rows of a list, as they stand in the tables."""
        found = [dict(row) for row in await db.fetch("SELECT * FROM price_lists WHERE id = $1", list_id)]
        for table in TABLES:
            sql = f"SELECT * FROM {table} WHERE price_list_id = $1 ORDER BY id"
            found += [dict(row) for row in await db.fetch(sql, list_id)]
        return found

    @rule()
    def next_list(self) -> None:
        self.do(price_lists.begin(self.shop.plan, by=self.by))

    @rule(days=st.integers(-3, 30))
    def publish(self, days: int) -> None:
        self.do(self._publish(clock.today("UTC") + timedelta(days=days)))

    async def _publish(self, day: date) -> None:
        row = await self.newest()
        if row["id"] not in self.published:
            await shop.publish(row["id"], self.by, day)
            self.published[row["id"]] = (await self.rows_of(row["id"]), await price_sheets.of_list(row["id"]))

    @rule(units=st.integers(0, 10**6), nth=st.integers(0, 5))
    def change_price(self, units: int, nth: int) -> None:
        self.do(self._change_price(units, nth))

    async def _change_price(self, units: int, nth: int) -> None:
        row = await self.newest()
        sheets = await price_sheets.of_list(row["id"])
        if sheets:
            price_id = sheets[nth % len(sheets)].price_id
            await prices.update(row["id"], price_id, PriceChanges(units=units), version=row["version"], by=self.by)

    @rule(nth=st.integers(0, 5))
    def delete_price(self, nth: int) -> None:
        self.do(self._delete_price(nth))

    async def _delete_price(self, nth: int) -> None:
        row = await self.newest()
        sheets = await price_sheets.of_list(row["id"])
        if len(sheets) > 1:
            price_id = sheets[nth % len(sheets)].price_id
            await prices.delete(row["id"], price_id, version=row["version"], by=self.by)

    @rule(months=st.integers(1, 24), units=st.integers(0, 10**6), included=st.integers(0, 50))
    def add_price(self, months: int, units: int, included: int) -> None:
        self.do(self._add_price(months, units, included))

    async def _add_price(self, months: int, units: int, included: int) -> None:
        """With what the addons cost, so that the list can be published."""
        list_id = (await self.newest())["id"]
        await shop.priced(list_id, self.by, months=months, units=units)
        terms = [sheet.price_id for sheet in await price_sheets.of_list(list_id)]
        await shop.offer(list_id, self.shop.disk, self.by, *(cost(term, 7) for term in terms), included=included)
        await shop.offer(list_id, self.shop.backup, self.by, *(cost(term, 9) for term in terms))
        systems = [cost(term, 1, choice_id=choice) for term in terms for choice in self.shop.choices]
        await shop.offer(list_id, self.shop.system, self.by, *systems)

    @rule(day=st.integers(0, 31))
    def change_list(self, day: int) -> None:
        self.do(self._change_list(day))

    async def _change_list(self, day: int) -> None:
        row = await self.newest()
        await price_lists.update(row["id"], PriceListChanges(next_from=day), version=row["version"], by=self.by)

    @rule()
    def leave_out(self) -> None:
        self.do(self._leave_out())

    async def _leave_out(self) -> None:
        row = await self.newest()
        await addon_offers.delete(row["id"], self.shop.backup, version=row["version"], by=self.by)

    @rule()
    def delete_list(self) -> None:
        self.do(self._delete_list())

    async def _delete_list(self) -> None:
        await price_lists.delete((await self.newest())["id"], by=self.by)

    @rule()
    def delete_addons(self) -> None:
        self.do(addons.delete(self.shop.backup, by=self.by))

    @rule()
    def drop_choices(self) -> None:
        self.do(self._drop_choices())

    async def _drop_choices(self) -> None:
        version = (await addons.get(self.shop.system, by=self.by))["version"]
        await addons.update(self.shop.system, AddonChanges(choices=()), version=version, by=self.by)

    @rule(sql=st.sampled_from(PAST_ALL_VERBS), nth=st.integers(0, 5))
    def write_past_all_verbs(self, sql: str, nth: int) -> None:
        if self.published:
            self.do(self._write(sql, list(self.published)[nth % len(self.published)]))

    async def _write(self, sql: str, list_id: int) -> None:
        try:
            async with db.savepoint():
                touched = (await db.execute(sql, list_id)).split()[-1]
        except (asyncpg.CheckViolationError, asyncpg.ForeignKeyViolationError):
            return
        assert touched == "0", f"{sql} changed a published price list"

    @invariant()
    def what_was_published_is_as_it_was(self) -> None:
        for list_id, (rows, sheets) in getattr(self, "published", {}).items():
            assert self.do(self.rows_of(list_id)) == rows
            assert self.do(price_sheets.of_list(list_id)) == sheets


async def test_what_was_published_never_changes() -> None:
    nova = await cast.tenant("nova")

    class Running(Lists):
        loop = asyncio.get_running_loop()
        tenant = nova

    how = hypothesis.settings(
        max_examples=30,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        print_blob=True,
    )
    await asyncio.to_thread(run_state_machine_as_test, Running, settings=how)


async def test_every_way_past_the_verbs_is_shut_for_a_published_list_and_open_for_a_draft() -> None:
    nova = await cast.tenant("nova")
    by = worker(nova)
    async with db.as_tenant(nova.id):
        made = await shop.opened(by, "Another")
        await db.execute(PAST_ALL_VERBS[3], made.draft)
        await shop.publish(made.draft, by)
        second = await price_lists.begin(made.plan, by=by)
        await shop.priced(second["id"], by, months=5)
        for sql in PAST_ALL_VERBS:
            with pytest.raises((asyncpg.CheckViolationError, asyncpg.ForeignKeyViolationError)):
                async with db.savepoint():
                    await db.execute(sql, made.draft)


async def test_nothing_slips_into_a_list_while_it_is_being_published() -> None:
    nova = await cast.tenant("nova")
    by = worker(nova)
    async with db.as_tenant(nova.id):
        made = await shop.opened(by, "Third")
    is_published = asyncio.Event()

    async def publish() -> None:
        async with db.as_tenant(nova.id):
            await shop.publish(made.draft, by)
            is_published.set()
            await asyncio.sleep(0.3)

    async def slip_in() -> None:
        await is_published.wait()
        async with db.as_tenant(nova.id):
            await db.execute("UPDATE prices SET units = 1 WHERE price_list_id = $1", made.draft)

    first, second = await asyncio.gather(publish(), slip_in(), return_exceptions=True)
    assert first is None
    assert isinstance(second, asyncpg.CheckViolationError)
