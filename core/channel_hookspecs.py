"""The hooks of notification plugins: the kinds they bring, and the channels they send by."""

from core.channel_contract import Channel, Delivery, Receipt
from core.hookspecs import Context, hookspec
from core.notification_kinds import Kind


@hookspec
def provide_notification_kinds() -> list[Kind]:  # type: ignore[empty-body]
    """Called once when the plugin is loaded. Returns the kinds of notifications it sends itself."""


@hookspec
def provide_channels(ctx: Context) -> list[Channel]:  # type: ignore[empty-body]
    """Called when notifications are about to be sent, and for pages about them. Returns channels."""


@hookspec
def send_notification(ctx: Context, delivery: Delivery) -> Receipt | None:
    """Called from a job, again with the same id until it is taken.

    Raises `Refused` when it will never be taken; whatever else it raises, it is called again later.
    """
