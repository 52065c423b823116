"""What a client's fields are called, and what they can be chosen from, for lists, filters and forms."""

from collections.abc import Iterable, Mapping
from typing import Any

from core import i18n, places
from core.accounts import client_choices
from core.accounts.client_choices import ClientChoices
from core.actor import Actor
from core.i18n import N_, _

Choices = dict[str, list[tuple[Any, str]]]

LABELS: Mapping[str, str] = {
    "address": N_("Registered from address"),
    "attitude": N_("Attitude"),
    "attitude_id": N_("Attitude"),
    "code": N_("Code"),
    "contact": N_("Contact person"),
    "contact_person": N_("Contact person"),
    "country": N_("Country"),
    "email": N_("E-mail"),
    "external_id": N_("External id"),
    "group": N_("Account group"),
    "groups": N_("Groups"),
    "kind": N_("Kind"),
    "language": N_("Language"),
    "login": N_("Login name"),
    "name": N_("Name"),
    "newer_than": N_("Registered within the last days"),
    "note": N_("Note"),
    "older_than": N_("Registered more than days ago"),
    "phone": N_("Phone"),
    "project": N_("Project"),
    "project_id": N_("Project"),
    "projects": N_("Accounts in projects"),
    "registered": N_("Registered"),
    "registered_from": N_("Registered from"),
    "registered_to": N_("Registered to"),
    "segment": N_("Saved filter"),
    "status": N_("Status"),
}

KINDS = {"individual": N_("Individual"), "company": N_("Company")}
STATUSES = {"active": N_("Active"), "closed": N_("Closed"), "merged": N_("Merged")}


def labelled(keys: Iterable[str]) -> list[dict[str, str]]:
    """Keys with their labels."""
    return [{"key": key, "label": _(LABELS[key])} for key in keys]


async def choices(*, by: Actor) -> Choices:
    """Everything a client's fields can be chosen from; what the edition lacks is not there."""
    return offered(await client_choices.of(by=by))


def offered(filed: ClientChoices) -> Choices:
    """The same, of what clients of this provider can be filed under."""
    locale = i18n.current()
    return {
        "attitude": [(row["id"], row["name"]) for row in filed.attitudes.values()],
        "country": list(places.countries(locale).items()),
        "group": list(filed.groups.items()),
        "kind": [(key, _(label)) for key, label in KINDS.items()],
        "language": list(places.languages(locale).items()),
        "open_project": [(key, name) for key, name in filed.projects.items() if key not in filed.closed],
        "project": list(filed.projects.items()),
        "status": [(key, _(label)) for key, label in STATUSES.items()],
    }


def shown(field: str, value: Any, offered: Choices) -> str:
    """A value as people read it: the name behind an id or a code."""
    key = field.removesuffix("_id")
    named = {str(choice): label for choice, label in offered.get(key, [])}
    return "" if value is None else named.get(str(value), str(value))
