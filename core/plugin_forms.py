"""A plugin's settings as a form: fields from its msgspec struct, and what was typed back into the struct.

Understood are str, int, float, bool, `Literal` of texts, and each of them `| None`. A secret is never shown
again: its field comes back empty, and an empty one keeps what is stored.
"""

import math
import types
import typing
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from core.errors import Invalid
from core.i18n import _

Widget = Literal["text", "textarea", "password", "number", "checkbox", "choice"]


class BadSchema(Exception):
    """A plugin's settings cannot become a form; the message names the field."""


class SettingField(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the form. `title` and `hint` are in the reader's language where they are known to us."""

    name: str
    widget: Widget
    title: str
    hint: str = ""
    secret: bool = False
    required: bool = False
    choices: tuple[str, ...] = ()
    default: Any = None


def setting(
    title: str, *, hint: str = "", secret: bool = False, multiline: bool = False, **bounds: Any
) -> msgspec.Meta:
    """What stands beside a type in `Annotated[str, setting("API key", secret=True)]`.

    `bounds` are those of `msgspec.Meta`: ge, le, min_length, max_length, pattern.
    """
    extra = {"secret": secret, "multiline": multiline}
    return msgspec.Meta(title=title, description=hint, extra=extra, **bounds)


def fields(schema: type[msgspec.Struct]) -> list[SettingField]:
    """The form of a struct, in its order; raises `BadSchema`."""
    hints = typing.get_type_hints(schema, include_extras=True)
    return [_field(schema, field, hints[field.name]) for field in msgspec.structs.fields(schema)]


def secrets_of(schema: type[msgspec.Struct]) -> frozenset[str]:
    """The names of the secret fields."""
    return frozenset(field.name for field in fields(schema) if field.secret)


def read(schema: type[msgspec.Struct], typed: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """The settings out of what was typed, with empty secrets kept from `stored`; raises `Invalid` by field."""
    errors: dict[str, str] = {}
    values: dict[str, Any] = {}
    hints = typing.get_type_hints(schema, include_extras=True)
    described = fields(schema)
    for name in typed.keys() - {field.name for field in described}:
        errors[name] = _("This is not a setting.")
    for field in described:
        _read_one(field, hints[field.name], typed, stored, values, errors)
    if not errors:
        try:
            build(schema, values)
        except msgspec.ValidationError as error:
            errors[""] = str(error)
    if errors:
        raise Invalid(errors)
    return values


def build(schema: type[msgspec.Struct], values: Mapping[str, Any]) -> msgspec.Struct:
    """The struct with these values; unknown ones (of an older version) are left out."""
    known = {field.name for field in msgspec.structs.fields(schema)}
    return msgspec.convert({name: value for name, value in values.items() if name in known}, schema)


def missing(schema: type[msgspec.Struct], values: Mapping[str, Any]) -> dict[str, str]:
    """The required settings that have no value yet, each with its message."""
    return {
        field.name: _("Please fill this in.")
        for field in fields(schema)
        if field.required and field.name not in values
    }


def _field(schema: type[msgspec.Struct], field: msgspec.structs.FieldInfo, hint: Any) -> SettingField:
    kind, metas = _unwrapped(hint)
    meta: dict[str, Any] = {}
    for one in metas:
        meta |= {"title": one.title, "hint": one.description or "", **(one.extra or {})}
    secret = bool(meta.get("secret"))
    widget = _widget(kind, secret, bool(meta.get("multiline")))
    if widget is None:
        raise BadSchema(f"setting {field.name!r} of {schema.__name__}: {kind!r} cannot be a form field")
    if secret and widget != "password":
        raise BadSchema(f"setting {field.name!r} of {schema.__name__}: only a text can be secret")
    return SettingField(
        name=field.name,
        widget=widget,
        title=_(meta.get("title") or field.name.replace("_", " ").capitalize()),
        hint=_(meta.get("hint", "")),
        secret=secret,
        required=field.required and widget != "checkbox",
        choices=typing.get_args(kind) if widget == "choice" else (),
        default=None if field.required or secret else _default(field),
    )


def _unwrapped(hint: Any) -> tuple[Any, list[msgspec.Meta]]:
    """The bare type and its notes, without `Annotated` and `| None` around it."""
    metas: list[msgspec.Meta] = []
    while True:
        if typing.get_origin(hint) is Annotated:
            hint, *notes = typing.get_args(hint)
            metas += [note for note in notes if isinstance(note, msgspec.Meta)]
        elif typing.get_origin(hint) in (typing.Union, types.UnionType):
            others = [one for one in typing.get_args(hint) if one is not types.NoneType]
            if len(others) != 1:
                return hint, metas
            hint = others[0]
        else:
            return hint, metas


def _widget(kind: Any, secret: bool, multiline: bool) -> Widget | None:
    if typing.get_origin(kind) is Literal:
        return "choice" if all(isinstance(one, str) for one in typing.get_args(kind)) else None
    plain: dict[Any, Widget] = {str: "text", int: "number", float: "number", bool: "checkbox"}
    found = plain.get(kind)
    if found == "text":
        return "password" if secret else "textarea" if multiline else "text"
    return found


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return None if field.default is msgspec.NODEFAULT else field.default


def _read_one(
    field: SettingField,
    hint: Any,
    typed: Mapping[str, Any],
    stored: Mapping[str, Any],
    values: dict[str, Any],
    errors: dict[str, str],
) -> None:
    given = _trimmed(typed.get(field.name))
    if field.widget == "checkbox":
        given = False if given in (None, "") else given == "on" or given
    elif given in (None, "") and (field.secret or field.required or given is None or not _is_text(field)):
        if field.secret and field.name in stored:
            values[field.name] = stored[field.name]
        elif field.required:
            errors[field.name] = _("Please fill this in.")
        return
    try:
        _check_letters(field, given)
        values[field.name] = msgspec.convert(given, hint, strict=_is_text(field) or field.widget == "choice")
    except (msgspec.ValidationError, ValueError) as error:
        errors[field.name] = _complaint(field, str(error))


def _trimmed(given: Any) -> Any:
    return given.strip().replace("\r\n", "\n") if isinstance(given, str) else given


def _is_text(field: SettingField) -> bool:
    return field.widget in ("text", "textarea", "password")


def _check_letters(field: SettingField, given: Any) -> None:
    """Refuse what no database or mail header takes: control characters, half characters, no real number."""
    if isinstance(given, float) and not math.isfinite(given):
        raise ValueError("not finite")
    if isinstance(given, str):
        given.encode()
        allowed = "\n\t" if field.widget == "textarea" else ""
        if any(unicodedata.category(letter) == "Cc" and letter not in allowed for letter in given):
            raise ValueError("control characters")
        if field.widget == "number" and not math.isfinite(float(given)):
            raise ValueError("not finite")


def _complaint(field: SettingField, reason: str) -> str:
    if field.widget == "choice":
        return _("Please choose one from the list.")
    if field.widget == "number":
        bound = reason.rpartition(" ")[2]
        if ">=" in reason:
            return _("This must be %(bound)s or more.") % {"bound": bound}
        if "<=" in reason:
            return _("This must be %(bound)s or less.") % {"bound": bound}
        return _("Please enter a number.")
    if "length >=" in reason:
        return _("This is too short.")
    if "length <=" in reason:
        return _("This is too long.")
    return _("This does not look right.")
