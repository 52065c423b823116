"""The messages to clients inside a focus: those to one of its clients."""

from core.accounts import focus
from core.accounts.focus import Focus
from core.filters import Conditions


def limit(conditions: Conditions, within: Focus | None) -> None:
    """Add that a message `m` was sent to a client inside the focus, passed him over, or chose him by his code."""
    if within is None:
        return
    inside = Conditions()
    inside.arguments = conditions.arguments
    focus.limit(inside, within)
    conditions.add(
        f"""EXISTS (SELECT FROM clients c WHERE {inside.sql} AND (m.choice->'codes' @> to_jsonb(c.code) OR EXISTS
            (SELECT FROM mass_message_recipients r WHERE r.message_id = m.id AND r.client_id = c.id)))"""
    )
