"""What a client's fields are called, and what they can be chosen from, for lists, filters and forms."""

from collections.abc import Iterable, Mapping
from typing import Any

from core import i18n, places, policies
from core.accounts import attitudes, groups, projects
from core.actor import Actor
from core.i18n import N_, _
from core.permissions import Permission

Choices = dict[str, list[tuple[Any, str]]]

LABELS: Mapping[str, str] = {
    "attitude": N_("Attitude"),
    "attitude_id": N_("Attitude"),
    "code": N_("Code"),
    "contact": N_("Contact person"),
    "contact_person": N_("Contact person"),
    "country": N_("Country"),
    "email": N_("E-mail"),
    "group": N_("Account group"),
    "groups": N_("Groups"),
    "kind": N_("Kind"),
    "language": N_("Language"),
    "login": N_("Login name"),
    "name": N_("Name"),
    "note": N_("Note"),
    "phone": N_("Phone"),
    "project": N_("Project"),
    "project_id": N_("Project"),
    "registered": N_("Registered"),
    "registered_from": N_("Registered from"),
    "registered_to": N_("Registered to"),
    "status": N_("Status"),
}

KINDS = {"individual": N_("Individual"), "company": N_("Company")}
STATUSES = {"active": N_("Active"), "closed": N_("Closed")}


def labelled(keys: Iterable[str]) -> list[dict[str, str]]:
    """Keys with their labels."""
    return [{"key": key, "label": _(LABELS[key])} for key in keys]


async def choices(*, by: Actor) -> Choices:
    """Everything a client's fields can be chosen from; what the edition lacks is not there."""
    locale = i18n.current()
    found: Choices = {
        "attitude": [(row["id"], row["name"]) for row in await attitudes.every(by=by)],
        "country": list(places.countries(locale).items()),
        "group": [],
        "kind": [(key, _(label)) for key, label in KINDS.items()],
        "language": list(places.languages(locale).items()),
        "project": [],
        "status": [(key, _(label)) for key, label in STATUSES.items()],
    }
    if policies.has_feature(by.tenant, "projects"):
        found["project"] = list((await projects.names(by=by)).items())
    if policies.allows(by, Permission.GROUP_READ):
        found["group"] = list((await groups.names(by=by)).items())
    return found


def shown(field: str, value: Any, offered: Choices) -> str:
    """A value as people read it: the name behind an id or a code."""
    key = field.removesuffix("_id")
    named = {str(choice): label for choice, label in offered.get(key, [])}
    return "" if value is None else named.get(str(value), str(value))
