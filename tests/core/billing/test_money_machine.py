"""Whatever people, programs and billing runs do to money, in whatever order and at once: the books are right.

Hypothesis orders, quotes, bills, pays, gives back, cancels, changes, charges, moves, invoices and duns, alone and
several at once, while months go by; after each step every oracle of the books is asked.
"""

import asyncio
from collections.abc import Awaitable, Coroutine
from datetime import timedelta
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core import db
from core.billing import invoice_files
from core.settings import Settings
from tests.core.billing import books
from tests.core.billing.market import Market, Verb
from tests.core.billing.money_deeds import DEEDS

pytestmark = pytest.mark.anyio
NTH = st.integers(0, 11)
UNITS = st.integers(1, 9_000)
ACTIONS = st.tuples(st.sampled_from(sorted(DEEDS)), NTH, UNITS)
RUNS = st.sampled_from([("run", 0, 0), ("dun", 0, 0)])
"""The billing run, and the dunning run."""


class Money(RuleBasedStateMachine):
    """One provider, from the end of January on."""

    loop: asyncio.AbstractEventLoop

    def wait_for(self, call: Coroutine[Any, Any, Any]) -> Any:
        """Let the test's own loop do it."""
        return asyncio.run_coroutine_threadsafe(call, self.loop).result(60)

    @initialize(orders=st.lists(st.tuples(NTH, UNITS), min_size=2, max_size=4))
    def begin(self, orders: list[tuple[int, int]]) -> None:
        self.market = Market()
        self.balances: dict[int, int] = {}
        self.is_charged_back = False
        self.wait_for(self.market.open())
        self.do(*(("order", nth, units) for nth, units in orders))

    def do(self, *actions: tuple[str, int, int]) -> None:
        """All of these at once."""
        self.is_charged_back = any(name in ("chargeback", "unrecord") for name, _nth, _units in actions)
        self.wait_for(self.market.together([self.verb(*action) for action in actions]))

    def verb(self, name: str, nth: int, units: int) -> Verb:
        if name in ("run", "dun"):
            return self.market.run if name == "run" else self.market.dun

        def call() -> Awaitable[int | None]:
            return DEEDS[name](self.market, nth, units)

        return self.market.verb(call)

    @rule(action=ACTIONS)
    def act(self, action: tuple[str, int, int]) -> None:
        self.do(action)

    @rule(days=st.integers(1, 40), runs=st.lists(RUNS, min_size=1, max_size=3))
    def days_go_by_and_the_runs_work(self, days: int, runs: list[tuple[str, int, int]]) -> None:
        """Up to forty days without a run are an outage as well."""
        self.market.moment += timedelta(days=days)
        self.do(*runs)

    @rule(
        actions=st.lists(ACTIONS, min_size=1, max_size=3),
        days=st.integers(0, 31),
        runs=st.lists(RUNS, max_size=1),
    )
    def several_at_once(
        self, actions: list[tuple[str, int, int]], days: int, runs: list[tuple[str, int, int]]
    ) -> None:
        self.market.moment += timedelta(days=days)
        self.do(*actions, *runs)

    @invariant()
    def the_books_are_right(self) -> None:
        if hasattr(self, "market"):
            self.wait_for(self._look())

    async def _look(self) -> None:
        async with db.as_tenant(self.market.by.tenant.id):
            await books.check()
            assert await db.value(IN_THE_BANK) == self.market.money, "money appeared or vanished"
            over = await books.overdrawn()
            held = {row["id"]: row["units"] for row in await db.fetch(BALANCES)}
        for account_id, balance in over.items():
            assert self.is_charged_back or balance >= self.balances.get(account_id, 0), "it owes more than it may"
        self.balances = held


IN_THE_BANK = """
    SELECT coalesce(sum(t.debits - t.credits), 0)::bigint FROM ledger_accounts l
      JOIN ledger_totals t ON t.account_id = l.id WHERE l.kind IN ('bank', 'cash', 'other_money')
"""
BALANCES = """
    SELECT l.holder_id AS id, (t.credits - t.debits)::bigint AS units FROM ledger_accounts l
      JOIN ledger_totals t ON t.account_id = l.id WHERE l.kind = 'client'
"""


async def test_whatever_is_done_to_money_the_books_are_right(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files of invoices are not printed: they are another matter, and slow."""

    async def unprinted(_invoice: object) -> None:
        return None

    monkeypatch.setattr(invoice_files, "keep", unprinted)

    class Running(Money):
        loop = asyncio.get_running_loop()

    how = hypothesis.settings(
        max_examples=8,
        stateful_step_count=12,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        derandomize=True,
        print_blob=True,
    )
    await asyncio.to_thread(run_state_machine_as_test, Running, settings=how)
