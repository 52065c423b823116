"""The list of the accounts of all clients, the newest first, with what they hold, and totals by currency."""

from typing import Literal

import msgspec

from core import db, keyset, policies
from core.accounts import access, balance_filter, focus, rows
from core.accounts.focus import Focus
from core.actor import Actor
from core.billing import accounts, money_lists
from core.billing.money_lists import Total
from core.checks import Checks
from core.filters import Conditions
from core.keyset import Page
from core.permissions import Permission
from core.places import CURRENCIES

FEW = 12_000
"""Up to so many open expenses, or free payments, are read for a page; of more, accounts are asked one by one."""
OPEN_UNITS = """(SELECT coalesce(sum(e.gross_units - e.covered_units), 0) FROM expenses e
    WHERE e.account_id = a.id AND e.reversed_at IS NULL AND e.covered_units < e.gross_units)"""
OVER = f"NOT a.is_postpaid AND {OPEN_UNITS} > coalesce(a.credit_limit, p.credit_limit)"


class AccountFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows. `name` is how the client's name begins, `client` its code, `project` an id. `balance`:
    accounts that owe, owe more than they may, or are ahead."""

    name: str = ""
    client: int | None = None
    project: int | None = None
    currency: str = ""
    balance: Literal["owes", "over_limit", "ahead"] | None = None


async def page(
    chosen: AccountFilter,
    *,
    by: Actor,
    within: Focus | None = None,
    after: str = "",
    before: str = "",
    size: int = keyset.PAGE,
) -> Page:
    """The page of accounts that stands after, or before, a cursor; the first one without.

    Rows are those of `accounts.of`. Raises `Invalid` for a filter or a cursor that cannot be.
    """
    bound = await conditions(chosen, by=by, within=within)
    return await keyset.page(accounts.READ, "a", bound, after=after, before=before, size=size, moment=None)


async def totals(chosen: AccountFilter, *, by: Actor, within: Focus | None = None) -> list[Total]:
    """By currency, how many accounts there are and what they hold: the newest MOST_SUMMED of `money_lists`."""
    bound = await conditions(chosen, by=by, within=within)
    found = await db.fetch(
        f"""SELECT currency, count(*) AS count, sum(balance)::bigint AS balance,
                   coalesce(sum(-balance) FILTER (WHERE balance < 0), 0)::bigint AS owed,
                   coalesce(sum(balance) FILTER (WHERE balance > 0), 0)::bigint AS ahead
              FROM ({accounts.READ} WHERE {bound.sql} ORDER BY a.id DESC LIMIT {money_lists.MOST_SUMMED + 1:d}) a
             GROUP BY currency ORDER BY currency""",
        *bound.arguments,
    )
    is_cut = sum(row["count"] for row in found) > money_lists.MOST_SUMMED
    names = ("balance", "owed", "ahead")
    return [
        Total(
            currency=row["currency"],
            count=row["count"],
            sums={name: row[name] for name in names},
            is_cut=is_cut,
        )
        for row in found
    ]


async def conditions(chosen: AccountFilter, *, by: Actor, within: Focus | None = None) -> Conditions:
    """What the filter asks of an account `a`, its project `p` and its client `c`, inside what `by` may see."""
    policies.require(by, Permission.ACCOUNT_READ)
    policies.require(by, Permission.CLIENT_READ)
    currency = _checked(chosen)
    bound = Conditions()
    bound.begins("c.name_folded", money_lists.beginning("name", chosen.name))
    bound.equals("c.code", chosen.client)
    bound.equals("a.project_id", chosen.project)
    bound.equals("p.currency", currency)
    if chosen.balance is not None:
        side = "ahead" if chosen.balance == "ahead" else "owes"
        is_few = await balance_filter.are_few(side, FEW)
        bound.add(balance_filter.of_account(side, is_few=is_few))
    if chosen.balance == "over_limit":
        bound.add(OVER)
    access.limit_to_groups(bound, by=by)
    if by.projects is not None:
        bound.add(f"a.project_id IN ({access.listed(by.projects)})")
    focus.limit(bound, within, column="a.client_id")
    return bound


def _checked(chosen: AccountFilter) -> str:
    """The currency; `Invalid` for a filter that cannot be."""
    checks = Checks()
    rows.check_ids(checks, chosen, "client", "project")
    currency = chosen.currency.strip().upper()
    if currency:
        checks.choice("currency", currency, CURRENCIES)
    checks.done()
    return currency
