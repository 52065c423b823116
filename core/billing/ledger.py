"""Who has what: accounts, and transfers between them that nobody can change or remove.

    bank = await ledger.account("bank", "EUR")
    owed = await ledger.account("client", "EUR", holder_id=account_id)
    await ledger.post("payment-17", "payment", [Transfer(debit=bank, credit=owed, units=1250)], at=now, by=...)

Double entry without an entry that fails to balance: each transfer takes one amount from one account to another of
the same currency. An account's **balance** is its debits less its credits, in minor units: what a client owes (has
paid beforehand when it is below zero), what lies in the bank, revenue and taxes below zero. The database keeps the
sums with every transfer, and `differences` reckons them anew.

What was posted stays; `reverse` posts the contrary. A key makes each entry one: the same again changes nothing, at
another time as well.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Bytea, Numeric, Text, Timestamptz

from core import clock, db
from core.errors import Conflict
from core.i18n import _
from core.money import MOST, Money

LONGEST_KEY = 200


class LedgerAccount(db.Owned, tablename="ledger_accounts", append_only=True):
    """An account. `holder_id` is the client's account in a project that it belongs to, None for the provider's."""

    kind = Text()
    currency = Text()
    holder_id = BigInt(null=True)
    opened_at = Timestamptz()


class LedgerEntry(db.Owned, tablename="ledger_entries", append_only=True):
    """What happened. `at` is when it counts, which may be before it was recorded; `digest` is of its transfers."""

    key = Text()
    kind = Text()
    digest = Bytea()
    reverses_id = BigInt(null=True)
    at = Timestamptz()
    recorded_at = Timestamptz()


class LedgerTransfer(db.Owned, tablename="ledger_transfers", append_only=True):
    """`units` (minor units, above 0) to the debit of one account and the credit of another."""

    entry_id = BigInt()
    debit_id = BigInt()
    credit_id = BigInt()
    currency = Text()
    units = BigInt()
    at = Timestamptz()


class LedgerTotal(db.Owned, tablename="ledger_totals", append_only=True):
    """The sums of an account's two sides. Only the database writes them."""

    account_id = BigInt()
    debits = Numeric((30, 0))
    credits = Numeric((30, 0))


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """`units` of the currency's smallest unit, 1 or more, to the debit and the credit of two accounts."""

    debit: int
    credit: int
    units: int


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """An account whose kept sums are not those of its transfers: none, unless somebody was at the tables."""

    account_id: int
    kept: tuple[int, int]
    reckoned: tuple[int, int]


async def account(kind: str, currency: str, *, holder_id: int | None = None) -> int:
    """The id of the account, which is opened when there is none."""
    find = "SELECT id FROM ledger_accounts WHERE kind = $1 AND currency = $2 AND holder_id IS NOT DISTINCT FROM $3"
    found = await db.value(find, kind, currency, holder_id)
    if found is None:
        found = await db.value(
            """INSERT INTO ledger_accounts (kind, currency, holder_id, opened_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT DO NOTHING RETURNING id""",
            kind,
            currency,
            holder_id,
            clock.now(),
        )
    return int(found if found is not None else await db.value(find, kind, currency, holder_id))


async def post(key: str, kind: str, transfers: Sequence[Transfer], *, at: datetime) -> int:
    """Post an entry, all of it or nothing; returns its id. With a key that was posted before, that entry's id.

    `ValueError` for no transfer, an account against itself, or units that are not from 1 to below `money.MOST`;
    `Conflict` when the key stands for something else. In the transaction of what it belongs to.
    """
    return await _post(key, kind, transfers, at=at, reverses_id=None)


async def reverse(entry_id: int, *, key: str, at: datetime) -> int:
    """Post the contrary of an entry; returns its id. `Conflict` when another key did, or it is one itself."""
    entry = await db.row("SELECT kind, reverses_id FROM ledger_entries WHERE id = $1", entry_id)
    if entry is None or entry["reverses_id"] is not None:
        raise Conflict(_("This entry cannot be reversed."))
    found = await db.fetch(
        "SELECT debit_id, credit_id, units FROM ledger_transfers WHERE entry_id = $1 ORDER BY id", entry_id
    )
    contrary = [Transfer(debit=one["credit_id"], credit=one["debit_id"], units=one["units"]) for one in found]
    return await _post(key, entry["kind"], contrary, at=at, reverses_id=entry_id)


async def balance(account_id: int) -> Money:
    """Debits less credits of an account."""
    (found,) = await balances([account_id])
    return found


async def balances(account_ids: Sequence[int]) -> list[Money]:
    """The same of several, in their order; `KeyError` for one that there is not."""
    rows = await db.fetch(
        """SELECT a.id, a.currency, t.debits - t.credits AS units
           FROM ledger_accounts a JOIN ledger_totals t ON t.account_id = a.id WHERE a.id = ANY($1::bigint[])""",
        list(account_ids),
    )
    found = {row["id"]: Money(int(row["units"]), row["currency"]) for row in rows}
    return [found[account_id] for account_id in account_ids]


async def lock(account_ids: Iterable[int]) -> None:
    """Keep these accounts' balances as they are for others until the transaction ends, in the order of all."""
    await db.execute("SELECT history.lock_totals($1)", sorted(set(account_ids)))


async def trial_balance() -> list[Record]:
    """The sums of all accounts by currency and kind: `debits`, `credits`. Each currency's are the same."""
    return await db.fetch(
        """SELECT a.currency, a.kind, sum(t.debits) AS debits, sum(t.credits) AS credits, count(*) AS accounts
           FROM ledger_accounts a JOIN ledger_totals t ON t.account_id = a.id
           GROUP BY a.currency, a.kind ORDER BY a.currency, a.kind"""
    )


async def differences() -> list[Difference]:
    """Reckon every account from its transfers. Looks at all of them: for a check by night, not for a page."""
    rows = await db.fetch(
        """SELECT t.account_id, t.debits, t.credits, coalesce(m.debits, 0) AS all_debits,
                  coalesce(m.credits, 0) AS all_credits
           FROM ledger_totals t LEFT JOIN (
               SELECT s.account_id, sum(s.debits) AS debits, sum(s.credits) AS credits FROM (
                   SELECT debit_id AS account_id, units AS debits, 0 AS credits FROM ledger_transfers
                   UNION ALL SELECT credit_id, 0, units FROM ledger_transfers) s GROUP BY s.account_id
           ) m ON m.account_id = t.account_id
           WHERE (t.debits, t.credits) IS DISTINCT FROM (coalesce(m.debits, 0), coalesce(m.credits, 0))
           ORDER BY t.account_id"""
    )
    return [
        Difference(
            account_id=row["account_id"],
            kept=(int(row["debits"]), int(row["credits"])),
            reckoned=(int(row["all_debits"]), int(row["all_credits"])),
        )
        for row in rows
    ]


async def _post(
    key: str, kind: str, transfers: Sequence[Transfer], *, at: datetime, reverses_id: int | None
) -> int:
    _check(key, transfers)
    digest = sha256(msgspec.msgpack.encode((kind, reverses_id, list(transfers)))).digest()
    async with db.savepoint():
        entry_id = await db.value(
            """INSERT INTO ledger_entries (key, kind, digest, reverses_id, at, recorded_at)
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING id""",
            key,
            kind,
            digest,
            reverses_id,
            at,
            clock.now(),
        )
        if entry_id is None:
            return await _posted_before(key, digest)
        await db.execute(
            """INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, currency, units, at)
               SELECT $1, m.debit, m.credit, (SELECT currency FROM ledger_accounts WHERE id = m.debit), m.units, $5
               FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS m (debit, credit, units)""",
            entry_id,
            [one.debit for one in transfers],
            [one.credit for one in transfers],
            [one.units for one in transfers],
            at,
        )
    return int(entry_id)


async def _posted_before(key: str, digest: bytes) -> int:
    before = await db.row("SELECT id, digest FROM ledger_entries WHERE key = $1", key)
    if before is None:
        raise Conflict(_("This entry was reversed before."))
    if before["digest"] != digest:
        raise Conflict(_("This key stands for another entry."))
    return int(before["id"])


def _check(key: str, transfers: Sequence[Transfer]) -> None:
    if not 0 < len(key) <= LONGEST_KEY:
        raise ValueError(f"a key has 1 to {LONGEST_KEY} characters")
    if not transfers:
        raise ValueError("an entry without a transfer")
    for one in transfers:
        if one.debit == one.credit or not 0 < one.units < MOST:
            raise ValueError(f"no transfer: {one}")
