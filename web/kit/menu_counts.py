"""How much work waits behind an entry of the menu: asked for before each page of staff, told as a small number.

One line in COUNTS: the entry's address, the permission that shows the number, and the verb that counts.
"""

from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

from litestar import Request

from core import policies
from core.accounts import fraud_queue
from core.accounts.focus import Focus
from core.actor import Actor
from core.permissions import Permission
from web.kit import menus
from web.kit.visit import visit_of

MOST = 99


class Count(Protocol):
    """Counts what waits, inside the focus and what `by` may see."""

    def __call__(self, *, by: Actor, within: Focus | None = None) -> Awaitable[int]: ...


COUNTS: Mapping[str, tuple[Permission, Count]] = {
    "/staff/fraud-checks": (Permission.FRAUD_DECIDE, fraud_queue.waiting),
}


async def ask(request: Request[Any, Any, Any]) -> None:
    """Before a handler of the staff: what plugins bring to the menu, and how much waits behind its entries."""
    await menus.ask_plugins(request)
    visit = visit_of(request)
    by = visit.actor
    if request.method != "GET" or by.kind != "staff" or not policies.allows(by, Permission.CLIENT_READ):
        return
    for href, (permission, count) in COUNTS.items():
        if policies.allows(by, permission) and (found := await count(by=by, within=visit.focus)):
            visit.menu_counts[href] = f"{MOST}+" if found > MOST else str(found)
