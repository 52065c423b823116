"""How a client pays what it owes: for each account or invoice, what to write on a transfer, as plugins say it.

Where the provider wants a verified telephone number first, nothing of it is told before (`PhoneNeeded`). A project
can want one where others do not: then what waits for it is named, and the rest is told.
"""

import msgspec
from asyncpg import Record

from core import db, hooks
from core.accounts import memberships, phone_needs, rows
from core.accounts.rights import Right
from core.actor import Actor
from core.billing import bank_clues, method_terms, offered_methods, own_money
from core.billing.method_terms import Method
from core.errors import NotFound, PhoneNeeded
from core.i18n import _
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
    SELECT k.id, k.number, k.currency, k.company_id, a.project_id, o.units FROM invoices k
      JOIN client_projects a ON a.id = k.account_id
     CROSS JOIN LATERAL (SELECT coalesce(sum(e.gross_units - e.covered_units), 0)::bigint AS units
           FROM invoice_lines l JOIN expenses e ON e.id = l.expense_id WHERE l.invoice_id = k.id AND l.is_live) o
     WHERE k.id = $1 AND k.client_id = $2 AND k.state = 'issued' AND k.kind = 'invoice'
"""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way to pay `units`, and what to do. `what` is the number of an invoice, or the name of a project.

    `fee` of the units is what this way costs, `note` what the provider says about it.
    """

    title: str
    what: str
    units: int
    currency: str
    told: Instructions
    fee: int = 0
    note: str = ""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The ways to pay what is open, and the projects of which none is told before the number is verified."""

    ways: list[Way]
    waiting: list[str]


async def is_there(*, by: Actor) -> bool:
    """Whether the provider offers its clients any way to pay."""
    if await db.value("SELECT EXISTS (SELECT FROM payment_methods)"):
        return bool(await db.value("SELECT EXISTS (SELECT FROM payment_methods WHERE is_on AND is_for_clients)"))
    return hooks.is_heard(HOOK, by=by)


async def of_accounts(*, account_id: int = 0, missing: int = 0, by: Actor) -> Told:
    """How to pay what is open in each account of the client that the user acts for.

    Into `account_id` at least what is `missing` there. `PhoneNeeded` when that one waits for a verified number, or
    nothing else is open.
    """
    code, seat = await _code(by), memberships.require(by)
    found: list[Way] = []
    waiting: list[str] = []
    for account in await own_money.balances(by=by):
        wanted = missing if account["id"] == account_id else 0
        owed = max(account["open_units"], -account["balance"], wanted)
        if owed > 0:
            try:
                await phone_needs.require(seat.id, "pay", project_id=account["project_id"], by=by)
            except PhoneNeeded:
                if account["id"] == account_id:
                    raise
                waiting.append(account["project"])
                continue
            company_id = await db.value(SELLING, account["project_id"])
            attempt = await _attempt(owed, account["currency"], bank_clues.reference_of(code), company_id)
            found += await _ways(attempt, account["project"], company_id, by=by)
    if waiting and not found:
        raise PhoneNeeded()
    return Told(ways=found, waiting=waiting)


async def of_invoice(invoice_id: int, *, by: Actor) -> list[Way]:
    """How to pay what is open of an invoice; none when nothing is. `NotFound` for anybody else's."""
    seat = memberships.require(by, Right.INVOICES_READ)
    found: Record | None = await db.row(OPEN, invoice_id, seat.id) if rows.is_id(invoice_id) else None
    if found is None:
        raise NotFound()
    if not found["units"]:
        return []
    await phone_needs.require(seat.id, "pay", project_id=found["project_id"], by=by)
    attempt = await _attempt(found["units"], found["currency"], found["number"], found["company_id"])
    return await _ways(attempt, found["number"], found["company_id"], by=by)


async def _attempt(units: int, currency: str, reference: str, company_id: int) -> Attempt:
    account = await db.row(ACCOUNT_OF, company_id)
    bank = BankDetails(**dict(account)) if account else None
    return Attempt(key="instructions", method="", units=units, currency=currency, reference=reference, bank=bank)


async def _ways(attempt: Attempt, what: str, company_id: int, *, by: Actor) -> list[Way]:
    """What applies to this amount and company, in the provider's order; usual ones only with instructions."""
    applying = method_terms.applying(
        await offered_methods.offered(by=by),
        currency=attempt.currency,
        company_id=company_id,
        units=attempt.units,
        to_clients=True,
        per_company=offered_methods.is_per_company(by),
    )
    ways = []
    for method in applying:
        units = attempt.units + method.fee.on(attempt.units)
        told = await _told(method, msgspec.structs.replace(attempt, method=method.method, units=units), by=by)
        if told is not None:
            way = Way(title=method.name, what=what, units=units, currency=attempt.currency, told=told,
                      fee=units - attempt.units, note=method.note)  # fmt: skip
            ways.append(way)
    return ways


async def _told(method: Method, attempt: Attempt, *, by: Actor) -> Instructions | None:
    """What to do; of a method that nobody tells how, that one may ask. None for one that is not to be shown."""
    if method.can is None or not method.can.instructs:
        return Instructions(rows=[], text="" if method.note else _("Please ask us.")) if method.id else None
    try:
        told: Instructions | None = await hooks.ask(HOOK, method.plugin, by=by, attempt=attempt)
    except PluginFailed:
        return None
    return told


async def _code(by: Actor) -> int:
    seat = memberships.require(by, Right.INVOICES_READ)
    return int(await db.value("SELECT code FROM clients WHERE id = $1", seat.id))
