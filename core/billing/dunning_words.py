"""How people read dunning: what a step does, when it comes, and whom a policy is for."""

from collections.abc import Mapping
from typing import Any

from core.billing import dunning_checks
from core.billing.dunning_timeline import Step
from core.catalog import percents
from core.i18n import N_, _, ngettext

ACTIONS = {
    "remind": N_("Reminder"),
    "fee": N_("Fee"),
    "suspend": N_("Suspend the services"),
    "end": N_("End the services"),
}
RECIPIENTS = {
    "provider": N_("All clients"),
    "project": N_("Clients of a project"),
    "group": N_("An account group"),
    "client": N_("A single client"),
}


def action(step: Step) -> str:
    """What a step does, a fee with its amount."""
    return f"{_(ACTIONS[step.action])} ({worth(step)})" if step.action == "fee" else _(ACTIONS[step.action])


def worth(step: Step) -> str:
    """How much a fee is."""
    if not step.percent:
        return dunning_checks.amounts_written(step.amounts)
    percent = f"{percents.written(step.percent)} %"
    if not step.most:
        return percent
    most = dunning_checks.amounts_written(step.most)
    return _("%(percent)s, at most %(amount)s") % {"percent": percent, "amount": most}


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
    return f"{kind}: {named}" if named else kind
