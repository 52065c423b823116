"""What of conversations and fraud protection goes into a copy of personal data: see `personal_sources`."""

from core import unsubscribe_links
from core.accounts.personal_source import Source
from core.i18n import N_

SOURCES: tuple[Source, ...] = (
    Source(
        name="fraud-checks",
        label=N_("Fraud checks"),
        table="fraud_checks",
        columns=(
            "created_at", "kind", "source", "verdict", "state", "name", "email", "address", "seen", "answers",
            "decided_at", "decided_by", "reason",
        ),
        only_internal=True,
    ),
    Source(
        name="notifications",
        label=N_("Notifications"),
        table="deliveries",
        columns=(
            "created_at", "kind", "medium", "address", "name", "locale", "subject", "attached", "left_out",
            "state", "ended_at",
        ),
        more={"text": unsubscribe_links.HIDDEN.format(text="t.text")},
        internal=("channel", "audience", "reason", "said", "template", "attempts", "created_by"),
        secret=("html", "short", "head", "sealed", "lane"),
    ),
    Source(
        name="phone-codes",
        label=N_("Codes that were sent to telephone numbers"),
        table="phone_codes",
        columns=("created_at", "phone", "state", "tries", "expires_at", "ended_at", "address"),
        internal=("asked_by",),
        secret=("hash",),
    ),
    Source(
        name="phone-decisions",
        label=N_("Decisions about the telephone number"),
        table="phone_decisions",
        columns=("decided_at", "kind", "reason", "decided_by", "ended_at", "ended_by"),
        only_internal=True,
    ),
    Source(
        name="tickets",
        label=N_("Tickets"),
        table="tickets",
        columns=(
            "number", "subject", "state", "language", "opened_side", "created_at", "changed_at", "closed_at",
        ),
        internal=("opened_by", "priority", "waiting_since", "first_answered_at"),
        secret=("key",),
    ),
    Source(
        name="ticket-messages",
        label=N_("Messages of tickets"),
        table="ticket_messages",
        columns=("created_at", "side", "text", "origin"),
        internal=("is_note",),
        joins="JOIN tickets k ON k.id = t.ticket_id",
        more={
            "ticket": "k.number",
            "author_name": "CASE WHEN $2 OR (t.side = 'client' AND t.staff_id IS NULL) THEN t.author_name END",
        },
        where="k.client_id = $1 AND ($2 OR NOT t.is_note)",
        secret=("key",),
    ),
    Source(
        name="ticket-attachments",
        label=N_("Files of tickets"),
        table="ticket_attachments",
        columns=("id", "name", "kind", "size", "created_at"),
        joins="JOIN ticket_messages m ON m.id = t.message_id JOIN tickets k ON k.id = m.ticket_id",
        more={"ticket": "k.number"},
        where="k.client_id = $1 AND ($2 OR NOT m.is_note)",
    ),
)  # fmt: skip

LEFT_OUT: dict[str, str] = {
    "mass_message_recipients": "which messages to many clients reached it: what they said is in its tickets",
    "notification_optouts": "what a person does not want to read, told in his account",
    "notifications": "what was to be told: what was sent is copied",
    "webhook_events": "what the provider's own programs were told, for a month; it says nothing that is not here",
}
"""Tables that are not copied, each with the reason."""
