"""The form of a company: the fields of the country chosen in it, and the next numbers below its patterns."""

from collections.abc import Mapping
from typing import Any

from core import clock, i18n, places
from core.accounts import company_fields, numbering
from core.accounts.companies import EDITABLE
from core.actor import Actor
from core.i18n import N_, _
from web.kit.forms import Form

KINDS: Mapping[str, str] = {
    "invoice": N_("Invoices"),
    "credit_note": N_("Credit notes"),
    "contract": N_("Contracts"),
}
LABELS: Mapping[str, str] = {
    "country": N_("Country"),
    "series": N_("Series"),
    "invoice_pattern": N_("Numbers of invoices"),
    "credit_note_pattern": N_("Numbers of credit notes"),
    "contract_pattern": N_("Numbers of contracts"),
}
REFRESH = "refresh"
NOT_A_FIELD = frozenset({REFRESH, "version"})


def wants_fields(form: Form) -> bool:
    """Whether the form was sent for the fields of another country or for the next numbers, and not to be saved."""
    return bool(form.get(REFRESH))


async def surroundings(form: Form, *, company_id: int = 0, by: Actor) -> dict[str, Any]:
    """What the form shows besides its values."""
    return {
        "fields": company_fields.fields_of(form.get("country")),
        "country_choices": list(places.countries(i18n.current()).items()),
        "patterns": [(column, _(LABELS[column])) for column in numbering.PATTERNS],
        "upcoming": await upcoming({name: form.get(name) for name in EDITABLE}, company_id=company_id, by=by),
    }


async def upcoming(values: Mapping[str, Any], *, company_id: int, by: Actor) -> list[tuple[str, list[str]]]:
    """The next numbers of each kind of document, under its name."""
    told = await numbering.upcoming(company_id, values, on=clock.today(by.tenant.timezone))
    return [(_(KINDS[kind]), numbers) for kind, numbers in told.items()]


def shown(field: str, value: Any) -> str:
    """A value as people read it."""
    return places.countries(i18n.current()).get(str(value), str(value)) if field == "country" else str(value or "")


def labels(company: Mapping[str, Any]) -> dict[str, str]:
    """What the fields of this company are called."""
    found = {"country": _("Country")}
    found |= {field.name: _(field.label) for field in company_fields.fields_of(company["country"])}
    return found | {name: _(label) for name, label in LABELS.items()}


def facts(company: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is kept of a company besides its numbers, for people."""
    fields = company_fields.fields_of(company["country"])
    told = [(_(field.label), str(company[field.name] or "")) for field in fields]
    return [*told, (_("Country"), shown("country", company["country"]))]
