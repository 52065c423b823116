"""The benchmark of the pages about money: what each asks of the database, at the biggest provider and a small one.

Every statement of a page is explained with its real arguments under the wall. `buffers` are the pages of tables
and indexes that it touched; they do not depend on what else the machine does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from statistics import median
from typing import Any

from rich.console import Console

from benchmarks import ground, money_books, signed_in, statements, working
from benchmarks.client_list import Options
from benchmarks.ground import Ground
from benchmarks.scale import Scale
from core import clock, db
from core.actor import Actor, system
from core.billing import (
    account_list,
    billing_run,
    dashboard,
    dunning_run,
    expense_list,
    invoice_list,
    payment_list,
    receivables,
    reconciliation,
    service_list,
)
from core.billing.account_list import AccountFilter
from core.billing.expense_list import ExpenseFilter
from core.billing.invoice_list import InvoiceFilter
from core.billing.payment_list import PaymentFilter
from core.billing.service_list import ServiceFilter
from core.settings import Settings
from web import composition

REPEATS = 3
MOST_MS = 400.0
"""So long a page may take of the database."""
FEW = 60
"""Clients of each other provider."""
MONTH = timedelta(days=30)
Asked = Callable[[Actor], Awaitable[Any]]


def _listed(module: Any, chosen: Any) -> Asked:
    async def ask(by: Actor) -> None:
        await module.page(chosen, by=by)
        await module.totals(chosen, by=by)

    return ask


def _pages() -> Mapping[str, Asked]:
    today = clock.now().date()
    old: dict[str, Any] = {"day_from": today - 4 * MONTH, "day_to": today - 4 * MONTH + timedelta(days=7)}
    return {
        "dashboard": lambda by: dashboard.of(by=by),
        "receivables": lambda by: receivables.now(by=by),
        "accounts": _listed(account_list, AccountFilter()),
        "accounts that owe": _listed(account_list, AccountFilter(balance="owes")),
        "accounts over their limit": _listed(account_list, AccountFilter(balance="over_limit")),
        "accounts ahead": _listed(account_list, AccountFilter(balance="ahead")),
        "accounts by name": _listed(account_list, AccountFilter(name="mar")),
        "services": _listed(service_list, ServiceFilter()),
        "services by label": _listed(service_list, ServiceFilter(label="site-2")),
        "services that wait": _listed(service_list, ServiceFilter(waits="funds")),
        "services next": _listed(service_list, ServiceFilter(day_from=today + timedelta(days=400))),
        "expenses": _listed(expense_list, ExpenseFilter()),
        "expenses that are open": _listed(expense_list, ExpenseFilter(state="open")),
        "expenses not due": _listed(expense_list, ExpenseFilter(age="not_due")),
        "expenses long due": _listed(expense_list, ExpenseFilter(age="late_more")),
        "expenses reversed": _listed(expense_list, ExpenseFilter(state="reversed")),
        "expenses of a week": _listed(expense_list, ExpenseFilter(**old)),
        "expenses of one client": _listed(expense_list, ExpenseFilter(client=1001)),
        "invoices": _listed(invoice_list, InvoiceFilter()),
        "invoices overdue": _listed(invoice_list, InvoiceFilter(paid="overdue")),
        "invoices due today": _listed(invoice_list, InvoiceFilter(paid="due_today")),
        "invoices paid": _listed(invoice_list, InvoiceFilter(paid="paid")),
        "invoices of a week": _listed(invoice_list, InvoiceFilter(**old)),
        "payments": _listed(payment_list, PaymentFilter()),
        "payments of a week": _listed(payment_list, PaymentFilter(**old)),
        "payments that wait": _listed(payment_list, PaymentFilter(state="pending")),
        "billing run": lambda by: billing_run.preview(by=by),
        "dunning run": lambda by: dunning_run.preview(by=by),
        "reconciliation": lambda by: reconciliation.of(today - MONTH, today, by=by),
    }


def measure(options: Options, standing: Ground, console: Console, *, tenants: int) -> dict[str, Any]:
    """Measure, and return the figures ready for JSON. In the main thread."""
    biggest = options.scale.biggest
    scale = Scale(clients=biggest + FEW * (tenants - 1), tenants=tenants, biggest=biggest, kind="money")
    ground.filled(standing, scale, fresh=options.is_fresh, console=console)
    found = asyncio.run(_measured(standing.settings(scale), console))
    slow = [name for name, one in found.items() if one["ms"] > MOST_MS]
    return working.head(
        "money-pages",
        scale=scale,
        pages=found,
        targets={f"no page above {MOST_MS:.0f} ms": not slow},
    )


async def _measured(settings: Settings, console: Console) -> dict[str, Any]:
    async with composition.running(settings):
        composition.settle()
        tenants = await money_books.kept(settings, console)
        big = (await signed_in.owner(settings)).actor
        small = system(tenants[-1])
        found = {}
        for name, ask in _pages().items():
            found[name] = await cost(ask, big)
            found[name]["small_ms"] = (await cost(ask, small))["ms"] if small.tenant != big.tenant else None
            console.print(name, found[name])
    return found


async def cost(ask: Asked, by: Actor) -> dict[str, Any]:
    """Milliseconds and buffers of all statements of a page together, and the steps of the slowest one."""
    async with db.as_tenant(by.tenant.id):
        with statements.recording() as asked:
            await ask(by)
        runs = [[await statements.explain(statement) for statement in asked] for _one in range(REPEATS)]
    if not asked:
        return {"ms": 0.0, "buffers": 0, "statements": 0, "plan": ""}
    slowest = max(runs[0], key=lambda plan: float(plan["Execution Time"]))
    return {
        "ms": round(median(sum(plan["Execution Time"] for plan in run) for run in runs), 1),
        "buffers": sum(plan["Plan"].get("Shared Hit Blocks", 0) + plan["Plan"].get("Shared Read Blocks", 0)
                       for plan in runs[0]),
        "statements": len(asked),
        "plan": statements.summary(slowest["Plan"]),
    }  # fmt: skip
