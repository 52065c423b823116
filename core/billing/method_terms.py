"""Which ways to pay apply to an account or an invoice, and what paying by one of them costs. Pure."""

from collections.abc import Sequence
from fractions import Fraction
from types import MappingProxyType

import msgspec

from core.catalog.percents import WHOLE
from core.i18n import N_
from core.money import rounded
from core.payment_contract import Capabilities

BY_HAND = MappingProxyType({"bank_transfer": N_("Bank transfer"), "cash": N_("Cash"), "other": N_("Other")})
"""The kinds of payments that people record."""


class Fee(msgspec.Struct, frozen=True, kw_only=True):
    """What paying costs: thousandths of a percent of the amount, and so much on top. `client`: he bears it."""

    percent: int = 0
    units: int = 0
    client: bool = False

    def on(self, units: int) -> int:
        """What the client pays above this amount, rounded once; 0 when the provider bears it."""
        return rounded(Fraction(units * self.percent, WHOLE)) + self.units if self.client and units else 0

    def inside(self, total: int) -> int:
        """The fee that is part of what came: of the greatest amount that is not more than it with its fee."""
        low, high = 0, total
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if middle + self.on(middle) <= total else (low, middle - 1)
        return self.on(low)


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay as it is offered. `plugin` is "" for money that people record, `id` None for a usual one.

    `can` is None while its plugin is off. `companies`: none for all. `currencies`: none for all.
    """

    id: int | None
    name: str
    plugin: str
    method: str
    can: Capabilities | None
    note: str = ""
    currencies: frozenset[str] = frozenset()
    fee: Fee = Fee()
    least: int | None = None
    most: int | None = None
    is_on: bool = True
    is_for_clients: bool = True
    companies: frozenset[int] = frozenset()

    @property
    def kind(self) -> str:
        """The kind of the payments that people record by it; "" when a gateway takes the money."""
        if self.can is None or self.can.starts:
            return ""
        return "bank_transfer" if self.plugin else self.method


def applying(
    methods: Sequence[Method],
    *,
    currency: str,
    company_id: int,
    units: int | None = None,
    to_clients: bool = False,
    per_company: bool = True,
) -> list[Method]:
    """Those by which so much can be paid to this company, in their order; without an amount, whatever the amount.

    `per_company` is False where the edition does not bind methods to companies, and what is bound says nothing.
    """
    return [
        one
        for one in methods
        if one.is_on
        and (one.is_for_clients or not to_clients)
        and one.can is not None
        and one.can.takes(currency)
        and (not one.currencies or currency in one.currencies)
        and (not per_company or not one.companies or company_id in one.companies)
        and (units is None or (one.least or 0) <= units <= (units if one.most is None else one.most))
    ]
