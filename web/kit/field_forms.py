"""The provider's own fields on forms and pages: their names in a form, their values, and how they are read.

A field stands in forms as `fields.<key>`, and so does its error; `components/fields.html` draws it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from core.accounts.client_fields import Field
from core.accounts.field_values import Value, parsed, plain, shown
from core.i18n import _

BEGINNING = "fields."


def name_of(field: Field) -> str:
    """What it is called in a form."""
    return BEGINNING + field.key


def filled(fields: Sequence[Field], values: Mapping[str, Value]) -> dict[str, str]:
    """What a form begins with: every field by its name, "" where nothing is kept."""
    return {name_of(field): plain(values.get(field.key)) for field in fields}


def facts(fields: Sequence[Field], values: Mapping[str, Value]) -> list[tuple[str, str]]:
    """Labels with what is kept, as the reader reads it; "" where nothing is."""
    return [(field.label, shown(field, values.get(field.key))) for field in fields]


def labels(fields: Sequence[Field]) -> dict[str, str]:
    """Their labels by the names they have in a form."""
    return {name_of(field): field.label for field in fields}


def saved(fields: Sequence[Field], current: Mapping[str, Any]) -> dict[str, Any]:
    """What an `EditConflict` says is kept now, with the fields by the names they have in a form."""
    kept = current.get("fields", {})
    return {**current, **{name_of(field): kept.get(field.key, "") for field in fields}}


def readable(fields: Sequence[Field], name: str, text: str) -> str:
    """What was typed into a field as the reader reads it; as it is when it is no value of the field."""
    field = next(field for field in fields if name_of(field) == name)
    try:
        return shown(field, parsed(field, text))
    except ValueError:
        return text


def options(field: Field) -> list[tuple[str, str]]:
    """What a field can be chosen from; nothing for one that is typed."""
    if field.kind == "yes_no":
        return [("yes", _("yes")), ("no", _("no"))]
    return list(field.options.items())
