"""The hooks of fraud checks: what a plugin sees of a registration and of an order, and what it thinks of them.

A plugin has an opinion, no more: the worst of all counts, and what follows from it is the core's
(`core/accounts/fraud_checks.py`). One that fails or does not answer counts as the provider has decided.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from core.hookspecs import Context, Line, hookspec

Verdict = Literal["pass", "review", "fail"]
Source = Literal["sign_up", "staff", "api", "portal"]


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One reason, in plain words. `text` is a message that is translated when it is shown, with its `values`."""

    text: Line
    values: dict[str, str | int] = {}


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin thinks: `pass`, `review` (people should look at it) or `fail` (it should not be let in)."""

    verdict: Verdict = "pass"
    reasons: Annotated[list[Reason], msgspec.Meta(max_length=20)] = []


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody registers: through which door, and from which address ("" where it is not known)."""

    source: Source
    address: str = ""


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """A service that is ordered; `units` is what it costs at first, in minor units, with tax."""

    product_id: int
    name: str
    label: str = ""
    units: int = 0


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is ordered, by whom and from where. `vat_number` and `payer_country` are those of who pays."""

    source: Source
    currency: str
    lines: list[OrderLine]
    address: str = ""
    vat_number: str = ""
    payer_country: str = ""
    is_first: bool = False

    @property
    def units(self) -> int:
        """What all of it costs at first."""
        return sum(line.units for line in self.lines)


@hookspec
def check_registration(  # type: ignore[empty-body]
    ctx: Context, client: Mapping[str, Any], registration: Registration
) -> Opinion:
    """Called inside the transaction, once the client is written and before it counts. Returns an opinion."""


@hookspec
def check_order(ctx: Context, client: Mapping[str, Any], order: Order) -> Opinion:  # type: ignore[empty-body]
    """Called inside the transaction, once the services are written and before they begin. Returns an opinion."""
