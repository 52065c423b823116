"""What the platform's forms and filters can be chosen from."""

from typing import Any

from core import i18n, places, policies
from core.accounts.provider_settings import COLORS, TIMEZONES
from core.actor import Actor
from core.hookspecs import Edition
from core.i18n import _
from core.permissions import FEATURES, Permission
from tenants import providers, resellers

Choices = dict[str, list[Any]]


def editions(names: list[str]) -> list[tuple[str, str, str]]:
    """Those of these editions that there are, as cards: the name, its title, and what it has."""
    return [
        (edition.name, _(edition.title), _what_it_has(edition))
        for edition in policies.editions()
        if edition.name in names
    ]


def _what_it_has(edition: Edition) -> str:
    own = ", ".join(sorted(_(FEATURES[feature]) for feature in edition.features if feature in FEATURES))
    if edition.inherits is None:
        return own or _("What every provider has.")
    return _("All of %(edition)s, and: %(features)s.") % {
        "edition": edition.inherits.capitalize(),
        "features": own,
    }


async def of_new_provider(*, by: Actor) -> Choices:
    """For the form that opens a provider."""
    locale = i18n.current()
    return {
        "edition": editions(await providers.editions_to_give(by=by)),
        "reseller": await _resellers(by=by),
        "country": list(places.countries(locale).items()),
        "timezone": [(name, name.replace("_", " ")) for name in TIMEZONES],
        "currency": [(code, f"{code} – {name}") for code, name in places.currencies(locale).items()],
        "color": list(COLORS),
    }


async def of_filter(*, by: Actor) -> Choices:
    """For the filter of the list."""
    return {
        "edition": [(edition.name, _(edition.title)) for edition in policies.editions()],
        "reseller": await _resellers(by=by),
        "state": [("active", _("Active")), ("suspended", _("Suspended"))],
    }


def of_reseller() -> Choices:
    """For a reseller's terms."""
    return {
        "edition": [(edition.name, _(edition.title)) for edition in policies.editions()],
        "feature": sorted(((name, _(title)) for name, title in FEATURES.items()), key=lambda choice: choice[1]),
    }


async def _resellers(*, by: Actor) -> list[tuple[int, str]]:
    if not policies.allows(by, Permission.RESELLER_READ):
        return []
    return [(row["id"], row["name"]) for row in await resellers.every(by=by)]
