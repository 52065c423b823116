"""The words in which people read the audit: a sentence per action, a name per kind of subject and per field.

An action of a plugin has no sentence here and is shown by its name. A test looks for actions of ours without one.
"""

from types import MappingProxyType

from core.i18n import N_

ACTIONS = MappingProxyType(
    {
        "api_key:created": N_("%(actor)s made the API key %(subject)s"),
        "api_key:revoked": N_("%(actor)s revoked the API key %(subject)s"),
        "attitude:created": N_("%(actor)s added the attitude %(subject)s"),
        "attitude:deleted": N_("%(actor)s deleted the attitude %(subject)s"),
        "attitude:made_default": N_("%(actor)s made %(subject)s the default attitude"),
        "attitude:moved": N_("%(actor)s moved the attitude %(subject)s in the list"),
        "attitude:updated": N_("%(actor)s changed the attitude %(subject)s"),
        "client:created": N_("%(actor)s registered the client %(subject)s"),
        "client:deleted": N_("%(actor)s deleted the client %(subject)s"),
        "client:updated": N_("%(actor)s changed the client %(subject)s"),
        "group:clients_added": N_("%(actor)s put clients into the group %(subject)s"),
        "group:clients_removed": N_("%(actor)s took clients out of the group %(subject)s"),
        "group:created": N_("%(actor)s added the group %(subject)s"),
        "group:deleted": N_("%(actor)s deleted the group %(subject)s"),
        "group:updated": N_("%(actor)s changed the group %(subject)s"),
        "job:retried": N_("%(actor)s had the job %(subject)s tried again"),
        "person:created": N_("%(actor)s added the person %(subject)s"),
        "person:password_changed": N_("%(actor)s changed the password of %(subject)s"),
        "person:updated": N_("%(actor)s changed the account of %(subject)s"),
        "plugin:disabled": N_("%(actor)s switched the plugin %(subject)s off"),
        "plugin:enabled": N_("%(actor)s switched the plugin %(subject)s on"),
        "plugin:set_up": N_("%(actor)s set up the plugin %(subject)s"),
        "project:created": N_("%(actor)s added the project %(subject)s"),
        "project:deleted": N_("%(actor)s deleted the project %(subject)s"),
        "project:made_default": N_("%(actor)s made %(subject)s the default project"),
        "project:updated": N_("%(actor)s changed the project %(subject)s"),
        "provider:updated": N_("%(actor)s changed the settings of %(subject)s"),
        "role:created": N_("%(actor)s made the role %(subject)s"),
        "role:deleted": N_("%(actor)s deleted the role %(subject)s"),
        "role:updated": N_("%(actor)s changed the role %(subject)s"),
        "session:ended": N_("%(actor)s ended a session of %(subject)s"),
        "session:opened": N_("%(subject)s signed in"),
        "staff:invited": N_("%(actor)s invited %(subject)s to the staff"),
        "staff:reinvited": N_("%(actor)s invited %(subject)s once more"),
        "staff:removed": N_("%(actor)s removed %(subject)s from the staff"),
        "staff:restored": N_("%(actor)s took %(subject)s back onto the staff"),
        "staff:updated": N_("%(actor)s changed the role or the limits of %(subject)s"),
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
        "role": N_("Roles"),
        "session": N_("Sessions"),
        "staff": N_("Staff"),
    }
)
"""What it can be done to."""

FIELDS = MappingProxyType(
    {
        "attitude": N_("Attitude"),
        "attitude_id": N_("Attitude"),
        "clients": N_("Clients"),
        "code": N_("Code"),
        "color": N_("Colour"),
        "contact_person": N_("Contact person"),
        "country": N_("Country"),
        "currency": N_("Currency"),
        "description": N_("Description"),
        "email": N_("E-mail address"),
        "groups": N_("Account groups"),
        "is_default": N_("Default"),
        "kind": N_("Kind"),
        "language": N_("Language"),
        "locale": N_("Language"),
        "login": N_("Login name"),
        "members": N_("Members"),
        "mfa_roles": N_("Roles that need a second factor"),
        "name": N_("Name"),
        "note": N_("Note"),
        "password": N_("Password"),
        "permissions": N_("Permissions"),
        "phone": N_("Phone"),
        "position": N_("Place in the list"),
        "project_id": N_("Project"),
        "projects": N_("Projects"),
        "replaced_by": N_("Replaced by"),
        "role": N_("Role"),
        "scopes": N_("Scopes"),
        "sender": N_("Sender's address"),
        "site": N_("Site"),
        "state": N_("State"),
        "status": N_("Status"),
        "theme": N_("Theme"),
        "timezone": N_("Time zone"),
    }
)
"""What changed; a field that is not here is shown by its name."""
