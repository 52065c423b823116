"""Charging, paying, giving back, moving over: what covers what, and that no money appears or vanishes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta

import asyncpg
import pytest

from core import clock, db
from core.actor import Actor
from core.billing import accounts, allocations, expense_list, expenses, payments, refunds, transfers
from core.billing.accounts import Terms
from core.billing.expense_list import ExpenseFilter
from core.billing.expenses import NewExpense
from core.billing.payments import NewPayment
from core.billing.refunds import NewRefund
from core.billing.transfers import NewTransfer
from core.errors import Conflict, Forbidden, Invalid, NotFound, ReadOnly
from core.settings import Settings
from tests import cast
from tests.core.billing import books

pytestmark = pytest.mark.anyio


@pytest.fixture
async def people(database: Settings) -> dict[str, Actor]:
    return {name: await cast.who(name) for name in ("carl", "sam", "lea")}


@pytest.fixture
async def carl(people: dict[str, Actor]) -> AsyncIterator[Actor]:
    """The accountant of Nova, inside its scope; the books are looked at when the test is over."""
    by = people["carl"]
    async with db.as_tenant(by.tenant.id):
        yield by
        await books.check()


async def owing(by: Actor, login: str = "dupont") -> int:
    """An account that may owe whatever it will."""
    account_id = await books.account_of(login)
    await accounts.set_terms(account_id, Terms(is_postpaid=True), by=by)
    return account_id


def spent(units: int, text: str = "Hosting", **more: object) -> NewExpense:
    return NewExpense(text=text, units=units, **({"tax_rate": 0} | more))  # type: ignore[arg-type]


async def covered(*expense_ids: int) -> list[int]:
    rows = await db.fetch("SELECT id, covered_units FROM expenses WHERE id = ANY($1::bigint[])", list(expense_ids))
    found = {row["id"]: row["covered_units"] for row in rows}
    return [found[one] for one in expense_ids]


async def test_a_payment_covers_the_oldest_expenses_first_and_the_rest_is_an_advance(carl: Actor) -> None:
    account_id, today = await owing(carl), clock.today("Europe/Paris")
    newer = await expenses.create(account_id, spent(5_000), by=carl)
    older = await expenses.create(
        account_id, spent(10_000, tax_rate=20_000, day=today - timedelta(days=9)), by=carl
    )
    assert (older["net_units"], older["tax_units"], older["gross_units"]) == (10_000, 2_000, 12_000)
    first = await payments.create(account_id, NewPayment(units=13_000), by=carl)
    assert await covered(older["id"], newer["id"]) == [12_000, 1_000]
    assert first["free_units"] == 0
    second = await payments.create(account_id, NewPayment(units=10_000, method="cash"), by=carl)
    assert (await covered(newer["id"]), second["free_units"]) == ([5_000], 6_000)
    account = await accounts.get(account_id, by=carl)
    assert (account["balance"], account["open_units"]) == (6_000, 0)
    third = await expenses.create(account_id, spent(4_000), by=carl)
    assert await covered(third["id"]) == [4_000], "an advance covers what comes"
    assert [row["units"] for row in await allocations.of_expense(newer["id"])] == [1_000, 4_000]
    assert [row["id"] for row in await allocations.of_payment(second["id"])] == [newer["id"], third["id"]]


async def test_a_reversed_expense_frees_its_money_for_the_next_one(carl: Actor) -> None:
    account_id = await owing(carl)
    wrong = await expenses.create(account_id, spent(8_000), by=carl)
    right = await expenses.create(account_id, spent(9_000), by=carl)
    await payments.create(account_id, NewPayment(units=8_000), by=carl)
    assert await covered(wrong["id"], right["id"]) == [8_000, 0]
    gone = await expenses.reverse(wrong["id"], "Charged twice", by=carl)
    assert (gone["reversed_by"], gone["reversed_reason"]) == ("Carl", "Charged twice")
    assert await covered(wrong["id"], right["id"]) == [0, 8_000]
    assert (await accounts.get(account_id, by=carl))["balance"] == -1_000
    with pytest.raises(Conflict, match="reversed before"):
        await expenses.reverse(wrong["id"], "Again", by=carl)
    with pytest.raises(Invalid):
        await expenses.reverse(right["id"], " ", by=carl)


async def test_an_account_owes_no_more_than_it_may(carl: Actor) -> None:
    account_id = await books.account_of("dupont")
    await accounts.set_terms(account_id, Terms(credit_limit=5_000), by=carl)
    await expenses.create(account_id, spent(4_000, tax_rate=25_000), by=carl)
    with pytest.raises(Conflict, match=r"has -50.00 EUR and may owe 50.00 EUR"):
        await expenses.create(account_id, spent(1), by=carl)
    await payments.create(account_id, NewPayment(units=100), by=carl)
    await expenses.create(account_id, spent(100), by=carl)
    changed = await accounts.set_terms(account_id, Terms(is_postpaid=True), by=carl)
    assert accounts.may_owe(changed) is None
    await expenses.create(account_id, spent(1_000_000), by=carl)
    with pytest.raises(Invalid):
        await accounts.set_terms(account_id, Terms(credit_limit=-1), by=carl)
    assert (await accounts.set_terms(account_id, Terms(credit_limit=None), by=carl))["own_limit"] is None


async def test_a_pending_payment_counts_when_its_money_came(carl: Actor) -> None:
    account_id = await owing(carl)
    due = await expenses.create(account_id, spent(3_000), by=carl)
    waits = await payments.create(account_id, NewPayment(units=3_000, is_pending=True), by=carl)
    gone = await payments.create(account_id, NewPayment(units=1, is_pending=True), by=carl)
    assert (waits["state"], (await accounts.get(account_id, by=carl))["balance"]) == ("pending", -3_000)
    with pytest.raises(Conflict):
        await refunds.create(waits["id"], NewRefund(units=1, reason="No"), by=carl)
    paid = await payments.confirm(waits["id"], date(2026, 1, 5), by=carl)
    assert (paid["state"], paid["day"], await covered(due["id"])) == ("paid", date(2026, 1, 5), [3_000])
    cancelled = await payments.cancel(gone["id"], "It never came", by=carl)
    steps = [(row["state"], row["reason"]) for row in await payments.history(gone["id"], by=carl)]
    assert (cancelled["state"], steps) == ("cancelled", [("pending", ""), ("cancelled", "It never came")])
    for over in (paid, cancelled):
        with pytest.raises(Conflict):
            await payments.confirm(over["id"], by=carl)
        with pytest.raises(Conflict):
            await payments.cancel(over["id"], "No", by=carl)


async def test_what_goes_back_opens_the_newest_expense_and_never_more_than_came(carl: Actor) -> None:
    account_id, today = await owing(carl), clock.today("Europe/Paris")
    old = await expenses.create(account_id, spent(5_000, day=today - timedelta(days=3)), by=carl)
    new = await expenses.create(account_id, spent(5_000), by=carl)
    paid = await payments.create(account_id, NewPayment(units=12_000, day=today - timedelta(days=1)), by=carl)
    back = await refunds.create(paid["id"], NewRefund(units=2_000, reason="Too much"), by=carl)
    assert (back["free_units"], await covered(old["id"], new["id"])) == (0, [5_000, 5_000])
    taken = await refunds.create(paid["id"], NewRefund(units=6_000, reason="Bank", kind="chargeback"), by=carl)
    assert (taken["state"], await covered(old["id"], new["id"])) == ("paid", [4_000, 0])
    with pytest.raises(Invalid) as refused:
        await refunds.create(paid["id"], NewRefund(units=4_001, reason="More"), by=carl)
    assert "40.00 EUR" in refused.value.errors["units"]
    with pytest.raises(Invalid) as refused:
        early = NewRefund(units=1, reason=" ", day=today - timedelta(days=2))
        await refunds.create(paid["id"], early, by=carl)
    assert set(refused.value.errors) == {"day", "reason"}
    whole = await refunds.create(paid["id"], NewRefund(units=4_000, reason="All"), by=carl)
    assert (whole["state"], await covered(old["id"], new["id"])) == ("refunded", [0, 0])
    assert [row["kind"] for row in await refunds.of(paid["id"], by=carl)] == ["refund", "chargeback", "refund"]
    with pytest.raises(Conflict):
        await refunds.create(paid["id"], NewRefund(units=1, reason="Once more"), by=carl)


async def test_a_refund_keeps_to_what_the_account_may_owe_and_a_chargeback_does_not(carl: Actor) -> None:
    account_id = await books.account_of("dupont")
    await accounts.set_terms(account_id, Terms(credit_limit=1_000), by=carl)
    paid = await payments.create(account_id, NewPayment(units=3_000), by=carl)
    await expenses.create(account_id, spent(3_000), by=carl)
    with pytest.raises(Conflict):
        await refunds.create(paid["id"], NewRefund(units=2_000, reason="Please"), by=carl)
    await refunds.create(paid["id"], NewRefund(units=2_000, reason="Bank", kind="chargeback"), by=carl)
    assert (await accounts.get(account_id, by=carl))["balance"] == -2_000


async def test_money_moves_between_accounts_of_one_client_and_currency(carl: Actor) -> None:
    client_id = await db.value("SELECT id FROM clients WHERE login = 'dupont'")
    source = await books.account_of("dupont")
    other, dollars = [
        await db.value(
            """INSERT INTO client_projects (client_id, project_id, opened_at)
               SELECT $1, p.id, now() FROM projects p WHERE p.name = $2 RETURNING id""",
            client_id,
            name,
        )
        for name in (await some_projects())
    ]
    await payments.create(source, NewPayment(units=5_000), by=carl)
    with pytest.raises(Invalid) as refused:
        await transfers.create(source, NewTransfer(to_id=dollars, units=5_001), by=carl)
    assert set(refused.value.errors) == {"to_id", "units"}
    for stranger in (source, await books.account_of("mueller")):
        with pytest.raises(Invalid):
            await transfers.create(source, NewTransfer(to_id=stranger, units=1), by=carl)
    left = await transfers.create(source, NewTransfer(to_id=other, units=2_000, note="As asked"), key="k", by=carl)
    again = await transfers.create(source, NewTransfer(to_id=other, units=2_000), key="k", by=carl)
    assert (left["balance"], again["balance"]) == (3_000, 3_000)
    assert (await accounts.get(other, by=carl))["balance"] == 2_000
    moved = await db.row("SELECT id, kind, covered_units FROM expenses WHERE account_id = $1", source)
    came = await db.row("SELECT id, method FROM payments WHERE account_id = $1", other)
    assert moved is not None and came is not None
    assert (moved["kind"], moved["covered_units"], came["method"]) == ("transfer", 2_000, "transfer")
    with pytest.raises(Conflict):
        await expenses.reverse(moved["id"], "No", by=carl)
    with pytest.raises(Conflict):
        await refunds.create(came["id"], NewRefund(units=1, reason="No"), by=carl)


async def some_projects() -> tuple[str, str]:
    """One more project in euros, and one in dollars."""
    for name, currency in (("More euros", "EUR"), ("Dollars", "USD")):
        await db.execute(
            "INSERT INTO projects (name, currency, created_at) VALUES ($1, $2, now())", name, currency
        )
    return "More euros", "Dollars"


@pytest.mark.parametrize(
    ("new", "fields"),
    [
        (NewExpense(text=" ", units=0), {"text", "units"}),
        (NewExpense(text="a", units=10**15), {"units"}),
        (NewExpense(text="a", units=9 * 10**14, tax_rate=20_000), {"units"}),
        (NewExpense(text="a", units=1, tax_rate=150_000), {"tax_rate"}),
        (NewExpense(text="a", units=1, day=date(9999, 1, 1)), {"day"}),
        (NewExpense(text="a", units=1, period_start=date(2026, 2, 1)), {"period_last"}),
        (
            NewExpense(text="a", units=1, period_start=date(2026, 2, 2), period_last=date(2026, 2, 1)),
            {"period_last"},
        ),
    ],
)
async def test_a_wrong_expense_is_told_beside_its_fields(carl: Actor, new: NewExpense, fields: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        await expenses.create(await owing(carl), new, by=carl)
    assert set(refused.value.errors) == fields


@pytest.mark.parametrize(
    ("new", "fields"),
    [
        (NewPayment(units=-1, method="transfer"), {"units", "method"}),
        (NewPayment(units=10**15), {"units"}),
        (NewPayment(units=1, day=date(1999, 1, 1)), {"day"}),
        (NewPayment(units=1, reference="a" * 201, note="\x00"), {"reference", "note"}),
    ],
)
async def test_a_wrong_payment_is_told_beside_its_fields(carl: Actor, new: NewPayment, fields: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        await payments.create(await owing(carl), new, by=carl)
    assert set(refused.value.errors) == fields


async def test_the_same_key_is_the_same_expense_and_payment(carl: Actor) -> None:
    account_id = await owing(carl)
    for _again in range(2):
        await expenses.create(account_id, spent(700), key="form-1", by=carl)
        paid = await payments.create(account_id, NewPayment(units=900), key="form-1", by=carl)
        await refunds.create(paid["id"], NewRefund(units=100, reason="A little"), key="form-1", by=carl)
    assert (await accounts.get(account_id, by=carl))["balance"] == 100
    assert await db.value("SELECT count(*) FROM audit_entries WHERE action ~ '^(expense|payment):'") == 3


async def test_a_day_finds_what_was_charged_on_it_also_where_days_are_ahead(carl: Actor) -> None:
    """In a sandbox an expense is of a day that the moment of its writing has not reached."""
    account_id = await owing(carl)
    clock.keep_ahead(carl.tenant.id, 40)
    try:
        today = clock.today(carl.tenant.timezone)
        for day in (today, today - timedelta(days=3)):
            await expenses.create(account_id, NewExpense(text="Domain", units=100, tax_rate=0, day=day), by=carl)
        found = await expense_list.page(ExpenseFilter(day_from=today, text="domain"), by=carl)
        assert [row["day"] for row in found.rows] == [today]
    finally:
        clock.keep_ahead(carl.tenant.id, 0)


async def test_a_closed_client_pays_and_is_charged_no_more(carl: Actor) -> None:
    account_id = await owing(carl)
    await db.execute("UPDATE clients SET status = 'closed' WHERE login = 'dupont'")
    await payments.create(account_id, NewPayment(units=1), by=carl)
    with pytest.raises(ReadOnly):
        await expenses.create(account_id, spent(1), by=carl)


async def test_support_looks_and_does_not_touch(carl: Actor, people: dict[str, Actor]) -> None:
    account_id = await owing(carl)
    made = await expenses.create(account_id, spent(100), by=carl)
    paid = await payments.create(account_id, NewPayment(units=100), by=carl)
    sam = people["sam"]
    assert (await expenses.get(made["id"], by=sam))["text"] == "Hosting"
    for attempt in (
        expenses.create(account_id, spent(1), by=sam),
        expenses.reverse(made["id"], "No", by=sam),
        payments.create(account_id, NewPayment(units=1), by=sam),
        refunds.create(paid["id"], NewRefund(units=1, reason="No"), by=sam),
        accounts.set_terms(account_id, Terms(is_postpaid=False), by=sam),
        transfers.create(account_id, NewTransfer(to_id=1, units=1), by=sam),
    ):
        with pytest.raises(Forbidden):
            await attempt


async def test_staff_of_one_project_see_the_money_of_its_accounts_only(
    carl: Actor, people: dict[str, Actor]
) -> None:
    lea = people["lea"]
    assert lea.projects
    await owing(carl)
    account_id = await books.account_of("dupont")
    made = await expenses.create(account_id, spent(100), by=carl)
    paid = await payments.create(account_id, NewPayment(units=100), by=carl)
    for look in (
        accounts.get(account_id, by=lea),
        expenses.get(made["id"], by=lea),
        payments.get(paid["id"], by=lea),
    ):
        with pytest.raises(NotFound):
            await look


@pytest.mark.parametrize(
    "cheat",
    [
        "UPDATE expenses SET net_units = 1, gross_units = 1, tax_units = 0",
        "UPDATE expenses SET covered_units = 0",
        "UPDATE payments SET units = 999999",
        "UPDATE payments SET refunded_units = 5",
        "UPDATE payments SET state = 'pending'",
        "UPDATE allocations SET units = 1",
        "UPDATE refunds SET units = 1",
        "DELETE FROM expenses",
        "DELETE FROM payments",
        "DELETE FROM allocations",
        "INSERT INTO allocations (payment_id, expense_id, units, at) SELECT p.id, e.id, 1, now()"
        " FROM payments p, expenses e",
        "INSERT INTO payments (client_id, account_id, key, method, state, currency, units, allocated_units, day,"
        " created_at, created_by) SELECT client_id, account_id, 'x', 'cash', 'paid', 'EUR', 5, 5, day, now(), ''"
        " FROM payments",
        "DELETE FROM client_projects WHERE id = (SELECT account_id FROM payments)",
    ],
)
async def test_the_application_cannot_change_what_was_charged_or_paid(carl: Actor, cheat: str) -> None:
    account_id = await owing(carl)
    await expenses.create(account_id, spent(500), by=carl)
    paid = await payments.create(account_id, NewPayment(units=500), by=carl)
    await refunds.create(paid["id"], NewRefund(units=100, reason="A little"), by=carl)
    with pytest.raises(
        (asyncpg.CheckViolationError, asyncpg.InsufficientPrivilegeError, asyncpg.ForeignKeyViolationError)
    ):
        async with db.savepoint():
            await db.execute(cheat)


async def test_twenty_at_once_who_give_the_same_back_give_it_once(database: Settings) -> None:
    carl = await cast.who("carl")
    async with db.as_tenant(carl.tenant.id):
        account_id = await books.account_of("dupont")
        payment_id = (await payments.create(account_id, NewPayment(units=5_000), by=carl))["id"]

    async def give_back() -> bool:
        async with db.as_tenant(carl.tenant.id):
            try:
                await refunds.create(payment_id, NewRefund(units=5_000, reason="Please"), by=carl)
            except (Conflict, Invalid):
                return False
        return True

    assert sum(await asyncio.gather(*(give_back() for _one in range(20)))) == 1
    async with db.as_tenant(carl.tenant.id):
        assert (await accounts.get(account_id, by=carl))["balance"] == 0
        await books.check()


async def test_many_who_pay_and_charge_at_once_leave_the_books_right(database: Settings) -> None:
    carl = await cast.who("carl")
    async with db.as_tenant(carl.tenant.id):
        account_id = await owing(carl)

    async def act(number: int) -> None:
        async with db.as_tenant(carl.tenant.id):
            if number % 2:
                await payments.create(account_id, NewPayment(units=number), by=carl)
            else:
                await expenses.create(account_id, spent(number + 1), by=carl)

    await asyncio.gather(*(act(number) for number in range(30)))
    async with db.as_tenant(carl.tenant.id):
        await books.check()


async def test_without_a_rate_the_tax_is_what_the_taxes_say_for_the_payer(carl: Actor) -> None:
    made = []
    for login in ("dupont", "tanaka"):
        made.append(await expenses.create(await owing(carl, login), NewExpense(text="Work", units=1000), by=carl))
    assert [(row["tax_units"], row["tax_category"]) for row in made] == [(200, "S"), (0, "O")]
    assert made[1]["tax_reason"]
