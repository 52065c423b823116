"""The choices of an addon of the kind `choice`: an operating system, a place, a level of support."""

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Integer, Text

from core import db
from core.checks import Checks
from core.i18n import _

FEWEST, MOST = 2, 50


class AddonChoice(db.Owned, tablename="addon_choices"):
    """One of the choices."""

    addon_id = BigInt()
    name = Text()
    position = Integer()


class AddonChoiceValues(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A choice, by its id when it is there already."""

    name: str
    id: int | None = None


async def of(addon_ids: list[int]) -> dict[int, list[Record]]:
    """The choices of each of these addons, in their order."""
    found: dict[int, list[Record]] = {}
    for row in await db.fetch(
        "SELECT id, addon_id, name FROM addon_choices WHERE addon_id = ANY($1::bigint[]) ORDER BY position, id",
        addon_ids,
    ):
        found.setdefault(row["addon_id"], []).append(row)
    return found


async def check(
    checks: Checks,
    choices: tuple[AddonChoiceValues, ...],
    *,
    kind: str,
    known: tuple[AddonChoiceValues, ...] = (),
) -> tuple[AddonChoiceValues, ...]:
    """The choices as they are kept; notes in `checks` what is wrong, and a sold one that would go."""
    kept = tuple(AddonChoiceValues(id=one.id, name=_checked(checks, one.name)) for one in choices)
    names, ids = [one.name.lower() for one in kept], [one.id for one in kept if one.id is not None]
    if kind != "choice":
        if kept:
            checks.error("choices", _("Only an addon of the kind “choice” has choices."))
    elif not FEWEST <= len(kept) <= MOST:
        checks.error(
            "choices", _("From %(fewest)s to %(most)s choices, please.") % {"fewest": FEWEST, "most": MOST}
        )
    elif len(set(names)) < len(names) or len(set(ids)) < len(ids):
        checks.error("choices", _("Each name once, please."))
    elif not set(ids) <= {one.id for one in known}:
        checks.error("choices", _("This is not one of the choices."))
    elif sold := await _sold([one.id for one in known if one.id is not None and one.id not in ids]):
        message = _(
            "A published price list sells “%(name)s”, so it stays. Leave it without a price in the next one."
        )
        checks.error("choices", message % {"name": sold})
    return kept


async def write(addon_id: int, choices: tuple[AddonChoiceValues, ...]) -> None:
    """Write checked choices in their order: those that are left out go, with their prices in drafts."""
    stay = [one.id for one in choices if one.id is not None]
    await db.execute(
        "DELETE FROM addon_choices WHERE addon_id = $1 AND NOT id = ANY($2::bigint[])", addon_id, stay
    )
    # Names first get out of each other's way: two may have changed places.
    await db.execute("UPDATE addon_choices SET name = id || ':' || name WHERE addon_id = $1", addon_id)
    for position, one in enumerate(choices, start=1):
        if one.id is None:
            await db.execute(
                "INSERT INTO addon_choices (addon_id, name, position) VALUES ($1, $2, $3)",
                addon_id,
                one.name,
                position,
            )
        else:
            await db.execute(
                "UPDATE addon_choices SET name = $2, position = $3 WHERE id = $1", one.id, one.name, position
            )


async def _sold(choice_ids: list[int]) -> str:
    """The name of one of these that a published price list has a price for, or ""."""
    return str(
        await db.value(
            """SELECT c.name FROM addon_choices c JOIN addon_prices a ON a.choice_id = c.id
                 JOIN price_lists l ON l.id = a.price_list_id
                WHERE c.id = ANY($1::bigint[]) AND l.published_at IS NOT NULL ORDER BY c.position LIMIT 1""",
            choice_ids,
        )
        or ""
    )


def _checked(checks: Checks, name: str) -> str:
    own = Checks()
    name = own.text("choices", name, longest=100)
    if own.errors:
        checks.error("choices", own.errors["choices"])
    return name
