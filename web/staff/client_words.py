"""What a client's fields are called, and what they can be chosen from, for lists, filters and forms."""

from collections.abc import Iterable, Mapping
from typing import Any

from core import i18n, places
from core.accounts import client_choices, client_list
from core.accounts.client_choices import ClientChoices
from core.accounts.client_fields import Field
from core.accounts.rights import GIVEABLE, ROLE_NAMES
from core.actor import Actor
from core.i18n import N_, _
from web.kit import field_forms

Choices = dict[str, list[tuple[Any, str]]]

LABELS: Mapping[str, str] = {
    "address": N_("Registered from address"),
    "attitude": N_("Attitude"),
    "attitude_id": N_("Attitude"),
    "balance": N_("Balance"),
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
    "phone_verified": N_("Verified phone"),
    "project": N_("Project"),
    "project_id": N_("Project"),
    "projects": N_("Accounts in projects"),
    "registered": N_("Registered"),
    "registered_from": N_("Registered from"),
    "registered_to": N_("Registered to"),
    "segment": N_("Saved filter"),
    "status": N_("Status"),
}

BALANCES = {"owes": N_("Owes"), "ahead": N_("Has credit")}
KINDS = {"individual": N_("Individual"), "company": N_("Company")}
VERIFIED = {"yes": N_("Yes"), "no": N_("No")}
STATUSES = {"active": N_("Active"), "closed": N_("Closed"), "merged": N_("Merged")}


ASKED = {"": "", ".from": N_("%(label)s from"), ".to": N_("%(label)s to")}
"""What is asked of a field of the provider's own, by the ending of its parameter."""


def labelled(keys: Iterable[str], fields: Iterable[Field] = ()) -> list[dict[str, str]]:
    """Keys with their labels; columns and parameters of the provider's own `fields` by those of the fields."""
    own = {client_list.column_of(field): field.label for field in fields} | parameters(fields)
    return [{"key": key, "label": own[key] if key in own else _(LABELS[key])} for key in keys]


def parameters(fields: Iterable[Field]) -> dict[str, str]:
    """What can be asked of the provider's own fields in the address of a list, with its label."""
    return {
        f"custom.{field.key}{ending}": _(asked) % {"label": field.label} if asked else field.label
        for field in fields
        for ending, asked in ASKED.items()
    }


async def choices(*, by: Actor) -> Choices:
    """Everything a client's fields can be chosen from; what the edition lacks is not there."""
    return offered(await client_choices.of(by=by))


def offered(filed: ClientChoices, fields: Iterable[Field] = ()) -> Choices:
    """The same, of what clients of this provider can be filed under; and what its own `fields` offer."""
    locale = i18n.current()
    own = {f"custom.{field.key}": field_forms.options(field) for field in fields}
    return own | {
        "attitude": [(row["id"], row["name"]) for row in filed.attitudes.values()],
        "balance": [(key, _(label)) for key, label in BALANCES.items()],
        "country": list(places.countries(locale).items()),
        "group": list(filed.groups.items()),
        "kind": [(key, _(label)) for key, label in KINDS.items()],
        "language": list(places.languages(locale).items()),
        "open_project": [(key, name) for key, name in filed.projects.items() if key not in filed.closed],
        "phone_verified": [(key, _(label)) for key, label in VERIFIED.items()],
        "project": list(filed.projects.items()),
        "status": [(key, _(label)) for key, label in STATUSES.items()],
    }


def shown(field: str, value: Any, offered: Choices) -> str:
    """A value as people read it: the name behind an id or a code."""
    key = field.removesuffix("_id")
    named = {str(choice): label for choice, label in offered.get(key, [])}
    return "" if value is None else named.get(str(value), str(value))


def import_choices(key: str) -> list[tuple[str, str]]:
    """What a field of an import can be set to where the file says nothing."""
    locale = i18n.current()
    return {
        "country": list(places.countries(locale).items()),
        "language": list(places.languages(locale).items()),
        "kind": [(kind, _(label)) for kind, label in KINDS.items()],
        "role": [(role, _(ROLE_NAMES[role])) for role in GIVEABLE],
    }.get(key, [])
