"""Money that is given back as credit: a payment that nobody made, with its own entry against revenue and tax.

An expense never changes. What of it is given back is such a payment, which covers it, or what comes next.
"""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from core import clock
from core.actor import Actor
from core.billing import expenses, ledger, payments
from core.billing.change_quotes import Amount
from core.billing.ledger import Transfer
from core.periods import first_moment


async def give(
    account: Mapping[str, Any], key: str, amount: Amount, reference: str, *, is_payable: bool = False, by: Actor
) -> Mapping[str, Any]:
    """Write the payment into an account that the caller has locked; returns it. It covers nothing yet.

    `key` makes it one; a payable one can be paid out. Asks for no right.
    """
    currency = account["currency"]
    client = await expenses.client_account(account)
    today = clock.today(by.tenant.timezone)
    moves = [
        Transfer(debit=await ledger.account(kind, currency), credit=client, units=units)
        for kind, units in (("revenue", amount.net), ("tax", amount.tax))
        if units
    ]
    at = first_moment(today, ZoneInfo(by.tenant.timezone))
    values = {
        "key": key,
        "method": payments.PAYABLE if is_payable else payments.CREDIT,
        "units": amount.gross,
        "day": today,
        "reference": reference[: payments.LONGEST],
        "note": "",
        "entry_id": await ledger.post(f"credit-{key}", "credit", moves, at=at),
    }
    payment_id = await payments.insert(account, values, "paid", by=by)
    made = {**account, **values, "id": payment_id}
    await payments.tell("payment:credited", made, by=by)
    return made
