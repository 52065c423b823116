"""The sentences of the audit about conversations and fraud protection: see `activity_words`."""

TALK: dict[str, str] = {}
