"""What a payment plugin and the core tell each other. A plugin tells; the core compares and records.

No plugin moves money in the books: it says what its gateway says, about which attempt, how much and in what.
Everything here is frozen, and what a plugin answers is checked against these types.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated

import msgspec

Key = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_-]{0,39}\Z")]
Id = Annotated[str, msgspec.Meta(max_length=200)]
Words = Annotated[str, msgspec.Meta(max_length=500)]
Units = Annotated[int, msgspec.Meta(ge=0, lt=10**15)]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]
Address = Annotated[str, msgspec.Meta(pattern=r"^(https://[^\s]{1,1900})?\Z")]


class Standing(StrEnum):
    """Where a payment stands with its gateway."""

    PENDING = "pending"
    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a method can do; the core asks for nothing else.

    `currencies`: none for all. `starts`: an attempt is begun with the gateway. `instructs`: the client pays by
    what he is told, such as a transfer. `redirects`: starting gives an address where the client goes on.
    `captures`: money is held first and taken then, `captures_in_part` also less of it; `voids`: it can be
    released. `polls` and `reconciles`: the gateway can be asked. `notifies`: it calls back. `recurs`: it can be
    charged again without the client.
    """

    currencies: frozenset[Currency] = frozenset()
    starts: bool = False
    instructs: bool = False
    redirects: bool = False
    captures: bool = False
    captures_in_part: bool = False
    voids: bool = False
    refunds: bool = False
    refunds_in_part: bool = False
    recurs: bool = False
    notifies: bool = False
    polls: bool = False
    reconciles: bool = False

    def takes(self, currency: str) -> bool:
        """Whether it works in this currency."""
        return not self.currencies or currency in self.currencies


class PaymentMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay that a plugin brings. `key` stays for ever; `title` is its usual name."""

    key: Key
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    can: Capabilities


class BankDetails(msgspec.Struct, frozen=True, kw_only=True):
    """The account of the company that is paid."""

    holder: str
    iban: str
    bic: str = ""
    bank: str = ""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be paid. `key` is the same whenever a call is repeated: give it to the gateway.

    `units` of the smallest unit of `currency`. `reference` is what identifies it for people, `gateway_id` what the
    gateway called it before, `return_url` where a client comes back to.
    """

    key: str
    method: str
    units: int
    currency: str
    reference: str = ""
    gateway_id: str = ""
    return_url: str = ""
    client: dict[str, str] = {}
    bank: BankDetails | None = None


class Refunding(msgspec.Struct, frozen=True, kw_only=True):
    """Money to be given back. `key` is the same whenever it is repeated."""

    key: str
    units: int
    reason: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway says about one payment.

    Which one: our `key`, or its `gateway_id`. `units` in `currency` are what came; of AUTHORIZED what is held,
    of REFUNDED and CHARGED_BACK what went back in all. `event_id` names the message, so that it counts once.
    `redirect` is where the client goes on. `message` is for people.
    """

    standing: Standing
    key: Id = ""
    gateway_id: Id = ""
    units: Units | None = None
    currency: Currency | None = None
    event_id: Id = ""
    redirect: Address = ""
    message: Words = ""


class Callback(msgspec.Struct, frozen=True, kw_only=True):
    """A call of the gateway, as it came: check the signature over `body` before anything else.

    Names of `headers` are in small letters.
    """

    body: bytes
    headers: dict[str, str] = {}
    query: dict[str, str] = {}


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What a callback said. Unless `is_genuine` is True nothing of it counts, and the caller gets a 401."""

    is_genuine: bool = False
    told: Annotated[list[Told], msgspec.Meta(max_length=50)] = []


class InstructionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to copy: a label and a value."""

    label: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    value: Words


class Instructions(msgspec.Struct, frozen=True, kw_only=True):
    """How a client pays by himself: what to write where, and what a QR code says ("" for none)."""

    rows: Annotated[list[InstructionRow], msgspec.Meta(max_length=20)]
    text: Words = ""
    qr: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class Days(msgspec.Struct, frozen=True, kw_only=True):
    """From the first day to the last, both included."""

    first: date
    last: date
