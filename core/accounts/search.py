"""One search over everything that has a name here, a few of each kind, in a few milliseconds.

Every kind is found by an index that goes on in the order of its list, and only as far as `by` may see. What is
typed may begin with a prefix that narrows it to one kind: `c:`, `u:`, `p:`, `f:`, and on pages `s:` and `>`.
"""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

import msgspec

from core import policies
from core.accounts import access, client_list, payer_search, segments, user_list
from core.accounts.client_filter import ClientFilter
from core.accounts.user_list import UserFilter
from core.actor import Actor
from core.checks import Checks
from core.permissions import Permission

MOST = 6
LONGEST = 200
SEATS = 4
"""So many lines of the list of users are read for one person who is found."""
PREFIXES = MappingProxyType(
    {"c:": "client", "u:": "user", "p:": "payer", "f:": "segment", "s:": "setting", ">": "action"}
)
"""What a text may begin with, and the kind it is narrowed to."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was found. `code` is the client's whose it is (0 for what is no client's), `id` its own."""

    kind: str
    id: int
    code: int
    name: str
    detail: str = ""


def asked(text: str) -> tuple[str | None, str]:
    """The one kind that is asked for (None for all), and the text to look for."""
    text = text.strip()
    for prefix, kind in PREFIXES.items():
        if text.lower().startswith(prefix):
            return kind, text[len(prefix) :].strip()
    return None, text


async def find(text: str, *, by: Actor, kind: str | None = None, most: int = MOST) -> list[Found]:
    """Up to `most` of each kind, the best first; kinds that are not for `by` to see are left out.

    Raises `Invalid` under "q" for a text that is too long or cannot be one.
    """
    checks = Checks()
    text = checks.text("q", text, longest=LONGEST, required=False)
    checks.done()
    found: list[Found] = []
    for name, (permission, look) in KINDS.items():
        if text and kind in (None, name) and policies.allows(by, permission):
            found += await look(text, most, by)
    return found


async def _clients(text: str, most: int, by: Actor) -> list[Found]:
    """By the whole code, the beginning of the address, or the beginnings of words; in this order."""
    wanted = []
    if text.isascii() and text.isdecimal() and len(text) < 19 and int(text) > 0:
        wanted.append(ClientFilter(code=int(text)))
    if " " not in text and ("@" in text or "." in text):
        wanted.append(ClientFilter(email=text))
    if "@" not in text:
        wanted.append(ClientFilter(name=text))
    found: dict[int, Found] = {}
    for chosen in wanted:
        if len(found) < most:
            columns = ("code", "login", "name", "email")
            page = await client_list.page(chosen, by=by, columns=columns, size=most, with_merged=True)
            for row in await access.led_on(page.rows, by=by):
                detail = f"{row['code']} · {row['login']} · {row['email']}"
                hit = Found(kind="client", id=row["id"], code=row["code"], name=row["name"], detail=detail)
                found.setdefault(row["id"], hit)
    return list(found.values())[:most]


async def _payers(text: str, most: int, by: Actor) -> list[Found]:
    """By the beginnings of words of the name and contact person, or a whole number."""
    return [
        Found(
            kind="payer",
            id=row["id"],
            code=row["client_code"],
            name=row["name"],
            detail=f"{row['client_code']} · {row['client_name']}",
        )
        for row in await payer_search.few(text, most, by=by)
    ]


async def _users(text: str, most: int, by: Actor) -> list[Found]:
    """By the beginning of the address, or the beginnings of words; each person once."""
    page = await user_list.page(UserFilter(search=text), by=by, size=most * SEATS)
    found: dict[int, Found] = {}
    for row in page.rows:
        detail = f"{row['email']} · {row['client_name']}"
        person = Found(kind="user", id=row["person_id"], code=row["client_code"], name=row["name"], detail=detail)
        found.setdefault(row["person_id"], person)
    return list(found.values())[:most]


async def _segments(text: str, most: int, by: Actor) -> list[Found]:
    """Saved filters by a part of their names: there are few of them."""
    wanted = text.casefold()
    named = [one for one in await segments.names(by=by) if wanted in one[1].casefold()]
    return [Found(kind="segment", id=segment_id, code=0, name=name) for segment_id, name in named[:most]]


Look = Callable[[str, int, Actor], Awaitable[list[Found]]]
KINDS: Mapping[str, tuple[Permission, Look]] = MappingProxyType(
    {
        "client": (Permission.CLIENT_READ, _clients),
        "user": (Permission.USER_READ, _users),
        "payer": (Permission.PAYER_READ, _payers),
        "segment": (Permission.CLIENT_READ, _segments),
    }
)
"""What can be found: the right that it needs, and how it is looked for."""
