"""What people enter of a dunning policy, and what makes it right. `dunning_policies` keeps it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import msgspec

from core import money
from core.billing.dunning_timeline import ORDER, Step
from core.catalog import percents
from core.catalog.percents import WHOLE
from core.checks import Checks
from core.errors import Invalid
from core.i18n import _
from core.money import MOST

FIELDS = (
    "name", "priority", "steps", "least", "terms_days", "notice_days", "is_on_workdays", "covers_postpaid",
    "is_fee_taxed",
)  # fmt: skip
"""What can be changed."""
MOST_STEPS = 12
EARLIEST, LATEST = -60, 365
MOST_PRIORITY = 1000
_AMOUNT = re.compile(r"\s*([\d.,'\u00a0\u202f ]*\d)\s*([A-Za-z]{3})\s*(?:[;,]|$)")


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be kept; `Invalid` with all that is wrong."""
    checks = Checks()
    values = {field: given[field] for field in FIELDS}
    values["name"] = checks.text("name", given["name"], longest=100)
    _check_number(checks, values, "priority", -MOST_PRIORITY, MOST_PRIORITY)
    _check_number(checks, values, "terms_days", 0, 120)
    _check_number(checks, values, "notice_days", 1, 60)
    values["least"] = dict(values["least"])
    if not are_amounts(values["least"]):
        checks.error("least", _("This is not an amount that can be kept."))
    steps = sorted(msgspec.convert(values["steps"], tuple[Step, ...], from_attributes=True), key=lambda s: s.place)
    if wrong := _wrong_with(steps, values["notice_days"]):
        checks.error("steps", wrong)
    checks.done()
    values["steps"] = msgspec.to_builtins(steps)
    return values


def kept(row: Mapping[str, Any]) -> dict[str, Any]:
    """What of a row can be changed."""
    return {field: row[field] for field in FIELDS}


def refuse(field: str, message: str) -> NoReturn:
    """Raise `Invalid` for one field."""
    raise Invalid({field: message})


def amounts(text: str) -> dict[str, int]:
    """Amounts by currency from what people write, such as `40 EUR, 45 USD`; `ValueError` for anything else."""
    found: dict[str, int] = {}
    rest = text.strip()
    while rest:
        one = _AMOUNT.match(rest)
        if not one:
            raise ValueError(_("Amounts with their currency, please, such as 40 EUR, 45 USD."))
        currency = one[2].upper()
        if currency in found:
            raise ValueError(_("Each currency once, please."))
        found[currency] = money.parse(one[1], currency)
        rest = rest[one.end() :]
    return found


def amounts_written(found: Mapping[str, int]) -> str:
    """Amounts as `amounts` reads them."""
    return ", ".join(f"{money.written(units, currency)} {currency}" for currency, units in sorted(found.items()))


def in_letters(step: Step) -> str:
    """A step as the audit keeps it: `+10 fee 40.00 EUR`."""
    worth = f"{percents.written(step.percent)} %" if step.percent else amounts_written(step.amounts)
    most = f"(<= {amounts_written(step.most)})" if step.most else ""
    return " ".join(part for part in (f"{step.day:+d}", step.action, step.letter, worth, most) if part)


def _check_number(checks: Checks, values: Mapping[str, Any], field: str, least: int, most: int) -> None:
    if not least <= values[field] <= most:
        checks.error(field, _("From %(least)s to %(most)s, please.") % {"least": least, "most": most})


def are_amounts(found: Mapping[str, int]) -> bool:
    """Whether these are amounts by currency that can be kept."""
    return all(re.fullmatch(r"[A-Z]{3}", currency) and 0 <= units < MOST for currency, units in found.items())


def _wrong_with(steps: Sequence[Step], notice_days: int) -> str:
    """Why steps cannot be kept, "" when they can."""
    if len(steps) > MOST_STEPS:
        return _("At most %(count)s steps, please.") % {"count": MOST_STEPS}
    if len({step.place for step in steps}) < len(steps):
        return _("The same thing stands there twice for one day.")
    reminded = [step.day for step in steps if step.action == "remind"]
    for step in steps:
        if wrong := _wrong_with_step(step):
            return wrong
        if step.action in ("suspend", "end") and not any(day <= step.day - notice_days for day in reminded):
            return _("Before services are stopped a reminder has to go out, %(count)s days before at least.") % {
                "count": notice_days
            }
    return ""


def _wrong_with_step(step: Step) -> str:
    if not EARLIEST <= step.day <= LATEST:
        return _("A step is at most %(before)s days before and %(after)s days after the due day.") % {
            "before": -EARLIEST,
            "after": LATEST,
        }
    if step.action not in ORDER or (step.day < 0 and step.action != "remind"):
        return _("In advance there are only reminders.")
    if step.letter and step.action != "remind":
        return _("Only a reminder has a text.")
    has_fee = bool(step.amounts) != bool(step.percent)
    if step.action != "fee":
        return _("Only a fee has an amount.") if step.amounts or step.percent or step.most else ""
    if not has_fee or not 0 <= step.percent <= WHOLE:
        return _("A fee is either amounts or a percentage up to 100.")
    if not (are_amounts(step.amounts) and are_amounts(step.most)) or 0 in step.amounts.values():
        return _("This is not an amount that can be kept.")
    return ""
