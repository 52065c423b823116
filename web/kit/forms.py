"""Forms: what a browser sent, and its way into the struct that a verb takes.

A field that cannot be read, is missing, or is not known is an error beside it; nothing is guessed.
"""

from collections.abc import Container, Mapping
from datetime import date
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from msgspec import UNSET, UnsetType
from msgspec.structs import FieldInfo

from core.errors import Invalid
from core.i18n import _
from web.kit.csrf import FIELD as CSRF_FIELD
from web.kit.focusing import PARAMETER as FOCUS

S = TypeVar("S", bound=msgspec.Struct)

NOT_DATA = frozenset({CSRF_FIELD, "back"})
"""Fields that belong to the form and not to what it is about."""


class Form:
    """The values of a form as text, and the errors that came of it. Templates show both."""

    def __init__(self, values: Mapping[str, Any] | None = None, errors: Mapping[str, str] | None = None) -> None:
        self.values: dict[str, Any] = dict(values or {})
        self.errors: dict[str, str] = dict(errors or {})

    def get(self, name: str) -> str:
        """The text of one field, "" when it was not sent; of several values the last."""
        value = self.values.get(name, "")
        return str(value[-1] if isinstance(value, list) and value else value or "")

    def all(self, name: str) -> list[str]:
        """Every value of a field that may be sent several times."""
        value = self.values.get(name, [])
        return [str(item) for item in value] if isinstance(value, list) else [str(value)]

    def into(self, struct: type[S], *, ignore: frozenset[str] = frozenset()) -> S:
        """The struct these values make; raises `Invalid` with an error for every field that does not fit."""
        return fill(struct, {name: value for name, value in self.values.items() if name not in ignore})

    def refused(self, refusal: Invalid) -> "Form":
        """This form with the errors of the refusal beside its fields."""
        return Form(self.values, refusal.errors)


async def read(request: Request[Any, Any, Any]) -> Form:
    """What was sent with a POST. Text only: files are no business of these forms."""
    sent = await request.form()
    values: dict[str, Any] = {}
    for name, value in sent.multi_items():
        if name in NOT_DATA or isinstance(value, UploadFile):
            continue
        if name in values:
            values[name] = [*values[name], value] if isinstance(values[name], list) else [values[name], value]
        else:
            values[name] = value
    return Form(values)


async def read_file(request: Request[Any, Any, Any], name: str) -> bytes:
    """The content of the file that was sent in this field, b"" for none. The size of the request bounds it."""
    sent = (await request.form()).get(name)
    return await sent.read() if isinstance(sent, UploadFile) else b""


async def read_named_file(request: Request[Any, Any, Any], name: str) -> tuple[str, bytes]:
    """The same with the name that the sender gives it."""
    sent = (await request.form()).get(name)
    return (sent.filename, await sent.read()) if isinstance(sent, UploadFile) else ("", b"")


async def read_named_files(request: Request[Any, Any, Any], name: str) -> list[tuple[str, bytes]]:
    """All files that were sent in a field, with the names that the sender gives them; an empty field is none."""
    sent = (await request.form()).getall(name, [])
    files = [(one.filename, await one.read()) for one in sent if isinstance(one, UploadFile)]
    return [file for file in files if any(file)]


def query(request: Request[Any, Any, Any], *, ignore: frozenset[str] = frozenset()) -> dict[str, str]:
    """The parameters of the address that have a value, without the focus; of repeated ones the last."""
    ignored = ignore | {FOCUS}
    return {name: value for name, value in request.query_params.items() if value and name not in ignored}


def fill(struct: type[S], values: Mapping[str, Any]) -> S:
    """A struct from texts; raises `Invalid` with an error for every field that does not fit.

    A field that is a mapping is made of the names that begin with its own and a point: `fields.level`.
    """
    fields = _fields(struct)
    values = gathered(values, {name for name, field in fields.items() if _is_mapping(field.type)})
    errors = {"": _("This form has fields that are not known here.")} if set(values) - set(fields) else {}
    filled: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in values:
            if _parts(field.type) == [bool]:
                filled[name] = False
            elif field.required:
                errors[name] = _("Please fill this in.")
            continue
        try:
            value = _read(values[name], field.type)
        except ValueError as error:
            errors[name] = str(error)
        else:
            if value is not UNSET:
                filled[name] = value
    if errors:
        raise Invalid(errors)
    return struct(**filled)


def gathered(values: Mapping[str, Any], names: Container[str]) -> dict[str, Any]:
    """The values with those of `<name>.<key>` put together as mappings under their names."""
    found: dict[str, Any] = {}
    for full, value in values.items():
        name, dot, key = full.partition(".")
        if not dot or name not in names:
            found[full] = value
        elif isinstance(kept := found.setdefault(name, {}), dict):
            kept[key] = value
    return found


@cache
def _fields(struct: type[msgspec.Struct]) -> dict[str, FieldInfo]:
    """The fields of a struct by name; asked once, because it takes longer than reading a form."""
    return {field.name: field for field in msgspec.structs.fields(struct)}


def _read(value: Any, kind: Any) -> Any:
    """One value as its field's type wants it."""
    kinds = _parts(kind)
    if _is_mapping(kind):
        if not isinstance(value, dict):
            raise ValueError(_("This is not one of the choices."))
        return {key: str(one[-1] if isinstance(one, list) else one) for key, one in value.items()}
    for listed in kinds:
        if get_origin(listed) in (list, tuple, frozenset, set):
            items = value if isinstance(value, list) else [value] if value else []
            return get_origin(listed)(_read(item, get_args(listed)[0]) for item in items)
    text = str(value[-1] if isinstance(value, list) else value)
    if not text.strip() and str not in kinds:
        if NoneType in kinds:
            return None
        if bool in kinds:
            return False
        raise ValueError(_("Please fill this in."))
    return _scalar(text, kinds)


def _scalar(text: str, kinds: list[Any]) -> Any:
    if str in kinds:
        return text
    if bool in kinds:
        return text not in ("0", "false", "no")
    if int in kinds:
        if not (text.strip().isascii() and text.strip().removeprefix("-").isdecimal()) or len(text) > 20:
            raise ValueError(_("Please enter a whole number."))
        return int(text)
    if date in kinds:
        try:
            return date.fromisoformat(text.strip())
        except ValueError as error:
            raise ValueError(_("This is not a date.")) from error
    choices = [choice for kind in kinds if get_origin(kind) is Literal for choice in get_args(kind)]
    if text not in choices:
        raise ValueError(_("This is not one of the choices."))
    return text


def _is_mapping(kind: Any) -> bool:
    return any(get_origin(part) is dict for part in _parts(kind))


def _parts(kind: Any) -> list[Any]:
    """The members of a union, without "not given" and without what is said about them; a plain type alone."""
    members = get_args(kind) if get_origin(kind) in (Union, UnionType) else [kind]
    plain = [get_args(part)[0] if get_origin(part) is Annotated else part for part in members]
    return [part for part in plain if part is not UnsetType]
