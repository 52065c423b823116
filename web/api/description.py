"""The description of the API: as OpenAPI for programs, by key or session, and as a page for signed-in staff."""

from typing import Any

from litestar import Response, get

from web.api import openapi
from web.kit import errors
from web.kit.guards import signed_in
from web.kit.pages import AnyRequest, page

LEFT_OUT: dict[str, Any] = {"description": "", "parameters": [], "requestBody": None, "x-feature": None}
"""What an operation does not say when there is nothing to say."""


@get(errors.DESCRIPTION.removeprefix("/api"), include_in_schema=False, **signed_in())
async def describe(request: AnyRequest) -> Response[dict[str, Any]]:
    """The OpenAPI document."""
    return Response(openapi.document(request.app), media_type="application/json")


@get(errors.DOCS.removeprefix("/api"), include_in_schema=False, **signed_in())
async def show(request: AnyRequest) -> Response[str]:
    """The same for people."""
    found = openapi.document(request.app)
    return page(
        request,
        "api/docs.html",
        about=found["info"]["description"],
        resources=_by_resource(found["paths"]),
        schemas=found["components"]["schemas"],
        address=errors.DESCRIPTION,
    )


def _by_resource(paths: dict[str, dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The operations of each resource, with their path and method."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, operations in paths.items():
        for method, operation in operations.items():
            shown = LEFT_OUT | operation | {"path": path, "method": method.upper()}
            found.setdefault(operation["tags"][0], []).append(shown)
    return found


ROUTES = [describe, show]
