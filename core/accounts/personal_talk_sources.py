"""What of conversations and fraud protection goes into a copy of personal data: see `personal_sources`."""

from core.accounts.personal_source import Source

SOURCES: tuple[Source, ...] = ()

LEFT_OUT: dict[str, str] = {}
"""Tables that are not copied, each with the reason."""
