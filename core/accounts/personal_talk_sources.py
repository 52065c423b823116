"""What of conversations and fraud protection goes into a copy of personal data: see `personal_sources`."""

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
            "created_at", "kind", "medium", "address", "name", "locale", "subject", "text", "state", "ended_at",
        ),
        internal=("channel", "audience", "reason", "said", "template", "attempts", "created_by"),
        secret=("html", "short", "head", "sealed", "lane"),
    ),
)  # fmt: skip

LEFT_OUT: dict[str, str] = {
    "notification_optouts": "what a person does not want to read, told in his account",
    "notifications": "what was to be told: what was sent is copied",
}
"""Tables that are not copied, each with the reason."""
