"""What a service is charged for the time it was suspended: all of it, or nothing: it goes on from today. Pure.

    after(service, today, "skip")    # what the service has then

Going on from today is a new anchor: the next period begins today. By the calendar the anchor stays: whole months
that were missed are not charged, and the month of today is. Where the next period has not begun yet, nothing was
missed, and nothing changes.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from core.periods import Length, nth, number_of

Missed = Literal["charge", "skip"]
CHOICES: tuple[Missed, ...] = ("charge", "skip")


def usual(suspended_for: str, *, charges_missed: bool) -> Missed:
    """What is done unless somebody says otherwise: who did not pay is charged if the provider decided so."""
    return "charge" if charges_missed and suspended_for in ("dunning", "unpaid") else "skip"


def after(service: Mapping[str, Any], today: date, missed: Missed) -> dict[str, Any]:
    """The values of a service that change when it goes on today."""
    if missed == "charge" or service["next_on"] is None or service["next_on"] > today:
        return {}
    kept = service["discount_periods"]
    if service["billing"] == "calendar":
        length = Length(service["period_count"], service["period_unit"])
        periods = max(service["periods"], number_of(service["anchor"], length, today))
        skipped = periods - service["periods"]
        return {
            "periods": periods,
            "next_on": nth(service["anchor"], length, periods).start,
            "discount_periods": None if kept is None else kept + skipped,
        }
    return {
        "anchor": today,
        "periods": 0,
        "earlier_periods": service["earlier_periods"] + service["periods"],
        "next_on": today,
        "discount_periods": None if kept is None else max(0, kept - service["periods"]),
    }
