"""The words in which people read the audit of conversations: tickets, templates, messages, notifications."""

from types import MappingProxyType

from core.i18n import N_

ACTIONS = MappingProxyType(
    {
        "response_template:created": N_("%(actor)s added the response template %(subject)s"),
        "response_template:deleted": N_("%(actor)s deleted the response template %(subject)s"),
        "response_template:updated": N_("%(actor)s changed the response template %(subject)s"),
    }
)
