"""When a provider asks its clients to prove their telephone number, and how codes are limited."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType
from piccolo.columns import Array, Boolean, Integer, Text, Timestamptz

from core import clock, db, places, policies
from core.accounts import decided_once, phone_channel
from core.actor import Actor
from core.checks import Checks
from core.i18n import _
from core.permissions import Permission

TABLE = "phone_settings"
Asked = Literal["never", "new", "all"]
"""Of whom a number is asked after registration: nobody, who registers from now on, everybody."""
DAY = timedelta(days=1)
BOUNDS: Mapping[str, tuple[int, int]] = {
    "tries": (1, 10),
    "wait_seconds": (10, 3600),
    "minutes": (1, 60),
    "per_number": (1, 100),
    "per_client": (1, 100),
    "per_network": (1, 1000),
    "per_day": (1, 100_000),
    "holds_days": (0, 3650),
}


class PhoneSettings(db.Owned, tablename=TABLE):
    """One row a provider, once it has decided anything. `registration_since` is when *new* was chosen."""

    registration = Text()
    registration_since = Timestamptz(null=True)
    paying = Boolean()
    tries = Integer()
    wait_seconds = Integer()
    minutes = Integer()
    per_number = Integer()
    per_client = Integer()
    per_network = Integer()
    per_day = Integer()
    countries = Array(base_column=Text())
    holds_days = Integer()
    version = Integer()


class PhoneChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays.

    `tries` are wrong ones of a code, `wait_seconds` lie between two codes, a code is good for `minutes`. The
    `per_...` are codes within a day: to a number, of a client, from a network address, of the provider in all.
    `countries` are those of the numbers (none: all). A proof is good for `holds_days`, 0 for ever.
    """

    registration: Asked | UnsetType = UNSET
    paying: bool | UnsetType = UNSET
    tries: int | UnsetType = UNSET
    wait_seconds: int | UnsetType = UNSET
    minutes: int | UnsetType = UNSET
    per_number: int | UnsetType = UNSET
    per_client: int | UnsetType = UNSET
    per_network: int | UnsetType = UNSET
    per_day: int | UnsetType = UNSET
    countries: list[str] | UnsetType = UNSET
    holds_days: int | UnsetType = UNSET


DEFAULTS: Mapping[str, Any] = {
    "registration": "never",
    "registration_since": None,
    "paying": False,
    "tries": 5,
    "wait_seconds": 60,
    "minutes": 10,
    "per_number": 5,
    "per_client": 5,
    "per_network": 10,
    "per_day": 500,
    "countries": [],
    "holds_days": 0,
    "version": 1,
}


async def in_force() -> Mapping[str, Any]:
    """What holds for this provider, as `DEFAULTS` has it. For whoever asks for a proof."""
    return await decided_once.in_force(TABLE, DEFAULTS)


async def get(*, by: Actor) -> Mapping[str, Any]:
    """The same, for whoever decides about it."""
    policies.require(by, Permission.SETTINGS_MANAGE)
    return await in_force()


async def update(changes: PhoneChanges, *, version: int, by: Actor) -> Mapping[str, Any]:
    """Change them. `EditConflict` when somebody else did meanwhile.

    `Invalid` for asking where nothing sends short messages: nobody could answer.
    """
    policies.require(by, Permission.SETTINGS_MANAGE)
    before = await in_force()
    checks = Checks()
    await _check_channel(checks, changes, by=by)
    for field, (least, most) in BOUNDS.items():
        number = getattr(changes, field)
        if not isinstance(number, UnsetType) and not least <= number <= most:
            checks.error(field, _("From %(least)s to %(most)s, please.") % {"least": least, "most": most})
    if not isinstance(changes.countries, UnsetType):
        if any(country not in places.COUNTRIES for country in changes.countries):
            checks.error("countries", _("This is not one of the choices."))
        changes = msgspec.structs.replace(changes, countries=sorted(set(changes.countries)))
    checks.done()
    await decided_once.update(TABLE, changes, version=version, action="phone_settings:updated", by=by)
    if changes.registration == "new" and before["registration"] != "new":
        await db.execute(f"UPDATE {TABLE} SET registration_since = $1", clock.now())
    return await in_force()


async def _check_channel(checks: Checks, changes: PhoneChanges, *, by: Actor) -> None:
    asks = {"registration": changes.registration in ("new", "all"), "paying": changes.paying is True}
    if any(asks.values()) and not await phone_channel.is_there(by=by):
        for field in (field for field, is_asked in asks.items() if is_asked):
            checks.error(field, _("Nothing sends SMS here. Switch on a plugin that does."))
