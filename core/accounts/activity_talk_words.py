"""The sentences of the audit about conversations and fraud protection: see `activity_words`."""

from core.i18n import N_

TALK: dict[str, str] = {
    "webhook:created": N_("%(actor)s added the webhook %(subject)s"),
    "webhook:deleted": N_("%(actor)s removed the webhook %(subject)s"),
    "webhook:replayed": N_("%(actor)s had things sent to the webhook %(subject)s again"),
    "webhook:secret_changed": N_("%(actor)s changed the secret of the webhook %(subject)s"),
    "webhook:tested": N_("%(actor)s tested the webhook %(subject)s"),
    "webhook:updated": N_("%(actor)s changed the webhook %(subject)s"),
    "notification:opted_in": N_("%(actor)s wants to be told %(subject)s again"),
    "notification:opted_out": N_("%(actor)s does not want to be told %(subject)s any more"),
    "notification:sent_again": N_("%(actor)s sent the notification “%(subject)s” again"),
    "person:notifications_chosen": N_("%(actor)s chose what to be told"),
}
