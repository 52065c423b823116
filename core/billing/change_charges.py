"""What a change of a service moves in its account: an expense for what is to be paid, a credit for what is given
back, one for each period that was charged already. What is given back of an issued invoice has its credit note."""

from collections.abc import Mapping
from typing import Any

from core import clock
from core.actor import Actor
from core.billing import expenses, service_credits, service_notes, services
from core.billing.change_quotes import ChangeQuote, Part
from core.billing.expenses import Charge, Tax
from core.billing.service_credits import Credit
from core.catalog import price_words


async def make(
    account: Mapping[str, Any],
    service: Mapping[str, Any],
    quoted: ChangeQuote,
    name: str,
    change_id: int,
    *,
    by: Actor,
) -> None:
    """Charge, or give back, what was quoted, in an account that the caller has locked."""
    label = f" · {service['label']}" if service["label"] else ""
    text = services.title(service) if name == service["name"] else f"{service['name']} → {name}{label}"
    for part in quoted.parts:
        key = f"change-{change_id}-{part.period.start}"
        if part.moves.gross > 0:
            await expenses.charge(account, _charge(service, part, key, text, by=by), by=by)
        elif part.moves.gross < 0 and quoted.rest != "none":
            made = _credit(service, part, key, text, is_payable=quoted.rest == "refund")
            await _give_back(account, made, by=by)


async def _give_back(account: Mapping[str, Any], made: Credit, *, by: Actor) -> None:
    """Give it back; a credit note says so where an invoice was issued over it, and lowers that one first."""
    found = await service_notes.pieces(made.service_id, made.period, made.amount, made.tax)
    lowered = [(one.expense_id, one.line.gross_units) for one in found]
    credit_id = await service_credits.give(account, made, first=lowered, by=by)
    await service_notes.issue(found, credit_id, made.text, clock.today(by.tenant.timezone), by=by)


def _charge(service: Mapping[str, Any], part: Part, key: str, text: str, *, by: Actor) -> Charge:
    tax = part.price.tax
    return Charge(
        key=key,
        kind="service",
        text=text[: expenses.LONGEST_TEXT],
        day=clock.today(by.tenant.timezone),
        net_units=part.moves.net,
        tax=Tax(rate=tax.rate, category=tax.category, reason=price_words.kept_reason(tax)),
        tax_units=part.moves.tax,
        period_start=part.period.start,
        period_end=part.period.end,
        payer_id=service["payer_id"],
        service_id=service["id"],
    )


def _credit(service: Mapping[str, Any], part: Part, key: str, text: str, *, is_payable: bool) -> Credit:
    return Credit(
        key=key,
        service_id=service["id"],
        text=text,
        period=part.period,
        amount=-part.moves,
        tax=part.price.tax,
        is_payable=is_payable,
    )
