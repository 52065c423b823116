"""What plugins are told of an account that is to be invoiced, and the lines that they may bring."""

from datetime import date
from typing import Annotated, Literal

import msgspec

Key = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}\Z")]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Units = Annotated[int, msgspec.Meta(gt=0, lt=10**12)]


class BilledLine(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the account was charged and that will stand on its invoice; amounts in minor units.

    `period_end` is the first day after. `service` is the id of a service, None for what is of none.
    """

    text: str
    net_units: int
    tax_units: int
    service: int | None = None
    period_start: date | None = None
    period_end: date | None = None


class BilledAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account that is to be invoiced. `client` is the client's code."""

    id: int
    client: int
    currency: str
    lines: list[BilledLine]


class InvoiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line that a plugin brings. `units` are minor units of the account's currency, without tax, above nothing.

    A `charge` is taxed as everything that the client buys. A `tax` is a levy of its own, on which there is no
    other tax. An `adjustment` gives back of what `service` is charged on this invoice, with the tax on it, at most
    all of it. `key` makes a line one: the same key of the same plugin again is the line that is there.
    """

    account: int
    key: Key
    text: Words
    units: Units
    kind: Literal["charge", "adjustment", "tax"] = "charge"
    service: int | None = None
