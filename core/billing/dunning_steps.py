"""Doing one step of dunning: sending a reminder, charging a fee, stopping services. Each step is noted once."""

from datetime import date
from typing import Any, Literal

import msgspec

from core import clock, db, i18n, mail
from core.actor import Actor
from core.billing import accounts, client_taxes, dunning, dunning_letters, dunning_services, expenses
from core.billing.dunning_timeline import Planned
from core.billing.expenses import Charge, Tax
from core.catalog import price_words
from core.i18n import _

Result = Literal["done", "skipped", "failed"]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a step. One that failed is not noted, and is tried again by the next run."""

    result: Result
    units: int = 0
    services: int = 0
    expense_id: int | None = None


async def do(plan: dunning.Plan, step: Planned, day: date, *, by: Actor) -> Outcome | None:
    """Do a step in an account that the caller has locked, and note it; None when it is noted already.

    Needs no permission.
    """
    if await _is_noted(plan, step):
        return None
    outcome = Outcome(result="skipped", units=step.units)
    if not step.is_skipped:
        outcome = await _DOING[step.step.action](plan, step, day, by=by)
    if outcome.result != "failed":
        await _note(plan, step, outcome, day)
    return outcome


async def _remind(plan: dunning.Plan, step: Planned, day: date, *, by: Actor) -> Outcome:
    try:
        await dunning_letters.send(plan, step, day, by=by)
    except mail.BadAddress:
        return Outcome(result="failed")
    return Outcome(result="done", units=step.units)


async def _fee(plan: dunning.Plan, step: Planned, day: date, *, by: Actor) -> Outcome:
    """Charge the fee where there is one in this currency, and a pre-paid account may owe it."""
    account, policy = plan.account, plan.policy
    assert policy is not None
    units = step.step.fee(step.units, account["currency"])
    tax = Tax()
    if policy["is_fee_taxed"]:
        decided, _is_inside = await client_taxes.of(account, day)
        tax = Tax(rate=decided.rate, category=decided.category, reason=price_words.kept_reason(decided))
    now = await accounts.find(account["id"])
    limit = accounts.may_owe(now)
    gross = units + tax.on(units)
    if not units or (limit is not None and now["balance"] - gross < -limit):
        return Outcome(result="skipped")
    client = await db.row("SELECT language FROM clients WHERE id = $1", account["client_id"])
    assert client is not None
    with i18n.speaking(dunning_letters.language_of(client, by=by)):
        text = _("Fee for late payment")
    key = f"dunning-{account['id']}-{step.due_on}-{step.step.day}"
    made = Charge(key=key, kind=dunning.FEE, text=text, day=day, net_units=units, tax=tax)
    expense_id = await expenses.charge(account, made, by=by)
    return Outcome(result="done", units=gross, expense_id=expense_id)


async def _suspend(plan: dunning.Plan, step: Planned, _day: date, *, by: Actor) -> Outcome:
    services = await dunning_services.suspend(plan.account, _reason(step), by=by)
    return Outcome(result="done", units=step.units, services=services)


async def _end(plan: dunning.Plan, step: Planned, day: date, *, by: Actor) -> Outcome:
    services = await dunning_services.end(plan.account, _reason(step), day, by=by)
    return Outcome(result="done", units=step.units, services=services)


_DOING: dict[str, Any] = {"remind": _remind, "fee": _fee, "suspend": _suspend, "end": _end}


def _reason(step: Planned) -> str:
    return _("Not paid: due on %(day)s") % {"day": step.due_on.isoformat()}


async def _is_noted(plan: dunning.Plan, step: Planned) -> bool:
    return bool(
        await db.value(
            """SELECT EXISTS (SELECT FROM dunning_events WHERE account_id = $1 AND due_on = $2 AND step_day = $3
                   AND action = $4)""",
            plan.account["id"],
            step.due_on,
            step.step.day,
            step.step.action,
        )
    )


async def _note(plan: dunning.Plan, step: Planned, outcome: Outcome, day: date) -> None:
    assert plan.policy is not None
    await db.execute(
        """INSERT INTO dunning_events (client_id, account_id, due_on, step_day, action, result, on_day, at, policy,
               currency, units, services, expense_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)""",
        plan.account["client_id"],
        plan.account["id"],
        step.due_on,
        step.step.day,
        step.step.action,
        outcome.result,
        day,
        clock.now(),
        plan.policy["name"],
        plan.account["currency"],
        outcome.units,
        outcome.services,
        outcome.expense_id,
    )
