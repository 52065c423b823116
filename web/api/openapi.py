"""The OpenAPI 3.1 document, made from the route table: paths and rights from the routes, schemas from the structs.

Litestar's own generator does not see what our structs refuse (unknown fields) or leave out (UNSET), and describes
refusals that we answer otherwise; msgspec's schemas say exactly what is read and written.
"""

import inspect
import typing
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from core.idempotency import FIELD
from core.sheets import TYPES
from web.api import schemas
from web.api.problems import Problem, refusals_of
from web.api.schemas import Schema, Struct

HIGHEST_ID = 2**63 - 1
ANY = "application/octet-stream"
DOCUMENTS = ("application/pdf", "image/png", "image/jpeg")
"""What documents come as."""
FILE = {"type": "string", "contentMediaType": "application/octet-stream"}
ABOUT = """Everything staff does about clients, through the same verbs as the pages.

* Make a key under API keys and send it as `Authorization: Bearer comptoir_...`. It never may do more than its
  maker.
* Refusals are problem details (RFC 9457); `errors` names what is wrong with each field.
* Lists are paged by cursors: follow `next`, or the `Link` header, until it is null.
* A write may carry an `Idempotency-Key`: sent twice, it acts once and is answered twice alike, for 24 hours.
* A change carries the `version` that was read; 409 and `current` say what somebody else saved meanwhile.
"""

KEY_PARAMETER = {
    "name": FIELD,
    "in": "header",
    "required": False,
    "description": "A random text of your own. The same request with the same key acts once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


@lru_cache(maxsize=1)
def document(app: Litestar) -> dict[str, Any]:
    """The document about the API's routes of this application."""
    operations = list(_operations(app))
    structs: set[type[msgspec.Struct]] = {
        Problem,
        *(struct for _path, handler in operations for struct in _structs_of(handler)),
    }
    references, named = schemas.of(structs)
    paths: dict[str, dict[str, Any]] = {}
    for path, handler in operations:
        paths.setdefault(path, {})[_method(handler).lower()] = _operation(path, handler, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Comptoir", "version": version("comptoir"), "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": named,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key of a member of staff."}
            },
        },
    }


def _operations(app: Litestar) -> typing.Iterator[tuple[str, HTTPRouteHandler]]:
    for route in app.routes:
        for handler in getattr(route, "route_handlers", []):
            if handler.opt.get("area") == "api" and handler.include_in_schema is not False and _method(handler):
                yield route.path_format, handler


def _operation(path: str, handler: HTTPRouteHandler, references: dict[Struct, Schema]) -> dict[str, Any]:
    summary, _blank, description = inspect.cleandoc(handler.fn.__doc__ or "").partition("\n")
    body = handler.opt.get("body")
    shown = {
        "operationId": f"{handler.fn.__module__.rpartition('.')[2]}_{handler.fn.__name__}",
        "tags": [path.split("/")[3]],
        "summary": summary.rstrip("."),
        "description": description.strip(),
        "parameters": _parameters(path, handler),
        "responses": {str(handler.status_code): _success(handler, references)} | refusals_of(handler),
        "x-permission": str(handler.opt["permission"]),
        "x-feature": handler.opt.get("feature"),
    }
    if body is not None:
        shown["requestBody"] = {"required": True, "content": {"application/json": {"schema": references[body]}}}
    if handler.opt.get("takes_file"):
        shown["requestBody"] = {"required": True, "content": {"application/octet-stream": {"schema": FILE}}}
    return {name: value for name, value in shown.items() if value not in ("", [], None)}


def _parameters(path: str, handler: HTTPRouteHandler) -> list[dict[str, Any]]:
    in_path = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    number = {"type": "integer", "minimum": 1, "maximum": HIGHEST_ID}
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": number} for name in in_path
    ]
    query = handler.opt.get("query")
    if query is not None:
        fields = msgspec.json.schema(query)["$defs"][query.__name__]["properties"]
        plain = {name: schema for name, schema in fields.items() if schema.get("type") != "object"}
        found += [_query_parameter(name, schema) for name, schema in plain.items()]
    takes_no_key = handler.opt.get("is_file") or handler.opt.get("shows_secret")
    return found if _method(handler) == "GET" or takes_no_key else [*found, KEY_PARAMETER]


def _query_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is there or not; null is no value of one."""
    given = [part for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]
    shown = {
        key: value for key, value in (schema | given[0]).items() if key not in ("anyOf", "default", "description")
    }
    if "enum" in shown:
        shown["enum"] = [value for value in shown["enum"] if value is not None]
    default = {"default": schema["default"]} if schema.get("default") not in (None, "") else {}
    about = {"description": schema["description"]} if "description" in schema else {}
    return {"name": name, "in": "query", "required": False, **about, "schema": shown | default}


def _success(handler: HTTPRouteHandler, references: dict[Struct, Schema]) -> dict[str, Any]:
    struct, headers = _answer_of(handler), {}
    if handler.status_code == 201:
        headers["Location"] = {"description": "The address of what was created.", "schema": {"type": "string"}}
    if struct is not None and {"next", "previous"} <= set(struct.__struct_fields__):
        headers["Link"] = {"description": "Links to the pages around this one.", "schema": {"type": "string"}}
    shown: dict[str, Any] = {"description": "Done." if struct is None else f"{_first_line(struct)}"}
    if headers:
        shown["headers"] = headers
    if _is_file(handler):
        kinds = (*TYPES.values(), ANY) if _is_list(handler) else DOCUMENTS
        shown |= {"description": "The file.", "content": {kind: {"schema": FILE} for kind in kinds}}
    if struct is not None:
        shown["content"] = {"application/json": {"schema": references[struct]}}
    return shown


def _structs_of(handler: HTTPRouteHandler) -> list[type[msgspec.Struct]]:
    return [struct for struct in (handler.opt.get("body"), _answer_of(handler)) if struct is not None]


def _answer_of(handler: HTTPRouteHandler) -> Any:
    """The struct a handler answers with; None when there is nothing to say."""
    answer = typing.get_type_hints(handler.fn)["return"]
    if typing.get_origin(answer) is Response:
        answer = typing.get_args(answer)[0]
    return None if answer in (type(None), Stream, bytes) else answer


def _is_file(handler: HTTPRouteHandler) -> bool:
    return _is_list(handler) or typing.get_type_hints(handler.fn)["return"] == Response[bytes]


def _is_list(handler: HTTPRouteHandler) -> bool:
    return typing.get_type_hints(handler.fn)["return"] is Stream


def _method(handler: HTTPRouteHandler) -> str:
    return next((str(method) for method in handler.http_methods if str(method) != "OPTIONS"), "")


def _first_line(struct: type[msgspec.Struct]) -> str:
    return inspect.cleandoc(struct.__doc__ or "").splitlines()[0]
