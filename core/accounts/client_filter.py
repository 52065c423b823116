"""What a list of clients can be filtered by, as one struct, and which values of it cannot be.

`client_source` says what it means in SQL.
"""

from datetime import date
from typing import Literal

import msgspec

from core import policies
from core.actor import Actor
from core.checks import Checks
from core.i18n import _
from core.permissions import Permission

KINDS = ("individual", "company")
STATUSES = ("active", "closed")


class ClientFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows. Days are whole days in the provider's time zone; both ends are included.

    `name` are beginnings of words of the name, the contact person or the login; all must match. `email` is the
    beginning of the address. `custom` is about fields that the provider defines, as
    `field_filter.asked_of` reads it.
    """

    code: int | None = None
    name: str = ""
    email: str = ""
    project: int | None = None
    group: int | None = None
    kind: Literal["individual", "company"] | None = None
    country: str = ""
    language: str = ""
    status: Literal["active", "closed"] | None = None
    attitude: int | None = None
    registered_from: date | None = None
    registered_to: date | None = None
    custom: dict[str, str] = {}

    @property
    def is_empty(self) -> bool:
        """Whether it lets every client through."""
        return self == ClientFilter()


def check(chosen: ClientFilter, *, by: Actor) -> None:
    """Raise `NotInEdition` for a gated filter, `PermissionMissing` for one by what is not for `by` to see,
    `Invalid` for values that cannot be.
    """
    if chosen.project is not None:
        policies.require_feature(by, "projects")
    if chosen.group is not None:
        policies.require(by, Permission.GROUP_READ)
    checks = Checks()
    if chosen.group is not None and by.groups is not None and chosen.group not in by.groups:
        checks.error("group", _("This is not one of the choices."))
    for field in ("code", "project", "group", "attitude"):
        number = getattr(chosen, field)
        if number is not None and not 0 < number < 2**63:
            checks.error(field, _("This is not one of the choices."))
    checks.text("name", chosen.name, longest=200, required=False)
    checks.text("email", chosen.email, longest=200, required=False)
    if chosen.country:
        checks.country("country", chosen.country)
    if chosen.language:
        checks.language("language", chosen.language)
    _check_days(checks, chosen)
    checks.done()


def _check_days(checks: Checks, chosen: ClientFilter) -> None:
    first, last = chosen.registered_from, chosen.registered_to
    for field, day in (("registered_from", first), ("registered_to", last)):
        if day and not 1900 <= day.year <= 9000:
            checks.error(field, _("This is not a date."))
    if first and last and first > last:
        checks.error("registered_to", _("This is before the first day."))
