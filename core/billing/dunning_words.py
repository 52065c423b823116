"""How people read dunning: what a step does, when it comes, and whom a policy is for."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from babel import numbers

from core import i18n, money
from core.billing.dunning_timeline import Step
from core.catalog.percents import WHOLE
from core.i18n import N_, _, ngettext

ACTIONS = {
    "remind": N_("Reminder"),
    "fee": N_("Fee"),
    "suspend": N_("Suspend the services"),
    "end": N_("End the services"),
}
LETTERS = {"reminder": N_("Reminder"), "second": N_("Second reminder"), "last": N_("Last reminder")}
"""The texts of which a reminder may have one."""
RECIPIENTS = {
    "provider": N_("All clients"),
    "project": N_("Clients of a project"),
    "group": N_("An account group"),
    "client": N_("A single client"),
}
LETTERS_TO = {
    "both": N_("Its payer and the client"),
    "payer": N_("Its payer alone"),
    "client": N_("The client alone"),
}


def action(step: Step) -> str:
    """What a step does, a fee with its amount, a reminder by the text it has."""
    if step.letter:
        return _(LETTERS[step.letter])
    return f"{_(ACTIONS[step.action])} ({worth(step)})" if step.action == "fee" else _(ACTIONS[step.action])


def worth(step: Step) -> str:
    """How much a fee is."""
    if not step.percent:
        return amounts(step.amounts)
    percent = numbers.format_percent(Decimal(step.percent) / WHOLE, "#,##0.###\u00a0%", locale=i18n.current())
    if not step.most:
        return str(percent)
    return _("%(percent)s, at most %(amount)s") % {"percent": percent, "amount": amounts(step.most)}


def amounts(found: Mapping[str, int]) -> str:
    """Amounts by currency."""
    return ", ".join(amount(units, currency) for currency, units in sorted(found.items()))


def amount(units: int, currency: str) -> str:
    """An amount as the language in force writes it."""
    exact = Decimal(units).scaleb(-money.digits(currency))
    return str(numbers.format_currency(exact, currency, locale=i18n.current()))


def when(day: int) -> str:
    """When a step comes."""
    if day == 0:
        return _("On the day it is due")
    text = ngettext("%(count)s day after", "%(count)s days after", day)
    if day < 0:
        text = ngettext("%(count)s day before", "%(count)s days before", -day)
    return text % {"count": abs(day)}


def recipient(policy: Mapping[str, Any]) -> str:
    """Whom it is for."""
    named = policy["project_name"] or policy["group_name"]
    if policy["recipient"] == "client":
        named = f"{policy['client']} {policy['client_name']}"
    label = RECIPIENTS[policy["recipient"]]
    kind = _(label)
    return _("%(kind)s: %(name)s") % {"kind": kind, "name": named} if named else kind
