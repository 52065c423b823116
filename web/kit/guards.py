"""The guard before every handler: which host, which person, which permission, which edition.

It is on for every route. A route says `**requires(Permission.X)`, `**signed_in()` or `**public()`; one that says
nothing does not start.
"""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from core import policies
from core.errors import NotFound, NotSignedIn
from core.permissions import Permission, feature_of
from web.kit import csrf
from web.kit.visit import visit_of


class SecondFactorNeeded(NotSignedIn):
    """The password was right; the code is still missing."""


class MustEnroll(NotSignedIn):
    """The provider asks this role for a second factor, and the person has none yet."""


def requires(permission: Permission) -> dict[str, Any]:
    """For staff, operators, resellers and keys that have this permission."""
    return {"opt": {"permission": permission, "feature": feature_of(permission)}}


def signed_in(*, enrolling: bool = False) -> dict[str, Any]:
    """For everybody who is signed in: one's own account. `enrolling`: also while a second factor is set up."""
    return {"opt": {"permission": "signed-in", "enrolling": enrolling}}


def public() -> dict[str, Any]:
    """For everybody. The list of these routes is short, and a test knows it by heart."""
    return {"opt": {"permission": "public"}}


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let the request through, or raise the refusal that says why not."""
    visit, wanted = visit_of(connection), permission_of(handler)
    hosts = handler.opt.get("hosts", "any")
    if hosts != "any" and (hosts == "platform") != visit.tenant.is_platform:
        raise NotFound()
    if handler.opt.get("area") != "api" or visit.signed_in is not None:
        await csrf.check(connection)  # type: ignore[arg-type]
    if wanted == "public":
        return
    lacking = visit.signed_in.lacking if visit.signed_in else ""
    if lacking == "code":
        raise SecondFactorNeeded()
    if lacking == "enrolment":
        if handler.opt.get("enrolling"):
            return
        raise MustEnroll()
    if not visit.actor.is_signed_in:
        raise NotSignedIn()
    if wanted != "signed-in":
        policies.require(visit.actor, wanted)


def permission_of(handler: Any) -> str:
    """What a route asks for: a permission, "signed-in" or "public". Raises `Unguarded` when it does not say.

    The answer to OPTIONS, which the framework adds to every address, names methods and nothing else.
    """
    if handler.http_methods == {"OPTIONS"}:
        return "public"
    if "permission" not in handler.opt:
        raise Unguarded(handler.handler_name)
    return str(handler.opt["permission"])


class Unguarded(RuntimeError):
    """A route says neither which permission it needs nor that it is public."""
