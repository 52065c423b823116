"""Asks the name servers of the world who owns a host name: whoever can put a TXT record beside it.

The record stands at `_comptoir.<host>`, and its text is the token that the claim was given. Looking takes seconds
at worst; nobody looks inside a transaction.
"""

from collections.abc import Awaitable, Callable
from typing import Literal

import dns.asyncresolver
import dns.exception
import dns.resolver
import msgspec

LABEL = "_comptoir"
SECONDS = 6.0
MOST_TEXTS, LONGEST_TEXT = 100, 500

Reason = Literal["", "missing", "silent"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The texts that stand there, or why there are none: `missing`, or `silent` when no server answered."""

    texts: tuple[str, ...] = ()
    reason: Reason = ""


Resolver = Callable[[str], Awaitable[Answer]]


def record_name(host: str) -> str:
    """Where the record of a host belongs."""
    return f"{LABEL}.{host}"


async def look(host: str) -> Answer:
    """What stands beside this host now."""
    return await _resolver(record_name(host))


def configure(resolver: Resolver | None = None) -> None:
    """Ask this resolver instead of the machine's; None for the machine's again."""
    global _resolver
    _resolver = resolver or ask_dns


async def ask_dns(name: str) -> Answer:
    """The texts of a TXT record, by the machine's own resolver; gives up after SECONDS."""
    try:
        found = await dns.asyncresolver.Resolver().resolve(name, "TXT", lifetime=SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return Answer(reason="missing")
    except (dns.exception.DNSException, OSError):
        return Answer(reason="silent")
    texts = (b"".join(record.strings)[:LONGEST_TEXT] for record in list(found)[:MOST_TEXTS])
    return Answer(texts=tuple(text.decode("utf-8", "replace").strip() for text in texts))


_resolver: Resolver = ask_dns
