"""What clients have in the fields that the provider defines: read, checked and kept. `field_filter` asks for it.

A value is a text, a `Decimal`, a `date`, a bool, or (of a choice) the key of an option. As text it is written the
same way in the API, in files and in filters: a point in numbers, ISO dates, yes and no.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from core import db, i18n
from core.accounts import client_fields
from core.accounts.client_fields import Field
from core.checks import Checks
from core.i18n import N_, _

Value = str | Decimal | date | bool
Sent = str | int | float | bool | None
"""What a form or a program may send for a value; None and "" take it away."""

LONGEST = 500
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
COLUMN = {"text": "text", "choice": "text", "yes_no": "text", "number": "number", "date": "day"}
YES_NO = {True: "yes", False: "no"}
YES = frozenset({"yes", "true", "1"})
NO = frozenset({"no", "false", "0"})
FINEST = Decimal("0.000001")
BEYOND = Decimal(10) ** 18

WRONG = {
    "number": N_("Please enter a number."),
    "choice": N_("This is not one of the choices."),
    "date": N_("This is not a date."),
    "yes_no": N_("Yes or no?"),
}


def parsed(field: Field, sent: Sent) -> Value | None:
    """The value that was meant; None for nothing. A ValueError whose text is for people when it cannot be."""
    text = YES_NO[sent] if isinstance(sent, bool) else "" if sent is None else str(sent).strip()
    if not text:
        return None
    if field.kind == "text":
        checks = Checks()
        kept = checks.text("text", text, longest=LONGEST)
        if checks.errors:
            raise ValueError(checks.errors["text"])
        return kept
    found = _read(field, text)
    if found is None:
        raise ValueError(_(WRONG[field.kind]))
    return found


def plain(value: Value | None) -> str:
    """A value as text that `parsed` reads back as the same; "" for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES_NO[value]
    if isinstance(value, Decimal):
        return _decimal(value)
    return value.isoformat() if isinstance(value, date) else value


def shown(field: Field, value: Value | None) -> str:
    """A value as the reader reads it; "" for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        return format_decimal(value, locale=i18n.current(), decimal_quantization=False)
    if isinstance(value, date):
        return format_date(value, format="medium", locale=i18n.current())
    return field.options.get(value, value)


def of_column(field: Field, stored: Any) -> Value | None:
    """A value out of its column."""
    kept: Value | None = stored
    return kept == "yes" if field.kind == "yes_no" and kept is not None else kept


async def of(client_id: int, fields: Sequence[Field] | None = None) -> dict[str, Value]:
    """What a client has, by the key of its field, in the order of the fields. Reach him through `access`."""
    known = await client_fields.in_use() if fields is None else fields
    if not known:
        return {}
    found = await db.fetch(
        "SELECT field_id, text, number, day FROM client_field_values WHERE client_id = $1", client_id
    )
    kept = {row["field_id"]: row for row in found}
    values = {field.key: _stored(field, kept[field.id]) for field in known if field.id in kept}
    return {key: value for key, value in values.items() if value is not None}


async def checked(
    checks: Checks,
    sent: Mapping[str, Sent],
    *,
    is_new: bool = False,
    is_by_hand: bool = True,
    is_by_client: bool = False,
) -> dict[str, tuple[Field, Value | None]]:
    """What was sent, by key, as it is to be kept; notes in `checks` what is wrong, under `fields.<key>`.

    `is_by_hand`: required fields have to be there when the client is new, and cannot be emptied later.
    `is_by_client`: fields that clients do not see are as unknown as any.
    """
    known = await (client_fields.shown() if is_by_client else client_fields.in_use())
    fields = {field.key: field for field in known}
    for key in sent.keys() - fields.keys():
        checks.error(f"fields.{key}"[:100], _("There is no such field."))
    asked = fields if is_new else {key: field for key, field in fields.items() if key in sent}
    values: dict[str, tuple[Field, Value | None]] = {}
    for key, field in asked.items():
        try:
            value = parsed(field, sent.get(key))
        except ValueError as error:
            checks.error(f"fields.{key}", str(error))
            continue
        if value is None and field.is_required and is_by_hand:
            checks.error(f"fields.{key}", _("Please fill this in."))
        values[key] = (field, value)
    return values


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """Values of a client that differ from what was sent, by key."""

    old: dict[str, tuple[Field, Value | None]]
    new: dict[str, tuple[Field, Value | None]]


async def changes(client_id: int, checks: Checks, sent: Mapping[str, Sent], *, is_by_hand: bool) -> Changes:
    """What of it would change a client; errors as `checked` notes them."""
    if not sent:
        return Changes(old={}, new={})
    wanted = await checked(checks, sent, is_by_hand=is_by_hand)
    kept = await of(client_id, [field for field, _value in wanted.values()])
    new = {key: pair for key, pair in wanted.items() if kept.get(key) != pair[1]}
    return Changes(old={key: (field, kept.get(key)) for key, (field, _value) in new.items()}, new=new)


async def save(client_id: int, values: Iterable[tuple[Field, Value | None]]) -> None:
    """Write what `checked` gave for a client."""
    for field, value in values:
        if value is None:
            await db.execute(
                "DELETE FROM client_field_values WHERE client_id = $1 AND field_id = $2", client_id, field.id
            )
            continue
        column = COLUMN[field.kind]
        await db.execute(
            f"""INSERT INTO client_field_values (client_id, field_id, {column}) VALUES ($1, $2, $3)
                ON CONFLICT (tenant_id, field_id, client_id) DO UPDATE SET {column} = EXCLUDED.{column}""",
            client_id,
            field.id,
            YES_NO[value] if isinstance(value, bool) else value,
        )


async def usable(texts: Mapping[str, str]) -> dict[str, Sent]:
    """Of values that were checked some time ago those that their fields still take."""
    kept: dict[str, Sent] = {}
    for field in await client_fields.in_use():
        try:
            value = parsed(field, texts.get(field.key))
        except ValueError:
            continue
        kept |= {} if value is None else {field.key: plain(value)}
    return kept


def told(values: Iterable[tuple[Field, Value | None]]) -> dict[str, dict[str, str | bool | None]]:
    """Values for the audit, by the label of their field: `fields` that the client sees too, and `internal` ones.

    A choice is told by its option's label. Two fields of one label are told apart by their keys.
    """
    named: dict[str, dict[str, str | bool | None]] = {"fields": {}, "internal": {}}
    for field, value in values:
        those = named["fields" if field.is_shown else "internal"]
        label = f"{field.label} ({field.key})" if field.label in those else field.label
        those[label] = _for_audit(field, value)
    return {name: those for name, those in named.items() if those}


def _for_audit(field: Field, value: Value | None) -> str | bool | None:
    if value is None or isinstance(value, bool):
        return value
    return field.options.get(value, value) if isinstance(value, str) else plain(value)


def _read(field: Field, text: str) -> Value | None:
    """A value of another kind than text; None when it is not one."""
    if field.kind == "choice":
        return text if text in field.options else None
    if field.kind == "yes_no":
        return True if text.lower() in YES else False if text.lower() in NO else None
    if field.kind == "date":
        return _day(text)
    return _number(text)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if ISO_DAY.fullmatch(text) else None
    except ValueError:
        return None
    return day if day and 1000 <= day.year <= 9000 else None


def _number(text: str) -> Decimal | None:
    """A number of up to 18 digits and 6 decimals; spaces and the reader's decimal sign are understood."""
    sign = Locale(i18n.current()).number_symbols["latn"]["decimal"]
    bare = "".join(text.split()).replace("\u202f", "").replace("−", "-")
    if "." not in bare:
        bare = bare.replace(sign, ".", 1)
    if "_" in bare or not bare.isascii():
        return None
    try:
        number = Decimal(bare)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= BEYOND or number != number.quantize(FINEST):
        return None
    return number.quantize(FINEST).normalize() + 0


def _decimal(number: Decimal) -> str:
    return format(number.normalize() + 0, "f")


def _stored(field: Field, row: Any) -> Value | None:
    return of_column(field, row[COLUMN[field.kind]])
