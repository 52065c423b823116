"""`comptoir routes` and `comptoir plugins`: what this version answers to, and what is installed."""

import os
from typing import Any

import rich_click as click
from litestar import Litestar
from litestar.handlers import ASGIRouteHandler, HTTPRouteHandler

from core import hooks, settings
from web.app import create_routes
from web.cli import say


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def routes(as_json: bool) -> None:
    """List every path and method with its area, and the permission and edition feature it needs."""
    rows = table_of_routes(create_routes())
    if as_json:
        say.as_json(rows)
        return
    columns = {name: name.capitalize() for name in ("method", "path", "area", "permission", "feature")}
    say.table(columns, rows, empty="There is no route.")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def plugins(as_json: bool) -> None:
    """List the installed plugins with their kind and the hooks they implement."""
    hooks.load(settings.load(os.environ))
    rows = hooks.describe()
    if as_json:
        say.as_json(rows)
        return
    columns = {name: name.capitalize() for name in ("plugin", "kind", "version", "hooks", "error")}
    say.table(columns, rows, empty="No plugin is installed.")


def table_of_routes(app: Litestar) -> list[dict[str, Any]]:
    """One row a path and method, in the order of the paths."""
    rows = []
    for route in app.routes:
        for handler in getattr(route, "route_handlers", None) or [getattr(route, "route_handler", None)]:
            rows += [_row(route.path_format, method, handler) for method in _methods(handler)]
    return sorted(rows, key=lambda row: (row["path"], row["method"]))


def _methods(handler: Any) -> list[str]:
    if isinstance(handler, HTTPRouteHandler):
        return sorted(str(method) for method in handler.http_methods if str(method) != "OPTIONS")
    return ["GET", "HEAD"] if isinstance(handler, ASGIRouteHandler) else []


def _row(path: str, method: str, handler: Any) -> dict[str, Any]:
    return {
        "path": path,
        "method": method,
        "area": handler.opt.get("area", ""),
        "permission": str(handler.opt["permission"]),
        "feature": handler.opt.get("feature"),
        "hosts": handler.opt.get("hosts", "any"),
    }
