"""The addresses that answers by mail go to: `support+t<ticket>.<proof>@example.org`, with an s for staff.

The proof is an HMAC of provider, ticket and mailbox under a key of the installation, and for staff of the person
too: who was not written to about a ticket does not know its address, and one of the staff not that of another.
"""

import base64
import hmac
import re
from collections.abc import Iterable, Iterator

from core import sealing

BITS = 80
MARKED = re.compile(r"([st])([1-9][0-9]{0,18})\.([a-z2-7]{16})")


def reply_address(mailbox: str, ticket_id: int, *, tenant_id: int) -> str:
    """Where an answer to this ticket goes; "" when the provider reads no mail."""
    return _address(mailbox, f"t{ticket_id}.{_proof(mailbox, ticket_id, tenant_id)}")


def staff_address(mailbox: str, ticket_id: int, staff_id: int, *, tenant_id: int) -> str:
    """Where an answer of one member of the staff goes; "" when the provider reads no mail."""
    return _address(mailbox, f"s{ticket_id}.{_proof(mailbox, ticket_id, tenant_id, staff_id)}")


def _address(mailbox: str, mark: str) -> str:
    local, at, domain = mailbox.rpartition("@")
    return f"{local.partition('+')[0]}+{mark}@{domain}" if at else ""


def ticket_of(addresses: Iterable[str], mailbox: str, *, tenant_id: int) -> int | None:
    """The ticket that one of these addresses is the reply address of."""
    for side, ticket_id, proof in _marks(addresses, mailbox):
        if side == "t" and hmac.compare_digest(proof, _proof(mailbox, ticket_id, tenant_id)):
            return ticket_id
    return None


def staff_ticket_of(addresses: Iterable[str], mailbox: str) -> int | None:
    """The ticket that one of these addresses claims to be a reply address of for staff; its proof is another's to
    look at, who knows of whom."""
    return next((ticket_id for side, ticket_id, _proof_ in _marks(addresses, mailbox) if side == "s"), None)


def _marks(addresses: Iterable[str], mailbox: str) -> Iterator[tuple[str, int, str]]:
    """For whom, of which ticket and with what proof these addresses of the mailbox are."""
    own, _at, domain = mailbox.lower().rpartition("@")
    for address in addresses:
        local, _at, host = address.lower().rpartition("@")
        name, _plus, mark = local.partition("+")
        found = MARKED.fullmatch(mark)
        if found is not None and host == domain and name == own.partition("+")[0] and int(found[2]) < 2**63:
            yield found[1], int(found[2]), found[3]


def is_own(address: str, mailbox: str) -> bool:
    """Whether mail from this address is our own, come back."""
    local, _at, domain = address.lower().rpartition("@")
    own, _at, host = mailbox.lower().rpartition("@")
    return bool(host) and (local.partition("+")[0], domain) == (own.partition("+")[0], host)


def _proof(mailbox: str, ticket_id: int, tenant_id: int, staff_id: int | None = None) -> str:
    of_staff = "" if staff_id is None else f"{staff_id}:"
    purpose = "reply address" if staff_id is None else "reply address of staff"
    digest = sealing.proof(f"{tenant_id}:{ticket_id}:{of_staff}{mailbox.lower()}", purpose=purpose)
    return base64.b32encode(digest[: BITS // 8]).decode().lower()
