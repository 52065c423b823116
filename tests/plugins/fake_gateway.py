"""A gateway that lives in memory and can do everything wrong: the proof of the contract of payment plugins.

`faults` says what goes wrong at the next calls, one after the other: "500" (nothing happened), "lost" (it
happened, and no answer comes), "" (nothing goes wrong).
"""

import hashlib
import hmac
import json
from itertools import count
from typing import Annotated, Any

import msgspec

from plugins.api import (
    Attempt,
    Callback,
    Capabilities,
    Context,
    Days,
    Heard,
    PaymentMethod,
    Plugin,
    Refunding,
    Standing,
    Told,
    hookimpl,
    setting,
)

NAME = "fake-gateway"


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway gave to the provider."""

    secret: Annotated[str, setting("Secret", secret=True)]


class Held(msgspec.Struct, kw_only=True):
    """A payment as the gateway has it."""

    id: str
    key: str
    units: int
    currency: str
    standing: Standing = Standing.PENDING
    captures: int = 0
    refunds: dict[str, int] = {}


class FakeGateway:
    """The gateway and its plugin in one."""

    def __init__(self, secret: str = "s3cret", *, holds: bool = False) -> None:
        self.first = Standing.AUTHORIZED if holds else Standing.PENDING
        self.secret = secret
        self.held: dict[str, Held] = {}
        self.faults: list[str] = []
        self.numbers = count(1)
        self.calls = self.listings = 0

    @hookimpl
    def provide_plugin(self) -> Plugin:
        return Plugin(name=NAME, title="Fake gateway", kind="payment")

    @hookimpl
    def provide_settings(self) -> type[msgspec.Struct]:
        return Keys

    @hookimpl
    def provide_payment_methods(self) -> list[PaymentMethod]:
        can = Capabilities(
            currencies=frozenset({"EUR"}),
            starts=True,
            refunds=True,
            refunds_in_part=True,
            captures=True,
            captures_in_part=True,
            voids=True,
            notifies=True,
            polls=True,
            reconciles=True,
        )
        return [PaymentMethod(key="card", title="Card", can=can)]

    @hookimpl
    def start_payment(self, attempt: Attempt) -> Told:
        fault = self._fault()
        if fault == "500":
            raise ConnectionError("500 Internal Server Error")
        held = self.held.setdefault(
            attempt.key,
            Held(
                id=f"G{len(self.held) + 1}",
                key=attempt.key,
                units=attempt.units,
                currency=attempt.currency,
                standing=self.first,
            ),
        )
        if fault == "lost":
            raise TimeoutError("no answer")
        return self._told(held)

    @hookimpl
    def capture_payment(self, attempt: Attempt, units: int) -> Told:
        held, fault = self.held[attempt.key], self._fault()
        if fault == "500":
            raise ConnectionError("500 Internal Server Error")
        if held.standing is Standing.AUTHORIZED:
            assert units <= held.units, "more than is held"
            held.units, held.standing = units, Standing.SUCCEEDED
            held.captures += 1
        if fault == "lost":
            raise TimeoutError("no answer")
        return self._told(held)

    @hookimpl
    def void_payment(self, attempt: Attempt) -> Told:
        held = self.held[attempt.key]
        if self._fault():
            raise ConnectionError("500 Internal Server Error")
        if held.standing is Standing.AUTHORIZED:
            held.standing = Standing.FAILED
        return self._told(held)

    @hookimpl
    def refund_payment(self, attempt: Attempt, refund: Refunding) -> Told:
        held, fault = self.held[attempt.key], self._fault()
        if fault == "500":
            raise ConnectionError("500 Internal Server Error")
        held.refunds[refund.key] = refund.units
        held.standing = Standing.REFUNDED
        if fault == "lost":
            raise TimeoutError("no answer")
        return self._told(held)

    @hookimpl
    def poll_payment(self, attempt: Attempt) -> Told | None:
        if self._fault():
            raise ConnectionError("500 Internal Server Error")
        held = self.held.get(attempt.key)
        return self._told(held) if held else None

    @hookimpl
    def reconcile_payments(self, days: Days) -> list[Told]:
        assert days.first <= days.last
        self.listings += 1
        return [self._told(held) for held in self.held.values()]

    @hookimpl
    def notify_payment(self, ctx: Context, callback: Callback) -> Heard:
        wanted = hmac.new(ctx.settings.secret.encode(), callback.body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted, callback.headers.get("x-signature", "")):
            return Heard()
        return Heard(is_genuine=True, told=[msgspec.json.decode(callback.body, type=Told)])

    def says(self, held_key: str, /, standing: Standing = Standing.SUCCEEDED, **other: Any) -> Callback:
        """A genuine call about a payment; `other` is what it says instead of the truth."""
        held = self.held[held_key]
        held.standing = standing
        told = msgspec.to_builtins(self._told(held)) | {"event_id": f"E{next(self.numbers)}"} | other
        body = json.dumps(told).encode()
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        return Callback(body=body, headers={"x-signature": signature, "content-type": "application/json"})

    def _told(self, held: Held) -> Told:
        is_back = held.standing in (Standing.REFUNDED, Standing.CHARGED_BACK)
        return Told(
            standing=held.standing,
            key=held.key,
            gateway_id=held.id,
            units=sum(held.refunds.values()) if is_back else held.units,
            currency=held.currency,
        )

    def _fault(self) -> str:
        self.calls += 1
        return self.faults.pop(0) if self.faults else ""
