"""Whether this process lives, and whether it can work: for supervisors and load balancers, on every host name."""

from typing import Any

from asyncpg import InterfaceError, PostgresError
from litestar import Response, get

from core import db
from core.scope import NoScope
from web.kit.guards import public


@get("/health/live", **public())
async def live() -> Response[Any]:
    """The process answers."""
    return Response({"status": "alive"})


@get("/health/ready", **public())
async def ready() -> Response[Any]:
    """The database answers too; 503 when it does not."""
    try:
        async with db.as_platform():
            await db.value("SELECT 1")
    except (OSError, TimeoutError, PostgresError, InterfaceError, NoScope):
        return Response({"status": "the database does not answer"}, status_code=503)
    return Response({"status": "ready"})


ROUTES: list[Any] = [live, ready]
