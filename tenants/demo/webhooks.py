"""A webhook of the demo, switched off: nothing that the demo does leaves this computer."""

from core.actor import Actor
from core.support import webhook_endpoints
from core.support.webhook_endpoints import EndpointValues
from tenants.demo.cast import DemoProvider


async def furnish(provider: DemoProvider, *, by: Actor) -> None:
    """Two addresses, as a provider could have them."""
    for name, description, events in (
        ("bookkeeping", "Bookkeeping", ("invoice.issued", "invoice.paid", "payment.received")),
        ("provisioning", "Provisioning of servers", ("service.activated", "service.ended", "service.suspended")),
    ):
        values = EndpointValues(
            url=f"https://hooks.{provider.code}.example/{name}",
            description=description,
            is_for_all=False,
            events=events,
            is_on=False,
        )
        await webhook_endpoints.create(values, by=by)
