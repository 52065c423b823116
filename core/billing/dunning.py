"""Dunning of accounts: what they owe since when, what was done about it, and what comes on which day.

What is due when: an expense that an issued invoice asks for is due on the invoice's day, any other one some days
after it was charged. Fees of dunning are owed, but they are no debt that dunning begins for.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Date, Integer, Text, Timestamptz

from core import clock, db, policies
from core.accounts import access, account_parts
from core.actor import Actor
from core.billing import (
    accounts,
    dunning_pauses,
    dunning_policies,
    dunning_settings,
    dunning_timeline,
    invoice_terms,
    promised_payments,
)
from core.billing.dunning_timeline import Account, Debt, Done, Planned
from core.permissions import Permission

FEE = "dunning_fee"
"""The kind of expense that a fee is."""
OPEN = """
    SELECT t.account_id, coalesce(i.due_on, e.day + t.terms) AS due_on, e.gross_units - e.covered_units AS units,
           e.kind
      FROM unnest($1::bigint[], $2::int[]) AS t (account_id, terms)
      JOIN expenses e ON e.account_id = t.account_id AND e.reversed_at IS NULL AND e.covered_units < e.gross_units
      LEFT JOIN invoice_lines l ON l.expense_id = e.id AND l.is_live
      LEFT JOIN invoices i ON i.id = l.invoice_id AND i.state = 'issued' AND i.kind = 'invoice'
"""
DEBTS = f"""
    SELECT o.account_id, o.due_on, sum(o.units)::bigint AS units FROM ({OPEN}) o
     WHERE o.kind <> '{FEE}' GROUP BY o.account_id, o.due_on ORDER BY o.account_id, o.due_on
"""


class DunningEvent(db.Owned, tablename="dunning_events"):
    """A step that was done about the debt of the day `due_on`, or left out. `units` was overdue, or is the fee."""

    client_id = BigInt()
    account_id = BigInt()
    due_on = Date()
    step_day = Integer()
    action = Text()
    result = Text()
    on_day = Date()
    at = Timestamptz()
    policy = Text()
    currency = Text()
    units = BigInt()
    services = Integer()
    expense_id = BigInt(null=True)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """An account with its policy (None: nothing happens), what is overdue today, and what comes."""

    account: Mapping[str, Any]
    policy: Mapping[str, Any] | None
    overdue: int
    coming: list[Planned]
    debts: Sequence[Debt] = ()


async def of_client(client_id: int, *, by: Actor) -> list[Plan]:
    """What dunning will do in each account of a client that `by` may see, as long as nothing is paid."""
    policies.require(by, Permission.DUNNING_READ)
    await access.client(client_id, by=by)
    found = await accounts.held_by(client_id)
    mine = [row for row in found if access.may_use_project(row["project_id"], by=by)]
    return await plans(mine, clock.today(by.tenant.timezone), by=by)


async def history(client_id: int, *, by: Actor, size: int = 100) -> list[Record]:
    """What was done so far in the accounts of a client that `by` may see, the newest first, with `project`."""
    policies.require(by, Permission.DUNNING_READ)
    await access.client(client_id, by=by)
    found = await db.fetch(
        """SELECT v.*, a.project_id, j.name AS project FROM dunning_events v
             JOIN client_projects a ON a.id = v.account_id JOIN projects j ON j.id = a.project_id
            WHERE v.client_id = $1 ORDER BY v.at DESC, v.id DESC LIMIT $2""",
        client_id,
        size,
    )
    return [row for row in found if access.may_use_project(row["project_id"], by=by)]


async def plans(found: Sequence[Mapping[str, Any]], day: date, *, by: Actor) -> list[Plan]:
    """The same of any accounts (id, client_id, currency, is_postpaid, status), by one query for each thing asked.

    Needs no permission. The run asks this too.
    """
    ids = [row["id"] for row in found]
    mine = await dunning_policies.nearest(ids, by.tenant)
    debts = await _debts({key: _terms(mine.get(key)) for key in ids})
    done = await _done([key for key in debts if key in mine])
    pauses = await dunning_pauses.in_force(sorted({row["client_id"] for row in found if row["id"] in debts}))
    promises = await promised_payments.pauses(list(debts))
    calendar = (await dunning_settings.decided()).calendar
    made = []
    for row in found:
        policy, owed = mine.get(row["id"]), debts.get(row["id"], [])
        known = Account(
            currency=row["currency"],
            debts=owed,
            done=done.get(row["id"], []),
            pauses=[*pauses.get(row["client_id"], []), *promises.get(row["id"], [])],
        )
        coming = []
        if policy is not None and is_dunned(row, policy):
            coming = dunning_timeline.timeline(dunning_policies.rules(policy), known, calendar, day)
        overdue = sum(debt.units for debt in owed if debt.due_on < day)
        made.append(Plan(account=row, policy=policy, overdue=overdue, coming=coming, debts=owed))
    return made


async def overdue(account_ids: Collection[int], day: date, *, by: Actor) -> dict[int, int]:
    """What but fees is overdue on a day in those of these accounts where anything is. Needs no permission."""
    mine = await dunning_policies.nearest(list(account_ids), by.tenant)
    debts = await _debts({key: _terms(mine.get(key)) for key in account_ids})
    sums = {key: sum(debt.units for debt in owed if debt.due_on < day) for key, owed in debts.items()}
    return {key: units for key, units in sums.items() if units}


def is_dunned(account: Mapping[str, Any], policy: Mapping[str, Any]) -> bool:
    """Whether a policy has an effect on an account: the client is open, and post-paid accounts are meant too."""
    return account["status"] == "active" and (policy["covers_postpaid"] or not account["is_postpaid"])


def _terms(policy: Mapping[str, Any] | None) -> int:
    """How many days there are to pay what no invoice asks for."""
    return int(policy["terms_days"]) if policy else invoice_terms.USUAL.due_days


async def _debts(terms: Mapping[int, int]) -> dict[int, list[Debt]]:
    """What is open in accounts, by the day it is due; `terms` are the days to pay what no invoice asks for."""
    kept: dict[int, list[Debt]] = {}
    for row in await db.fetch(DEBTS, list(terms), list(terms.values())):
        kept.setdefault(row["account_id"], []).append(Debt(due_on=row["due_on"], units=row["units"]))
    return kept


async def _done(account_ids: Sequence[int]) -> dict[int, list[Done]]:
    found = await db.fetch(
        "SELECT * FROM dunning_events WHERE account_id = ANY($1::bigint[]) ORDER BY at, id", list(account_ids)
    )
    kept: dict[int, list[Done]] = {}
    for row in found:
        one = Done(
            due_on=row["due_on"],
            day=row["step_day"],
            action=row["action"],
            on=row["on_day"],
            is_skipped=row["result"] == "skipped",
        )
        kept.setdefault(row["account_id"], []).append(one)
    return kept


async def _count(_account_ids: Sequence[int]) -> int:
    """Nothing is counted: where dunning did anything there are expenses, and these are."""
    return 0


async def _carry(pairs: Sequence[account_parts.Pair]) -> None:
    """What was done follows; a step that both had is kept once."""
    arguments = [gone for gone, _stays in pairs], [stays for _gone, stays in pairs]
    moved = "FROM unnest($1::bigint[], $2::bigint[]) AS u (gone, stays)"
    await db.execute(
        f"""UPDATE dunning_events v SET account_id = u.stays {moved} WHERE v.account_id = u.gone AND NOT EXISTS (
                SELECT FROM dunning_events o WHERE o.account_id = u.stays AND o.due_on = v.due_on
                   AND o.step_day = v.step_day AND o.action = v.action)""",
        *arguments,
    )
    await db.execute("DELETE FROM dunning_events WHERE account_id = ANY($1::bigint[])", arguments[0])


async def _is_used(project_id: int) -> bool:
    sql = """SELECT EXISTS (SELECT FROM dunning_events v JOIN client_projects a ON a.id = v.account_id
              WHERE a.project_id = $1)"""
    return bool(await db.value(sql, project_id))


account_parts.register("dunning", count=_count, carry=_carry, is_used=_is_used)
