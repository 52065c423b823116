"""What a list of clients can be filtered by, as one struct, which values of it cannot be, and two of them as one.

`client_source` says what it means in SQL.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
import phonenumbers
from msgspec import Meta

from core import policies
from core.accounts import rows
from core.accounts.balance_filter import Balance
from core.actor import Actor
from core.checks import Checks
from core.i18n import _
from core.permissions import Permission

KINDS = ("individual", "company")
STATUSES = ("active", "closed")
MERGED = "merged"
"""Asked for as a status: clients that lead to the one they were merged into. No other filter shows them."""
VERIFIED = ("yes", "no")
MOST_DAYS = 36_500
BEGINNINGS = ("login", "email", "phone", "address")
"""Filters by how a text begins."""


class ClientFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows. Days are whole days in the provider's time zone; both ends are included.

    `name` are beginnings of words of the name, the contact person or the login; all must match. `login`, `email`,
    `phone` and `address` (the one a client registered from) are beginnings. `newer_than` and `older_than` count
    days back from today: 7 and 0 are the last week, and all but today. `phone_verified` asks whether a telephone
    number was proved, however long ago. `segment` is a saved filter. `balance` asks for clients with an account
    that owes, or is ahead. `custom` asks for fields that the provider defines, as
    `field_filter.asked_of` reads it.
    """

    code: int | None = None
    name: str = ""
    login: str = ""
    email: str = ""
    phone: str = ""
    phone_verified: Literal["yes", "no"] | None = None
    address: str = ""
    project: int | None = None
    group: int | None = None
    kind: Literal["individual", "company"] | None = None
    country: str = ""
    language: str = ""
    status: Literal["active", "closed", "merged"] | None = None
    attitude: int | None = None
    registered_from: date | None = None
    registered_to: date | None = None
    newer_than: Annotated[int, Meta(description="Registered within so many days before today")] | None = None
    older_than: Annotated[int, Meta(description="Registered more than so many days ago")] | None = None
    balance: Balance | None = None
    segment: Annotated[int, Meta(description="The id of a saved filter")] | None = None
    custom: dict[str, str] = {}

    @property
    def is_empty(self) -> bool:
        """Whether it lets every client through."""
        return not given(self)


FIELDS = tuple(field.name for field in msgspec.structs.fields(ClientFilter))


def given(chosen: ClientFilter) -> dict[str, Any]:
    """The fields that are asked for, also of a struct that has more than the filter's."""
    values = {field: getattr(chosen, field) for field in FIELDS}
    return {field: value for field, value in values.items() if value not in (None, "", {})}


def plain(chosen: ClientFilter, **changes: Any) -> ClientFilter:
    """The filter alone, of a struct that may have more fields, with these changes."""
    return ClientFilter(**(given(chosen) | changes))


def check(chosen: ClientFilter, *, by: Actor) -> None:
    """Raise `NotInEdition` for a gated filter, `PermissionMissing` for one by what is not for `by` to see,
    `Invalid` for values that cannot be.
    """
    if chosen.project is not None:
        policies.require_feature(by, "projects")
    if chosen.group is not None:
        policies.require(by, Permission.GROUP_READ)
    if chosen.balance is not None:
        policies.require(by, Permission.ACCOUNT_READ)
    checks = Checks()
    if chosen.group is not None and by.groups is not None and chosen.group not in by.groups:
        checks.error("group", _("This is not one of the choices."))
    rows.check_ids(checks, chosen, "code", "project", "group", "attitude", "segment")
    for field in ("name", *BEGINNINGS):
        checks.text(field, getattr(chosen, field), longest=200, required=False)
    if chosen.country:
        checks.country("country", chosen.country)
    if chosen.language:
        checks.language("language", chosen.language)
    _check_days(checks, chosen)
    checks.done()


def beginning(chosen: ClientFilter, field: str, *, country: str) -> str:
    """One of BEGINNINGS as it is compared: folded as its column is, a phone number as E.164 begins.

    A number that begins with one zero is one of `country`.
    """
    text = str(getattr(chosen, field)).strip()
    if field != "phone":
        return text.lower() if field in ("login", "email") else text
    digits = "".join(letter for letter in text if letter.isascii() and letter.isdigit())
    if text.startswith("00"):
        return f"+{digits[2:]}"
    if text.startswith("0"):
        return f"+{phonenumbers.country_code_for_region(country)}{digits[1:]}"
    return f"+{digits}" if digits else text


def settled(chosen: ClientFilter, *, country: str) -> ClientFilter:
    """The same with its beginnings as they are compared, so that two filters can be told to agree."""
    return plain(chosen, **{field: beginning(chosen, field, country=country) for field in BEGINNINGS})


def both(one: ClientFilter, other: ClientFilter) -> ClientFilter | None:
    """The filter whose clients are those of both; None when no client can be in both.

    `group`, `project`, `segment` and `custom` can stand in it once: those of `one` stay, and the caller sees to
    the others.
    """
    mine, theirs = given(one), given(other)
    joined = theirs | mine
    for field in mine.keys() & theirs.keys():
        value = _JOINED.get(field, _same)(mine[field], theirs[field])
        if value is None:
            return None
        joined[field] = value
    return ClientFilter(**joined)


def _same(mine: Any, theirs: Any) -> Any:
    if isinstance(mine, str) and isinstance(theirs, str):
        return mine if mine.casefold() == theirs.casefold() else None
    return mine if mine == theirs else None


def _longer(mine: str, theirs: str) -> str | None:
    short, long = sorted((mine.strip(), theirs.strip()), key=len)
    return long if long.casefold().startswith(short.casefold()) else None


_BY_LENGTH: Mapping[str, Callable[[Any, Any], Any]] = dict.fromkeys(BEGINNINGS, _longer)
_JOINED: Mapping[str, Callable[[Any, Any], Any]] = {
    "name": lambda mine, theirs: f"{mine} {theirs}",
    "registered_from": max,
    "registered_to": min,
    "newer_than": min,
    "older_than": max,
    "group": lambda mine, _theirs: mine,
    "project": lambda mine, _theirs: mine,
    "segment": lambda mine, _theirs: mine,
    "custom": lambda mine, _theirs: mine,
    **_BY_LENGTH,
}


def _check_days(checks: Checks, chosen: ClientFilter) -> None:
    first, last = chosen.registered_from, chosen.registered_to
    for field, day in (("registered_from", first), ("registered_to", last)):
        if day and not 1900 <= day.year <= 9000:
            checks.error(field, _("This is not a date."))
    if first and last and first > last:
        checks.error("registered_to", _("This is before the first day."))
    for field in ("newer_than", "older_than"):
        days = getattr(chosen, field)
        if days is not None and not 0 <= days <= MOST_DAYS:
            checks.error(field, _("From 0 to %(most)s days, please.") % {"most": MOST_DAYS})
