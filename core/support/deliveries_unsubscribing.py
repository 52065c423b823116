"""Opting out with one click (RFC 8058): a link in what is no service message, good without signing in."""

from asyncpg import Record

from core.actor import Actor


def headers(delivery: Record, *, by: Actor) -> dict[str, str]:
    """What goes into the head of a mail; nothing for service messages."""
    return {}
