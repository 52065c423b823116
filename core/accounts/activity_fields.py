"""The words in which people read what changed: a name per field and per value that is kept as a key."""

from datetime import date
from types import MappingProxyType

from babel import dates

from core import i18n, places
from core.accounts import rights
from core.i18n import N_, _
from core.permissions import DESCRIPTIONS, FEATURES, Permission

FIELDS = MappingProxyType(
    {
        "company": N_("Company"),
        "is_open": N_("Open"),
        "accent": N_("Accent colour"),
        "address": N_("Address"),
        "attitude": N_("Attitude"),
        "attitude_id": N_("Attitude"),
        "body": N_("Text"),
        "brand_name": N_("Brand name"),
        "bank": N_("Bank"),
        "bic": N_("BIC"),
        "city": N_("City"),
        "clients": N_("Clients"),
        "code": N_("Code"),
        "color": N_("Colour"),
        "columns": N_("Columns"),
        "companies": N_("Companies"),
        "contact_person": N_("Contact person"),
        "contract_pattern": N_("Numbers of contracts"),
        "contract_state": N_("State"),
        "country": N_("Country"),
        "credit_limit": N_("Credit limit"),
        "credit_note_pattern": N_("Numbers of credit notes"),
        "currency": N_("Currency"),
        "description": N_("Description"),
        "edition": N_("Edition"),
        "done": N_("Rows done"),
        "editions": N_("Editions"),
        "email": N_("E-mail address"),
        "enabled": N_("On"),
        "ended_by": N_("Ended by"),
        "expires_at": N_("Ends"),
        "external_id": N_("External id"),
        "failed": N_("Rows failed"),
        "features": N_("Features"),
        "filter": N_("Filter"),
        "format": N_("Format"),
        "fraud_protection": N_("Fraud protection"),
        "free_domain": N_("Free domain"),
        "gone": N_("Left"),
        "groups": N_("Account groups"),
        "help": N_("Help"),
        "helps": N_("Help in other languages"),
        "holder": N_("Account holder"),
        "host": N_("Host name"),
        "iban": N_("IBAN"),
        "invoice_pattern": N_("Numbers of invoices"),
        "is_archived": N_("Archived"),
        "is_default": N_("Default"),
        "is_shared": N_("For all"),
        "is_required": N_("Required"),
        "is_shown": N_("Shown to the client"),
        "joined": N_("Joined"),
        "key": N_("Key"),
        "kind": N_("Kind"),
        "label": N_("Label"),
        "labels": N_("Label in other languages"),
        "language": N_("Language"),
        "legal_form": N_("Legal form and capital"),
        "list": N_("List"),
        "left_behind": N_("Stayed behind"),
        "locale": N_("Language"),
        "login": N_("Login name"),
        "logo": N_("Logo"),
        "members": N_("Members"),
        "merged_into": N_("Merged into"),
        "mfa_roles": N_("Roles that need a second factor"),
        "moved": N_("Moved"),
        "most_providers": N_("Most providers"),
        "name": N_("Name"),
        "name_servers": N_("Name servers"),
        "names": N_("Names"),
        "note": N_("Note"),
        "number": N_("Contract number"),
        "options": N_("Options"),
        "owner": N_("Owner"),
        "password": N_("Password"),
        "permissions": N_("Permissions"),
        "passkey": N_("Passkey"),
        "pending": N_("Second step still missing"),
        "phone": N_("Phone"),
        "phone_verified": N_("Verified phone"),
        "phone_verified_at": N_("Phone verified"),
        "plugin": N_("Plugin"),
        "position": N_("Place in the list"),
        "postcode": N_("Postcode"),
        "project": N_("Project"),
        "project_id": N_("Project"),
        "projects": N_("Projects"),
        "purpose": N_("Purpose"),
        "reason": N_("Reason"),
        "region": N_("Region"),
        "request": N_("Request"),
        "registered_address": N_("Registered from address"),
        "registered_at": N_("Registered"),
        "registration_number": N_("Registration number"),
        "replaced_by": N_("Replaced by"),
        "rights": N_("Rights"),
        "role": N_("Role"),
        "roles": N_("Roles"),
        "rule": N_("Rule"),
        "scopes": N_("Scopes"),
        "rows": N_("Rows"),
        "sender": N_("Sender's address"),
        "sender_name": N_("Sender's name"),
        "series": N_("Series"),
        "sessions": N_("Sessions"),
        "signed_on": N_("Signed on"),
        "site": N_("Site"),
        "size": N_("Size"),
        "skipped": N_("Rows skipped"),
        "title": N_("Title"),
        "total": N_("Rows"),
        "state": N_("State"),
        "status": N_("Status"),
        "street": N_("Street and number"),
        "theme": N_("Theme"),
        "timezone": N_("Time zone"),
        "consumers": N_("Consumers of the European Union"),
        "from_day": N_("First day"),
        "includes_tax": N_("Prices include tax"),
        "is_liable": N_("Liable for VAT"),
        "mention": N_("Sentence on documents"),
        "outside": N_("Outside the European Union"),
        "payer_kind": N_("Kind of payer"),
        "rate": N_("Rate"),
        "until_day": N_("Last day"),
        "vat_number": N_("VAT number"),
    }
)
"""What changed; a field that is not here is shown by its name."""

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
        "features": FEATURES,
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
        "consumers": {"destination": N_("Where they live"), "origin": N_("Where we are")},
        "outside": {"O": N_("Outside the scope of VAT"), "G": N_("Export, not taxed")},
        "payer_kind": {
            "any": N_("Everybody"),
            "individual": N_("Individuals"),
            "company": N_("Businesses"),
        },
        "mfa_roles": _ROLES,
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
            "removed": N_("Removed"),
            "suspended": N_("Suspended"),
        },
        "status": {"active": N_("Active"), "closed": N_("Closed")},
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
    if field == "signed_on":
        return dates.format_date(date.fromisoformat(value), "medium", locale=i18n.current())
    named = VALUES.get(field, {})
    return _(named[value]) if value in named else value
