"""Mail into what costs something: it is not taken, and who sent it is told the price and where to write instead.

Nobody pays what he was not shown, and nobody gets by mail for nothing what costs something on the page. Only who
is known here is told; a stranger, who has no page, writes for nothing where the provider takes his mail at all.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from core import i18n, notification_values
from core.accounts import throttle
from core.accounts.throttle import Limit
from core.actor import Actor
from core.errors import TooManyAttempts
from core.i18n import N_
from core.notification_kinds import Kind, declare
from core.notifications import Recipient, notify
from core.support import (
    own_tickets,
    ticket_categories,
    ticket_notices,
    ticket_prices,
    ticket_statuses,
)
from core.support.incoming_parsing import Parsed
from core.support.incoming_senders import Turned
from core.support.ticket_prices import Quoted

MOST_ANSWERS, WINDOW = 3, timedelta(hours=1)
"""Of one client: whose address a mail bears did not always send it."""
PRICED = declare(
    Kind(
        key="ticket.mail_costs",
        title=N_("Mail about what costs something"),
        description=N_("To a client whose mail was not taken, because such tickets or messages have a price."),
        audience="client",
        group=ticket_notices.GROUP,
        variables={
            "name": N_("The name of who is told"),
            "subject": N_("The subject of the mail"),
            "category": N_("The category of the ticket"),
            "price": N_("What it costs, tax included"),
            "link": N_("Where it can be written"),
        },
        samples={
            "name": "Jean Dupont",
            "subject": N_("Please move my site"),
            "category": N_("Work on your server"),
            "price": notification_values.money(4800, "EUR"),
            "link": "https://nova.example/tickets/new",
        },
        subject=N_("Not taken by mail: {{ subject }}"),
        text=N_(
            "Hello {{ name }},\n\nyour mail “{{ subject }}” was not taken, and you were charged nothing: what "
            "belongs to “{{ category }}” costs {{ price }}. Please write it here, where you see the price before "
            "you send:\n\n<{{ link }}>\n\n{{ provider }}"
        ),
    )
)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is told whose mail was not taken."""

    client_id: int
    project_id: int
    data: Mapping[str, Any]


class Costs(Turned):
    """It costs something; `answer` tells the speaker so."""

    def __init__(self, answer: Answer, speaker: Actor) -> None:
        super().__init__("priced")
        self.answer, self.speaker = answer, speaker


async def require_free(mail: Parsed, category_id: int | None, client: Mapping[str, Any], *, by: Actor) -> None:
    """Nothing when a ticket of this category costs this client nothing; else `Costs`."""
    if category_id is None:
        return
    category = await ticket_categories.find(category_id)
    price = await ticket_prices.quoted(category, client["id"], category["project_id"], by=by)
    if price is not None:
        project_id = category["project_id"] or client["project_id"]
        told = _answer(mail, category, "name", price, client["id"], project_id, "/tickets/new", by=by)
        raise Costs(told, by)


async def require_free_reply(mail: Parsed, ticket: Mapping[str, Any], *, by: Actor) -> None:
    """Nothing when one more message in this ticket costs nothing; else `Costs`."""
    price = await own_tickets.price_of_reply(ticket, by=by)
    if price is not None:
        place = f"/tickets/{ticket['id']}"
        told = _answer(mail, ticket, "category", price, ticket["client_id"], ticket["project_id"], place, by=by)
        raise Costs(told, by)


async def tell(costs: Costs, mail: Parsed, *, by: Actor) -> bool:
    """Answer the mail; once, however often it comes. False when the client was told often enough in the hour."""
    client_id = costs.answer.client_id
    try:
        await throttle.count(Limit(f"mail costs {client_id}", MOST_ANSWERS, WINDOW))
    except TooManyAttempts:
        return False
    await notify(
        PRICED,
        to=Recipient(address=mail.sender, name=str(costs.answer.data["name"]), locale=by.locale),
        data=costs.answer.data,
        client_id=client_id,
        project_id=costs.answer.project_id,
        key=f"mail-{mail.key}",
        by=by,
    )
    return True


def _answer(
    mail: Parsed,
    named: Mapping[str, Any],
    field: str,
    price: Quoted,
    client_id: int,
    project_id: int,
    place: str,
    *,
    by: Actor,
) -> Answer:
    with i18n.speaking(by.locale if by.locale in i18n.LOCALES else by.tenant.locale):
        category = ticket_statuses.in_words(named, field)
    data = {
        "name": by.name,
        "subject": mail.subject or mail.sender,
        "category": category,
        "price": notification_values.money(price.gross_units, price.currency),
        "link": f"{by.tenant.base_url.rstrip('/')}{place}",
    }
    return Answer(client_id=client_id, project_id=project_id, data=data)
