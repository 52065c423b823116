"""The sentences of the audit about conversations and fraud protection: see `activity_words`."""

from core.i18n import N_

TALK: dict[str, str] = {
    "attachments:updated": N_("%(actor)s changed which files clients and staff can attach"),
    "fraud:updated": N_("%(actor)s changed what fraud checks mean at %(subject)s"),
    "fraud_check:approved": N_("%(actor)s approved what a fraud check held of %(subject)s"),
    "fraud_check:held": N_("A fraud check held something of %(subject)s"),
    "fraud_check:refused": N_("%(actor)s refused what a fraud check held of %(subject)s"),
    "fraud_check:stopped": N_("A fraud check refused something of %(subject)s"),
    "incoming_mail:updated": N_("%(actor)s changed where mail is read"),
    "notification:opted_in": N_("%(actor)s wants to be told %(subject)s again"),
    "notification:opted_out": N_("%(actor)s does not want to be told %(subject)s any more"),
    "notification:sent_again": N_("%(actor)s sent the notification “%(subject)s” again"),
    "person:notifications_chosen": N_("%(actor)s chose what to be told"),
    "response_template:created": N_("%(actor)s added the response template %(subject)s"),
    "response_template:deleted": N_("%(actor)s deleted the response template %(subject)s"),
    "response_template:updated": N_("%(actor)s changed the response template %(subject)s"),
}
