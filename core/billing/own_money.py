"""A client's services, accounts, expenses and payments, as its own users see them: without who did it, and why."""

from asyncpg import Record

from core.accounts import memberships
from core.accounts.rights import Right
from core.actor import Actor
from core.billing import accounts, expenses, money_lists, payments, services
from core.billing.money_lists import Page
from core.filters import Conditions


async def balances(*, by: Actor) -> list[Record]:
    """What the accounts of the client that the user acts for hold, as `accounts.of` gives them."""
    return await accounts.held_by(memberships.require(by, Right.INVOICES_READ).id)


async def expenses_page(*, by: Actor, after: str = "", before: str = "") -> Page:
    """The client's expenses around a cursor, the newest first; `Invalid` for a cursor that cannot be."""
    return await money_lists.page(expenses.WITH_NAMES, "e", _own("e", by), after=after, before=before)


async def payments_page(*, by: Actor, after: str = "", before: str = "") -> Page:
    """The client's payments around a cursor, the newest first; `Invalid` for a cursor that cannot be."""
    return await money_lists.page(payments.WITH_NAMES, "p", _own("p", by), after=after, before=before)


async def services_page(*, by: Actor, after: str = "", before: str = "") -> Page:
    """The client's services around a cursor, the newest first; `Invalid` for a cursor that cannot be."""
    bound = _own("s", by, Right.SERVICES_READ)
    return await money_lists.page(services.WITH_NAMES, "s", bound, after=after, before=before)


def _own(alias: str, by: Actor, right: Right = Right.INVOICES_READ) -> Conditions:
    bound = Conditions()
    bound.add(f"{alias}.client_id = {memberships.require(by, right).id:d}")
    return bound
