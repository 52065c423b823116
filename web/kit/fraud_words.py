"""Fraud checks in words: states, verdicts, doors, and the reasons that plugins give."""

from collections.abc import Mapping
from typing import Any

import msgspec
from asyncpg import Record

from core import plugin_registry
from core.accounts.fraud_checks import Answer
from core.fraud_hookspecs import Reason, Verdict
from core.i18n import N_, _

KINDS = {"registration": N_("Registration"), "order": N_("Order of services")}
STATES = {
    "waiting": N_("To be decided"),
    "stopped": N_("Refused by a check"),
    "approved": N_("Approved"),
    "refused": N_("Refused by staff"),
    "passed": N_("Passed"),
}
VERDICTS = {"pass": N_("Passed"), "review": N_("To be looked at"), "fail": N_("Failed")}
SOURCES = {
    "sign_up": N_("Signed up"),
    "portal": N_("In the portal"),
    "staff": N_("By staff"),
    "api": N_("Over the API"),
}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What one plugin said, for people. `plugin` is its name, "" of Comptoir itself."""

    plugin: str
    title: str
    verdict: Verdict
    reasons: list[str]
    failed: bool


def answers(check: Record) -> list[Told]:
    """What each plugin said."""
    return [
        Told(
            plugin=one.plugin,
            title=_title(one.plugin),
            verdict=one.verdict,
            reasons=[said(reason) for reason in one.reasons],
            failed=one.failed,
        )
        for one in _kept(check)
    ]


def reasons(check: Record) -> list[str]:
    """All reasons of a check in one list."""
    return [said(reason) for one in _kept(check) for reason in one.reasons]


def said(reason: Reason) -> str:
    """A reason in the reader's language; as it was written when its values do not fit into it."""
    text = _(reason.text)
    try:
        return text % reason.values if reason.values else text
    except (KeyError, TypeError, ValueError):
        return text


def seen(check: Record) -> list[tuple[str, str]]:
    """What plugins were shown besides what the client's page tells, as labels and texts."""
    facts = _flat(check["seen"].get("client")) | _flat(check["seen"].get("registration"))
    facts |= _flat(check["seen"].get("order"))
    known = [(label, facts[name]) for name, label in LABELS.items() if facts.get(name)]
    return [(_(label), text) for label, text in known]


def lines(check: Record) -> list[dict[str, Any]]:
    """The services of an order: name, units."""
    order = check["seen"].get("order")
    found = order.get("lines") if isinstance(order, dict) else None
    return [dict(line) for line in found] if isinstance(found, list) else []


LABELS = {
    "name": N_("Name"),
    "contact_person": N_("Contact person"),
    "email": N_("E-mail"),
    "phone": N_("Phone"),
    "country": N_("Country"),
    "payer_country": N_("Payer’s country"),
    "vat_number": N_("VAT number"),
    "address": N_("Address on the network"),
}


def _kept(check: Record) -> list[Answer]:
    try:
        return msgspec.convert(check["answers"], list[Answer])
    except msgspec.ValidationError:
        return []


def _flat(part: Any) -> dict[str, str]:
    return {name: str(value) for name, value in part.items()} if isinstance(part, Mapping) else {}


def _title(plugin: str) -> str:
    found = plugin_registry.find(plugin)
    return _(found.info.title) if found else plugin or "Comptoir"
