"""The ledger balances whatever is posted, in whatever order and by how many at once, and nobody changes it."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import asyncpg
import hypothesis
import pytest
from hypothesis import strategies as st

from core import db
from core.billing import ledger
from core.billing.ledger import Transfer
from core.errors import Conflict
from core.money import MOST, Money
from core.settings import Settings
from tests import cast

pytestmark = pytest.mark.anyio
AT = datetime(2026, 3, 29, 2, 30, tzinfo=UTC)


@pytest.fixture
async def nova(database: Settings) -> int:
    return (await cast.tenant("nova")).id


async def open_accounts() -> tuple[int, int, int]:
    """Of the bank, of revenue, and of a client."""
    holder = await db.value(
        "SELECT a.id FROM client_projects a JOIN clients c ON c.id = a.client_id WHERE c.login = 'dupont'"
    )
    bank, revenue = await ledger.account("bank", "EUR"), await ledger.account("revenue", "EUR")
    return bank, revenue, await ledger.account("client", "EUR", holder_id=holder)


async def units_of(*accounts: int) -> list[int]:
    return [one.units for one in await ledger.balances(accounts)]


async def test_an_invoice_and_its_payment_leave_the_client_even(nova: int) -> None:
    async with db.as_tenant(nova):
        bank, revenue, client = await open_accounts()
        tax = await ledger.account("tax", "EUR")
        assert await ledger.account("tax", "EUR") == tax
        sold = [
            Transfer(debit=client, credit=revenue, units=10000),
            Transfer(debit=client, credit=tax, units=2000),
        ]
        await ledger.post("invoice-1", "invoice", sold, at=AT)
        assert await ledger.balance(client) == Money(12000, "EUR")
        await ledger.post("payment-1", "payment", [Transfer(debit=bank, credit=client, units=15000)], at=AT)
        assert await units_of(client, bank, revenue, tax) == [-3000, 15000, -10000, -2000]
        told = {row["kind"]: (row["debits"], row["credits"]) for row in await ledger.trial_balance()}
        assert told == {"bank": (15000, 0), "client": (12000, 15000), "revenue": (0, 10000), "tax": (0, 2000)}


async def test_a_key_posts_once_and_stands_for_one_thing(nova: int) -> None:
    async with db.as_tenant(nova):
        bank, revenue, _client = await open_accounts()
        paid = [Transfer(debit=bank, credit=revenue, units=5)]
        first = await ledger.post("p", "payment", paid, at=AT)
        assert await ledger.post("p", "payment", paid, at=datetime.now(UTC)) == first
        for other in ([Transfer(debit=bank, credit=revenue, units=6)], [*paid, *paid]):
            with pytest.raises(Conflict):
                await ledger.post("p", "payment", other, at=AT)
        with pytest.raises(Conflict):
            await ledger.post("p", "refund", paid, at=AT)
        assert await units_of(bank, revenue) == [5, -5]


async def test_fifty_at_once_with_one_key_post_one_entry(nova: int) -> None:
    async with db.as_tenant(nova):
        bank, revenue, _client = await open_accounts()

    async def callback() -> int:
        async with db.as_tenant(nova):
            paid = [Transfer(debit=bank, credit=revenue, units=100)]
            return await ledger.post("gateway-77", "payment", paid, at=AT)

    assert len(set(await asyncio.gather(*(callback() for _ in range(50))))) == 1
    async with db.as_tenant(nova):
        assert await units_of(bank) == [100]


async def test_many_who_take_from_each_other_wait_and_none_is_lost(nova: int) -> None:
    async with db.as_tenant(nova):
        accounts = await open_accounts()

    async def turn(number: int) -> None:
        one, two = accounts[number % 3], accounts[(number + 1 + number % 2) % 3]
        moves = [Transfer(debit=one, credit=two, units=1), Transfer(debit=two, credit=one, units=2)]
        async with db.as_tenant(nova):
            await ledger.post(f"turn-{number}", "correction", moves, at=AT)

    await asyncio.gather(*(turn(number) for number in range(60)))
    async with db.as_tenant(nova):
        assert sum(await units_of(*accounts)) == 0
        assert await db.value("SELECT sum(debits) FROM ledger_totals") == 180
        assert await ledger.differences() == []


async def test_who_locks_a_balance_first_takes_from_it_alone(nova: int) -> None:
    async with db.as_tenant(nova):
        bank, _revenue, client = await open_accounts()
        await ledger.post("advance", "payment", [Transfer(debit=bank, credit=client, units=100)], at=AT)

    async def pay(number: int) -> bool:
        async with db.as_tenant(nova):
            await ledger.lock([client])
            if (await ledger.balance(client)).units > -80:
                return False
            await ledger.post(f"pay-{number}", "use", [Transfer(debit=client, credit=bank, units=80)], at=AT)
            return True

    assert Counter(await asyncio.gather(*(pay(number) for number in range(20)))) == {True: 1, False: 19}
    async with db.as_tenant(nova):
        assert await units_of(client) == [-20]


async def test_an_entry_is_reversed_once_and_a_reversal_never(nova: int) -> None:
    async with db.as_tenant(nova):
        bank, revenue, client = await open_accounts()
        moves = [Transfer(debit=client, credit=revenue, units=7), Transfer(debit=bank, credit=client, units=3)]
        entry_id = await ledger.post("i", "invoice", moves, at=AT)
        back = await ledger.reverse(entry_id, key="i-back", at=AT)
        assert await units_of(bank, revenue, client) == [0, 0, 0]
        assert await ledger.reverse(entry_id, key="i-back", at=AT) == back
        for number, key in ((entry_id, "again"), (back, "back-of-back"), (12345, "nothing")):
            with pytest.raises(Conflict):
                await ledger.reverse(number, key=key, at=AT)
        assert await units_of(bank, revenue, client) == [0, 0, 0]


@pytest.mark.parametrize("units", [0, -1, MOST])
async def test_what_is_no_transfer_is_refused(nova: int, units: int) -> None:
    async with db.as_tenant(nova):
        bank, revenue, _client = await open_accounts()
        good = Transfer(debit=bank, credit=revenue, units=1)
        itself = [good, Transfer(debit=bank, credit=bank, units=1)]
        for wrong in ([Transfer(debit=bank, credit=revenue, units=units)], [], itself):
            with pytest.raises(ValueError, match="transfer"):
                await ledger.post("wrong", "payment", wrong, at=AT)
        for key in ("", "k" * 201):
            with pytest.raises(ValueError, match="key"):
                await ledger.post(key, "payment", [good], at=AT)
        with pytest.raises(asyncpg.CheckViolationError):
            async with db.savepoint():
                await db.execute(
                    """INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, currency, units, at)
                       VALUES (1, $1, $2, 'EUR', $3, now())""",
                    bank,
                    revenue,
                    units,
                )


@pytest.mark.parametrize("wrong", ["entry_id", "debit_id", "credit_id", "currency"])
async def test_a_transfer_is_of_an_entry_between_accounts_of_its_currency(nova: int, wrong: str) -> None:
    async with db.as_tenant(nova):
        bank, revenue, _client = await open_accounts()
        entry_id = await ledger.post("right", "payment", [Transfer(debit=bank, credit=revenue, units=1)], at=AT)
        told = {"entry_id": entry_id, "debit_id": bank, "credit_id": revenue, "currency": "EUR"}
        told[wrong] = "USD" if wrong == "currency" else 12345
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with db.savepoint():
                await db.execute(
                    """INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, currency, units, at)
                       VALUES ($1, $2, $3, $4, 1, now())""",
                    *told.values(),
                )
        assert await ledger.differences() == []


async def test_two_currencies_and_two_providers_do_not_meet(nova: int) -> None:
    acme = (await cast.tenant("acme")).id
    async with db.as_tenant(acme):
        theirs = await ledger.account("bank", "EUR")
    for other in ("USD", None):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with db.as_tenant(nova):
                bank = await ledger.account("bank", "EUR")
                away = theirs if other is None else await ledger.account("bank", other)
                moves = [Transfer(debit=bank, credit=away, units=1)]
                await ledger.post("across", "payment", moves, at=AT)
    async with db.as_tenant(nova):
        with pytest.raises(KeyError):
            await ledger.balance(theirs)
        assert await db.value("SELECT count(*) FROM ledger_entries") == 0


CHEATS = [
    "UPDATE ledger_transfers SET units = units + 1",
    "DELETE FROM ledger_transfers",
    "UPDATE ledger_entries SET at = now()",
    "DELETE FROM ledger_entries",
    "UPDATE ledger_accounts SET kind = 'bank'",
    "DELETE FROM ledger_accounts",
    "UPDATE ledger_totals SET debits = 0",
    "DELETE FROM ledger_totals",
    "INSERT INTO ledger_totals (account_id) VALUES (1)",
    "TRUNCATE ledger_transfers",
    "SELECT history.count_transfers()",
]


@pytest.mark.parametrize("cheat", CHEATS)
async def test_the_application_can_change_no_line_of_it(nova: int, cheat: str) -> None:
    async with db.as_tenant(nova):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.savepoint():
                await db.execute(cheat)


async def test_sums_that_somebody_touched_are_found(nova: int, database: Settings) -> None:
    async with db.as_tenant(nova):
        bank, revenue, _client = await open_accounts()
        await ledger.post("p", "payment", [Transfer(debit=bank, credit=revenue, units=5)], at=AT)
    owner = await asyncpg.connect(database.database_owner_url)
    await owner.execute(f"SET app.tenant_id = '{nova}'")
    await owner.execute("UPDATE ledger_totals SET debits = 4 WHERE account_id = $1", bank)
    await owner.close()
    async with db.as_tenant(nova):
        (found,) = await ledger.differences()
        assert (found.account_id, found.kept, found.reckoned) == (bank, (4, 0), (5, 0))


MOVES = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(1, 10**11)), min_size=1, max_size=6)


@hypothesis.settings(
    max_examples=30, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(entries=st.lists(MOVES, max_size=8), turned=st.sets(st.integers(0, 7)))
async def test_whatever_is_posted_balances(nova: int, entries: list[Any], turned: set[int]) -> None:
    """In an unbroken row of examples on one ledger: sums only grow, and each side is what was asked for."""
    async with db.as_tenant(nova):
        accounts = [await ledger.account(f"kind_{letter}", "KWD") for letter in "abcd"]
        before, expected = await units_of(*accounts), [0, 0, 0, 0]
        start = await db.value("SELECT count(*) FROM ledger_entries")
        for place, moves in enumerate(entries):
            transfers = []
            for at, step, units in moves:
                transfers.append(Transfer(debit=accounts[at], credit=accounts[(at + step) % 4], units=units))
                if place not in turned:
                    expected[at] += units
                    expected[(at + step) % 4] -= units
            entry_id = await ledger.post(f"e-{start}-{place}", "test", transfers, at=AT)
            if place in turned:
                await ledger.reverse(entry_id, key=f"r-{start}-{place}", at=AT)
        rows = await db.fetch(
            """SELECT t.debits - t.credits AS units
               FROM ledger_totals t JOIN ledger_accounts a ON a.id = t.account_id
               WHERE a.currency = 'KWD' ORDER BY a.kind"""
        )
        assert [row["units"] for row in rows] == [old + new for old, new in zip(before, expected, strict=True)]
        assert sum(row["units"] for row in rows) == 0
        assert await ledger.differences() == []


async def test_the_database_refuses_a_second_reversal_and_a_strange_kind(nova: int) -> None:
    sql = """INSERT INTO ledger_entries (key, kind, digest, reverses_id, at, recorded_at)
             VALUES ($1, $2, '', $3, $4, $4)"""
    async with db.as_tenant(nova):
        bank, revenue, _client = await open_accounts()
        entry = await ledger.post("p", "payment", [Transfer(debit=bank, credit=revenue, units=5)], at=AT)
        await db.execute(sql, "r1", "payment", entry, AT)
        for kind, reverses, error in (
            ("payment", entry, asyncpg.UniqueViolationError),
            ("Payment", None, asyncpg.CheckViolationError),
            ("", None, asyncpg.CheckViolationError),
        ):
            with pytest.raises(error):
                async with db.savepoint():
                    await db.execute(sql, "r2", kind, reverses, AT)
