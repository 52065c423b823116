"""Expenses, payments and accounts, for staff, users and programs."""

from typing import TYPE_CHECKING

from core import db
from core.actor import Actor
from core.billing import accounts, expenses, payments
from core.billing.accounts import Terms
from core.billing.expenses import NewExpense
from core.billing.payments import NewPayment
from tests.web.matrix import things
from tests.web.matrix.row import NEW, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

EXPENSE = {"text": "Hosting", "units": "12.50", "tax_rate": "20", "day": "2026-01-02"}
PAYMENT = {"units": "12.50", "method": "bank_transfer", "day": "2026-01-02"}
REFUND = {"units": "1", "reason": "Too much", "kind": "refund"}
PENDING = {"kinds": {"payment_id": "pending_payment"}}
OWING = {"kinds": {"account_id": "owing_account"}}
RICH = {"kinds": {"account_id": "rich_account"}}
PLACEHOLDERS = {"expense_id": "expense", "payment_id": "payment"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/clients/{code}/accounts", "account:read", {}),
        (
            "POST /staff/accounts/{account_id}/terms",
            "account:update",
            OWING | {"send": {"credit_limit": "10", "is_postpaid": "1"}},
        ),
        (
            "POST /staff/accounts/{account_id}/transfer",
            "account:update",
            RICH | {"send": {"to_id": "$poor_account", "units": "1"}},
        ),
        ("GET /staff/expenses", "expense:read", {}),
        ("GET /staff/clients/{code}/expenses", "expense:read", {}),
        ("GET /staff/clients/{code}/expenses/new", "expense:create", {}),
        (
            "POST /staff/clients/{code}/expenses",
            "expense:create",
            {"kinds": {"code": "owing_client"}, "send": EXPENSE},
        ),
        ("GET /staff/expenses/{expense_id}", "expense:read", {}),
        ("POST /staff/expenses/{expense_id}/reverse", "expense:reverse", {"send": {"reason": "Wrong"}}),
        ("GET /staff/accounts", "account:read", {}),
        ("GET /staff/accounts/export", "account:read", {}),
        ("POST /staff/accounts/export", "account:read", {"gives": 200, "send": {"columns": "balance"}}),
        ("GET /staff/accounts/{account_id}/statement", "account:read", OWING),
        ("GET /staff/accounts/{account_id}/statement/pdf", "account:read", OWING),
        (
            "POST /staff/accounts/{account_id}/statement/export",
            "account:read",
            OWING | {"gives": 200, "send": {"format": "csv"}},
        ),
        ("GET /staff/expenses/export", "expense:read", {}),
        ("POST /staff/expenses/export", "expense:read", {"gives": 200, "send": {"columns": "day"}}),
        ("GET /staff/payments", "payment:read", {}),
        ("GET /staff/clients/{code}/payments", "payment:read", {}),
        ("GET /staff/clients/{code}/payments/new", "payment:create", {}),
        ("POST /staff/clients/{code}/payments", "payment:create", {"send": PAYMENT}),
        ("GET /staff/payments/{payment_id}", "payment:read", {}),
        ("POST /staff/payments/{payment_id}/confirm", "payment:create", PENDING | {"send": {"day": "2026-01-02"}}),
        ("POST /staff/payments/{payment_id}/cancel", "payment:create", PENDING | {"send": {"reason": "Never"}}),
        ("POST /staff/payments/{payment_id}/refund", "payment:refund", {"send": REFUND}),
        ("POST /staff/payments/{payment_id}/reverse", "payment:refund", {"send": {"reason": "Mistake"}}),
        ("GET /staff/payments/export", "payment:read", {}),
        ("POST /staff/payments/export", "payment:read", {"gives": 200, "send": {"columns": "day"}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/clients/{code}/balances", "account:read", {}),
        ("GET /api/v1/balances/{account_id}", "account:read", OWING),
        ("PATCH /api/v1/balances/{account_id}", "account:update", OWING | {"send": {"credit_limit": 500}}),
        (
            "POST /api/v1/balances/{account_id}/transfer",
            "account:update",
            RICH | NEW | {"send": {"to_id": "$poor_account", "units": 100}},
        ),
        (
            "POST /api/v1/balances/{account_id}/expenses",
            "expense:create",
            OWING | NEW | {"send": {"text": "Hosting", "units": 1250}},
        ),
        ("GET /api/v1/expenses", "expense:read", {}),
        ("GET /api/v1/expenses/{expense_id}", "expense:read", {}),
        ("POST /api/v1/expenses/{expense_id}/reverse", "expense:reverse", {"send": {"reason": "Wrong"}}),
        ("GET /api/v1/balances", "account:read", {}),
        ("GET /api/v1/balances/{account_id}/statement", "account:read", OWING),
        ("GET /api/v1/balances/{account_id}/statement/pdf", "account:read", OWING),
        ("POST /api/v1/accounts/export", "account:read", {"send": {}}),
        ("POST /api/v1/expenses/export", "expense:read", {"send": {}}),
        (
            "POST /api/v1/balances/{account_id}/payments",
            "payment:create",
            OWING | NEW | {"send": {"units": 1250}},
        ),
        ("GET /api/v1/payments", "payment:read", {}),
        ("GET /api/v1/payments/{payment_id}", "payment:read", {}),
        ("POST /api/v1/payments/{payment_id}/confirm", "payment:create", PENDING | {"send": {}}),
        ("POST /api/v1/payments/{payment_id}/cancel", "payment:create", PENDING | {"send": {"reason": "Never"}}),
        (
            "POST /api/v1/payments/{payment_id}/refund",
            "payment:refund",
            {"send": {"units": 100, "reason": "Too much"}},
        ),
        ("POST /api/v1/payments/{payment_id}/reverse", "payment:refund", {"send": {"reason": "Mistake"}}),
        ("POST /api/v1/payments/export", "payment:read", {"send": {}}),
    ),
    *rows(
        "portal",
        "provider",
        ("GET /services", "portal:services:read", {}),
        ("GET /balance", "portal:invoices:read", {}),
        ("GET /pay", "portal:invoices:read", {}),
        ("GET /statement", "portal:invoices:read", {}),
        ("GET /statement/pdf", "portal:invoices:read", {}),
        ("GET /expenses", "portal:invoices:read", {}),
        ("GET /payments", "portal:invoices:read", {}),
        by="dupont",
    ),
]
_FILTER = "client project day_from day_to state"
PARAMETERS = {
    "/services": "after before",
    "/pay": "account missing",
    "/expenses": "after before",
    "/payments": "after before",
    "/statement": "account day_from day_to",
    "/statement/pdf": "account day_from day_to",
    "/staff/accounts/{account_id}/statement": "day_from day_to",
    "/api/v1/balances/{account_id}/statement": "day_from day_to",
    "/staff/accounts": "name client project currency balance after before",
    "/api/v1/balances": "name client project currency balance after before limit",
    "/staff/expenses": f"{_FILTER} text age after before",
    "/api/v1/expenses": f"{_FILTER} text age after before limit",
    "/staff/payments": f"{_FILTER} reference method after before",
    "/api/v1/payments": f"{_FILTER} reference method after before limit",
}
RULED = {
    *(f"expenses.{column}" for column in ("kind", "currency", "tax_category")),
    *(f"payments.{column}" for column in ("method", "state", "currency")),
    *("payment_states.state", "refunds.kind"),
}
FILLERS = {
    "refunds": "(payment_id, key, kind, units, day, reason, entry_id, created_at, created_by) SELECT p.id, 'x', 'refund', 1, p.day, 'x', p.entry_id, now(), 'x' FROM payments p WHERE p.tenant_id = {tenant} AND p.entry_id IS NOT NULL LIMIT 1",
}


async def owing_client(world: "World", by: Actor) -> int:
    """The code of a client whose account is post-paid."""
    return await _code_of(await owing_account(world, by), by)


async def owing_account(world: "World", by: Actor) -> int:
    """A post-paid account."""
    account_id = await _account(await things.client_(world, by), by)
    async with db.as_tenant(by.tenant.id):
        await accounts.set_terms(account_id, Terms(is_postpaid=True), by=by)
    return account_id


async def rich_account(world: "World", by: Actor) -> int:
    """An account with money, of a client that has another one in the same currency."""
    account_id = await owing_account(world, by)
    async with db.as_tenant(by.tenant.id):
        await payments.create(account_id, NewPayment(units=5000), by=by)
        await db.execute(
            """INSERT INTO projects (name, currency, created_at) VALUES ($1, 'EUR', now())""",
            world.fresh("project"),
        )
        await db.execute(
            """INSERT INTO client_projects (client_id, project_id, opened_at)
               SELECT a.client_id, (SELECT p.id FROM projects p WHERE NOT EXISTS (SELECT FROM client_projects o
                      WHERE o.project_id = p.id AND o.client_id = a.client_id) AND p.currency = 'EUR' LIMIT 1), now()
                 FROM client_projects a WHERE a.id = $1""",
            account_id,
        )
    return account_id


async def poor_account(world: "World", by: Actor) -> int:
    """The other account of the client whose account got money last."""
    async with db.as_tenant(by.tenant.id):
        found = await db.value(
            """SELECT o.id FROM payments p JOIN client_projects o ON o.client_id = p.client_id
                WHERE o.id <> p.account_id ORDER BY p.created_at DESC LIMIT 1"""
        )
    return int(found) if found else await owing_account(world, by)


async def expense(world: "World", by: Actor) -> int:
    account_id = await owing_account(world, by)
    async with db.as_tenant(by.tenant.id):
        return int((await expenses.create(account_id, NewExpense(text="Hosting", units=1000), by=by))["id"])


async def payment(world: "World", by: Actor) -> int:
    return await _payment(world, by)


async def pending_payment(world: "World", by: Actor) -> int:
    return await _payment(world, by, is_pending=True)


async def _payment(world: "World", by: Actor, *, is_pending: bool = False) -> int:
    account_id = await owing_account(world, by)
    new = NewPayment(units=1000, reference="ref", note="note", is_pending=is_pending)
    async with db.as_tenant(by.tenant.id):
        return int((await payments.create(account_id, new, by=by))["id"])


async def _account(code: int, by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        return int(
            await db.value(
                """SELECT a.id FROM client_projects a JOIN clients c ON c.id = a.client_id
                    WHERE c.code = $1 AND a.project_id = c.project_id""",
                code,
            )
        )


async def _code_of(account_id: int, by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        return int(
            await db.value(
                "SELECT c.code FROM client_projects a JOIN clients c ON c.id = a.client_id WHERE a.id = $1",
                account_id,
            )
        )


MAKERS = {
    made.__name__: made
    for made in (owing_client, owing_account, rich_account, poor_account, expense, payment, pending_payment)
}
