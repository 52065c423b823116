"""The words in which people read values that are kept as keys; what fields are called is in `activity_fields`."""

from datetime import date
from types import MappingProxyType

from babel import dates

from core import i18n, notification_kinds, places
from core.accounts import rights
from core.i18n import N_, _
from core.permission_words import DESCRIPTIONS
from core.permissions import FEATURES, Permission

_ROLES = {
    "owner": N_("Owner"),
    "manager": N_("Manager"),
    "support": N_("Support"),
    "accountant": N_("Accountant"),
    "auditor": N_("Auditor"),
    "operator": N_("Operator"),
    "reseller": N_("Reseller"),
}
_EDITIONS = {"standard": N_("Standard"), "advanced": N_("Advanced"), "corporate": N_("Corporate")}
_PERMISSIONS = {permission.value: DESCRIPTIONS[permission] for permission in Permission}
_WHENS = {"now": N_("At once"), "renewal": N_("With the next period")}
VALUES = MappingProxyType(
    {
        "edition": _EDITIONS,
        "ended_by": {
            "left": N_("The way back"),
            "expired": N_("Time is over"),
            "right": N_("The right is gone"),
            "session": N_("Signed out"),
            "client": N_("The client is gone"),
        },
        "editions": _EDITIONS,
        "audience": {"all": N_("For all"), "own": N_("Only for its author")},
        "features": FEATURES,
        "fee_bearer": {"provider": N_("The provider"), "client": N_("The client")},
        "kind": {
            "individual": N_("Individual"),
            "company": N_("Company"),
            "sole_proprietor": N_("Sole proprietor"),
            "text": N_("Text"),
            "number": N_("Number"),
            "choice": N_("Choice"),
            "date": N_("Date"),
            "yes_no": N_("Yes or no"),
        },
        "area": {"all": N_("Everything"), "product": N_("A product"), "plan": N_("A plan")},
        "lasts": {
            "days": N_("As long as its days"),
            "periods": N_("For a number of periods"),
            "forever": N_("For good"),
        },
        "missed_time": {"charge": N_("Is charged"), "skip": N_("Is not charged: it goes on from today")},
        "upgrade_when": _WHENS,
        "downgrade_when": _WHENS,
        "downgrade_rest": {
            "credit": N_("Is credit for what comes next"),
            "refund": N_("Is credit that can be paid out"),
            "none": N_("Stays with us"),
        },
        "recipient": {"all": N_("All clients"), "group": N_("An account group"), "client": N_("A single client")},
        "consumers": {"destination": N_("Where they live"), "origin": N_("Where we are")},
        "outside": {"O": N_("Outside the scope of VAT"), "G": N_("Export, not taxed")},
        "tax_class": {
            "standard": N_("Standard rate"),
            "reduced": N_("Reduced rate"),
            "super_reduced": N_("Super-reduced rate"),
            "zero": N_("Zero rate"),
            "exempt": N_("Exempt"),
        },
        "payer_kind": {
            "any": N_("Everybody"),
            "individual": N_("Individuals"),
            "company": N_("Businesses"),
        },
        "mfa_roles": _ROLES,
        "operations": {"services": N_("Services"), "goods": N_("Goods"), "mixed": N_("Goods and services")},
        "permissions": _PERMISSIONS,
        "purpose": {"invitation": N_("Invitation"), "password": N_("New password"), "welcome": N_("Welcome")},
        "rights": {right.value: rights.DESCRIPTIONS[right] for right in rights.Right},
        "role": _ROLES,
        "roles": dict(rights.ROLE_NAMES),
        "scopes": _PERMISSIONS,
        "contract_state": {
            "draft": N_("Draft"),
            "requested": N_("Requested"),
            "sent": N_("Sent"),
            "signed": N_("Signed"),
            "cancelled": N_("Called off"),
        },
        "state": {
            "active": N_("Active"),
            "cancelled": N_("Cancelled"),
            "done": N_("Done"),
            "failed": N_("Failed"),
            "hidden": N_("Hidden"),
            "on_sale": N_("On sale"),
            "removed": N_("Removed"),
            "suspended": N_("Suspended"),
            "withdrawn": N_("Withdrawn"),
        },
        "status": {"active": N_("Active"), "closed": N_("Closed")},
        "ticket_priority": {
            "low": N_("Low"),
            "normal": N_("Normal"),
            "high": N_("High"),
            "urgent": N_("Urgent"),
        },
        "theme": {"auto": N_("As the system"), "light": N_("Light"), "dark": N_("Dark")},
    }
)
"""What a field's keys mean; countries and languages have their names from CLDR."""


def value_name(field: str, value: str) -> str:
    """A value as people read it; one without a name of its own stays as it is."""
    if field == "country":
        return places.countries(i18n.current()).get(value, value)
    if field in ("language", "locale"):
        return places.languages(i18n.current()).get(value, value)
    if field == "notification":
        kind = notification_kinds.find(value)
        return _(kind.title) if kind else value
    if field in ("signed_on", "valid_from"):
        return dates.format_date(date.fromisoformat(value), "medium", locale=i18n.current())
    named = VALUES.get(field, {})
    return _(named[value]) if value in named else value
