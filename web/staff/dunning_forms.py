"""The form of a dunning policy: what a browser sends, read into what the verbs take, and the choices it offers."""

from collections.abc import Mapping
from typing import Any

import msgspec

from core import policies
from core.accounts import groups, projects
from core.actor import Actor
from core.billing import dunning_checks, dunning_policies, dunning_words
from core.billing.dunning_checks import MOST_STEPS
from core.billing.dunning_policies import FEATURES, Recipient
from core.billing.dunning_timeline import Step
from core.catalog import percents
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit.forms import Form, fill
from web.staff import edits

PARTS = ("day", "action", "letter", "fee", "most")
"""What the form asks of each step: `day_0`, `action_0` and so on."""
SPARE = 3
"""Empty lines for steps that are to be added."""


class PolicyForm(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as it is written, without its steps; an empty number is the usual one."""

    name: str
    recipient: Recipient = "provider"
    project_id: int | None = None
    group_id: int | None = None
    client: int | None = None
    priority: int | None = None
    least: str = ""
    terms_days: int | None = None
    notice_days: int | None = None
    is_on_workdays: bool = False
    covers_postpaid: bool = False
    is_fee_taxed: bool = False


def read(form: Form) -> dict[str, Any]:
    """What the form says, as the fields of `NewPolicy`; `Invalid` beside what cannot be read."""
    names = _of_steps()
    plain = {name: value for name, value in form.values.items() if name not in names | edits.VERSION}
    sent = msgspec.structs.asdict(fill(PolicyForm, plain))
    errors: dict[str, str] = {}
    usual = {"priority": 0, "terms_days": 14, "notice_days": 3}
    sent |= {name: value for name, value in usual.items() if sent[name] is None}
    try:
        sent["least"] = dunning_checks.amounts(sent["least"])
    except ValueError as error:
        errors["least"] = str(error)
    steps = []
    for number in range(MOST_STEPS):
        try:
            if (step := _step(form, number)) is not None:
                steps.append(step)
        except ValueError as error:
            errors[f"day_{number}"] = str(error)
    if errors:
        raise Invalid(errors)
    return sent | {"steps": tuple(steps)}


def written(policy: Mapping[str, Any]) -> dict[str, Any]:
    """A kept policy as the values of the form."""
    values = dict(policy) | {"least": dunning_checks.amounts_written(policy["least"])}
    for number, step in enumerate(dunning_policies.steps_of(policy)):
        fee = (
            f"{percents.written(step.percent)} %" if step.percent else dunning_checks.amounts_written(step.amounts)
        )
        values |= {
            f"day_{number}": str(step.day),
            f"action_{number}": step.action,
            f"letter_{number}": step.letter,
            f"fee_{number}": fee,
            f"most_{number}": dunning_checks.amounts_written(step.most),
        }
    return values


def lines(form: Form) -> range:
    """The lines of steps that the form shows: those that say something, and some more."""
    used = [n for n in range(MOST_STEPS) if any(form.get(f"{part}_{n}").strip() for part in PARTS)]
    return range(min(MOST_STEPS, max(used, default=-1) + 1 + SPARE))


async def choices(*, by: Actor) -> dict[str, list[tuple[Any, str]]]:
    """What the form offers, by field: kinds of policies only where the edition has them."""
    kinds = dunning_policies.in_force(by.tenant)
    return {
        "recipient": [(key, _(label)) for key, label in dunning_words.RECIPIENTS.items() if key in kinds],
        "action": [(key, _(label)) for key, label in dunning_words.ACTIONS.items()],
        "letter": [(key, _(label)) for key, label in dunning_words.LETTERS.items()],
        "group": list((await groups.names(by=by)).items()) if _may("group", Permission.GROUP_READ, by) else [],
        "project": list((await projects.names(by=by)).items())
        if _may("project", Permission.PROJECT_READ, by)
        else [],
    }


def labels() -> dict[str, str]:
    """The fields by name, for the choice after somebody else saved meanwhile."""
    named = {
        "name": _("Name"),
        "priority": _("Priority"),
        "least": _("Smallest amount"),
        "terms_days": _("Days to pay without an invoice"),
        "notice_days": _("Days of notice"),
    }
    for number in range(MOST_STEPS):
        named[f"day_{number}"] = _("Days of step %(number)s") % {"number": number + 1}
        named[f"action_{number}"] = _("Step %(number)s") % {"number": number + 1}
        named[f"letter_{number}"] = _("Text of step %(number)s") % {"number": number + 1}
        named[f"fee_{number}"] = _("Fee of step %(number)s") % {"number": number + 1}
    return named


def _may(kind: str, permission: Permission, by: Actor) -> bool:
    return policies.has_feature(by.tenant, FEATURES[kind]) and policies.allows(by, permission)


def _of_steps() -> frozenset[str]:
    return frozenset(f"{part}_{number}" for part in PARTS for number in range(MOST_STEPS))


def _step(form: Form, number: int) -> Step | None:
    """A line of the form; None for an empty one, `ValueError` for one that cannot be read."""
    day, action, letter, fee, most = (form.get(f"{part}_{number}").strip() for part in PARTS)
    if not (day or fee or most):
        return None
    digits = day.removeprefix("-").removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 6):
        raise ValueError(_("Please enter a whole number."))
    if action not in dunning_words.ACTIONS:
        raise ValueError(_("Please choose one."))
    percent = percents.parse(fee) if fee.endswith("%") else 0
    amounts = {} if percent or not fee else dunning_checks.amounts(fee)
    if letter and letter not in dunning_words.LETTERS:
        raise ValueError(_("Please choose one."))
    kind: Any = action
    text: Any = letter
    most_amounts = dunning_checks.amounts(most)
    return Step(day=int(day), action=kind, letter=text, amounts=amounts, percent=percent, most=most_amounts)
