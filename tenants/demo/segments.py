"""The saved filters of the demo, for all of a provider's team."""

from core.accounts import segments
from core.accounts.client_filter import ClientFilter
from core.accounts.segments import NewSegment
from core.actor import Actor
from tenants.demo.cast import DemoProvider

SAVED = (
    ({"fr": "Sociétés en France", "en": "Companies in France"}, ClientFilter(country="FR", kind="company")),
    ({"fr": "Nouveaux depuis 30 jours", "en": "New within 30 days"}, ClientFilter(newer_than=30)),
)


async def furnish(provider: DemoProvider, *, by: Actor) -> None:
    """Save them under names in the provider's language."""
    for names, wanted in SAVED:
        name = names.get(provider.locale, names["en"])
        await segments.create(NewSegment(name=name, filter=wanted, is_shared=True), by=by)
