"""What a gateway's list of payments and ours do not agree on. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.billing.payment_differences import Found
from core.payment_contract import Standing, Told

STANDING_OF = {
    "started": Standing.PENDING,
    "pending": Standing.PENDING,
    "unknown": Standing.PENDING,
    "authorized": Standing.AUTHORIZED,
    "succeeded": Standing.SUCCEEDED,
    "failed": Standing.FAILED,
    "released": Standing.FAILED,
    "refunded": Standing.REFUNDED,
}
BACK = (Standing.REFUNDED, Standing.CHARGED_BACK)
MONEY = (Standing.AUTHORIZED, Standing.SUCCEEDED, *BACK)
"""What is worth a look when nobody began it here."""


def compare(ours: Sequence[Mapping[str, Any]], listed: Sequence[Told], missing: set[int]) -> list[Found]:
    """The differences between attempts (with `paid_units` and `refunded_units`) and what the gateway lists.

    `missing` are the ids of attempts that the gateway must list: those of days that are wholly inside its list.
    """
    by_key = {row["key"]: row for row in ours}
    by_number = {row["gateway_id"]: row for row in ours if row["gateway_id"]}
    found, seen = [], set()
    for told in listed:
        row = by_key.get(told.key) or by_number.get(told.gateway_id)
        if row is None:
            if told.standing in MONEY:
                found.append(Found(kind="nobody", told=told))
            continue
        seen.add(row["id"])
        if (kind := _differs(row, told)) is not None:
            found.append(Found(kind=kind, told=told, attempt_id=row["id"]))
    for row in ours:
        if row["id"] in missing - seen and row["state"] in ("authorized", "succeeded", "refunded"):
            told = Told(standing=STANDING_OF[row["state"]], key=row["key"], gateway_id=row["gateway_id"],
                        units=row["units"], currency=row["currency"])  # fmt: skip
            found.append(Found(kind="missing", told=told, attempt_id=row["id"]))
    return found


def _differs(row: Mapping[str, Any], told: Told) -> Any:
    """How an attempt differs from what is said of it: its kind, None when it does not."""
    if told.currency not in (None, row["currency"]):
        return "amount"
    if told.standing in BACK and row["paid_units"] is not None:
        gone = row["paid_units"] if told.units is None else told.units
        if not row["refunded_units"]:
            return "state"
        return None if gone == row["refunded_units"] else "amount"
    if told.standing is not STANDING_OF[row["state"]] or row["refunded_units"]:
        return "state"
    here = {Standing.SUCCEEDED: row["paid_units"], Standing.AUTHORIZED: row["held_units"]}.get(told.standing)
    return None if here is None or told.units in (None, here) else "amount"
