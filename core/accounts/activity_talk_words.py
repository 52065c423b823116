"""The sentences of the audit about conversations and fraud protection: see `activity_words`."""

from core.i18n import N_

TALK: dict[str, str] = {
    "incoming_mail:updated": N_("%(actor)s changed where mail is read"),
    "attachments:updated": N_("%(actor)s changed which files clients and staff can attach"),
    "response_template:created": N_("%(actor)s added the response template %(subject)s"),
    "response_template:deleted": N_("%(actor)s deleted the response template %(subject)s"),
    "response_template:updated": N_("%(actor)s changed the response template %(subject)s"),
}
