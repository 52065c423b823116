"""Activity: the audit as people read it, page by page and in sentences. `core/audit.py` writes it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from core import db, i18n, notification_values, places, policies
from core.accounts import access, activity_seen, focus, rows
from core.accounts.activity_fields import FIELDS
from core.accounts.activity_subjects import SUBJECTS
from core.accounts.activity_values import value_name
from core.accounts.activity_words import ACTIONS
from core.accounts.focus import Focus
from core.actor import Actor
from core.checks import Checks
from core.errors import NotFound
from core.filters import Conditions, cursor_at, moment_of, read_cursor
from core.i18n import N_, _
from core.permissions import Permission

PAGE = 50
COLUMNS = """a.id, a.at, a.action, a.actor_kind, a.actor_id, a.actor_name, a.subject_kind, a.subject_id,
    a.subject_name, a.client_id, a.changes, a.address, a.request_id, a.impersonation_id"""
BUT_BY_RULE = "a.action NOT IN ('group:joined_by_rule', 'group:left_by_rule')"
"""Each client that a rule brings in or lets go has an entry, for its own page; the run has one for all to read."""
OF_FIELDS = ("fields", "internal")
"""Where the provider's own fields stand in the changes, by their labels; `internal` are those no client sees."""


class ActivityFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows. Days are whole days in the provider's time zone; both ends are included.

    `actor` is the id of a member of staff, `search` the beginning of the subject's name.
    """

    actor: int | None = None
    action: str = ""
    subject_kind: str = ""
    client: int | None = None
    day_from: date | None = None
    day_to: date | None = None
    search: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it lets everything through."""
        return self == ActivityFilter()


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Entries, the newest first, and the cursors of the pages around them ("" where there is none).

    An entry is the row with `sentence`, with `changes` as texts for people in place of what the row holds, and
    with that as `values`: {field: [old, new]}.
    """

    entries: list[dict[str, Any]]
    newer: str = ""
    older: str = ""


async def page(
    chosen: ActivityFilter, *, older_than: str = "", newer_than: str = "", by: Actor, within: Focus | None = None
) -> Page:
    """One page of what the filter lets through inside a focus; without a cursor the newest.

    Who is limited to projects or groups sees what was done about his clients, and his own doings.
    """
    _require_reader(by)
    conditions = await conditions_of(chosen, by=by)
    focus.limit(conditions, within, column="a.client_id")
    return await as_seen(await page_of(conditions, older_than, newer_than), by=by)


async def of_client(client_id: int, *, older_than: str = "", newer_than: str = "", by: Actor) -> Page:
    """What was done about one client."""
    policies.require(by, Permission.ACTIVITY_READ)
    await access.client(client_id, by=by)
    conditions = Conditions()
    conditions.equals("a.client_id", client_id)
    return await as_seen(await page_of(conditions, older_than, newer_than), by=by)


async def actors(*, by: Actor) -> dict[int, str]:
    """The staff, for the filter: id to name. Those who were removed are among them."""
    _require_reader(by)
    found = await db.fetch(
        "SELECT s.id, p.name FROM staff s JOIN people p ON p.id = s.person_id ORDER BY p.name, s.id"
    )
    return {row["id"]: row["name"] for row in found}


async def client_codes(client_ids: Sequence[int], *, by: Actor) -> dict[int, int]:
    """The codes of those clients that are still there and `by` may see: id to code."""
    if not policies.allows(by, Permission.CLIENT_READ):
        return {}
    conditions = Conditions()
    conditions.add(f"c.id = ANY({conditions.bind(list(client_ids))}::bigint[])")
    access.limit_to_visible(conditions, by=by)
    found = await db.fetch(f"SELECT c.id, c.code FROM clients c WHERE {conditions.sql}", *conditions.arguments)
    return {row["id"]: row["code"] for row in found}


def _require_reader(by: Actor) -> None:
    policies.require(by, Permission.PLATFORM_ACTIVITY if by.tenant.is_platform else Permission.ACTIVITY_READ)


EVERYTHING = ("SELECT {columns} FROM audit_entries a WHERE {where} {order}",)


async def page_of(
    conditions: Conditions, older_than: str, newer_than: str, *, sources: Sequence[str] = EVERYTHING
) -> Page:
    """What fits the conditions on `audit_entries a`. Asks for no right: its callers have, and limit what is seen.

    One row more than a page tells whether the list goes on. Both directions read the same index. Of several
    `sources` each gives a page at most, in the order of the list, and they are merged.
    """
    is_back = bool(newer_than) and not older_than
    cursor = read_cursor(newer_than if is_back else older_than, int)
    if cursor is not None:
        at, entry = conditions.bind(moment_of(cursor)), conditions.bind(cursor.id)
        conditions.add(f"(a.at, a.id) {'>' if is_back else '<'} ({at}, {entry})")
    direction = "ASC" if is_back else "DESC"
    order = f"ORDER BY a.at {direction}, a.id {direction} LIMIT {PAGE + 1}"
    parts = [source.format(columns=COLUMNS, where=conditions.sql, order=order) for source in sources]
    found = await db.fetch(
        parts[0] if len(parts) == 1 else f"SELECT a.* FROM (({') UNION ALL ('.join(parts)})) a {order}",
        *conditions.arguments,
    )
    has_more, entries = len(found) > PAGE, found[:PAGE]
    if is_back:
        entries.reverse()
    has_newer, has_older = (has_more, True) if is_back else (cursor is not None, has_more)
    return Page(
        entries=[
            dict(entry) | {"sentence": described(entry), "changes": changes_of(entry), "values": entry["changes"]}
            for entry in entries
        ],
        newer=cursor_at(entries[0]["at"], entries[0]["id"]) if entries and has_newer else "",
        older=cursor_at(entries[-1]["at"], entries[-1]["id"]) if entries and has_older else "",
    )


async def as_seen(found: Page, *, by: Actor) -> Page:
    """The page without what `by` does not see of it: see `activity_seen`."""
    entries = [
        entry | {"sentence": described(entry), "changes": changes_of(entry | {"changes": entry["values"]})}
        for entry in await activity_seen.limited(found.entries, by=by)
    ]
    return msgspec.structs.replace(found, entries=entries)


async def conditions_of(chosen: ActivityFilter, *, by: Actor) -> Conditions:
    """What the filter asks of `audit_entries a`, inside what `by` may see. `Invalid` for one that cannot be."""
    client_id, search = await _checked(chosen, by=by)
    conditions = Conditions()
    _limit_to_visible(conditions, by=by)
    conditions.equals("a.actor_id", chosen.actor)
    conditions.equals("a.action", chosen.action)
    if not chosen.action and client_id is None:
        conditions.add(BUT_BY_RULE)
    conditions.equals("a.subject_kind", chosen.subject_kind)
    conditions.equals("a.client_id", client_id)
    if search:
        conditions.begins("a.subject_folded", str(await db.value("SELECT fold($1)", search)))
        if unseen := activity_seen.unseen(by=by):
            conditions.add(f"NOT {unseen}")
    add_days(conditions, chosen.day_from, chosen.day_to, zone=ZoneInfo(by.tenant.timezone))
    return conditions


async def _checked(chosen: ActivityFilter, *, by: Actor) -> tuple[int | None, str]:
    """The id of the client that was asked for, and what to search."""
    checks = Checks()
    for field in ("actor", "client"):
        number = getattr(chosen, field)
        if number is not None and not rows.is_id(number):
            checks.error(field, _("This is not one of the choices."))
    if chosen.action:
        checks.choice("action", chosen.action, ACTIONS)
    if chosen.subject_kind:
        checks.choice("subject_kind", chosen.subject_kind, SUBJECTS)
    search = checks.text("search", chosen.search, longest=200, required=False)
    check_days(checks, chosen.day_from, chosen.day_to)
    client_id = None
    if chosen.client is not None and not checks.errors:
        try:
            client_id = (await access.client_by_code(chosen.client, by=by))["id"]
        except NotFound:
            checks.error("client", _("There is no client with this code."))
    checks.done()
    return client_id, search


def _limit_to_visible(conditions: Conditions, *, by: Actor) -> None:
    if by.projects is None and by.groups is None:
        return
    seen = Conditions()
    access.limit_to_visible(seen, by=by)
    own = f"a.client_id IS NULL AND a.actor_id = {by.staff_id or 0:d}"
    conditions.add(f"({own} OR EXISTS (SELECT FROM clients c WHERE c.id = a.client_id AND {seen.sql}))")


def check_days(checks: Checks, first: date | None, last: date | None) -> None:
    """Note under `day_from` and `day_to` what cannot be."""
    for field, day in (("day_from", first), ("day_to", last)):
        if day and not 2000 <= day.year <= 9000:
            checks.error(field, _("This is not a date."))
    if first and last and first > last:
        checks.error("day_to", _("This is before the first day."))


def add_days(conditions: Conditions, first: date | None, last: date | None, *, zone: ZoneInfo) -> None:
    """Only what happened on these days, both of them included."""
    if first:
        conditions.add(f"a.at >= {conditions.bind(_midnight(first, zone))}")
    if last:
        conditions.add(f"a.at < {conditions.bind(_midnight(last + timedelta(days=1), zone))}")


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def described(entry: Mapping[str, Any]) -> str:
    """An entry as a sentence in the reader's language."""
    values: dict[str, Any] = {"actor": entry["actor_name"], "subject": entry["subject_name"] or _("(no name)")}
    sentence = ACTIONS.get(entry["action"])
    told = _(sentence or N_("%(actor)s: %(action)s, %(subject)s")) % (values | {"action": entry["action"]})
    is_inside = entry.get("impersonation_id") is not None and not entry["action"].startswith("impersonation:")
    return _("%(sentence)s, inside the client’s account") % {"sentence": told} if is_inside else told


def changes_of(entry: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What changed, for people: the field's name, what it was before, what it is now."""
    told = []
    for field, (old, new) in entry["changes"].items():
        if field in OF_FIELDS and all(isinstance(side, dict | None) for side in (old, new)):
            was, now = old or {}, new or {}
            labels = dict.fromkeys([*was, *now])
            told += [(label, _shown("", was.get(label)), _shown("", now.get(label))) for label in labels]
        elif field != "id":
            told.append((_(FIELDS[field]) if field in FIELDS else field, _shown(field, old), _shown(field, new)))
    return told


def _shown(field: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_shown(field, item) for item in value)
    if isinstance(value, dict):
        return ", ".join(_pair(name, item) for name, item in value.items())
    return value_name(field, str(value))


def _pair(name: str, value: Any) -> str:
    """One of several values with names: an amount of a currency, or what a kind of notifications comes by."""
    if name in places.CURRENCIES and isinstance(value, int):
        return str(notification_values.said(notification_values.money(value, name), locale=i18n.current()))
    return f"{value_name('notification', name)}: {_shown('', value)}"
