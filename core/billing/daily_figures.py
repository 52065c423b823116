"""The figures of each day, reckoned once a night for every project and currency, and read by the dashboard.

They say how things stood at the beginning of the day: what recurs, and what was open by age. What became of the
recurring revenue is what differs from the night before, service by service: new, more (a bigger plan, a discount
that ended, a suspended one that goes on), less, lost. What happened before the first night is not known.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal

import msgspec
from piccolo.columns import BigInt, Date, Text

from core import clock, db, nights, task_runs
from core.accounts import access
from core.actor import Actor, system
from core.billing import receivables, recurring

MOVES = ("new", "expansion", "contraction", "churn")


class MonthlyValue(db.Owned, tablename="monthly_values"):
    """What a service, whose id is the row's, brought in a month when it was last looked at."""

    units = BigInt()


class DailyFigure(db.Owned, tablename="daily_figures"):
    """One figure of one day: `number` things that come to `units`."""

    day = Date()
    project_id = BigInt()
    currency = Text()
    name = Text()
    units = BigInt()
    number = BigInt()


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure over all projects that somebody sees."""

    day: date
    currency: str
    name: str
    units: int
    number: int


async def nightly(now: datetime) -> None:
    """Reckon the day's figures, once after the provider's midnight. Called hourly in its scope."""
    by = system(await task_runs.provider())
    day = clock.day(now, by.tenant.timezone)
    if await nights.is_first("daily_figures", now, by.tenant.timezone):
        await reckon(day)


async def reckon(day: date) -> None:
    """Write the figures of a day. On the first one nothing is new: it was there before."""
    has_some = await db.value("SELECT EXISTS (SELECT FROM daily_figures)")
    await db.execute(RECKON_RECURRING, day, has_some)
    await db.execute(RECKON_OPEN, day)


async def course(step: Literal["month", "week"], *, since: date, by: Actor) -> list[Figure]:
    """The recurring revenue and its moves since a day, by month or week: revenue as its last day had it."""
    return await _read(COURSE, since, step, by=by)


async def moves(*, since: date, by: Actor) -> list[Figure]:
    """What became of the recurring revenue since a day, added up by currency."""
    return await _read(SUMS_SINCE, since, by=by)


async def of_last_night(names: Sequence[str], *, by: Actor) -> list[Figure]:
    """These figures of the last day that has any."""
    return await _read(LAST, list(names), by=by)


async def last_day() -> date | None:
    """The last day whose figures are kept."""
    found: date | None = await db.value("SELECT max(day) FROM daily_figures")
    return found


async def kept_since() -> date | None:
    """The first day whose figures are kept."""
    found: date | None = await db.value("SELECT min(day) FROM daily_figures")
    return found


def is_for(by: Actor) -> bool:
    """Whether such figures can be shown: they are kept by project, not by group."""
    return by.groups is None


async def _read(sql: str, *arguments: object, by: Actor) -> list[Figure]:
    limits = "true" if by.projects is None else f"project_id IN ({access.listed(by.projects)})"
    found = await db.fetch(sql.format(limits=limits, moves=_listed(MOVES)), *arguments)
    return [msgspec.convert(dict(row), Figure) for row in found]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


RECKON_RECURRING = f"""
    WITH seen AS MATERIALIZED (
        SELECT s.id, a.project_id, s.currency, s.state, v.units AS before,
               CASE WHEN s.state = 'active' THEN {recurring.monthly("$1")} ELSE 0 END AS units
          FROM services s JOIN service_dues d ON d.id = s.id JOIN client_projects a ON a.id = s.account_id
          LEFT JOIN monthly_values v ON v.id = s.id
         WHERE s.period_unit <> '' AND (s.state IN ('active', 'suspended') OR v.id IS NOT NULL)),
    kept AS (
        INSERT INTO monthly_values (id, units)
        SELECT id, units FROM seen WHERE state <> 'ended' AND before IS DISTINCT FROM units
        ON CONFLICT (tenant_id, id) DO UPDATE SET units = EXCLUDED.units),
    gone AS (DELETE FROM monthly_values v USING seen WHERE seen.id = v.id AND seen.state = 'ended'),
    told AS (
        SELECT project_id, currency, 'recurring' AS name, units, 1 AS one FROM seen WHERE state = 'active'
        UNION ALL
        SELECT id, currency, 'recurring', 0, 0 FROM projects
        UNION ALL
        SELECT project_id, currency,
               CASE WHEN before IS NULL THEN 'new' WHEN state = 'ended' THEN 'churn'
                    WHEN units > before THEN 'expansion' ELSE 'contraction' END,
               abs(units - coalesce(before, 0)), 1
          FROM seen WHERE $2 AND units <> coalesce(before, 0))
    INSERT INTO daily_figures (day, project_id, currency, name, units, number)
    SELECT $1, project_id, currency, name, sum(units), sum(one) FROM told GROUP BY project_id, currency, name
"""
RECKON_OPEN = f"""
    INSERT INTO daily_figures (day, project_id, currency, name, units, number)
    SELECT $1, project_id, currency, {receivables.aged("$1")}, sum(units), count(*)
      FROM (SELECT a.project_id, e.currency, e.gross_units - e.covered_units AS units, {receivables.DUE} AS due
              FROM expenses e JOIN client_projects a ON a.id = e.account_id WHERE {receivables.OPEN}) listed
     GROUP BY 2, 3, 4
"""
LAST = """
    SELECT day, currency, name, sum(units)::bigint AS units, sum(number)::bigint AS number FROM daily_figures
     WHERE day = (SELECT max(day) FROM daily_figures) AND name = ANY($1::text[]) AND {limits}
     GROUP BY day, currency, name ORDER BY currency, name
"""
SUMS_SINCE = """
    SELECT max(day) AS day, currency, name, sum(units)::bigint AS units, sum(number)::bigint AS number
      FROM daily_figures WHERE day > $1 AND name IN ({moves}) AND {limits} GROUP BY currency, name
"""
COURSE = """
    WITH ends AS (SELECT max(day) AS day FROM (SELECT DISTINCT day FROM daily_figures WHERE day >= $1) d
                   GROUP BY date_trunc($2, day))
    SELECT day, currency, name, sum(units)::bigint AS units, sum(number)::bigint AS number FROM (
        SELECT day, currency, name, units, number FROM daily_figures
         WHERE day IN (SELECT day FROM ends) AND name = 'recurring' AND {limits}
        UNION ALL
        SELECT e.day, f.currency, f.name, f.units, f.number FROM daily_figures f
          JOIN ends e ON date_trunc($2, e.day) = date_trunc($2, f.day)
         WHERE f.day >= $1 AND f.name IN ({moves}) AND {limits}) listed
     GROUP BY day, currency, name ORDER BY day, currency, name
"""


def by_name(found: Sequence[Figure], currency: str) -> Mapping[str, Figure]:
    """The figures of one currency by their names."""
    return {one.name: one for one in found if one.currency == currency}
