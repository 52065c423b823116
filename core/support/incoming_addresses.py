"""The addresses that answers by mail go to: `support+t<ticket>.<proof>@example.org`.

The proof is an HMAC of provider, ticket and mailbox under a key of the installation: who was not written to about
a ticket does not know its address.
"""

import base64
import hmac
import re
from collections.abc import Iterable

from core import sealing

BITS = 80
MARKED = re.compile(r"t([1-9][0-9]{0,18})\.([a-z2-7]{16})")


def reply_address(mailbox: str, ticket_id: int, *, tenant_id: int) -> str:
    """Where an answer to this ticket goes; "" when the provider reads no mail."""
    local, at, domain = mailbox.rpartition("@")
    if not at:
        return ""
    return f"{local.partition('+')[0]}+t{ticket_id}.{_proof(mailbox, ticket_id, tenant_id)}@{domain}"


def ticket_of(addresses: Iterable[str], mailbox: str, *, tenant_id: int) -> int | None:
    """The ticket that one of these addresses is the reply address of."""
    own, _at, domain = mailbox.lower().rpartition("@")
    for address in addresses:
        local, _at, host = address.lower().rpartition("@")
        name, _plus, mark = local.partition("+")
        found = MARKED.fullmatch(mark)
        if found is None or host != domain or name != own.partition("+")[0]:
            continue
        ticket_id = int(found[1])
        if ticket_id < 2**63 and hmac.compare_digest(found[2], _proof(mailbox, ticket_id, tenant_id)):
            return ticket_id
    return None


def is_own(address: str, mailbox: str) -> bool:
    """Whether mail from this address is our own, come back."""
    local, _at, domain = address.lower().rpartition("@")
    own, _at, host = mailbox.lower().rpartition("@")
    return bool(host) and (local.partition("+")[0], domain) == (own.partition("+")[0], host)


def _proof(mailbox: str, ticket_id: int, tenant_id: int) -> str:
    digest = sealing.proof(f"{tenant_id}:{ticket_id}:{mailbox.lower()}", purpose="reply address")
    return base64.b32encode(digest[: BITS // 8]).decode().lower()
