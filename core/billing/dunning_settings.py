"""What a provider decided about dunning as a whole: its free days, how much one run may stop, whom reminders go
to, and what clients may promise to pay."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal, get_args

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import JSONB, Array, Boolean, Date, Integer, Text

from core import audit, db, policies
from core.accounts import rows
from core.actor import Actor
from core.billing import dunning_checks
from core.billing.dunning_timeline import Calendar
from core.checks import Checks
from core.errors import EditConflict
from core.i18n import _
from core.permissions import Permission

LettersTo = Literal["both", "payer", "client"]
BOUNDS: Mapping[str, tuple[int, int]] = {
    "most_stops": (0, 100_000),
    "promise_days": (1, 60),
    "promise_every": (0, 366),
    "promise_age": (0, 3660),
}
MOST_DAYS = 400
EVERY_YEAR = 2000
"""The year in which a day of every year is written; it has a 29 February."""


class DunningSetting(db.Owned, tablename="dunning_settings"):
    """The decisions of one provider; one that has none has those of `Decided`."""

    holidays = Array(base_column=Date())
    yearly = Array(base_column=Date())
    most_stops = Integer()
    promise_most = JSONB()
    promise_days = Integer()
    promise_every = Integer()
    promise_age = Integer()
    letters_to = Text()
    charges_missed = Boolean()
    version = Integer()


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What is in force. `holidays` are days of one year; `yearly` come every year, their year says nothing.

    A run stops the services of at most `most_stops` accounts; more wait until somebody confirms. `version` is 0 as
    long as nothing was decided.

    Reminders about an invoice go to `letters_to`: its payer, the client, or both. `charges_missed`: what goes on
    after it was not paid is charged for the time it was stopped.

    Clients promise up to `promise_most` (by currency) by themselves, for up to `promise_days`, again after
    `promise_every` days, once they have been clients for `promise_age` days.
    """

    holidays: tuple[date, ...] = ()
    yearly: tuple[date, ...] = ()
    most_stops: int = 50
    promise_most: Mapping[str, int] = {}
    promise_days: int = 7
    promise_every: int = 30
    promise_age: int = 30
    letters_to: LettersTo = "both"
    charges_missed: bool = False
    version: int = 0

    @property
    def calendar(self) -> Calendar:
        """The free days."""
        yearly = frozenset((day.month, day.day) for day in self.yearly)
        return Calendar(holidays=frozenset(self.holidays), yearly=yearly)


class DunningSettingChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    holidays: tuple[date, ...] | UnsetType = UNSET
    yearly: tuple[date, ...] | UnsetType = UNSET
    most_stops: int | UnsetType = UNSET
    promise_most: Mapping[str, int] | UnsetType = UNSET
    promise_days: int | UnsetType = UNSET
    promise_every: int | UnsetType = UNSET
    promise_age: int | UnsetType = UNSET
    letters_to: LettersTo | UnsetType = UNSET
    charges_missed: bool | UnsetType = UNSET


async def get(*, by: Actor) -> Decided:
    """What is in force."""
    policies.require(by, Permission.DUNNING_READ)
    return await decided()


async def decided() -> Decided:
    """The same for the run. Needs no permission."""
    found = await db.row("SELECT * FROM dunning_settings")
    return Decided() if found is None else _read(found)


async def update(changes: DunningSettingChanges, *, version: int, by: Actor) -> Decided:
    """Change them; `EditConflict` when somebody else did since they were read."""
    policies.require(by, Permission.DUNNING_MANAGE)
    row = await _locked()
    before = _read(row)
    if before.version != version:
        raise EditConflict(msgspec.structs.asdict(before))
    values = _checked(msgspec.structs.asdict(before) | rows.given(changes))
    if await rows.save("dunning_settings", row, values):
        old = {field: _told(row[field]) for field in values}
        new = {field: _told(value) for field, value in values.items()}
        await audit.record("dunning:decided", "dunning", row["id"], by=by, old=old, new=new)
    return await decided()


def days_written(days: Sequence[date], yearly: Sequence[date]) -> str:
    """Free days as people write them, one a line: `2026-12-24`, and `12-25` for every year."""
    return "\n".join([*(f"{day:%m-%d}" for day in yearly), *(day.isoformat() for day in days)])


def days_read(text: str) -> tuple[list[date], list[date]]:
    """The days of one year and those of every year from lines of text; `ValueError` that says what is wrong."""
    holidays, yearly = [], []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        try:
            if len(line) == len("12-25"):
                yearly.append(date.fromisoformat(f"{EVERY_YEAR}-{line}"))
            else:
                holidays.append(date.fromisoformat(line))
        except ValueError as error:
            raise ValueError(_("One day a line, please: 2026-12-24, or 12-25 for every year.")) from error
    return holidays, yearly


async def _locked() -> Record:
    """The row, made when it is not there yet, locked until the transaction ends."""
    await db.execute(
        "INSERT INTO dunning_settings (most_stops, version) VALUES ($1, 0) ON CONFLICT (tenant_id) DO NOTHING",
        Decided().most_stops,
    )
    found = await db.row("SELECT * FROM dunning_settings FOR UPDATE")
    assert found is not None
    return found


def _read(row: Record) -> Decided:
    kept = {field: row[field] for field in Decided.__struct_fields__}
    return Decided(**(kept | {"holidays": tuple(row["holidays"]), "yearly": tuple(row["yearly"])}))


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    checks = Checks()
    for field, (least, most) in BOUNDS.items():
        if not least <= values[field] <= most:
            checks.error(field, _("From %(least)s to %(most)s, please.") % {"least": least, "most": most})
    if len(values["holidays"]) + len(values["yearly"]) > MOST_DAYS:
        checks.error("holidays", _("At most %(count)s days, please.") % {"count": MOST_DAYS})
    if not dunning_checks.are_amounts(values["promise_most"]):
        checks.error("promise_most", _("This is not an amount that can be kept."))
    letters_to = checks.choice("letters_to", values["letters_to"], get_args(LettersTo))
    checks.done()
    return {field: values[field] for field in BOUNDS} | {
        "letters_to": letters_to,
        "charges_missed": values["charges_missed"],
        "holidays": sorted(set(values["holidays"])),
        "yearly": sorted({day.replace(year=EVERY_YEAR) for day in values["yearly"]}),
        "promise_most": dict(values["promise_most"]),
    }


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return dunning_checks.amounts_written(value)
    return [day.isoformat() for day in value] if isinstance(value, list) else value
