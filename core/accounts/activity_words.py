"""The words in which people read the audit: a sentence per action, a name per kind of subject, field and value.

An action of a plugin has no sentence here and is shown by its name. A test looks for actions of ours without one.
"""

from types import MappingProxyType

from core import i18n, places
from core.i18n import N_, _
from core.permissions import DESCRIPTIONS, FEATURES, Permission

ACTIONS = MappingProxyType(
    {
        "api_key:created": N_("%(actor)s made the API key %(subject)s"),
        "api_key:revoked": N_("%(actor)s revoked the API key %(subject)s"),
        "attitude:created": N_("%(actor)s added the attitude %(subject)s"),
        "attitude:deleted": N_("%(actor)s deleted the attitude %(subject)s"),
        "attitude:made_default": N_("%(actor)s made %(subject)s the default attitude"),
        "attitude:moved": N_("%(actor)s moved the attitude %(subject)s in the list"),
        "attitude:updated": N_("%(actor)s changed the attitude %(subject)s"),
        "client:closed": N_("%(actor)s closed the client %(subject)s"),
        "consent:given": N_("%(actor)s agreed to version %(subject)s of the terms"),
        "client:created": N_("%(actor)s registered the client %(subject)s"),
        "client:deleted": N_("%(actor)s deleted the client %(subject)s"),
        "client:reopened": N_("%(actor)s opened the client %(subject)s again"),
        "client:updated": N_("%(actor)s changed the client %(subject)s"),
        "feature:granted": N_("%(actor)s granted %(subject)s a feature"),
        "feature:refused": N_("%(actor)s took a feature from %(subject)s"),
        "feature:reset": N_("%(actor)s left a feature of %(subject)s to its edition"),
        "group:clients_added": N_("%(actor)s put clients into the group %(subject)s"),
        "group:clients_removed": N_("%(actor)s took clients out of the group %(subject)s"),
        "group:created": N_("%(actor)s added the group %(subject)s"),
        "group:deleted": N_("%(actor)s deleted the group %(subject)s"),
        "group:updated": N_("%(actor)s changed the group %(subject)s"),
        "host:added": N_("%(actor)s gave %(subject)s one more host name"),
        "host:made_primary": N_("%(actor)s chose the host name that links to %(subject)s lead to"),
        "host:removed": N_("%(actor)s took a host name from %(subject)s"),
        "job:retried": N_("%(actor)s had the job %(subject)s tried again"),
        "link:created": N_("%(actor)s sent a link to choose a password to %(subject)s"),
        "person:created": N_("%(actor)s added the person %(subject)s"),
        "person:disabled": N_("%(actor)s shut %(subject)s out"),
        "person:enabled": N_("%(actor)s let %(subject)s in again"),
        "person:password_changed": N_("%(actor)s changed the password of %(subject)s"),
        "person:password_forgotten": N_("%(actor)s let %(subject)s choose a new password"),
        "person:updated": N_("%(actor)s changed the account of %(subject)s"),
        "plugin:disabled": N_("%(actor)s switched the plugin %(subject)s off"),
        "plugin:enabled": N_("%(actor)s switched the plugin %(subject)s on"),
        "plugin:set_up": N_("%(actor)s set up the plugin %(subject)s"),
        "project:created": N_("%(actor)s added the project %(subject)s"),
        "project:deleted": N_("%(actor)s deleted the project %(subject)s"),
        "project:made_default": N_("%(actor)s made %(subject)s the default project"),
        "project:updated": N_("%(actor)s changed the project %(subject)s"),
        "provider:edition_changed": N_("%(actor)s changed the edition of %(subject)s"),
        "provider:opened": N_("%(actor)s opened the provider %(subject)s"),
        "provider:plugin_disabled": N_("%(actor)s switched a plugin of %(subject)s off"),
        "provider:plugin_enabled": N_("%(actor)s switched a plugin of %(subject)s on"),
        "provider:resumed": N_("%(actor)s let %(subject)s go on"),
        "provider:suspended": N_("%(actor)s suspended %(subject)s"),
        "provider:updated": N_("%(actor)s changed the settings of %(subject)s"),
        "reseller:created": N_("%(actor)s took on the reseller %(subject)s"),
        "reseller:resumed": N_("%(actor)s let the reseller %(subject)s go on"),
        "reseller:suspended": N_("%(actor)s suspended the reseller %(subject)s"),
        "reseller:updated": N_("%(actor)s changed the terms of the reseller %(subject)s"),
        "role:created": N_("%(actor)s made the role %(subject)s"),
        "role:deleted": N_("%(actor)s deleted the role %(subject)s"),
        "role:updated": N_("%(actor)s changed the role %(subject)s"),
        "second_factor:begun": N_("%(subject)s began to set up a second factor"),
        "second_factor:confirmed": N_("%(subject)s switched the second factor on"),
        "second_factor:recovery_renewed": N_("%(subject)s made new recovery codes"),
        "second_factor:recovery_used": N_("%(subject)s signed in with a recovery code"),
        "second_factor:switched_off": N_("%(actor)s switched off the second factor of %(subject)s"),
        "session:ended": N_("%(actor)s ended a session of %(subject)s"),
        "session:moved": N_("%(actor)s went on with another client"),
        "session:opened": N_("%(subject)s signed in"),
        "sign_up:updated": N_("%(actor)s changed how clients sign up at %(subject)s"),
        "signin:failed": N_("A sign-in of %(subject)s failed"),
        "staff:invited": N_("%(actor)s invited %(subject)s to the staff"),
        "staff:reinvited": N_("%(actor)s invited %(subject)s once more"),
        "staff:removed": N_("%(actor)s removed %(subject)s from the staff"),
        "staff:restored": N_("%(actor)s took %(subject)s back onto the staff"),
        "terms:published": N_("%(actor)s put version %(subject)s of the terms in force"),
        "staff:updated": N_("%(actor)s changed the role or the limits of %(subject)s"),
        "task:cancelled": N_("%(actor)s cancelled the task %(subject)s"),
        "task:ended": N_("The task %(subject)s ended"),
        "task:resumed": N_("%(actor)s let the task %(subject)s go on"),
        "task:started": N_("%(actor)s started the task %(subject)s"),
    }
)
"""What was done, as a sentence. In a translation the two names may stand wherever they sound best."""

SUBJECTS = MappingProxyType(
    {
        "api_key": N_("API keys"),
        "attitude": N_("Attitudes"),
        "client": N_("Clients"),
        "group": N_("Account groups"),
        "job": N_("Jobs"),
        "person": N_("People"),
        "plugin": N_("Plugins"),
        "project": N_("Projects"),
        "provider": N_("Provider"),
        "reseller": N_("Resellers"),
        "role": N_("Roles"),
        "session": N_("Sessions"),
        "staff": N_("Staff"),
        "terms": N_("Terms"),
        "task": N_("Tasks"),
    }
)
"""What it can be done to."""

FIELDS = MappingProxyType(
    {
        "company": N_("Company"),
        "is_open": N_("Open"),
        "address": N_("Address"),
        "attitude": N_("Attitude"),
        "attitude_id": N_("Attitude"),
        "clients": N_("Clients"),
        "code": N_("Code"),
        "color": N_("Colour"),
        "contact_person": N_("Contact person"),
        "country": N_("Country"),
        "currency": N_("Currency"),
        "description": N_("Description"),
        "edition": N_("Edition"),
        "done": N_("Rows done"),
        "editions": N_("Editions"),
        "email": N_("E-mail address"),
        "enabled": N_("On"),
        "expires_at": N_("Ends"),
        "failed": N_("Rows failed"),
        "features": N_("Features"),
        "groups": N_("Account groups"),
        "host": N_("Host name"),
        "is_default": N_("Default"),
        "kind": N_("Kind"),
        "language": N_("Language"),
        "locale": N_("Language"),
        "login": N_("Login name"),
        "members": N_("Members"),
        "mfa_roles": N_("Roles that need a second factor"),
        "most_providers": N_("Most providers"),
        "name": N_("Name"),
        "names": N_("Names"),
        "note": N_("Note"),
        "password": N_("Password"),
        "permissions": N_("Permissions"),
        "pending": N_("Second step still missing"),
        "phone": N_("Phone"),
        "phone_verified": N_("Verified phone"),
        "plugin": N_("Plugin"),
        "position": N_("Place in the list"),
        "project": N_("Project"),
        "project_id": N_("Project"),
        "projects": N_("Projects"),
        "purpose": N_("Purpose"),
        "reason": N_("Reason"),
        "registered_address": N_("Registered from address"),
        "registered_at": N_("Registered"),
        "replaced_by": N_("Replaced by"),
        "role": N_("Role"),
        "scopes": N_("Scopes"),
        "sender": N_("Sender's address"),
        "sessions": N_("Sessions"),
        "site": N_("Site"),
        "skipped": N_("Rows skipped"),
        "total": N_("Rows"),
        "state": N_("State"),
        "status": N_("Status"),
        "theme": N_("Theme"),
        "timezone": N_("Time zone"),
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
        "editions": _EDITIONS,
        "features": FEATURES,
        "kind": {"individual": N_("Individual"), "company": N_("Company")},
        "mfa_roles": _ROLES,
        "permissions": _PERMISSIONS,
        "purpose": {"invitation": N_("Invitation"), "password": N_("New password"), "welcome": N_("Welcome")},
        "role": _ROLES,
        "scopes": _PERMISSIONS,
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
    named = VALUES.get(field, {})
    return _(named[value]) if value in named else value
