"""Moving services to another version of their plan's price list: what each pays now and then, and doing it.

A service is moved from its next period on, never in the middle of one: a change is planned for it as for any other
(`service_changes`), and can be taken back until then. Discounts are considered anew; what a service had goes on as
long as it lasts.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from asyncpg import Record

from core import clock, db, policies, tasks
from core.actor import Actor
from core.billing import (
    accounts,
    billing_notices,
    change_quotes,
    change_terms,
    quotes,
    service_changes,
    service_list,
    services,
)
from core.billing.change_quotes import Policy
from core.billing.service_list import ServiceFilter
from core.catalog import discount_book, price_lists, price_sheets
from core.catalog.discount_book import Book
from core.catalog.list_price import Sheet
from core.catalog.tax_rules import Tax
from core.errors import Conflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from core.task_kinds import Result
from core.tasks import Chunk, Task

KIND = "services.move"
AT_ONCE = 25
MOST_LOOKED_AT = 2_000
"""So many services are reckoned for the preview; of more it tells what the first ones come to."""
UNTAXED = Tax(rate=0, category="O", reason="outside", country="")


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """What a service pays for a period by the list, less discounts: `now`, and `then` by the new list.

    `why_not` says why it stays as it is, "" when it moves; `then` is None where it stays.
    """

    service: Record
    now: int
    then: int | None
    why_not: str = ""


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """The services of one currency and length that would move, and what they pay for a period, now and then."""

    currency: str
    billing: str
    period_count: int
    period_unit: str
    services: int
    now: int
    then: int


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What moving would do: of `total` services the first ones, their sums, and whether there are more."""

    price_list: Record
    total: int
    moves: Sequence[Move]
    sums: Sequence[Sum]

    @property
    def is_cut(self) -> bool:
        """Whether not all were reckoned."""
        return len(self.moves) < self.total


async def preview(list_id: int, *, by: Actor) -> Preview:
    """Look, and change nothing. `Conflict` for a list that is not in force."""
    price_list = await _list(list_id, by=by)
    found = await _held(price_list, by=by, size=MOST_LOOKED_AT)
    moves = await _reckoned(found, list_id, by=by)
    return Preview(price_list=price_list, total=await _count(price_list, by=by), moves=moves, sums=_sums(moves))


async def start(list_id: int, *, by: Actor) -> int:
    """Begin to move all that `by` sees; returns the id of the task. `Conflict` when there is nothing to move."""
    price_list = await _list(list_id, by=by)
    total = await _count(price_list, by=by)
    if not total:
        raise Conflict(_("All services have this price list already."))
    title = _("Move services to %(list)s") % {"list": await price_lists.title(price_list)}
    return await tasks.start(KIND, title, total=total, payload={"list_id": list_id}, by=by)


@tasks.kind(KIND, N_("Move services to a price list"))
async def step(task: Task, by: Actor) -> Chunk:
    """Some of the services, behind what was done before."""
    list_id = int(task.payload["list_id"])
    price_list = await _list(list_id, by=by)
    sheets = await price_sheets.of_list(list_id)
    after = int(task.position.get("after", 0))
    found = await _held(price_list, by=by, size=AT_ONCE, after=after)
    await accounts.lock_with_clients(found, is_for_verbs=True)
    results = [await _move(row, sheets, by=by) for row in found]
    moved = [row["id"] for row, result in zip(found, results, strict=True) if result.outcome == "done"]
    await billing_notices.prices(moved, by=by)
    return Chunk(
        results=results,
        position={"after": found[-1]["id"] if found else after},
        is_last=len(found) < AT_ONCE,
    )


async def _move(service: Record, sheets: Sequence[Sheet], *, by: Actor) -> Result:
    told: dict[str, Any] = {"id": service["client_id"], "code": service["client_code"]}
    told["name"] = f"{service['client_name']} · {services.title(service)}"
    try:
        async with db.savepoint():
            await service_changes.move(service["id"], _sheet(service, sheets), by=by)
    except Invalid as refusal:
        return Result(outcome="skipped", reason=next(iter(refusal.errors.values())), **told)
    except Conflict as conflict:
        return Result(outcome="skipped", reason=conflict.message, **told)
    return Result(**told)


async def _list(list_id: int, *, by: Actor) -> Record:
    policies.require(by, Permission.SERVICE_UPDATE)
    price_list = await price_lists.find(list_id, by=by)
    if price_list["standing"] != "in_force":
        raise Conflict(_("Only to the price list in force can services be moved."))
    return price_list


async def _held(price_list: Mapping[str, Any], *, by: Actor, size: int, after: int = 0) -> list[Record]:
    """The services of the plan that have another list, by their ids."""
    bound = _bound(price_list, by=by)
    bound.add(f"s.id > {after:d}")
    sql = f"{services.WITH_NAMES} WHERE {bound.sql} ORDER BY s.id LIMIT {size:d}"
    return await db.fetch(sql, *bound.arguments)


async def _count(price_list: Mapping[str, Any], *, by: Actor) -> int:
    bound = _bound(price_list, by=by)
    tables = f"services s JOIN service_dues d ON d.id = s.id {service_list.JOINED}"
    return int(await db.value(f"SELECT count(*) FROM {tables} WHERE {bound.sql}", *bound.arguments))


def _bound(price_list: Mapping[str, Any], *, by: Actor) -> Any:
    bound = service_list.conditions(ServiceFilter(plan=price_list["plan_id"]), by=by)
    bound.add("s.state IN ('active', 'suspended') AND s.billing <> 'once'")
    bound.add(f"s.price_id NOT IN (SELECT id FROM prices WHERE price_list_id = {price_list['id']:d})")
    return bound


def _sheet(service: Mapping[str, Any], sheets: Sequence[Sheet]) -> Sheet:
    """The price of a list that is paid in the same way; `Conflict` when it has none."""
    mine = (service["billing"], service["period_count"], service["period_unit"], service["currency"])
    for sheet in sheets:
        if sheet.length and (sheet.billing, sheet.length.count, sheet.length.unit, sheet.currency) == mine:
            return sheet
    raise Conflict(_("The price list has no price that is paid in this way."))


async def _reckoned(found: Sequence[Record], list_id: int, *, by: Actor) -> list[Move]:
    sheets = await price_sheets.of_list(list_id)
    day = clock.today(by.tenant.timezone)
    clients = sorted({row["client_id"] for row in found})
    subjects = [f"service-{row['id']}" for row in found]
    book = await discount_book.of(clients, subjects, day=day, tenant=by.tenant)
    return [_one(row, sheets, book, day) for row in found]


def _one(service: Record, sheets: Sequence[Sheet], book: Book, day: date) -> Move:
    now = service["full_units"] - service["discount_units"]
    try:
        sheet = _sheet(service, sheets)
        if stays := service_changes.why_not(service) or change_terms.why_not_kept(service, sheet):
            return Move(service=service, now=now, then=None, why_not=stays)
        then = _then(service, sheet, book, day)
    except Invalid as refusal:
        return Move(service=service, now=now, then=None, why_not=next(iter(refusal.errors.values())))
    except Conflict as conflict:
        return Move(service=service, now=now, then=None, why_not=conflict.message)
    return Move(service=service, now=now, then=then)


def _then(service: Mapping[str, Any], sheet: Sheet, book: Book, day: date) -> int:
    reach = book.reach(service["client_id"], f"service-{service['id']}")
    price = quotes.pricer(
        sheet,
        UNTAXED,
        includes_tax=False,
        client=quotes.Client(id=service["client_id"], group_ids=reach.group_ids, codes=reach.codes),
        product_id=service["product_id"],
        discounts=reach.discounts,
    )
    chosen = {int(key): wanted for key, wanted in service["addons"].items()}
    held = change_terms.held(service, reach.begun)
    made = change_quotes.reckon(sheet, chosen, held, Policy(), price, day, "renewal")
    return made.recurring.listed - made.recurring.lowered


def _sums(moves: Sequence[Move]) -> list[Sum]:
    found: dict[tuple[Any, ...], list[Move]] = {}
    for move in moves:
        if move.then is not None:
            names = ("currency", "billing", "period_count", "period_unit")
            found.setdefault(tuple(move.service[name] for name in names), []).append(move)
    return [
        Sum(
            currency=key[0],
            billing=key[1],
            period_count=key[2],
            period_unit=key[3],
            services=len(listed),
            now=sum(move.now for move in listed),
            then=sum(move.then or 0 for move in listed),
        )
        for key, listed in sorted(found.items())
    ]
