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
)  # fmt: skip

LEFT_OUT: dict[str, str] = {}
"""Tables that are not copied, each with the reason."""
