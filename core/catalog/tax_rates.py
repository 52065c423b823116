"""Rates of tax by country: those that come with the product, and the provider's own, which stand before them.

A provider's own rate holds from a day on, for all payers or for one kind of them. Of several the one for the kind
comes first, then the one that began last. What was priced already keeps its rate.

Rates are of a class. Where none of it is known in a country, the standard one is charged.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import msgspec
from asyncpg import Record
from eu_vat_rates_data import dataset
from msgspec import UNSET, UnsetType
from piccolo.columns import Date, Integer, Text, Timestamptz

from core import audit, clock, db, places, policies
from core.accounts import rows
from core.actor import Actor
from core.catalog import tax_rules
from core.catalog.asked import PayerKind
from core.catalog.percents import WHOLE, written
from core.catalog.tax_rules import RATE_CLASSES, Rate, RateClass, Rates
from core.checks import Checks
from core.errors import Conflict, Invalid, NotFound
from core.i18n import _
from core.permissions import Permission

MOST = 1000
"""Own rates of one provider."""
KINDS = ("any", "individual", "company")
PayerKinds = Literal["any", "individual", "company"]
FIRST_DAY, LAST_DAY = date(1968, 1, 1), date(2199, 12, 31)
"""France had a VAT in 1968; nobody's rates are older that would be needed here."""


class TaxRate(db.Owned, tablename="tax_rates"):
    """A rate of the provider's own, in thousandths of a percent. `until_day` is its last day, None for no end."""

    country = Text()
    tax_class = Text()
    payer_kind = Text()
    rate = Integer()
    from_day = Date()
    until_day = Date(null=True)
    note = Text()
    created_at = Timestamptz()
    version = Integer()


class NewTaxRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rate to be kept; without a kind for every payer, without a last day for good."""

    country: str
    rate: int
    from_day: date
    tax_class: RateClass = "standard"
    payer_kind: PayerKinds = "any"
    until_day: date | None = None
    note: str = ""


class TaxRateChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    country: str | UnsetType = UNSET
    rate: int | UnsetType = UNSET
    from_day: date | UnsetType = UNSET
    tax_class: RateClass | UnsetType = UNSET
    payer_kind: PayerKinds | UnsetType = UNSET
    until_day: date | UnsetType | None = UNSET
    note: str | UnsetType = UNSET


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """What a country's consumers and companies pay on a day; the same for most. The lower rates are a consumer's,
    None where none is known."""

    country: str
    individual: Rate
    company: Rate
    reduced: Rate | None
    super_reduced: Rate | None


async def every(*, by: Actor) -> list[Record]:
    """The provider's own rates, by country and then the latest first."""
    policies.require(by, Permission.TAX_READ)
    return await db.fetch("SELECT * FROM tax_rates ORDER BY country, tax_class DESC, payer_kind, from_day DESC")


async def get(rate_id: int, *, by: Actor) -> Record:
    """One of them."""
    policies.require(by, Permission.TAX_READ)
    found = await db.row("SELECT * FROM tax_rates WHERE id = $1", rate_id) if rows.is_id(rate_id) else None
    if found is None:
        raise NotFound()
    return found


async def of_country(country: str, *, by: Actor) -> list[Record]:
    """The provider's own rates of one country, those that are over too: by class, the latest first."""
    policies.require(by, Permission.TAX_READ)
    return await db.fetch(
        "SELECT * FROM tax_rates WHERE country = $1 ORDER BY tax_class DESC, from_day DESC, payer_kind", country
    )


async def by_class(day: date) -> dict[RateClass, Rates]:
    """The rates of a day by class, each to be asked for a country and a kind of payer. Needs no permission."""
    own = await _own(day)

    def of_class(wanted: RateClass) -> Rates:
        def rate(country: str, kind: PayerKind) -> Rate | None:
            for one in dict.fromkeys((wanted, RATE_CLASSES[0])):
                found = own.get((country, one, kind)) or own.get((country, one, "any"))
                if found := found or tax_rules.shipped(country, one):
                    return found
            return None

        return rate

    return {one: of_class(one) for one in RATE_CLASSES}


async def on(day: date) -> Rates:
    """The standard rates of a day."""
    return (await by_class(day))["standard"]


async def in_force(day: date, *, by: Actor) -> list[InForce]:
    """Every country with a rate on that day, by its code."""
    policies.require(by, Permission.TAX_READ)
    asked = await by_class(day)
    own = await db.fetch("SELECT DISTINCT country FROM tax_rates")
    countries = (set(dataset["rates"]) & places.COUNTRIES) | {row["country"] for row in own}
    countries -= set(tax_rules.TERRITORIES)
    found = []
    for country in sorted(countries):
        individual, company = (asked["standard"](country, kind) for kind in ("individual", "company"))
        if individual is not None and company is not None:
            lower = {one: _of(one, asked[one](country, "individual")) for one in RATE_CLASSES[1:]}
            found.append(InForce(country=country, individual=individual, company=company, **lower))
    return found


async def create(new: NewTaxRate, *, by: Actor) -> Record:
    """Keep a rate; `Invalid` when there is one of this country, kind and day."""
    policies.require(by, Permission.TAX_MANAGE)
    values = await _checked(msgspec.structs.asdict(new))
    if await db.value("SELECT count(*) FROM tax_rates") >= MOST:
        raise Conflict(_("There is room for %(count)s rates.") % {"count": MOST})
    columns, places_ = ", ".join(values), ", ".join(f"${at}" for at in range(2, len(values) + 2))
    made = await db.row(
        f"""INSERT INTO tax_rates (created_at, {columns}) VALUES ($1, {places_})
            ON CONFLICT DO NOTHING RETURNING id""",
        clock.now(),
        *values.values(),
    )
    if made is None:
        raise _taken()
    await audit.record("tax_rate:created", "tax_rate", made["id"], by=by, name=named(values), new=_told(values))
    return await get(made["id"], by=by)


async def update(rate_id: int, changes: TaxRateChanges, *, version: int, by: Actor) -> Record:
    """Change one; `EditConflict` when somebody else did since it was read."""
    policies.require(by, Permission.TAX_MANAGE)
    row = await rows.locked("tax_rates", rate_id, version=version)
    before = {field: row[field] for field in TaxRateChanges.__struct_fields__}
    values = await _checked(before | rows.given(changes), but=rate_id)
    if await rows.save("tax_rates", row, values):
        changed = {field for field in values if values[field] != row[field]}
        old, new = ({field: value for field, value in _told(side).items() if field in changed}
                    for side in (before, values))  # fmt: skip
        await audit.record("tax_rate:updated", "tax_rate", rate_id, by=by, name=named(values), old=old, new=new)
    return await get(rate_id, by=by)


async def delete(rate_id: int, *, by: Actor) -> None:
    """Remove one: what stood behind it is in force again."""
    policies.require(by, Permission.TAX_MANAGE)
    row = await rows.locked("tax_rates", rate_id)
    await db.execute("DELETE FROM tax_rates WHERE id = $1", rate_id)
    old = _told({field: row[field] for field in TaxRateChanges.__struct_fields__})
    await audit.record("tax_rate:deleted", "tax_rate", rate_id, by=by, name=named(row), old=old)


def _of(wanted: RateClass, rate: Rate | None) -> Rate | None:
    """A rate that is of this class; None for one that only stands in."""
    return rate if rate is not None and rate.of == wanted else None


def named(rate: Mapping[str, Any]) -> str:
    """A rate in a few letters, as the audit names it: `FR 20 %`."""
    return f"{rate['country']} {written(rate['rate'])} %"


async def _own(day: date) -> dict[tuple[str, str, str], Rate]:
    found = await db.fetch(
        """SELECT DISTINCT ON (country, tax_class, payer_kind) country, tax_class, payer_kind, rate, from_day
             FROM tax_rates WHERE from_day <= $1 AND (until_day IS NULL OR until_day >= $1)
            ORDER BY country, tax_class, payer_kind, from_day DESC""",
        day,
    )
    return {
        (row["country"], row["tax_class"], row["payer_kind"]): Rate(
            rate=row["rate"], is_own=True, from_day=row["from_day"], of=row["tax_class"]
        )
        for row in found
    }


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """As the audit keeps it."""
    days = {field: values[field].isoformat() if values[field] else None for field in ("from_day", "until_day")}
    told: dict[str, Any] = dict(values) | days | {"rate": f"{written(values['rate'])} %"}
    return {field: value for field, value in told.items() if value not in (None, "")}


async def _checked(values: dict[str, Any], *, but: int = 0) -> dict[str, Any]:
    checks = Checks()
    values["country"] = checks.country("country", values["country"])
    if values["country"] in tax_rules.TERRITORIES:
        other = tax_rules.TERRITORIES[values["country"]]
        checks.error("country", _("The rates of %(country)s are in force there.") % {"country": other})
    checks.choice("payer_kind", values["payer_kind"], KINDS)
    checks.choice("tax_class", values["tax_class"], RATE_CLASSES)
    if not 0 <= values["rate"] <= WHOLE:
        checks.error("rate", _("From 0 to 100 percent, please."))
    if not FIRST_DAY <= values["from_day"] <= LAST_DAY:
        checks.error("from_day", _("This is not a date."))
    if values["until_day"] is not None and not values["from_day"] <= values["until_day"] <= LAST_DAY:
        checks.error("until_day", _("The last day cannot be before the first."))
    values["note"] = checks.text("note", values["note"], longest=200, required=False)
    checks.done()
    if await db.value(
        """SELECT EXISTS (SELECT FROM tax_rates WHERE country = $1 AND payer_kind = $2 AND from_day = $3
                          AND id <> $4 AND tax_class = $5)""",
        values["country"],
        values["payer_kind"],
        values["from_day"],
        but,
        values["tax_class"],
    ):
        raise _taken()
    return values


def _taken() -> Invalid:
    return Invalid({"from_day": _("There is a rate of this country from this day on already.")})
