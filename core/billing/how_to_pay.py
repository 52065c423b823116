"""How a client pays what it owes: for each account or invoice, what to write on a transfer, as plugins say it."""

import msgspec
from asyncpg import Record

from core import db, hooks
from core.accounts import memberships, rows
from core.accounts.rights import Right
from core.actor import Actor
from core.billing import attempts, bank_clues, own_money
from core.errors import NotFound
from core.payment_contract import Attempt, BankDetails, Instructions
from core.plugin_calls import PluginFailed

HOOK = "provide_payment_instructions"
ACCOUNT_OF = """
    SELECT b.holder, b.iban, b.bic, b.bank FROM bank_accounts b JOIN companies c ON c.id = b.company_id
     WHERE b.is_default AND b.company_id = $1
"""
SELLING = """
    SELECT coalesce((SELECT p.company_id FROM project_companies p WHERE p.project_id = $1
                      ORDER BY p.is_default DESC, p.company_id LIMIT 1),
                    (SELECT id FROM companies WHERE is_default))
"""
OPEN = """
    SELECT k.id, k.number, k.currency, k.company_id, o.units FROM invoices k
     CROSS JOIN LATERAL (SELECT coalesce(sum(e.gross_units - e.covered_units), 0)::bigint AS units
           FROM invoice_lines l JOIN expenses e ON e.id = l.expense_id WHERE l.invoice_id = k.id AND l.is_live) o
     WHERE k.id = $1 AND k.client_id = $2 AND k.state = 'issued' AND k.kind = 'invoice'
"""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way to pay `units`, and what to do. `what` is the number of an invoice, or the name of a project."""

    title: str
    what: str
    units: int
    currency: str
    told: Instructions


def is_there(*, by: Actor) -> bool:
    """Whether a plugin that is on could say how to pay."""
    return hooks.is_heard(HOOK, by=by)


async def of_accounts(*, by: Actor) -> list[Way]:
    """How to pay what is open in each account of the client that the user acts for."""
    code = await _code(by)
    found = []
    for account in await own_money.balances(by=by):
        owed = max(account["open_units"], -account["balance"])
        if owed > 0:
            company_id = await db.value(SELLING, account["project_id"])
            attempt = await _attempt(owed, account["currency"], bank_clues.reference_of(code), company_id)
            found += await _ways(attempt, account["project"], by=by)
    return found


async def of_invoice(invoice_id: int, *, by: Actor) -> list[Way]:
    """How to pay what is open of an invoice; none when nothing is. `NotFound` for anybody else's."""
    seat = memberships.require(by, Right.INVOICES_READ)
    found: Record | None = await db.row(OPEN, invoice_id, seat.id) if rows.is_id(invoice_id) else None
    if found is None:
        raise NotFound()
    if not found["units"]:
        return []
    attempt = await _attempt(found["units"], found["currency"], found["number"], found["company_id"])
    return await _ways(attempt, found["number"], by=by)


async def _attempt(units: int, currency: str, reference: str, company_id: int) -> Attempt:
    account = await db.row(ACCOUNT_OF, company_id)
    bank = BankDetails(**dict(account)) if account else None
    return Attempt(key="instructions", method="", units=units, currency=currency, reference=reference, bank=bank)


async def _ways(attempt: Attempt, what: str, *, by: Actor) -> list[Way]:
    ways = []
    for plugin, method in await attempts.methods(by=by):
        if method.can.instructs and method.can.takes(attempt.currency):
            try:
                asked = msgspec.structs.replace(attempt, method=method.key)
                told = await hooks.ask(HOOK, plugin, by=by, attempt=asked)
            except PluginFailed:
                continue
            if told is not None:
                found = Way(
                    title=method.title, what=what, units=attempt.units, currency=attempt.currency, told=told
                )
                ways.append(found)
    return ways


async def _code(by: Actor) -> int:
    seat = memberships.require(by, Right.INVOICES_READ)
    return int(await db.value("SELECT code FROM clients WHERE id = $1", seat.id))
