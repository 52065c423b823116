"""The platform's list of providers, and its figures: one query each, whatever the number of providers."""

import msgspec
from asyncpg import Record

from core import db, policies
from core.accounts.rows import is_id
from core.actor import Actor
from core.checks import Checks
from core.i18n import _
from core.permissions import Permission
from tenants.providers import WITH_FIGURES, reach


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which providers to show: `text` is part of the name or the beginning of the code; "" is any.

    `after` is the code of the last one seen.
    """

    text: str = ""
    state: str = ""
    edition: str = ""
    reseller_id: int | None = None
    after: str = ""
    size: int = 50


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some providers by code; `after` asks for those that follow, "" when these were the last."""

    rows: list[Record]
    after: str = ""


async def every(query: Query = Query(), *, by: Actor) -> Page:  # noqa: B008 (frozen)
    """Providers with their reseller, host and counts; a reseller's own."""
    policies.require(by, Permission.PROVIDER_READ)
    text = _check(query)
    rows = await db.fetch(
        f"""{WITH_FIGURES}
            WHERE p.code > $1
              AND ($2 = '' OR strpos(fold(p.name), fold($2)) > 0 OR starts_with(p.code, lower($2)))
              AND ($3 = '' OR p.state = $3) AND ($4 = '' OR p.edition = $4)
              AND ($5::bigint IS NULL OR p.reseller_id = $5) AND ($6::bigint IS NULL OR p.reseller_id = $6)
            ORDER BY p.code LIMIT $7""",
        query.after,
        text,
        query.state,
        query.edition,
        query.reseller_id,
        reach(by),
        query.size + 1,
    )
    more = len(rows) > query.size
    return Page(rows=rows[: query.size], after=rows[query.size - 1]["code"] if more else "")


async def all_of_them(*, by: Actor) -> list[Record]:
    """The same without an end to the page, for commands."""
    rows: list[Record] = []
    after = ""
    while True:
        page = await every(Query(after=after, size=500), by=by)
        rows += page.rows
        if not (after := page.after):
            return rows


async def summary(*, by: Actor) -> Record:
    """Figures for the first page: providers, suspended ones, their clients and staff; a reseller's own."""
    policies.require(by, Permission.PROVIDER_READ)
    found = await db.row(
        """SELECT count(*) AS providers, count(*) FILTER (WHERE p.state = 'suspended') AS suspended,
                  coalesce(sum(c.number), 0)::bigint AS clients, coalesce(sum(s.number), 0)::bigint AS staff
             FROM providers p
             LEFT JOIN provider_counts c ON c.provider_id = p.id AND c.noun = 'clients'
             LEFT JOIN provider_counts s ON s.provider_id = p.id AND s.noun = 'staff'
            WHERE $1::bigint IS NULL OR p.reseller_id = $1""",
        reach(by),
    )
    assert found is not None
    return found


def _check(query: Query) -> str:
    """What to search; raises `Invalid` for what cannot be asked."""
    checks = Checks()
    text = checks.text("text", query.text, longest=200, required=False)
    checks.text("after", query.after, longest=100, required=False)
    if query.state:
        checks.choice("state", query.state, ("active", "suspended"))
    if query.edition:
        checks.text("edition", query.edition, longest=100)
    if query.reseller_id is not None and not is_id(query.reseller_id):
        checks.error("reseller_id", _("This is not one of the choices."))
    checks.done()
    return text
