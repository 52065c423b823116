"""The sentences of the audit about conversations and fraud protection: see `activity_words`."""

from core.i18n import N_

TALK: dict[str, str] = {
    "notification:opted_in": N_("%(actor)s wants to be told %(subject)s again"),
    "notification:opted_out": N_("%(actor)s does not want to be told %(subject)s any more"),
    "notification:sent_again": N_("%(actor)s sent the notification “%(subject)s” again"),
    "person:notifications_chosen": N_("%(actor)s chose what to be told"),
}
