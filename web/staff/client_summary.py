"""The facts in the summary beside every tab of a client's page that other modules bring.

A fact is a function of FACTS: it gets the client's row and who looks, and gives a label and a text, or None when
there is nothing to tell or it is not for him; then it does not show.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from core import figures, policies
from core.accounts import client_summary, fraud_checks
from core.actor import Actor
from core.billing import accounts
from core.i18n import _
from core.permissions import Permission
from web.kit.templates import moment

Fact = tuple[str, str]


async def verified_phone(client: Mapping[str, Any], _by: Actor) -> Fact | None:
    """The number that fraud protection has verified."""
    return (_("Verified phone"), client["phone_verified"]) if client["phone_verified"] else None


async def undecided(client: Mapping[str, Any], by: Actor) -> Fact | None:
    """That nobody has decided about its registration yet."""
    if not policies.allows(by, Permission.FRAUD_READ) or not await fraud_checks.has_waiting(client["id"]):
        return None
    return _("Registration"), _("To be decided")


async def last_sign_in(client: Mapping[str, Any], by: Actor) -> Fact:
    """When one of its users was here last."""
    found = await client_summary.last_sign_in(client["id"], by=by)
    return _("Last sign-in"), f"{moment(found['at'])} · {found['name']}" if found else ""


async def balance(client: Mapping[str, Any], by: Actor) -> Fact | None:
    """What it has with the provider, or owes: its account in its home, or the one that the viewer sees."""
    if not policies.allows(by, Permission.ACCOUNT_READ):
        return None
    found = await accounts.of(client["id"], by=by)
    return (_("Balance"), figures.amount(found[0]["balance"], found[0]["currency"])) if found else None


FACTS: tuple[Callable[[Mapping[str, Any], Actor], Awaitable[Fact | None]], ...] = (
    balance,
    verified_phone,
    undecided,
    last_sign_in,
)
"""In the order they stand in the summary."""


async def of(client: Mapping[str, Any], *, by: Actor) -> list[Fact]:
    """All facts there are about this client."""
    return [fact for tell in FACTS if (fact := await tell(client, by)) is not None]
