"""The web application: every area's routes, the guard before all of them, and the way in around them."""

from functools import cache
from typing import Any, cast

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.static_files import create_static_files_router

from core.settings import Settings
from web import account, api, operator, portal, public, staff
from web.kit import errors
from web.kit.guards import guard, permission_of
from web.kit.templates import STATIC
from web.kit.visit import actor_of
from web.kit.way_in import App, WayIn

LARGEST_BODY = 1_000_000
"""Bytes of a request: forms and JSON. Files have routes of their own, later."""


def create_app(settings: Settings) -> Any:
    """The whole application as ASGI."""
    return WayIn(cast(App, create_routes()), settings)


@cache
def create_routes() -> Litestar:
    """The routes without the way in, as `comptoir routes` reads them; `Unguarded` for one without a guard.

    They know no settings and take a second to make, so a process makes them once.
    """
    routes = Litestar(
        route_handlers=[
            *(area(module) for module in (public, portal, account, staff, operator, api)),
            create_static_files_router(
                "/static", [STATIC], opt={"permission": "public", "area": "public"}, include_in_schema=False
            ),
        ],
        guards=[guard],
        dependencies={"by": Provide(actor_of, sync_to_thread=False)},
        exception_handlers={HTTPException: errors.answer, Exception: errors.answer},
        request_max_body_size=LARGEST_BODY,
        openapi_config=None,
        logging_config=None,
        state=State(),
    )
    check_guards(routes)
    return routes


def area(module: Any) -> Router:
    """The routes of one area. A module names its ROUTES, PATH and HOSTS ("provider", "platform" or "any")."""
    name = module.__name__.rpartition(".")[2]
    return Router(
        module.PATH,
        route_handlers=module.ROUTES,
        opt={"area": name, "hosts": module.HOSTS},
        **getattr(module, "OPTIONS", {}),
    )


def check_guards(routes: Litestar) -> None:
    """Refuse to start with a route that forgot its guard."""
    for route in routes.routes:
        for handler in getattr(route, "route_handlers", []):
            permission_of(handler)
