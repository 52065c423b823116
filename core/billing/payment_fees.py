"""What a payment costs the payer: an expense of its own, part of what came, its tax inside.

A fee that the provider bears is charged to nobody. Others are charged once for each payment, when its money came,
and go when the payment is taken back as recorded by mistake.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from core import db
from core.actor import Actor
from core.billing import client_taxes, expenses, offered_methods
from core.billing.expenses import Charge, Tax
from core.billing.method_terms import Fee
from core.catalog import price_words
from core.catalog.percents import WHOLE
from core.i18n import _
from core.money import rounded

KIND = "payment_fee"
TERMS = """SELECT m.name_en, m.name_fr, m.fee_percent, m.fee_units, m.fee_bearer, t.units AS asked_units,
           t.fee_units AS asked_fee FROM payment_methods m
      LEFT JOIN payment_attempts t ON 'payment-' || t.key = $2 AND t.method_id = m.id WHERE m.id = $1"""


async def charge(account: Mapping[str, Any], payment: Mapping[str, Any], *, by: Actor) -> None:
    """Charge what is inside a payment as its fee to the account, which the caller has locked. Asks for no right.

    What was promised when an online payment began holds, as long as that much came.
    """
    found = await db.row(TERMS, payment["method_id"], payment["key"]) if payment["method_id"] else None
    if found is None:
        return
    terms = Fee(percent=found["fee_percent"], units=found["fee_units"], client=found["fee_bearer"] == "client")
    fee = found["asked_fee"] if found["asked_units"] == payment["units"] else terms.inside(payment["units"])
    if not fee:
        return
    decided, _is_inside = await client_taxes.of(account, payment["day"])
    tax = Tax(rate=decided.rate, category=decided.category, reason=price_words.kept_reason(decided))
    inside = rounded(Fraction(fee * tax.rate, WHOLE + tax.rate))
    text = _("Fee: %(method)s") % {"method": offered_methods.name(found)}
    made = Charge(key=_key(payment), kind=KIND, text=text, day=payment["day"], net_units=fee - inside, tax=tax,
                  tax_units=inside)  # fmt: skip
    await expenses.charge(account, made, by=by)


async def of(payment: Mapping[str, Any]) -> int | None:
    """The id of the expense that is a payment's fee, while it stands."""
    sql = "SELECT id FROM expenses WHERE key = $1 AND reversed_at IS NULL"
    found: int | None = await db.value(sql, _key(payment))
    return found


def _key(payment: Mapping[str, Any]) -> str:
    return f"payment-fee-{payment['id']}"
