"""The guard before every handler: which host, which person, which permission, which edition.

It is on for every route. A route says `**requires(Permission.X)`, `**signed_in()` or `**public()`; one that says
nothing does not start.
"""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from core import policies
from core.accounts import impersonation, memberships
from core.accounts.rights import Right
from core.errors import NotFound, NotSignedIn
from core.permissions import Permission, feature_of
from web.kit import csrf
from web.kit.visit import Visit, visit_of

CLOSED_BESIDE_A_VISIT = frozenset(
    {
        Permission.API_KEY_MANAGE,
        Permission.CLIENT_CLEAR,
        Permission.CLIENT_DELETE,
        Permission.CLIENT_PERSONAL_DATA,
    }
)
"""What a member of staff does not change in another tab either, while he is inside a client's account."""

OF_EVERYBODY = ("account", "public", "portal")
"""The areas that a user may enter; of the others he learns nothing."""


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


def in_client(right: Right | None = None, *, feature: str | None = None) -> dict[str, Any]:
    """For users of a client, in the portal: those with this right, or all of them. Staff come in as users only.

    A user without a client has nothing here and gets a 404, as everybody does who is signed in as something else.
    With a `feature`, only where the provider has it.
    """
    permission = f"portal:{right}" if right else "portal"
    return {"opt": {"permission": permission, "right": right, "in_client": True, "feature": feature}}


def public() -> dict[str, Any]:
    """For everybody. The list of these routes is short, and a test knows it by heart."""
    return {"opt": {"permission": "public"}}


def called_back() -> dict[str, Any]:
    """For programs of others that call back and prove themselves by a signature: no session, no form."""
    return {"opt": {"permission": "public", "is_called_back": True}}


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let the request through, or raise the refusal that says why not."""
    await _admit(connection, handler)
    if not all(-(2**63) <= number < 2**63 for number in connection.path_params.values() if type(number) is int):
        raise NotFound()  # No row has such a number, and the database takes none.


async def _admit(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    visit, wanted = visit_of(connection), permission_of(handler)
    if visit.over is not None:
        raise visit.over
    hosts = handler.opt.get("hosts", "any")
    if hosts != "any" and (hosts == "platform") != visit.tenant.is_platform:
        raise NotFound()
    is_page = handler.opt.get("area") != "api" or visit.signed_in is not None
    if is_page and not handler.opt.get("is_called_back"):
        await csrf.check(connection)  # type: ignore[arg-type]
    if wanted == "public" or _is_enrolling(visit, handler):
        return
    if not visit.actor.is_signed_in:
        raise NotSignedIn()
    if handler.opt.get("in_client"):
        _seat(visit, handler.opt["right"], handler.opt["feature"])
        return
    if visit.actor.kind == "user" and handler.opt.get("area") not in OF_EVERYBODY:
        raise NotFound()
    if wanted == "signed-in" and handler.opt.get("area") == "account":
        policies.require_outside(visit.actor)
    if wanted != "signed-in":
        policies.require(visit.actor, wanted)
        await _beside_no_visit(connection, wanted)


async def _beside_no_visit(connection: ASGIConnection[Any, Any, Any, Any], wanted: str) -> None:
    """Whoever is inside a client's account does not do in another tab what is closed to him there."""
    if wanted in CLOSED_BESIDE_A_VISIT and connection.scope.get("method") not in csrf.SAFE:
        await impersonation.require_none(by=visit_of(connection).actor)


def _is_enrolling(visit: Visit, handler: BaseRouteHandler) -> bool:
    """Whether it is the page for what the session lacks; any other has to wait until it lacks nothing."""
    lacking = visit.signed_in.lacking if visit.signed_in else ""
    if lacking == "code":
        raise SecondFactorNeeded()
    if lacking == "enrolment" and not handler.opt.get("enrolling"):
        raise MustEnroll()
    return lacking == "enrolment"


def _seat(visit: Visit, right: Right | None, feature: str | None) -> None:
    """From here on the visit is one of a user, in the client that he acts for."""
    if visit.actor.client is None:
        raise NotFound()
    visit.actor = memberships.as_user(visit.actor)
    if feature is not None:
        policies.require_feature(visit.actor, feature)
    memberships.require(visit.actor, right)


def permission_of(handler: Any) -> str:
    """What a route asks for: a permission, "signed-in", "public", or "portal" with or without a right.

    Raises `Unguarded` when it does not say.

    The answer to OPTIONS, which the framework adds to every address, names methods and nothing else.
    """
    if handler.http_methods == {"OPTIONS"}:
        return "public"
    if "permission" not in handler.opt:
        raise Unguarded(handler.handler_name)
    return str(handler.opt["permission"])


class Unguarded(RuntimeError):
    """A route says neither which permission it needs nor that it is public."""
