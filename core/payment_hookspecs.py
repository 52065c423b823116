"""The hooks of payment plugins: when each is called, with what, and what it may answer.

They say what a gateway says; what that means for the books is the core's. All may be repeated.
"""

from core import payment_contract as pay
from core.hookspecs import Context, hookspec


@hookspec
def provide_payment_methods(ctx: Context) -> list[pay.PaymentMethod]:  # type: ignore[empty-body]
    """Called before any other hook about payments. Returns the ways to pay, each with what it can do."""


@hookspec
def provide_payment_instructions(ctx: Context, attempt: pay.Attempt) -> pay.Instructions:  # type: ignore[empty-body]
    """Called when a client asks how to pay by himself. Returns what to write where."""


@hookspec
def start_payment(ctx: Context, attempt: pay.Attempt) -> pay.Told:  # type: ignore[empty-body]
    """Called from a job to begin an attempt with the gateway, again with the same key when no answer came."""


@hookspec
def capture_payment(ctx: Context, attempt: pay.Attempt, units: int) -> pay.Told:  # type: ignore[empty-body]
    """Called from a job to take so much of the money that is held, again with the same key when no answer came."""


@hookspec
def void_payment(ctx: Context, attempt: pay.Attempt) -> pay.Told:  # type: ignore[empty-body]
    """Called from a job to release money that is held. Returns that it failed: it can be taken no more."""


@hookspec
def refund_payment(ctx: Context, attempt: pay.Attempt, refund: pay.Refunding) -> pay.Told:  # type: ignore[empty-body]
    """Called from a job to give money back, again with the same key when no answer came."""


@hookspec
def notify_payment(ctx: Context, callback: pay.Callback) -> pay.Heard:  # type: ignore[empty-body]
    """Called when the gateway calls back. Checks the signature, and returns what was said; it records nothing."""


@hookspec
def poll_payment(ctx: Context, attempt: pay.Attempt) -> pay.Told | None:
    """Called from a job while an attempt waits. Returns where it stands, nothing when the gateway cannot say."""


@hookspec
def reconcile_payments(ctx: Context, days: pay.Days) -> list[pay.Told]:  # type: ignore[empty-body]
    """Called from a job at night. Returns where all payments of these days stand with the gateway."""
