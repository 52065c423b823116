"""The form of a payer, for staff and clients alike: its fields are those of the kind and country chosen in it."""

from collections.abc import Mapping
from typing import Any

from core import i18n, places
from core.accounts import payer_fields
from core.accounts.payers import NewPayer, PayerChanges
from core.errors import EditConflict
from core.i18n import N_, _
from web.kit import edits
from web.kit.forms import Form

KINDS: Mapping[str, str] = {
    "individual": N_("Individual"),
    "company": N_("Company"),
    "sole_proprietor": N_("Sole proprietor"),
}
HINTS: Mapping[str, str] = {
    "individual": N_("A private person"),
    "company": N_("Has a company name"),
    "sole_proprietor": N_("A person in business"),
}
REFRESH = "refresh"
NOT_A_FIELD = frozenset({REFRESH, "version"})


def wants_fields(form: Form) -> bool:
    """Whether the form was sent for the fields of another kind or country, and not to be saved."""
    return bool(form.get(REFRESH))


def surroundings(form: Form) -> dict[str, Any]:
    """What `payers/_form.html` shows besides the form."""
    kind = form.get("kind") if form.get("kind") in payer_fields.KINDS else "individual"
    locale = i18n.current()
    return {
        "fields": payer_fields.fields_of(kind, form.get("country")),
        "kinds": [(key, _(label), _(HINTS[key])) for key, label in KINDS.items()],
        "country_choices": list(places.countries(locale).items()),
        "language_choices": list(places.languages(locale).items()),
    }


def new_payer(form: Form) -> NewPayer:
    """The payer that the form makes."""
    return form.into(NewPayer, ignore=NOT_A_FIELD)


def changes(form: Form) -> PayerChanges:
    """The changes that the form asks for."""
    return form.into(PayerChanges, ignore=NOT_A_FIELD)


def shown(field: str, value: Any) -> str:
    """A value as people read it."""
    text = str(value or "")
    if field == "kind":
        return _(KINDS[text]) if text in KINDS else text
    if field in ("country", "language"):
        names = places.countries if field == "country" else places.languages
        return names(i18n.current()).get(text, text)
    return text


def labels(payer: Mapping[str, Any]) -> dict[str, str]:
    """What the fields of this payer are called, its kind and country first."""
    found = {"kind": _("Kind"), "country": _("Country")}
    return found | {
        field.name: _(field.label) for field in payer_fields.fields_of(payer["kind"], payer["country"])
    }


def facts(payer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The payer's fields with their labels, as people read them."""
    return [(label, shown(field, payer[field])) for field, label in labels(payer).items()]


def conflict(form: Form, refusal: EditConflict) -> dict[str, Any]:
    """What differs between the form and what somebody else saved meanwhile."""
    return edits.conflict(form, refusal.current, labels(refusal.current), shown)
