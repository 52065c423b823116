"""Lists of clients by the fields that the provider defines: what can be asked of a field, and the SQL of it.

`condition` is for one client after the other, `matching` for reading the values themselves.
"""

from collections.abc import Mapping

import msgspec

from core.accounts import client_fields
from core.accounts.client_fields import Field
from core.accounts.field_values import COLUMN, Value, parsed, plain
from core.checks import Checks
from core.filters import LAST, Conditions
from core.i18n import _

OPERATORS: Mapping[str, tuple[str, ...]] = {
    "text": ("is", "begins", "is_set", "is_not_set"),
    "number": ("is", "at_least", "at_most", "is_set", "is_not_set"),
    "choice": ("is", "is_set", "is_not_set"),
    "date": ("is", "at_least", "at_most", "is_set", "is_not_set"),
    "yes_no": ("is", "is_set", "is_not_set"),
}
"""What can be asked of a field of each kind; `is_set` and `is_not_set` need no value."""


def matching(field: Field, operator: str, value: Value | None, conditions: Conditions, *, table: str) -> str:
    """Which rows of `client_field_values` (as `table`) fit: a range of one index. Binds in `conditions`.

    `operator` is one of OPERATORS of the field's kind but `is_not_set`.
    """
    if operator not in OPERATORS[field.kind] or operator == "is_not_set":
        raise ValueError(f"{field.kind} fields cannot be asked {operator!r}")
    of_field = f"{table}.field_id = {field.id:d}"
    if operator == "is_set":
        return of_field
    column = f"{table}.{COLUMN[field.kind]}"
    if COLUMN[field.kind] == "text":
        column = f"{table}.text_folded"
        text = f"left(fold({conditions.bind(plain(value))}), 200)"
        if operator == "begins":
            return f"{of_field} AND {column} >= {text} AND {column} < {text} || '{LAST}'"
        return f"{of_field} AND {column} = {text}"
    sign = {"is": "=", "at_least": ">=", "at_most": "<="}[operator]
    return f"{of_field} AND {column} {sign} {conditions.bind(value)}"


def condition(
    field: Field, operator: str, value: Value | None, conditions: Conditions, *, client: str = "c.id"
) -> str:
    """The SQL condition that a client has such a value; `client` is its id in the statement.

    One row is looked up for each client that is asked. `value` is what `parsed` gives.
    """
    if operator == "is_not_set":
        return f"NOT {condition(field, 'is_set', None, conditions, client=client)}"
    fits = matching(field, operator, value, conditions, table="in_field")
    return (
        "coalesce((SELECT true FROM client_field_values in_field"
        f" WHERE in_field.client_id = {client} AND {fits} LIMIT 1), false)"
    )


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a filter asks of a field."""

    field: Field
    operator: str
    value: Value | None


ENDINGS = {".from": "at_least", ".to": "at_most"}


async def asked_of(custom: Mapping[str, str], checks: Checks) -> list[Asked]:
    """What the parameters of a filter ask: `<key>`, and `<key>.from` and `<key>.to` of numbers and dates.

    Notes in `checks`, under `custom.<parameter>`, what cannot be.
    """
    known = {field.key: field for field in await client_fields.in_use()} if custom else {}
    found = []
    for parameter, text in custom.items():
        key, dot, ending = parameter.partition(".")
        field = known.get(key)
        operator = ENDINGS.get(dot + ending) if dot else "begins" if field and field.kind == "text" else "is"
        if field is None or operator not in OPERATORS[field.kind]:
            checks.error(f"custom.{parameter}"[:100], _("There is no such field."))
            continue
        try:
            value = parsed(field, text)
        except ValueError as error:
            checks.error(f"custom.{parameter}", str(error))
            continue
        if value is not None:
            found.append(Asked(field=field, operator=str(operator), value=value))
    return found
