"""The sentences of the audit about conversations and fraud protection: see `activity_words`."""

from core.i18n import N_

TALK = {
    "fraud:updated": N_("%(actor)s changed what fraud checks mean at %(subject)s"),
    "fraud_check:approved": N_("%(actor)s approved what a fraud check held of %(subject)s"),
    "fraud_check:held": N_("A fraud check held something of %(subject)s"),
    "fraud_check:refused": N_("%(actor)s refused what a fraud check held of %(subject)s"),
    "fraud_check:stopped": N_("A fraud check refused something of %(subject)s"),
}
