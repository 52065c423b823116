"""The lists that are asked for: each filter alone, common and rare, and those that hurt together."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec

from benchmarks.signed_in import PAGE
from benchmarks.words import GROUPS, PROJECTS
from core import db
from core.accounts import client_list
from core.accounts.client_filter import ClientFilter
from core.actor import Actor
from core.filters import Cursor

USUAL = "-registered"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One list. `is_alone`: one filter at most, in the usual order. `is_served`: asked for over HTTP too."""

    name: str
    filter: ClientFilter = ClientFilter()
    sort: str = USUAL
    after: str = ""
    is_served: bool = False
    is_alone: bool = False

    @property
    def path(self) -> str:
        """The address that shows this list."""
        query = {name: str(value) for name, value in msgspec.to_builtins(self.filter).items()}
        query |= {"sort": self.sort} if self.sort != USUAL else {}
        query |= {"after": self.after} if self.after else {}
        return f"{PAGE}?{urlencode(query)}" if query else PAGE


async def cases(*, by: Actor) -> list[Case]:
    """Every case at this provider. Inside its scope."""
    ids = await _ids()
    return [
        *await _served(ids, by=by),
        *_one_filter(ids),
        *_together(ids),
        *await _deep(by=by),
    ]


async def _served(ids: dict[str, int], *, by: Actor) -> list[Case]:
    codes = await db.row("SELECT min(code) AS first, max(code) AS last FROM clients")
    assert codes is not None
    found = {
        "name_prefix": ClientFilter(name="dupo"),
        "name_prefix_common": ClientFilter(name="ma"),
        "word": ClientFilter(name="martin"),
        "word_common": ClientFilter(name="marie"),
        "code": ClientFilter(code=(codes["first"] + codes["last"]) // 2),
        "group_small": ClientFilter(group=ids[GROUPS[2][0]]),
        "group_large": ClientFilter(group=ids[GROUPS[0][0]]),
    }
    listed = [Case(name=name, filter=chosen, is_served=True, is_alone=True) for name, chosen in found.items()]
    deep = Case(name="deep_page", after=await _cursor("registered", 0.7), is_served=True, is_alone=True)
    return [Case(name="first_page", is_served=True, is_alone=True), *listed, deep]


def _one_filter(ids: dict[str, int]) -> list[Case]:
    now = datetime.now(UTC).date()
    chosen: dict[str, dict[str, Any]] = {
        "email": {"email": "martin"},
        "email_common": {"email": "ma"},
        "country_40%": {"country": "FR"},
        "country_1%": {"country": "BE"},
        "country_0.1%": {"country": "LU"},
        "country_0.01%": {"country": "MC"},
        "language_1%": {"language": "uk"},
        "kind_35%": {"kind": "company"},
        "status_8%": {"status": "closed"},
        "attitude_90%": {"attitude": ids["Normal"]},
        "attitude_5%": {"attitude": ids["VIP"]},
        "attitude_1%": {"attitude": ids["Do not serve"]},
        "project_60%": {"project": ids[PROJECTS[0][0]]},
        "project_1%": {"project": ids[PROJECTS[4][0]]},
        "group_1.7%": {"group": ids[GROUPS[1][0]]},
        "registered_one_day": {"registered_from": now - timedelta(400), "registered_to": now - timedelta(400)},
        "registered_years": {"registered_to": now - timedelta(400)},
        "nothing_found": {"name": "xyzzy"},
    }
    return [Case(name=name, filter=ClientFilter(**values), is_alone=True) for name, values in chosen.items()]


def _together(ids: dict[str, int]) -> list[Case]:
    rare: dict[str, dict[str, Any]] = {
        "country_1%": {"country": "BE"},
        "country_2%": {"country": "JP"},
        "country_5%": {"country": "CH"},
        "attitude_1%": {"attitude": ids["Do not serve"]},
        "attitude_5%": {"attitude": ids["VIP"]},
        "status_8%": {"status": "closed"},
        "group_1.7%": {"group": ids[GROUPS[1][0]]},
        "group_large": {"group": ids[GROUPS[0][0]]},
        "word_common": {"name": "marie"},
        "prefix_common": {"name": "ma"},
        "registered_years": {"registered_to": datetime.now(UTC).date() - timedelta(400)},
    }
    sorts = ("name", "email", "country", "-code")
    sorted_otherwise = [
        Case(name=f"{name} by {sort}", filter=ClientFilter(**values), sort=sort)
        for name, values in rare.items()
        for sort in sorts
    ]
    pairs = [
        ("country_1%", "attitude_5%"),
        ("country_5%", "attitude_1%"),
        ("attitude_5%", "status_8%"),
        ("group_large", "attitude_1%"),
        ("group_large", "country_1%"),
        ("group_1.7%", "prefix_common"),
        ("group_large", "prefix_common"),
        ("prefix_common", "country_1%"),
        ("word_common", "country_5%"),
        ("registered_years", "country_2%"),
    ]
    both = [Case(name=f"{one} + {other}", filter=ClientFilter(**rare[one], **rare[other])) for one, other in pairs]
    two_words = [ClientFilter(name="marie mar"), ClientFilter(name="camille sarl")]
    return [*sorted_otherwise, *both, *(Case(name=f"words {chosen.name}", filter=chosen) for chosen in two_words)]


async def _deep(*, by: Actor) -> list[Case]:
    return [
        Case(name="deep_page by name", sort="name", after=await _cursor("name", 0.7)),
        Case(
            name="deep_page country_40%", filter=ClientFilter(country="FR"), after=await _cursor("registered", 0.7)
        ),
    ]


async def _cursor(sort: str, depth: float) -> str:
    """The cursor of the row that has this share of all rows before it."""
    expression = client_list.SORTS[sort]
    how = "DESC" if sort == "registered" else "ASC"
    row = await db.row(
        f"""SELECT {expression} AS sort_key, c.id FROM clients c ORDER BY {expression} {how}, c.id {how}
            OFFSET (SELECT floor(count(*) * $1)::int FROM clients) LIMIT 1""",
        depth,
    )
    assert row is not None
    value = row["sort_key"]
    if isinstance(value, datetime):
        value = (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return str(Cursor(value, row["id"]))


async def _ids() -> dict[str, int]:
    """The ids of groups, attitudes and projects by their names, as in `benchmarks/words.py`."""
    rows = await db.fetch(
        """SELECT name, id FROM account_groups UNION ALL SELECT name, id FROM attitudes
           UNION ALL
           SELECT CASE WHEN is_default THEN '' ELSE regexp_replace(name, '^.* ', '') END, id FROM projects"""
    )
    return {row["name"]: row["id"] for row in rows}
