"""Whether a client has to prove its telephone number first: what pages tell, and what verbs ask before they act.

    await phone_needs.require(client_id, "pay", by=by)        # `PhoneNeeded`, before anything is written

Staff are not asked: who orders for a client at the counter has talked to it. A key of the API is, as its visitor,
and so are staff inside the client's account, who do there what its users do.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from core import clock, db, policies
from core.accounts import phone_channel, phone_settings
from core.actor import Actor
from core.errors import NotFound, PhoneNeeded

Purpose = Literal["order", "pay"]
Stand = Literal["verified", "waived", "asked", "expired", "none"]
NOTHING: frozenset[Purpose] = frozenset()
BOTH: frozenset[Purpose] = frozenset({"order", "pay"})
OF_CLIENT = """
    SELECT c.id, c.phone_verified, c.phone_verified_at, c.registered_at, c.project_id,
           d.kind AS decided, d.decided_at, d.decided_by, d.reason,
           r.registration, r.registration_since, r.paying, r.products,
           s.registration AS usual_registration, s.registration_since AS usual_registration_since,
           s.paying AS usual_paying, s.holds_days AS usual_holds_days
      FROM clients c LEFT JOIN phone_settings s ON true
      LEFT JOIN phone_decisions d ON d.client_id = c.id AND d.ended_at IS NULL
      LEFT JOIN phone_projects r ON r.project_id = coalesce($2, c.project_id)
     WHERE c.id = $1
"""

IS_ASKED = """
    SELECT EXISTS (SELECT FROM products WHERE asks_phone)
        OR EXISTS (SELECT FROM phone_decisions WHERE client_id = $1 AND kind = 'asked' AND ended_at IS NULL)
        OR ($2 AND EXISTS (SELECT FROM phone_projects WHERE registration IN ('new', 'all') OR paying = 'yes'))
"""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a client stands: *asked* to prove it once more, *expired* is a proof that was too long ago.

    `until` is how long its proof is good (None: for ever, or there is none), `needed` what it has to prove it
    for, `of_products` whether products that ask for it have to wait too; `decided_*` and `reason` are what staff
    decided, where they did.
    """

    stand: Stand
    phone: str = ""
    verified_at: datetime | None = None
    until: datetime | None = None
    needed: frozenset[Purpose] = NOTHING
    of_products: bool = False
    decided_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""


async def of(client_id: int, *, project_id: int | None = None, by: Actor) -> Standing:
    """Where a client stands in a project, or in its home. Asks for no right: its callers have."""
    found = await _by_rule(client_id, project_id, by=by)
    if (found.needed or found.of_products) and not await phone_channel.is_there(by=by):
        return msgspec.structs.replace(found, needed=NOTHING, of_products=False)
    return found


async def is_any(client_id: int, *, by: Actor) -> bool:
    """Whether it has to prove its number for anything but products in its home: cheap, for each page. Asks for no
    right."""
    return bool((await _by_rule(client_id, None, by=by)).needed) and await phone_channel.is_there(by=by)


async def require(
    client_id: int, purpose: Purpose, *, asks: bool = False, project_id: int | None = None, by: Actor
) -> None:
    """Nothing, unless the client has to prove its number for this: then `PhoneNeeded`.

    `asks`: what is ordered has a product that asks for it. `project_id` is where, when that is not its home.
    """
    if by.kind not in ("user", "api_key"):
        return
    found = await _by_rule(client_id, project_id, by=by)
    is_needed = purpose in found.needed or (asks and found.of_products)
    if is_needed and await phone_channel.is_there(by=by):
        raise PhoneNeeded()


async def is_asked(client_id: int, *, by: Actor) -> bool:
    """Whether anything here asks for numbers: the provider, a project, a product, or staff of this client."""
    settings = await phone_settings.in_force()
    if settings["registration"] != "never" or settings["paying"]:
        return True
    return bool(await db.value(IS_ASKED, client_id, policies.has_feature(by.tenant, "projects")))


async def _by_rule(client_id: int, project_id: int | None, *, by: Actor) -> Standing:
    """The same as `of`, whether or not anything sends SMS: one look-up."""
    client = await db.row(OF_CLIENT, client_id, project_id)
    if client is None:
        raise NotFound()
    settings = _usual(client)
    if policies.has_feature(by.tenant, "projects"):
        settings = rules(settings, client)
    return standing(settings, client, clock.now())


def _usual(client: Mapping[str, Any]) -> Mapping[str, Any]:
    """The provider's rules on a row of `OF_CLIENT`; what holds before it has decided anything without them."""
    if client["usual_registration"] is None:
        return phone_settings.DEFAULTS
    return {
        name: client[f"usual_{name}"] for name in ("registration", "registration_since", "paying", "holds_days")
    }


def rules(settings: Mapping[str, Any], of_project: Mapping[str, Any]) -> Mapping[str, Any]:
    """What holds in a project: its own rules, and the provider's where it has none (its columns are None)."""
    own = dict(settings)
    if of_project["registration"] not in (None, "usual"):
        own |= {name: of_project[name] for name in ("registration", "registration_since")}
    if of_project["paying"] not in (None, "usual"):
        own["paying"] = of_project["paying"] == "yes"
    return own | {"products": of_project["products"] is not False}


def standing(settings: Mapping[str, Any], client: Mapping[str, Any], now: datetime) -> Standing:
    """The rule itself, on a row of `OF_CLIENT`."""
    stand, until = _stand(settings, client, now)
    is_free = stand in ("verified", "waived")
    return Standing(
        of_products=not is_free and settings.get("products", True),
        stand=stand,
        phone=client["phone_verified"],
        verified_at=client["phone_verified_at"],
        until=until,
        needed=NOTHING if is_free else _needed(settings, client),
        decided_at=client["decided_at"],
        decided_by=client["decided_by"] or "",
        reason=client["reason"] or "",
    )


def _stand(settings: Mapping[str, Any], client: Mapping[str, Any], now: datetime) -> tuple[Stand, datetime | None]:
    if client["decided"] is not None:
        return client["decided"], None
    if not client["phone_verified"]:
        return "none", None
    proved_at, days = client["phone_verified_at"], settings["holds_days"]
    if not days or proved_at is None:
        return "verified", None
    until = proved_at + timedelta(days=days)
    return ("verified" if now < until else "expired"), until


def _needed(settings: Mapping[str, Any], client: Mapping[str, Any]) -> frozenset[Purpose]:
    if client["decided"] == "asked":
        return BOTH
    since = settings["registration_since"]
    orders = settings["registration"] == "all" or (
        settings["registration"] == "new" and since is not None and client["registered_at"] >= since
    )
    wanted: dict[Purpose, bool] = {"order": orders, "pay": settings["paying"]}
    return frozenset(purpose for purpose, is_asked in wanted.items() if is_asked)
