"""The list of all contracts of a provider, the newest first, page by page, with filter and focus."""

from typing import Literal

import msgspec
from asyncpg import Record

from core import db, keyset, policies
from core.accounts import access, contracts, focus, rows
from core.accounts.focus import Focus
from core.actor import Actor
from core.checks import Checks
from core.filters import Conditions
from core.keyset import Page as Page
from core.permissions import Permission

State = Literal["draft", "requested", "sent", "signed", "cancelled"]


class ContractFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows. `number` is the beginning of a number, `company` an id, `client` a client's code."""

    number: str = ""
    state: State | None = None
    company: int | None = None
    client: int | None = None


async def page(
    chosen: ContractFilter,
    *,
    by: Actor,
    within: Focus | None = None,
    after: str = "",
    before: str = "",
    size: int = keyset.PAGE,
) -> Page:
    """The page of contracts that stands after, or before, a cursor; the first one without.

    Raises `Invalid` for a filter or a cursor that cannot be.
    """
    policies.require(by, Permission.CONTRACT_READ)
    policies.require(by, Permission.CLIENT_READ)
    bound = conditions(chosen, by=by)
    focus.limit(bound, within)
    return await keyset.page(contracts.WITH_NAMES, "k", bound, after=after, before=before, size=size)


async def of_client(client_id: int, *, by: Actor) -> list[Record]:
    """The contracts of one client, the newest first; at most 200, as a client has a few."""
    policies.require(by, Permission.CONTRACT_READ)
    await access.client(client_id, by=by)
    return await db.fetch(
        f"{contracts.WITH_NAMES} WHERE k.client_id = $1 ORDER BY k.created_at DESC, k.id DESC LIMIT 200", client_id
    )


def conditions(chosen: ContractFilter, *, by: Actor) -> Conditions:
    """What the filter asks of a contract `k` and its client `c`, inside what `by` may see."""
    checks = Checks()
    number = checks.text("number", chosen.number, longest=60, required=False)
    rows.check_ids(checks, chosen, "company", "client")
    checks.done()
    bound = Conditions()
    bound.equals("k.state", chosen.state, among=frozenset(contracts.STATES))
    bound.equals("k.company_id", chosen.company)
    bound.equals("c.code", chosen.client)
    if number:
        bound.add("k.number <> ''")
        bound.begins("k.number", number)
    access.limit_to_visible(bound, by=by)
    return bound
