"""Several filters of clients as one: what the list asks, its segment, and what those build on."""

from collections.abc import Sequence

import msgspec

from core.accounts import account_source, client_filter, field_filter, segments
from core.accounts.client_filter import ClientFilter, check
from core.accounts.field_filter import Asked
from core.actor import Actor
from core.checks import Checks


class Joined(msgspec.Struct, kw_only=True):
    """Several filters as one, with what can stand in one only once: groups, and what is asked of fields.

    `accounts` are sets of projects; a client has an account in one of each.
    """

    filter: ClientFilter = ClientFilter()
    groups: list[int] = []
    accounts: list[frozenset[int]] = []
    asked: list[Asked] = []

    @property
    def is_scattered(self) -> bool:
        """Whether something is asked that stands in other tables than that of clients."""
        return bool(self.filter.name.strip() or self.groups or self.asked or self.filter.balance)


async def of(chosen: ClientFilter, also: Sequence[ClientFilter], *, by: Actor) -> Joined | None:
    """One filter for all of them with their segments; None when nobody can fit."""
    joined, checks = Joined(), Checks()
    for one in (chosen, *also):
        check(one, by=by)
        opened = await segments.opened(one, by=by)
        if opened is None:
            return None
        for part in opened:
            joined.groups += [part.group] if part.group is not None and part.group not in joined.groups else []
            joined.accounts += [frozenset({part.project})] if part.project is not None else []
            joined.asked += await field_filter.asked_of(part.custom, checks)
            both = client_filter.both(joined.filter, client_filter.settled(part, country=by.tenant.country))
            if both is None:
                return None
            joined.filter = both
    checks.done()
    joined.accounts = account_source.visible(joined.accounts, by=by)
    return joined
