"""Expenses: what an account is charged for, by hand or by what is above, and reversing it.

An expense never changes. Its ledger entry is made with it: what the client owes, from revenue and from taxes. What
was wrong is reversed: the entry's contrary is posted, and payments that covered it are free again.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Date, Integer, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import access, clients, rows
from core.actor import Actor
from core.billing import accounts, allocations, client_taxes, expense_holds, ledger, money_checks
from core.billing.ledger import Transfer
from core.catalog import price_words
from core.catalog.percents import WHOLE
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import _
from core.money import MOST, rounded
from core.periods import first_moment
from core.permissions import Permission

MANUAL, TRANSFER = "manual", "transfer"
"""Kinds: charged by hand, and moved to another account of the client. Modules above bring others."""
LONGEST_TEXT = 200
LONGEST_REASON = 500
COLUMNS = (
    "client_id", "account_id", "payer_id", "key", "kind", "text", "day", "period_start", "period_end", "currency",
    "discount_units", "net_units", "tax_rate", "tax_category", "tax_reason", "tax_units", "gross_units",
    "entry_id", "created_at", "created_by", "service_id",
)  # fmt: skip
WITH_NAMES = """SELECT e.*, c.code AS client_code, c.name AS client_name, a.project_id, j.name AS project
    FROM expenses e JOIN clients c ON c.id = e.client_id JOIN client_projects a ON a.id = e.account_id
    JOIN projects j ON j.id = a.project_id"""


class Expense(db.Owned, tablename="expenses"):
    """A charge. Amounts are minor units of `currency`; `period_end` is the first day that no more belongs to it.

    `net_units` is after the discount and before tax. `covered_units` of the gross amount are paid.
    """

    client_id = BigInt()
    account_id = BigInt()
    payer_id = BigInt(null=True)
    service_id = BigInt(null=True)
    key = Text()
    kind = Text()
    text = Text()
    day = Date()
    period_start = Date(null=True)
    period_end = Date(null=True)
    currency = Text()
    discount_units = BigInt()
    net_units = BigInt()
    tax_rate = Integer()
    tax_category = Text()
    tax_reason = Text()
    tax_units = BigInt()
    gross_units = BigInt()
    covered_units = BigInt()
    entry_id = BigInt(null=True)
    created_at = Timestamptz()
    created_by = Text()
    reversed_at = Timestamptz(null=True)
    reversed_by = Text()
    reversed_reason = Text()


class Tax(msgspec.Struct, frozen=True, kw_only=True):
    """How an expense is taxed: the rate in thousandths of a percent, its category (UNTDID 5305), and why."""

    rate: int = 0
    category: str = "O"
    reason: str = ""

    def on(self, net_units: int) -> int:
        """The tax on an amount, rounded once."""
        return rounded(Fraction(net_units * self.rate, WHOLE))


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """An expense that a module makes: what for, when, how much (minor units after discount, before tax).

    `key` makes it one: the same again is the expense that is there. `kind` says which module made it.
    """

    key: str
    kind: str
    text: str
    day: date
    net_units: int
    discount_units: int = 0
    tax: Tax = Tax()
    period_start: date | None = None
    period_end: date | None = None
    payer_id: int | None = None
    service_id: int | None = None
    tax_units: int | None = None

    @property
    def taxed(self) -> int:
        """The tax: `tax_units` where it was reckoned with the price, else what the rate makes of the amount."""
        return self.tax.on(self.net_units) if self.tax_units is None else self.tax_units


class NewExpense(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A charge by hand. `units` are before tax; without a day it is today.

    `tax_rate` is in thousandths of a percent; None is what the provider's taxes say for the client's payer.

    A period is both its first and its last day, or neither.
    """

    text: str
    units: int
    tax_rate: int | None = None
    day: date | None = None
    period_start: date | None = None
    period_last: date | None = None


async def get(expense_id: int, *, by: Actor) -> Record:
    """One expense with `client_code`, `client_name`, `project` and `project_id`; `NotFound` without one."""
    policies.require(by, Permission.EXPENSE_READ)
    found = await db.row(f"{WITH_NAMES} WHERE e.id = $1", expense_id) if rows.is_id(expense_id) else None
    if found is None or not access.may_use_project(found["project_id"], by=by):
        raise NotFound()
    await access.client(found["client_id"], by=by)
    return found


async def create(account_id: int, new: NewExpense, *, key: str = "", by: Actor) -> Record:
    """Charge an account by hand; `Invalid` beside what is wrong, `Conflict` when it may not owe that much.

    `key` makes it one, however often it is sent; without one it is its own.
    """
    policies.require(by, Permission.EXPENSE_CREATE)
    account = await accounts.locked(account_id, by=by)
    clients.require_open(account, ["expense"])
    made = await _checked(new, account, clock.today(by.tenant.timezone), key or f"manual-{uuid4().hex}")
    if (before := await _made(made.key)) is not None:
        return await get(before, by=by)
    accounts.require_within(account, made.net_units + made.tax.on(made.net_units))
    return await get(await charge(account, made, by=by), by=by)


async def charge(account: Mapping[str, Any], made: Charge, *, by: Actor) -> int:
    """Charge an account that the caller has locked, and let what was paid cover it; returns the expense's id.

    Asks for no right, and for no limit.
    """
    if (before := await _made(made.key)) is not None:
        return before
    tax = made.taxed
    moves = await _moves(account, made.net_units, tax)
    entry_id = await _post(made, moves, by=by) if moves else None
    expense_id = await insert(account, made, tax, entry_id, by=by)
    await allocations.cover([account["id"]])
    await tell("expense:created", await _row(expense_id), by=by)
    return expense_id


async def insert(
    account: Mapping[str, Any], made: Charge, tax_units: int, entry_id: int | None, *, by: Actor
) -> int:
    """Write the row of an expense whose ledger entry is made; returns its id."""
    values = (
        account["client_id"], account["id"], made.payer_id, made.key, made.kind, made.text, made.day,
        made.period_start, made.period_end, account["currency"], made.discount_units, made.net_units,
        made.tax.rate, made.tax.category, made.tax.reason, tax_units, made.net_units + tax_units, entry_id,
        clock.now(), by.name, made.service_id,
    )  # fmt: skip
    places = ", ".join(f"${place}" for place in range(1, len(COLUMNS) + 1))
    return int(
        await db.value(f"INSERT INTO expenses ({', '.join(COLUMNS)}) VALUES ({places}) RETURNING id", *values)
    )


async def why_it_stays(expense: Mapping[str, Any]) -> str:
    """Why an expense cannot be reversed now, "" when it can."""
    if expense["reversed_at"] is not None:
        return _("This expense was reversed before.")
    if expense["kind"] == TRANSFER:
        return _("Money that was moved to another account is moved back from there.")
    return await expense_holds.why(expense)


async def reverse(expense_id: int, reason: str, *, by: Actor) -> Record:
    """Take an expense back; returns it. What payments had covered of it covers the next ones."""
    policies.require(by, Permission.EXPENSE_REVERSE)
    account = await accounts.locked((await get(expense_id, by=by))["account_id"], by=by)
    checks = Checks()
    told = checks.text("reason", reason, longest=LONGEST_REASON)
    checks.done()
    expense = await get(expense_id, by=by)
    if stays := await why_it_stays(expense):
        raise Conflict(stays)
    await allocations.release_expense(expense_id)
    now = clock.now()
    if moves := await _moves(
        dict(account) | {"currency": expense["currency"]}, expense["net_units"], expense["tax_units"]
    ):
        contrary = [Transfer(debit=one.credit, credit=one.debit, units=one.units) for one in moves]
        await ledger.post(f"expense-{expense_id}-reversed", "expense", contrary, at=now)
    await db.execute(
        "UPDATE expenses SET reversed_at = $2, reversed_by = $3, reversed_reason = $4 WHERE id = $1",
        expense_id,
        now,
        by.name,
        told,
    )
    await allocations.cover([account["id"]])
    await tell("expense:reversed", expense, new={"reason": told}, by=by)
    return await get(expense_id, by=by)


async def client_account(account: Mapping[str, Any]) -> int:
    """The ledger account of a client's account."""
    return await ledger.account("client", account["currency"], holder_id=account["id"])


async def tell(
    action: str, expense: Mapping[str, Any], *, new: Mapping[str, Any] | None = None, by: Actor
) -> None:
    """Note in the audit what was done to an expense, with its amount."""
    amount = {"amount": accounts.told(expense["gross_units"], expense["currency"])}
    await audit.record(action, "expense", expense["id"], by=by, name=expense["text"],
                       client_id=expense["client_id"], new=amount | dict(new or {}))  # fmt: skip


async def _post(made: Charge, moves: list[Transfer], *, by: Actor) -> int:
    at = first_moment(made.day, ZoneInfo(by.tenant.timezone))
    return await ledger.post(f"expense-{made.key}", "expense", moves, at=at)


async def _moves(account: Mapping[str, Any], net_units: int, tax_units: int) -> list[Transfer]:
    """What an expense moves in the ledger; nothing when it is for free."""
    currency = account["currency"]
    return [
        Transfer(debit=await client_account(account), credit=await ledger.account(kind, currency), units=units)
        for kind, units in (("revenue", net_units), ("tax", tax_units))
        if units
    ]


async def _made(key: str) -> int | None:
    found: int | None = await db.value("SELECT id FROM expenses WHERE key = $1", key)
    return found


async def _row(expense_id: int) -> Record:
    found = await db.row("SELECT * FROM expenses WHERE id = $1", expense_id)
    assert found is not None
    return found


async def _tax_of(new: NewExpense, account: Mapping[str, Any], day: date) -> Tax:
    if new.tax_rate is not None:
        return Tax(rate=new.tax_rate, category="S" if new.tax_rate else "O")
    tax, _is_inside = await client_taxes.of(account, day)
    return Tax(rate=tax.rate, category=tax.category, reason=price_words.kept_reason(tax))


async def _checked(new: NewExpense, account: Mapping[str, Any], today: date, key: str) -> Charge:
    checks = Checks()
    text = checks.text("text", new.text, longest=LONGEST_TEXT)
    day = money_checks.day(checks, new.day, today)
    tax = await _tax_of(new, account, day)
    if not 0 <= tax.rate <= WHOLE:
        checks.error("tax_rate", _("A tax rate is from 0 to 100 %."))
    elif 0 < new.units < MOST <= new.units + tax.on(new.units):
        checks.error("units", _("This is more than can be kept."))
    money_checks.units(checks, new.units)
    end = money_checks.period_end(checks, new.period_start, new.period_last, today)
    checks.done()
    return Charge(
        key=key,
        kind=MANUAL,
        text=text,
        day=day,
        net_units=new.units,
        tax=tax,
        period_start=new.period_start,
        period_end=end,
    )
