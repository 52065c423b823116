"""Quotes of the demo: one that is written, some that clients can accept, and one that was taken back."""

from datetime import timedelta

from core import clock, db, i18n
from core.actor import Actor
from core.billing import accounts, offer_states, offers, service_prices
from core.billing.offer_states import Sending
from core.billing.services import NewService
from core.i18n import _
from tenants.demo.cast import DemoProvider

BECOMES = ("sent", "draft", "sent", "withdrawn")
"""What becomes of the quote to each client in turn."""
LOOKED_AT = 40
"""So many accounts are looked at for some that can be quoted something."""
VALID = timedelta(days=30)


async def furnish(provider: DemoProvider, *, by: Actor) -> None:
    """Quote two services by the month to some clients."""
    found = await db.fetch(
        """SELECT a.id FROM client_projects a JOIN clients c ON c.id = a.client_id AND c.status = 'active'
            WHERE c.project_id = a.project_id ORDER BY a.id LIMIT $1""",
        LOOKED_AT,
    )
    left = list(BECOMES)
    with i18n.speaking(provider.locale):
        for row in found:
            if left and await _quote(row["id"], left[0], by=by):
                left.pop(0)


async def _quote(account_id: int, becomes: str, *, by: Actor) -> bool:
    """Quote something, and let it become that; False when nothing by the month is sold to this client."""
    offered = await service_prices.offered(await accounts.get(account_id, by=by), by=by)
    sheets = [sheet for one in offered for sheet in one.sheets if sheet.length and sheet.length.count == 1][:2]
    if not sheets:
        return False
    wanted = [
        NewService(price_id=sheet.price_id, label=f"quote-{place}.example") for place, sheet in enumerate(sheets)
    ]
    made = await offers.create(account_id, wanted, by=by)
    if becomes == "draft":
        return True
    until = clock.today(by.tenant.timezone) + VALID
    await offer_states.send(made["id"], Sending(valid_until=until, note=_("As we talked about.")), by=by)
    if becomes == "withdrawn":
        await offer_states.withdraw(made["id"], _("Another one follows."), by=by)
    return True
