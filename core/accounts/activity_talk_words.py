"""The sentences of the audit about conversations and fraud protection: see `activity_words`."""

from core.i18n import N_

TALK: dict[str, str] = {
    "response_template:created": N_("%(actor)s added the response template %(subject)s"),
    "response_template:deleted": N_("%(actor)s deleted the response template %(subject)s"),
    "response_template:updated": N_("%(actor)s changed the response template %(subject)s"),
    "notification:opted_in": N_("%(actor)s wants to be told %(subject)s again"),
    "notification:opted_out": N_("%(actor)s does not want to be told %(subject)s any more"),
    "notification:sent_again": N_("%(actor)s sent the notification “%(subject)s” again"),
    "person:notifications_chosen": N_("%(actor)s chose what to be told"),
}
