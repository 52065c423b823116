"""What people do to money, one deed each: `nth` says to which of the things there are, `units` to how much of it.

A deed returns what came in from outside by it (below zero what went out), for the oracle that counts the money.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from core import db
from core.accounts import companies, payer_keeping, rights
from core.actor import Actor, ClientSeat
from core.billing import (
    credit_notes,
    credited_lines,
    early_renewals,
    expenses,
    invoice_drafts,
    invoice_states,
    offer_states,
    offers,
    own_offers,
    payment_reversals,
    payments,
    promise_making,
    refunds,
    service_changes,
    service_states,
    services,
    transfers,
)
from core.billing.credit_notes import NewCreditNote, Portion
from core.billing.expenses import NewExpense
from core.billing.invoice_drafts import NewInvoice
from core.billing.offer_states import Sending
from core.billing.payments import NewPayment
from core.billing.promised_payments import NewPromise
from core.billing.refunds import NewRefund
from core.billing.service_changes import NewChange
from core.billing.services import NewService
from core.billing.transfers import NewTransfer
from core.errors import Refusal
from tests.core.billing.market import Market

Deed = Callable[[Market, int, int], Awaitable[int | None]]


class Nothing(Refusal):
    """There is none of what the deed is done to."""

    def __init__(self) -> None:
        super().__init__("nothing there")


async def one_of(sql: str, nth: int) -> Any:
    """One of the rows, in the order of their ids."""
    found = await db.fetch(f"{sql} ORDER BY id")
    if not found:
        raise Nothing
    return found[nth % len(found)]


async def order(market: Market, nth: int, units: int) -> None:
    account_id = market.accounts[nth % 3]
    price_id = market.prices[units % len(market.prices)]
    made = await services.create(account_id, NewService(price_id=price_id), by=market.by)
    await service_states.activate(made["id"], by=market.by)


async def offer(market: Market, nth: int, units: int) -> None:
    """A quote over one service, which holds for some days."""
    price_id = market.prices[units % len(market.prices)]
    made = await offers.create(market.accounts[nth % 3], [NewService(price_id=price_id)], by=market.by)
    until = market.today + timedelta(days=units % 20)
    await offer_states.send(made["id"], Sending(valid_until=until), by=market.by)


async def accept(market: Market, nth: int, units: int) -> None:
    """As the client does it; a quote is made when there is none."""
    waiting = "SELECT id, client_id FROM offers WHERE state = 'sent'"
    if await db.value(f"SELECT NOT EXISTS ({waiting})"):
        await offer(market, nth, units)
    found = await one_of(waiting, nth)
    seat = ClientSeat(id=found["client_id"], code=1, name="Client", roles=frozenset({"owner"}), rights=rights.ALL)
    await own_offers.accept(
        found["id"], by=Actor(kind="user", tenant=market.by.tenant, name="Client", client=seat)
    )


async def cancel(market: Market, nth: int, units: int) -> None:
    found = await one_of("SELECT id FROM services WHERE state <> 'ended'", nth)
    await service_states.cancel(found["id"], "now" if units % 2 else "period_end", "", by=market.by)


async def keep(market: Market, nth: int, units: int) -> None:
    found = await one_of("SELECT id FROM services WHERE ends_on IS NOT NULL", nth)
    await service_states.keep(found["id"], by=market.by)


async def suspend(market: Market, nth: int, units: int) -> None:
    found = await one_of("SELECT id FROM services WHERE state = 'active'", nth)
    await service_states.suspend(found["id"], "abuse", "Spam", by=market.by)


async def resume(market: Market, nth: int, units: int) -> None:
    found = await one_of("SELECT id FROM services WHERE state = 'suspended'", nth)
    await service_states.resume(found["id"], missed_time="charge", by=market.by)


async def change(market: Market, nth: int, units: int) -> None:
    """To another plan, or the other length; `units` says which, and whether now or later."""
    found = await one_of("SELECT id FROM services WHERE state = 'active' AND billing = 'period'", nth)
    price_id = market.prices[units % len(market.prices)]
    when = (None, "now", "renewal")[units % 3]
    await service_changes.change(found["id"], NewChange(price_id=price_id, when=when), by=market.by)  # type: ignore[arg-type]


async def renew(market: Market, nth: int, units: int) -> None:
    found = await one_of("SELECT id FROM services WHERE state <> 'ended'", nth)
    await early_renewals.renew(found["id"], by=market.by)


async def withdraw(market: Market, nth: int, units: int) -> None:
    found = await one_of("SELECT service_id AS id FROM service_changes WHERE state = 'planned'", nth)
    await service_changes.withdraw(found["id"], by=market.by)


async def pay(market: Market, nth: int, units: int) -> int:
    await payments.create(market.accounts[nth % 3], NewPayment(units=units), by=market.by)
    return units


async def refund(market: Market, nth: int, units: int) -> int:
    return await _give_back(market, nth, units, "refund")


async def chargeback(market: Market, nth: int, units: int) -> int:
    return await _give_back(market, nth, units, "chargeback")


async def _give_back(market: Market, nth: int, units: int, kind: Any) -> int:
    """Of a payment that is chosen whatever its method is: of credits and transfers nothing goes back."""
    found = await one_of("SELECT id, units, refunded_units FROM payments", nth)
    part = found["units"] - found["refunded_units"] if units % 2 else units
    await refunds.create(found["id"], NewRefund(units=part, reason="Back", kind=kind), by=market.by)
    return -part


async def unrecord(market: Market, nth: int, units: int) -> int:
    """A payment that was recorded by mistake: it is as if the money had never come."""
    found = await one_of("SELECT id, units FROM payments", nth)
    await payment_reversals.reverse(found["id"], "A mistake", by=market.by)
    return -int(found["units"])


async def announce(market: Market, nth: int, units: int) -> None:
    new = NewPayment(units=units, is_pending=True)
    await payments.create(market.accounts[nth % 3], new, by=market.by)


async def confirm(market: Market, nth: int, units: int) -> int:
    found = await one_of("SELECT id, units FROM payments WHERE state = 'pending'", nth)
    await payments.confirm(found["id"], by=market.by)
    return int(found["units"])


async def promise(market: Market, nth: int, units: int) -> None:
    new = NewPromise(units=units, until_day=market.today + timedelta(days=units % 9))
    await promise_making.create(market.accounts[nth % 3], new, by=market.by)


async def charge(market: Market, nth: int, units: int) -> None:
    """Some by their payer's tax, and some by a rate that is written down."""
    new = NewExpense(text="By hand", units=units, tax_rate=(None, 5500, 0)[units % 3])
    await expenses.create(market.accounts[nth % 3], new, by=market.by)


async def reverse(market: Market, nth: int, units: int) -> None:
    found = await one_of("SELECT id FROM expenses", nth)
    await expenses.reverse(found["id"], "Goodwill", by=market.by)


async def transfer(market: Market, nth: int, units: int) -> None:
    source, target = market.accounts[nth % 3], market.accounts[(nth + 1 + units % 2) % 3]
    await transfers.create(source, NewTransfer(to_id=target, units=units), by=market.by)


async def draft(market: Market, nth: int, units: int) -> int | None:
    """Over all that is open in an account; returns no money."""
    account_id = market.accounts[nth % 3]
    client_id = await db.value("SELECT client_id FROM client_projects WHERE id = $1", account_id)
    new = NewInvoice(
        account_id=account_id,
        payer_id=(await payer_keeping.default(client_id))["id"],
        company_id=(await companies.default())["id"],
        kind="proforma" if units % 5 == 0 else "invoice",
    )
    await invoice_drafts.create(client_id, new, by=market.by)
    return None


async def issue(market: Market, nth: int, units: int) -> None:
    found = await one_of("SELECT id FROM invoices WHERE state = 'draft'", nth)
    await invoice_states.issue(found["id"], by=market.by)


async def discard(market: Market, nth: int, units: int) -> None:
    found = await one_of("SELECT id FROM invoices WHERE state = 'draft'", nth)
    await invoice_drafts.delete(found["id"], by=market.by)


async def void(market: Market, nth: int, units: int) -> None:
    found = await one_of("SELECT id FROM invoices WHERE state = 'issued'", nth)
    await invoice_states.void(found["id"], "Wrong", takes_back=bool(units % 2), by=market.by)


async def credit(market: Market, nth: int, units: int) -> None:
    """A part of the first line that has something left, or all of the invoice."""
    found = await one_of("SELECT id FROM invoices WHERE state = 'issued' AND kind = 'invoice'", nth)
    lines = [row for row in await credited_lines.left(found["id"]) if row["left_net_units"]]
    some = [Portion(position=row["position"], units=1 + units % row["left_net_units"]) for row in lines[:1]]
    new = NewCreditNote(reason="Less", lines=some if units % 3 else None)
    await credit_notes.create(found["id"], new, by=market.by)


DEEDS: dict[str, Deed] = {
    deed.__name__: deed
    for deed in (
        order, cancel, keep, suspend, resume, change, withdraw, pay, refund, chargeback, charge, reverse, transfer,
        draft, issue, discard, void, credit, renew, unrecord, announce, confirm, promise, offer, accept,
    )
}  # fmt: skip
