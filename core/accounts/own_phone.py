"""A client's telephone number in the hands of its own users: proving it by a code, and proving another one.

Who may edit the client's profile does it; nobody from outside inside the client's account. Codes cost the provider
money, so there are none while nothing asks for a number.
"""

from datetime import datetime, timedelta
from math import ceil

import msgspec

from core import clock, policies
from core.accounts import memberships, own_profile, phone_channel, phone_codes, phone_needs, phone_settings
from core.accounts.phone_codes import Sending
from core.accounts.phone_needs import Standing
from core.accounts.rights import Right
from core.actor import Actor
from core.errors import Conflict
from core.i18n import _


class OwnPhone(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows: where the client stands, the number of the code that waits ("" for none) and until when
    it is good, after how many seconds another one may be sent, and which number to begin with.

    `countries` are those that codes are sent to (none: all), `can_send` whether any can be sent, `is_asked`
    whether anything here asks for numbers, `sending` how far the SMS with the code that waits is.
    """

    standing: Standing
    number: str
    suggested: str
    expires_at: datetime | None
    wait_seconds: int
    countries: list[str]
    can_send: bool
    is_asked: bool
    sending: Sending


async def get(*, by: Actor) -> OwnPhone:
    """Where the client that the user acts for stands."""
    client = await own_profile.get(by=by)
    settings, now = await phone_settings.in_force(), clock.now()
    found, row = await phone_needs.of(client["id"], by=by), await phone_codes.latest(client["id"])
    is_open = row is not None and phone_codes.is_open(row, now)
    again = row["created_at"] + timedelta(seconds=settings["wait_seconds"]) if row else now
    return OwnPhone(
        standing=found,
        number=row["phone"] if row and is_open else "",
        suggested=client["phone"] or found.phone,
        expires_at=row["expires_at"] if row and is_open else None,
        wait_seconds=max(0, ceil((again - now) / timedelta(seconds=1))),
        countries=list(settings["countries"]),
        can_send=await phone_channel.is_there(by=by),
        is_asked=await phone_needs.is_asked(client["id"], by=by),
        sending=await phone_codes.sending(row) if row and is_open else "waiting",
    )


async def is_needed(*, by: Actor) -> bool:
    """Whether the client has to prove its number for anything, for the banner. Nothing of a closed one."""
    seat = memberships.require(by)
    return not seat.is_closed and await phone_needs.is_any(seat.id, by=by)


async def send(number: str, *, by: Actor) -> None:
    """Send a code to a number: see `phone_codes.send`. `Conflict` while nothing asks for one."""
    client_id = _seat(by)
    if not await phone_needs.is_asked(client_id, by=by):
        raise Conflict(_("Nobody asks for a verified number here at the moment."))
    await phone_codes.send(client_id, number, by=by)


async def confirm(code: str, *, by: Actor) -> str:
    """Try a code; returns the number that is proved now: see `phone_codes.confirm`."""
    return await phone_codes.confirm(_seat(by), code, by=by)


def _seat(by: Actor) -> int:
    policies.require_outside(by)
    return memberships.require(by, Right.PROFILE_UPDATE).id
