"""What letting a suspended service go on costs, either way: what the next billing run will charge by today."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from core import clock, policies
from core.actor import Actor
from core.billing import accounts, client_taxes, dunning_settings, early_renewals, missed, services
from core.billing.early_renewals import Renewal
from core.billing.missed import CHOICES, Missed
from core.catalog.tax_rules import Tax
from core.errors import Conflict
from core.i18n import _
from core.periods import Length, number_of
from core.permissions import Permission

MOST_PERIODS = 400
"""As many as a billing run charges of one service at once."""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two ways to go on: what is charged by today, and the first day of the period after that."""

    missed: Missed
    currency: str
    charges: tuple[Renewal, ...]
    next_on: date | None

    @property
    def units(self) -> int:
        """All of it, with tax."""
        return sum(one.gross for one in self.charges)


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """Both ways, and which of them is meant unless somebody says otherwise."""

    usual: Missed
    each: tuple[Way, ...]


async def quote(service_id: int, *, by: Actor) -> Ways:
    """What going on costs; `Conflict` for a service that is not suspended."""
    policies.require(by, Permission.SERVICE_UPDATE)
    service = await services.get(service_id, by=by)
    if service["state"] != "suspended":
        raise Conflict(_("The service is not in a state for that any more."))
    account = await accounts.get(service["account_id"], by=by)
    today = clock.today(by.tenant.timezone)
    tax, includes_tax = await client_taxes.of(
        account, today, payer_id=service["payer_id"], plan_id=service["plan_id"]
    )
    decided = await dunning_settings.decided()
    return Ways(
        usual=missed.usual(service["suspended_for"], charges_missed=decided.charges_missed),
        each=tuple(way(service, today, one, tax, includes_tax=includes_tax) for one in CHOICES),
    )


def way(service: Mapping[str, Any], today: date, chosen: Missed, tax: Tax, *, includes_tax: bool) -> Way:
    """One way. Pure."""
    then = dict(service) | missed.after(service, today, chosen)
    charges: list[Renewal] = []
    if then["next_on"] is not None:
        length = Length(then["period_count"], then["period_unit"])
        last = min(number_of(then["anchor"], length, today), then["periods"] + MOST_PERIODS - 1)
        for number in range(then["periods"], last + 1):
            one = early_renewals.reckon(then | {"periods": number}, tax, includes_tax=includes_tax)
            if then["ends_on"] is None or one.period.start < then["ends_on"]:
                charges.append(one)
    next_on = charges[-1].period.end if charges else then["next_on"]
    return Way(missed=chosen, currency=service["currency"], charges=tuple(charges), next_on=next_on)
