"""Staff who answer a ticket by mail: from their own address, to the address that only their own notification had.

What came is done with the rights that the person has now, as if he had opened the page. Neither the sender's
address nor what mail servers say about it is enough by itself.
"""

import re
from datetime import timedelta

from core import db
from core.accounts import standing, throttle
from core.accounts.throttle import Limit
from core.actor import Actor
from core.permissions import Permission
from core.support import incoming_addresses, ticket_messages, tickets
from core.support.incoming_parsing import Parsed
from core.support.incoming_senders import Turned
from core.support.ticket_messages import Reply

MOST_MAILS, WINDOW = 60, timedelta(hours=1)
"""Of one member of the staff."""
NOTE = re.compile(r"^\W*#\s*notes?\b(?:\W*$|[:,.;\s–—-]*)", re.IGNORECASE)
"""How the first line of what only the team is to read begins. Whatever looks like it is kept from the client."""
OF_ADDRESS = f"""SELECT {standing.COLUMNS} FROM staff f {standing.JOINS}
    WHERE p.email_folded = $1 AND {standing.HOLDS}"""


async def require(mail: Parsed, ticket_id: int, mailbox: str, *, by: Actor) -> Actor:
    """The member of the staff who was written to about this ticket at this address, as he stands now.

    Raises `Turned` for everybody else, and for who lacks the second factor that is asked of him.
    """
    row = await db.row(OF_ADDRESS, mail.sender)
    found = standing.of(row) if row is not None else None
    if found is None or found.staff_id is None or found.kind(by.tenant) != "staff":
        raise Turned("not_staff")
    address = incoming_addresses.staff_address(mailbox, ticket_id, found.staff_id, tenant_id=by.tenant.id)
    if address.lower() not in mail.recipients:
        raise Turned("not_staff")
    if mail.is_forged or (found.needs_factor(by.tenant) and not found.has_second_step(by.tenant)):
        raise Turned("not_sure")
    return found.actor("staff", by.tenant)


async def place_of(ticket_id: int, text: str, *, by: Actor) -> int:
    """The ticket that the answer goes into, where he may answer and says something, asked before files are read;
    counts the mail."""
    await throttle.count(Limit(f"mail of staff {by.staff_id}", MOST_MAILS, WINDOW))
    ticket = await tickets.find(ticket_id)
    place = int(ticket["merged_into_id"] or ticket_id)
    await tickets.require(place, Permission.TICKET_ANSWER, "answer", by=by)
    if note_in(text) == "":
        raise Turned("empty")
    return place


async def answer(mail: Parsed, text: str, place: int, *, by: Actor) -> int:
    """Say it in the ticket, or note it, where `place_of` lets him; returns the message's id."""
    key, noted = f"mail-{mail.key}", note_in(text)
    if noted is None:
        made = await ticket_messages.reply(place, Reply(text=text), key=key, origin="mail", by=by)
    else:
        made = await ticket_messages.note(place, noted, key=key, origin="mail", by=by)
    return int(made["id"])


def note_in(text: str) -> str | None:
    """What only the team is to read; None for an answer to the client."""
    first, _break, rest = text.partition("\n")
    begun = NOTE.match(first)
    return None if begun is None else f"{first[begun.end() :]}\n{rest}".strip()
