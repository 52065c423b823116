"""The sentences of the audit about conversations and fraud protection: see `activity_words`."""

from core.i18n import N_

TALK: dict[str, str] = {
    "department:created": N_("%(actor)s added the department %(subject)s"),
    "department:deleted": N_("%(actor)s deleted the department %(subject)s"),
    "department:moved": N_("%(actor)s moved the department %(subject)s in the list"),
    "department:updated": N_("%(actor)s changed the department %(subject)s"),
    "notification:opted_in": N_("%(actor)s wants to be told %(subject)s again"),
    "notification:opted_out": N_("%(actor)s does not want to be told %(subject)s any more"),
    "notification:sent_again": N_("%(actor)s sent the notification “%(subject)s” again"),
    "person:notifications_chosen": N_("%(actor)s chose what to be told"),
    "ticket:answered": N_("%(actor)s wrote in the ticket %(subject)s"),
    "ticket:closed": N_("%(actor)s closed the ticket %(subject)s"),
    "ticket:merged": N_("%(actor)s merged the ticket %(subject)s into another one"),
    "ticket:opened": N_("%(actor)s opened the ticket %(subject)s"),
    "ticket:reopened": N_("%(actor)s opened the ticket %(subject)s again"),
    "ticket:split": N_("%(actor)s made the ticket %(subject)s of a part of another one"),
    "ticket_category:created": N_("%(actor)s added the ticket category %(subject)s"),
    "ticket_category:deleted": N_("%(actor)s deleted the ticket category %(subject)s"),
    "ticket_category:moved": N_("%(actor)s moved the ticket category %(subject)s in the list"),
    "ticket_category:updated": N_("%(actor)s changed the ticket category %(subject)s"),
    "ticket_status:created": N_("%(actor)s added the ticket status %(subject)s"),
    "ticket_status:deleted": N_("%(actor)s deleted the ticket status %(subject)s"),
    "ticket_status:moved": N_("%(actor)s moved the ticket status %(subject)s in the list"),
    "ticket_status:updated": N_("%(actor)s changed the ticket status %(subject)s"),
    "ticket_work:assigned": N_("%(actor)s assigned the ticket %(subject)s"),
    "ticket_work:noted": N_("%(actor)s wrote a note in the ticket %(subject)s"),
    "ticket_work:updated": N_("%(actor)s changed the ticket %(subject)s"),
    "ticket_work:watched": N_("%(actor)s changed who watches the ticket %(subject)s"),
}
