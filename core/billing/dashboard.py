"""The dashboard: what recurs, what was won and lost, what is owed and for how long, and what is due today.

Small providers are reckoned on the spot. Of a big one the page shows how things stood last night, and says so;
what is asked for a focus or by somebody who sees some groups only is cut at the same number of rows, and says so
too.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import msgspec

from core import clock, db, policies
from core.accounts import client_list
from core.accounts.client_filter import ClientFilter
from core.accounts.focus import Focus
from core.actor import Actor
from core.billing import daily_figures, receivables, recurring
from core.billing.daily_figures import Figure
from core.billing.receivables import Age
from core.billing.recurring import Sum
from core.permissions import Permission

DAYS, MONTHS = 30, 12
FEW_DAYS = 120
"""So long the course is shown by the week."""
MOST_COUNTED = 10_000


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """How the recurring revenue stood on the last day of a month or a week, and what became of it in that."""

    day: date
    units: int
    new: int = 0
    expansion: int = 0
    contraction: int = 0
    churn: int = 0


class Revenue(msgspec.Struct, frozen=True, kw_only=True):
    """The recurring revenue of one currency: `monthly_units` of `services` services, `yearly_units` twelve times
    that. `moved` is what became of it in the last 30 days, None where that is not known; `course` its last twelve
    months, by the month, or by the week as long as a few weeks are all that is known.
    """

    currency: str
    services: int
    monthly_units: int
    yearly_units: int
    moved: Point | None
    course: list[Point]


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """What is open in one currency, whole and by age; every age is there."""

    currency: str
    units: int
    late_units: int
    ages: list[Age]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """In the last 30 days: services ordered and ended, clients registered and left without a service. Today:
    services whose next period begins, invoices whose last day to pay it is, services that wait for money.
    None is counted beyond 10,000."""

    new_services: int
    lost_services: int
    new_clients: int
    lost_clients: int
    due_services: int
    due_invoices: int
    waiting_services: int


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of the provider's `day`; what is new or lost is so since `since`.

    `as_of` is the night whose figures stand in place of the day's, because there are too many to add up; `is_cut`
    that only the first were. `kept_since` is the first night known, None when there is none for this actor.
    """

    day: date
    since: date
    as_of: date | None
    is_cut: bool
    kept_since: date | None
    revenue: list[Revenue]
    owed: list[Owed]
    counts: Counts

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be shown yet."""
        return not (self.revenue or self.owed or self.counts.new_services or self.counts.lost_services)


async def of(*, by: Actor, within: Focus | None = None) -> Dashboard:
    """The dashboard as `by` may see it, inside a focus."""
    policies.require(by, Permission.REPORT_READ)
    policies.require(by, Permission.CLIENT_READ)
    day = clock.today(by.tenant.timezone)
    since = day - timedelta(days=DAYS)
    is_kept = within is None and daily_figures.is_for(by)
    sums, many_services = await recurring.now(by=by, within=within)
    ages, many_open = await receivables.now(by=by, within=within)
    as_of = await daily_figures.last_day() if is_kept and (many_services or many_open) else None
    if as_of is not None:
        found = await daily_figures.of_last_night(["recurring", *receivables.AGES], by=by)
        sums = _sums_of(found) if many_services else sums
        ages = _ages_of(found) if many_open else ages
    return Dashboard(
        day=day,
        since=since,
        as_of=as_of,
        is_cut=as_of is None and (many_services or many_open),
        kept_since=await daily_figures.kept_since() if is_kept else None,
        revenue=await _revenue(sums, day, since, is_kept=is_kept, by=by),
        owed=_owed(ages),
        counts=await _counts(day, since, by=by, within=within),
    )


async def _revenue(sums: Sequence[Sum], day: date, since: date, *, is_kept: bool, by: Actor) -> list[Revenue]:
    begin = (day.replace(day=1) - timedelta(days=30 * (MONTHS - 1))).replace(day=1)
    first = await daily_figures.kept_since() if is_kept else None
    is_young = first is not None and (day - first).days <= FEW_DAYS
    course = await daily_figures.course("week" if is_young else "month", since=begin, by=by) if is_kept else []
    moves = await daily_figures.moves(since=since, by=by) if is_kept else []
    now = {one.currency: one for one in sums}
    gone = sorted({one.currency for one in (*course, *moves)} - now.keys())
    every = [*sums, *(Sum(currency=currency, number=0, units=0) for currency in gone)]
    return [
        Revenue(
            currency=one.currency,
            services=one.number,
            monthly_units=one.units,
            yearly_units=12 * one.units,
            moved=_point(day, daily_figures.by_name(moves, one.currency)) if course else None,
            course=_course(one, course, day),
        )
        for one in every
    ]


def _course(now: Sum, course: Sequence[Figure], day: date) -> list[Point]:
    """What is known of a currency, and how it stands now."""
    mine = [one for one in course if one.currency == now.currency]
    ends = sorted({one.day for one in course})
    found = [_point(end, {one.name: one for one in mine if one.day == end}) for end in ends]
    if found and (day - found[-1].day).days <= 1:
        found[-1] = msgspec.structs.replace(found[-1], day=day, units=now.units)
    elif found:
        found.append(Point(day=day, units=now.units))
    return found


def _point(day: date, named: Mapping[str, Figure]) -> Point:
    known = {name: one.units for name, one in named.items()}
    return Point(
        day=day,
        units=known.get("recurring", 0),
        **{name: known.get(name, 0) for name in daily_figures.MOVES},
    )


def _owed(ages: Sequence[Age]) -> list[Owed]:
    found = {(one.currency, one.age): one for one in ages}
    owed = []
    for currency in sorted({one.currency for one in ages}):
        every = [
            found.get((currency, age), Age(currency=currency, age=age, number=0, units=0))
            for age in receivables.AGES
        ]
        units = sum(one.units for one in every)
        owed.append(Owed(currency=currency, units=units, late_units=units - every[0].units, ages=every))
    return sorted(owed, key=lambda one: -one.units)


def _sums_of(found: Sequence[Figure]) -> list[Sum]:
    named = [one for one in found if one.name == "recurring"]
    return [Sum(currency=one.currency, number=one.number, units=one.units) for one in named]


def _ages_of(found: Sequence[Figure]) -> list[Age]:
    return [
        Age(currency=one.currency, age=one.name, number=one.number, units=one.units)
        for one in found
        if one.name in receivables.AGES
    ]


COUNTED = {
    "new_services": "services s {joined} WHERE s.created_at >= {begin} AND s.state <> 'pending'",
    "lost_services": "services s {joined} WHERE s.state = 'ended' AND s.ends_on >= {since}",
    "due_services": "{dues} {joined} WHERE s.state = 'active' AND d.next_on <= {day}",
    "waiting_services": "{dues} {joined} WHERE s.state = 'active' AND d.next_on <= {day} AND d.parked <> ''",
    "due_invoices": """invoices s {joined} WHERE s.state = 'issued' AND s.kind = 'invoice' AND s.due_on = {day}
        AND EXISTS (SELECT FROM invoice_lines l JOIN expenses e ON e.id = l.expense_id
                     WHERE l.invoice_id = s.id AND l.is_live AND e.covered_units < e.gross_units)""",
}
JOINED = "JOIN client_projects a ON a.id = s.account_id JOIN clients c ON c.id = s.client_id"
LEFT_ONES = """services s {joined} WHERE s.state = 'ended' AND s.ends_on >= {since} AND NOT EXISTS (
    SELECT FROM services o WHERE o.client_id = s.client_id AND o.state IN ('active', 'suspended'))"""


async def _counts(day: date, since: date, *, by: Actor, within: Focus | None) -> Counts:
    """Each of them by an index, and no further than MOST_COUNTED."""
    bound = recurring.seen("s", by=by, within=within)
    places = {
        "joined": JOINED,
        "dues": "service_dues d JOIN services s ON s.id = d.id",
        "day": f"{bound.bind(day)}::date",
        "since": f"{bound.bind(since)}::date",
        "begin": bound.bind(clock.now() - timedelta(days=DAYS)),
    }
    counted = ", ".join(
        f"""(SELECT count(*) FROM (SELECT FROM {sql.format(**places)} AND {bound.sql} LIMIT {MOST_COUNTED:d}) n)
            AS {name}"""
        for name, sql in COUNTED.items()
    )
    found = await db.row(
        f"""SELECT {counted}, (SELECT count(DISTINCT n.client_id) FROM (
                SELECT s.client_id FROM {LEFT_ONES.format(**places)} AND {bound.sql} LIMIT {MOST_COUNTED:d}) n)
            AS lost_clients""",
        *bound.arguments,
    )
    assert found is not None
    new = ClientFilter(newer_than=DAYS)
    return Counts(new_clients=await client_list.count(new, by=by, most=MOST_COUNTED, within=within), **dict(found))
