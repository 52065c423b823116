"""What a list of clients can be filtered by, as one struct, and its meaning in SQL.

Filters that point at many rows of another table (words of the name, members of a group) are asked first: when
they leave few clients, those are fetched and sorted; when they leave many, the list is walked in its order and
each client is asked.
"""

from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from asyncpg import Record

from core import db, places, policies
from core.accounts import access
from core.actor import Actor
from core.checks import Checks
from core.filters import LAST, Conditions
from core.i18n import _

FEW = 2000
"""Up to this many clients are fetched and sorted; above it the list is walked."""

KINDS = ("individual", "company")
STATUSES = ("active", "closed")


class ClientFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows. Days are whole days in the provider's time zone; both ends are included.

    `name` are beginnings of words of the name, the contact person or the login; all must match. `email` is the
    beginning of the address.
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

    @property
    def is_empty(self) -> bool:
        """Whether it lets every client through."""
        return self == ClientFilter()


async def conditions_of(chosen: ClientFilter, *, by: Actor) -> Conditions:
    """The filter as conditions on `clients c`, limited to what `by` may see."""
    check(chosen, by=by)
    conditions = Conditions()
    access.limit_to_visible(conditions, by=by)
    conditions.equals("c.code", chosen.code)
    conditions.equals("c.project_id", chosen.project)
    conditions.equals("c.attitude_id", chosen.attitude)
    conditions.equals("c.kind", chosen.kind, among=frozenset(KINDS))
    conditions.equals("c.status", chosen.status, among=frozenset(STATUSES))
    conditions.equals("c.country", chosen.country.upper(), among=places.COUNTRIES)
    conditions.equals("c.language", chosen.language, among=places.LANGUAGES)
    conditions.begins("c.email_folded", chosen.email.strip().lower())
    zone = ZoneInfo(by.tenant.timezone)
    if chosen.registered_from:
        conditions.add(f"c.registered_at >= {conditions.bind(_midnight(chosen.registered_from, zone))}")
    if chosen.registered_to:
        end = _midnight(chosen.registered_to + timedelta(days=1), zone)
        conditions.add(f"c.registered_at < {conditions.bind(end)}")
    if chosen.group is not None:
        await _narrow_to_group(conditions, chosen.group)
    if chosen.name.strip():
        await _narrow_to_words(conditions, chosen.name)
    return conditions


def check(chosen: ClientFilter, *, by: Actor) -> None:
    """Raise `NotInEdition` for a gated filter, `Invalid` for values that cannot be."""
    if chosen.project is not None:
        policies.require_feature(by, "projects")
    if chosen.group is not None:
        policies.require_feature(by, "groups")
    checks = Checks()
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


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


async def _narrow_to_group(conditions: Conditions, group_id: int) -> None:
    members = await db.fetch("SELECT client_id FROM group_members WHERE group_id = $1 LIMIT $2", group_id, FEW + 1)
    if len(members) <= FEW:
        conditions.add(f"c.id = ANY({conditions.bind([row[0] for row in members])}::bigint[])")
    else:
        conditions.add(
            f"EXISTS (SELECT FROM group_members m WHERE m.group_id = {group_id:d} AND m.client_id = c.id)"
        )


async def _narrow_to_words(conditions: Conditions, text: str) -> None:
    """Fetch the clients of the rarest word when it is rare; ask the other words of each client."""
    words = [row[0] for row in await db.fetch("SELECT words_of($1)", text)]
    if not words:
        conditions.add("false")
    is_narrow = False
    for word in sorted(words, key=len, reverse=True):
        if not is_narrow:
            found = await db.fetch(
                "SELECT client_id FROM client_words WHERE word >= $1 AND word < $2 LIMIT $3",
                word,
                word + LAST,
                FEW + 1,
            )
            if is_narrow := len(found) <= FEW:
                conditions.add(f"c.id = ANY({conditions.bind([row[0] for row in found])}::bigint[])")
                continue
        conditions.add(
            f"EXISTS (SELECT FROM client_words w WHERE w.client_id = c.id"
            f" AND w.word >= {conditions.bind(word)} AND w.word < {conditions.bind(word + LAST)})"
        )


async def _clients_with(word: str) -> list[Record]:
    return await db.fetch(
        "SELECT client_id FROM client_words WHERE word >= $1 AND word < $2 LIMIT $3", word, word + LAST, FEW + 1
    )
