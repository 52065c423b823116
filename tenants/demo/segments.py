"""The saved filters of the demo, for all of a provider's team."""

from core import policies
from core.accounts import list_filters, segments
from core.accounts.client_filter import ClientFilter
from core.accounts.list_filters import LISTS, NewListFilter
from core.accounts.segments import NewSegment
from core.actor import Actor
from tenants.demo.cast import DemoProvider

SAVED = (
    ({"fr": "Sociétés en France", "en": "Companies in France"}, ClientFilter(country="FR", kind="company")),
    ({"fr": "Nouveaux depuis 30 jours", "en": "New within 30 days"}, ClientFilter(newer_than=30)),
)
OF_LISTS = (
    ("payers", {"fr": "Sociétés allemandes", "en": "German companies"}, {"country": "DE", "kind": "company"}),
    ("users", {"fr": "Des clients fermés", "en": "Of closed clients"}, {"status": "closed"}),
    ("contracts", {"fr": "À signer", "en": "To be signed"}, {"state": "sent"}),
)


async def furnish(provider: DemoProvider, *, by: Actor) -> None:
    """Save them under names in the provider's language."""
    for names, wanted in SAVED:
        name = names.get(provider.locale, names["en"])
        await segments.create(NewSegment(name=name, filter=wanted, is_shared=True), by=by)
    for list_name, names, asked in OF_LISTS:
        if policies.allows(by, LISTS[list_name].right):
            name = names.get(provider.locale, names["en"])
            new = NewListFilter(list=list_name, name=name, filter=asked, is_shared=True)
            await list_filters.create(new, by=by)
