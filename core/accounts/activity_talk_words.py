"""The sentences of the audit about conversations and fraud protection: see `activity_words`."""

from core.i18n import N_

TALK: dict[str, str] = {
    "notification:sent_again": N_("%(actor)s sent the notification “%(subject)s” again"),
}
