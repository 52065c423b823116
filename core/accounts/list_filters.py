"""Saved filters of the lists besides that of clients: one's own, those for all, and which one a list opens with.

A filter is kept as it stands in the list's address. What it asks for may be gone later; the list says so then,
beside the parameter, as it does for any address.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import JSONB, BigInt, Integer, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import activity, contract_list, filter_owners, payer_list, people, rows, user_list
from core.accounts.activity import ActivityFilter
from core.accounts.contract_list import ContractFilter
from core.accounts.payer_list import PayerFilter
from core.accounts.user_list import UserFilter
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, Invalid, NotFound
from core.i18n import N_, _
from core.permissions import Permission

MOST = 100
"""So many one person may keep for one list, and so many there may be for all."""


class SavedListFilter(db.Owned, tablename="list_filters"):
    """A saved filter of a list; `staff_id` is whose it is, none when it is for all."""

    list = Text()
    name = Text()
    filter = JSONB()
    staff_id = BigInt(null=True)
    created_at = Timestamptz()
    created_by = Text()
    version = Integer()


class FilteredList(msgspec.Struct, frozen=True, kw_only=True):
    """A list whose filters can be saved: its name, what a filter of it is, what it asks of who reads it."""

    label: str
    filter: type[msgspec.Struct]
    right: Permission
    check: Callable[..., Awaitable[Any] | Any]


LISTS: dict[str, FilteredList] = {
    "activity": FilteredList(
        label=N_("Activity"), filter=ActivityFilter, right=Permission.ACTIVITY_READ, check=activity.conditions_of
    ),
    "contracts": FilteredList(
        label=N_("Contracts"),
        filter=ContractFilter,
        right=Permission.CONTRACT_READ,
        check=contract_list.conditions,
    ),
    "payers": FilteredList(
        label=N_("Payers"), filter=PayerFilter, right=Permission.PAYER_READ, check=payer_list.conditions
    ),
    "users": FilteredList(
        label=N_("Users"), filter=UserFilter, right=Permission.USER_READ, check=user_list.conditions
    ),
}
"""By their names; modules above bring theirs."""


class ListFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A saved filter as somebody sees it; `filter` by the names of the list's parameters."""

    id: int
    list: str
    name: str
    filter: dict[str, Any]
    is_shared: bool
    may_change: bool
    created_by: str
    version: int


class NewListFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A filter to be saved: one's own, or for all."""

    list: str
    name: str
    filter: dict[str, Any]
    is_shared: bool = False


class ListFilterChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    name: str | UnsetType = UNSET
    filter: dict[str, Any] | UnsetType = UNSET
    is_shared: bool | UnsetType = UNSET


READ = "SELECT * FROM list_filters WHERE (staff_id IS NULL OR staff_id = $1)"


def readable(*, by: Actor) -> list[str]:
    """The lists that `by` may read."""
    return [name for name, one in LISTS.items() if policies.allows(by, one.right)]


async def every(list_name: str, *, by: Actor) -> list[ListFilter]:
    """One's own filters of a list and those for all, by name. `NotFound` for a list that is none."""
    if list_name not in LISTS:
        raise NotFound()
    policies.require(by, LISTS[list_name].right)
    found = await db.fetch(f"{READ} AND list = $2 ORDER BY name_folded, id", by.staff_id, list_name)
    return [_seen(row, by=by) for row in found]


async def get(filter_id: int, *, by: Actor) -> ListFilter:
    """One of them; `NotFound` for another's own too."""
    row = await db.row(f"{READ} AND id = $2", by.staff_id, filter_id if rows.is_id(filter_id) else 0)
    if row is None:
        raise NotFound()
    policies.require(by, LISTS[row["list"]].right)
    return _seen(row, by=by)


async def create(new: NewListFilter, *, by: Actor) -> ListFilter:
    """Save a filter. For all: only with the right to. Raises `Invalid`, `Conflict` when there is no room."""
    checks = Checks()
    checks.choice("list", new.list, LISTS)
    checks.done()
    policies.require(by, LISTS[new.list].right)
    owner = filter_owners.owner(new.is_shared, by=by)
    name = await _free_name(checks, new.name, new.list, owner)
    wanted = await _checked(checks, new.list, new.filter, by=by)
    checks.done()
    if await _number_of(new.list, owner) >= MOST:
        raise Conflict(_("There is room for %(most)s saved filters. Delete one first.") % {"most": MOST})
    async with rows.free_name():
        filter_id = await db.value(
            """INSERT INTO list_filters (list, name, filter, staff_id, created_at, created_by)
               VALUES ($1, $2, $3, $4, $5, $6) RETURNING id""",
            new.list,
            name,
            wanted,
            owner,
            clock.now(),
            by.name,
        )
    told = {"list": new.list, "name": name, "filter": wanted, "is_shared": new.is_shared}
    await audit.record("list_filter:created", "list_filter", filter_id, by=by, name=name, new=told)
    return await get(filter_id, by=by)


async def update(filter_id: int, changes: ListFilterChanges, *, version: int, by: Actor) -> ListFilter:
    """Rename it, save another filter over it, or give it to all; `EditConflict` when it changed meanwhile."""
    before = await _to_change(filter_id, by=by)
    row = await rows.locked("list_filters", filter_id, version=version)
    is_shared = before.is_shared if isinstance(changes.is_shared, UnsetType) else changes.is_shared
    checks, values = Checks(), {"staff_id": row["staff_id"]}
    if is_shared != before.is_shared:
        values["staff_id"] = filter_owners.owner(is_shared, by=by)
    name = before.name if isinstance(changes.name, UnsetType) else changes.name
    values["name"] = await _free_name(checks, name, before.list, values["staff_id"], but=filter_id)
    if not isinstance(changes.filter, UnsetType):
        values["filter"] = await _checked(checks, before.list, changes.filter, by=by)
    checks.done()
    async with rows.free_name():
        is_changed = await rows.save("list_filters", row, values)
    if is_changed:
        told = [field for field in ("name", "filter") if field in values]
        await audit.record(
            "list_filter:updated", "list_filter", filter_id, by=by, name=values["name"],
            old={"is_shared": before.is_shared} | {field: row[field] for field in told},
            new={"is_shared": is_shared} | {field: values[field] for field in told},
        )  # fmt: skip
    return await get(filter_id, by=by)


async def delete(filter_id: int, *, by: Actor) -> ListFilter:
    """Delete it; returns what it was. A list that opened with it shows everything again."""
    gone = await _to_change(filter_id, by=by)
    await db.execute("DELETE FROM list_filters WHERE id = $1", filter_id)
    old = {"list": gone.list, "name": gone.name, "filter": gone.filter, "is_shared": gone.is_shared}
    await audit.record("list_filter:deleted", "list_filter", filter_id, by=by, name=gone.name, old=old)
    return gone


def preference(list_name: str) -> str:
    """The preference that keeps which saved filter a list opens with."""
    return f"{list_name}_filter"


async def choose_default(list_name: str, filter_id: int | None, *, by: Actor) -> None:
    """Open one's list with this filter from now on; None for the whole list."""
    if list_name not in LISTS or (filter_id is not None and (await get(filter_id, by=by)).list != list_name):
        raise NotFound()
    await people.set_preference(preference(list_name), filter_id, by=by)


async def _to_change(filter_id: int, *, by: Actor) -> ListFilter:
    found = await get(filter_id, by=by)
    if found.is_shared:
        policies.require(by, Permission.SEGMENT_SHARE)
    return found


async def _number_of(list_name: str, owner: int | None) -> int:
    sql = "SELECT count(*) FROM list_filters WHERE list = $1 AND staff_id IS NOT DISTINCT FROM $2"
    return int(await db.value(sql, list_name, owner))


async def _free_name(checks: Checks, name: str, list_name: str, owner: int | None, *, but: int = 0) -> str:
    among = f"list = '{list_name}'"  # one of LISTS
    return await filter_owners.free_name(checks, name, owner, table="list_filters", among=among, but=but)


async def _checked(checks: Checks, list_name: str, wanted: dict[str, Any], *, by: Actor) -> dict[str, Any]:
    """The filter as it is kept, without what is empty; what is wrong with it is an error under `filter`."""
    known = LISTS[list_name]
    try:
        chosen = msgspec.convert(wanted, known.filter)
        if isinstance(found := known.check(chosen, by=by), Awaitable):
            await found
    except (msgspec.ValidationError, Invalid) as error:
        told = "; ".join(error.errors.values()) if isinstance(error, Invalid) else ""
        checks.error("filter", told or _("The list cannot be filtered like this."))
        return {}
    kept: dict[str, Any] = msgspec.to_builtins(chosen)
    if not kept:
        checks.error("filter", _("Filter by something first: this would be the whole list."))
    return kept


def _seen(row: Record, *, by: Actor) -> ListFilter:
    is_shared = row["staff_id"] is None
    fields = {field: row[field] for field in ("id", "list", "name", "filter", "created_by", "version")}
    may_change = not is_shared or policies.allows(by, Permission.SEGMENT_SHARE)
    return ListFilter(**fields, is_shared=is_shared, may_change=may_change)
