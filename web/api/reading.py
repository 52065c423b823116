"""What a request says, as the struct that a verb takes: its JSON body, or the parameters of its address.

Nothing is guessed and nothing is passed over: a field that is missing, unknown, or of the wrong kind is an error
under its own name, and all of them come back at once.
"""

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec
from litestar.di import Provide
from msgspec import UNSET, UnsetType

from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.api import expected
from web.kit.errors import Unreadable, WrongMediaType
from web.kit.forms import gathered
from web.kit.guards import requires
from web.kit.pages import AnyRequest

S = TypeVar("S", bound=msgspec.Struct)


def asks(
    permission: Permission,
    *,
    body: type[msgspec.Struct] | None = None,
    query: type[msgspec.Struct] | None = None,
    may_conflict: bool = False,
    moves_money: bool = False,
    shows_secret: bool = False,
) -> dict[str, Any]:
    """`requires(permission)` for a route of the API, with what it reads.

    The handler gets the struct of the body as `sent` and the one of the parameters as `asked`; both are shown in
    the description of the API. A route that names neither takes neither. `may_conflict`: a read that answers 409
    where the state of things leaves nothing to show, as every write does. `moves_money`: the same sent again
    without an idempotency key within moments is a 409. `shows_secret`: the answer holds one, so it is not kept for
    an idempotency key.
    """
    options = requires(permission)
    options["opt"] |= {"body": body, "query": query, "may_conflict": may_conflict, "moves_money": moves_money}
    options["opt"] |= {"shows_secret": shows_secret}
    options["dependencies"] = {}
    if body is not None:
        options["dependencies"]["sent"] = Provide(_body_reader(body))
    if query is not None:
        options["dependencies"]["asked"] = Provide(_query_reader(query), sync_to_thread=False)
    return options


def fill(struct: type[S], values: Mapping[str, Any], *, strict: bool) -> S:
    """The struct these values make; raises `Invalid`. Without `strict` the values are texts, and a field that is
    a mapping is made of the names that begin with its own and a point: `custom.level`.
    """
    fields = {field.name: field for field in msgspec.structs.fields(struct)}
    if not strict:
        values = gathered(values, {name for name, field in fields.items() if get_origin(field.type) is dict})
    errors = {name: _("There is no such field.") for name in values if name not in fields}
    filled: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in values:
            if field.required:
                errors[name] = _("Please fill this in.")
            continue
        try:
            filled[name] = _converted(values[name], field.type, strict=strict)
        except ValueError as error:
            errors[name] = str(error)
    if errors:
        raise Invalid(errors)
    return struct(**filled)


def part(struct: type[S], given: msgspec.Struct) -> S:
    """The struct of the fields that it shares with what was given, such as the changes without their version. What
    was left out stays as the struct has it."""
    values = {name: getattr(given, name) for name in struct.__struct_fields__}
    return struct(**{name: value for name, value in values.items() if value is not UNSET})


def over(struct: type[S], kept: Mapping[str, Any], given: msgspec.Struct) -> S:
    """The struct of what is kept with the changes laid over it: what they leave out stays as it is kept."""
    changes = {name: getattr(given, name) for name in struct.__struct_fields__}
    return msgspec.convert(
        {name: kept[name] if value is UNSET else value for name, value in changes.items()}, struct
    )


def _body_reader(struct: type[S]) -> Any:
    async def read_body(request: AnyRequest) -> Any:
        """The JSON object that was sent."""
        if request.content_type[0] != "application/json":
            raise WrongMediaType(_("Send JSON, with the content type application/json."))
        try:
            values = msgspec.json.decode(await request.body())
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise Unreadable(_("The body is not JSON that can be read.")) from error
        if not isinstance(values, dict):
            raise Invalid({"": _("A JSON object is expected.")})
        return fill(struct, values, strict=True)

    return read_body


def _query_reader(struct: type[S]) -> Any:
    def read_query(request: AnyRequest) -> Any:
        """The parameters of the address."""
        given: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            if name in given:
                raise Invalid({name: _("Once is enough.")})
            given[name] = value
        return fill(struct, given, strict=False)

    return read_query


def _converted(value: Any, kind: Any, *, strict: bool) -> Any:
    """The value as its field's type wants it; a ValueError that says what would have been right."""
    kinds = [part for part in _parts(kind) if part is not UnsetType and (strict or part is not NoneType)]
    try:
        if not strict and int in map(_plain, kinds) and not str(value).lstrip("-").isdecimal():
            raise ValueError(_(expected.WHOLE_NUMBER))
        return msgspec.convert(value, Union[tuple(kinds)], strict=strict, str_keys=True)  # noqa: UP007
    except msgspec.ValidationError as error:
        raise ValueError(expected.told(str(error))) from error


def _parts(kind: Any) -> list[Any]:
    return list(get_args(kind)) if get_origin(kind) in (Union, UnionType) else [kind]


def _plain(kind: Any) -> Any:
    if get_origin(kind) is Annotated:
        return _plain(get_args(kind)[0])
    return get_origin(kind) or kind
