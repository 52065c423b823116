"""Taxes over JSON: the rates in force on a day, own rates, what the provider decided, and what VIES answered."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from asyncpg import Record
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core import clock
from core.catalog import tax_rates, tax_settings, vat_numbers
from core.catalog.tax_rates import NewTaxRate, PayerKinds, TaxRateChanges
from core.catalog.tax_rules import Consumers, Outside, RateClass
from core.catalog.tax_settings import TaxSettingChanges
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks, part
from web.kit.visit import By

Percent = Annotated[int, Meta(description="In thousandths of a percent: 20000 is 20 %")]


class CountryRate(msgspec.Struct, kw_only=True):
    """What is in force in a country. Reduced rates are null where none is known: the standard one is charged.

    `is_own`: a standard rate of the provider's own stands before the shipped one."""

    country: str
    individual: Percent
    company: Percent
    reduced: Percent | None
    super_reduced: Percent | None
    is_own: bool


class CountryRates(msgspec.Struct, kw_only=True):
    """The rates of a day, by country."""

    day: date
    items: list[CountryRate]


class OnDay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which day; today when it is left out."""

    day: Annotated[date, Meta(description="The day, such as 2027-01-01; today without")] | None = None


class TaxRate(msgspec.Struct, kw_only=True):
    """A rate of the provider's own; `until_day` is its last day, null for no end."""

    id: int
    country: str
    tax_class: RateClass
    payer_kind: PayerKinds
    rate: Percent
    from_day: date
    until_day: date | None
    note: str
    version: int


class TaxRateList(msgspec.Struct, kw_only=True):
    """All own rates."""

    items: list[TaxRate]


class TaxRateEdit(TaxRateChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


class TaxSettings(msgspec.Struct, kw_only=True):
    """What was decided. `consumers`: at which rate those of the European Union pay. `outside`: the category
    (UNTDID 5305) of what is sold outside of it. `mention`: what documents say when the provider is not liable."""

    includes_tax: bool
    consumers: Consumers
    outside: Outside
    is_liable: bool
    mention: str
    version: int


class TaxSettingEdit(TaxSettingChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read; 0 as long as nothing was decided."""

    version: int


class VatProof(msgspec.Struct, kw_only=True):
    """What VIES answered about a number. `consultation` is its receipt."""

    number: str
    answer: Literal["valid", "invalid"]
    requester: str
    consultation: str
    day: date
    answered_at: Moment


class VatProofList(msgspec.Struct, kw_only=True):
    """The answers about the number of a payer, the latest first."""

    items: list[VatProof]


class Asking(msgspec.Struct, kw_only=True):
    """Whether VIES is asked; not where the installation asks nobody. The answer comes into the list later."""

    is_asked: bool


@get("/v1/taxes", **asks(Permission.TAX_READ, query=OnDay))
async def index(by: By, asked: NamedDependency[OnDay]) -> CountryRates:
    """List the rates in force on a day."""
    day = asked.day or clock.today(by.tenant.timezone)
    found = await tax_rates.in_force(day, by=by)
    return CountryRates(
        day=day,
        items=[
            CountryRate(
                country=one.country,
                individual=one.individual.rate,
                company=one.company.rate,
                reduced=one.reduced.rate if one.reduced else None,
                super_reduced=one.super_reduced.rate if one.super_reduced else None,
                is_own=one.individual.is_own or one.company.is_own,
            )
            for one in found
        ],
    )


@get("/v1/tax-rates", **asks(Permission.TAX_READ))
async def own(by: By) -> TaxRateList:
    """List the provider's own rates."""
    return TaxRateList(items=[_rate(row) for row in await tax_rates.every(by=by)])


@post("/v1/tax-rates", **asks(Permission.TAX_MANAGE, body=NewTaxRate))
async def create(by: By, sent: NamedDependency[NewTaxRate]) -> Response[TaxRate]:
    """Add a rate."""
    made = await tax_rates.create(sent, by=by)
    return answers.created(_rate(made), f"/tax-rates/{made['id']}")


@get("/v1/tax-rates/{rate_id:int}", **asks(Permission.TAX_READ))
async def show(by: By, rate_id: FromPath[int]) -> TaxRate:
    """Get one of them."""
    return _rate(await tax_rates.get(rate_id, by=by))


@patch("/v1/tax-rates/{rate_id:int}", **asks(Permission.TAX_MANAGE, body=TaxRateEdit))
async def update(by: By, rate_id: FromPath[int], sent: NamedDependency[TaxRateEdit]) -> TaxRate:
    """Change a rate; 409 when somebody else did since `version` was read."""
    return _rate(await tax_rates.update(rate_id, part(TaxRateChanges, sent), version=sent.version, by=by))


@delete("/v1/tax-rates/{rate_id:int}", **asks(Permission.TAX_MANAGE))
async def remove(by: By, rate_id: FromPath[int]) -> None:
    """Remove a rate: what stood behind it is in force again."""
    await tax_rates.delete(rate_id, by=by)


@get("/v1/tax-settings", **asks(Permission.TAX_READ))
async def settings(by: By) -> TaxSettings:
    """Get what was decided about taxes."""
    return _settings(await tax_settings.get(by=by))


@patch("/v1/tax-settings", **asks(Permission.TAX_MANAGE, body=TaxSettingEdit))
async def decide(by: By, sent: NamedDependency[TaxSettingEdit]) -> TaxSettings:
    """Change it; 409 when somebody else did since `version` was read."""
    return _settings(await tax_settings.update(part(TaxSettingChanges, sent), version=sent.version, by=by))


@get("/v1/payers/{payer_id:int}/vat-proofs", **asks(Permission.TAX_READ))
async def proofs(by: By, payer_id: FromPath[int]) -> VatProofList:
    """List what VIES answered about the VAT number of a payer."""
    return VatProofList(items=[answers.of(VatProof, row) for row in await vat_numbers.of_payer(payer_id, by=by)])


@post("/v1/payers/{payer_id:int}/vat-proofs", status_code=200, **asks(Permission.TAX_MANAGE, may_conflict=True))
async def ask(by: By, payer_id: FromPath[int]) -> Asking:
    """Have VIES asked about the VAT number of a payer; 409 for a number that is not of the European Union."""
    return Asking(is_asked=await vat_numbers.ask_later(payer_id, by=by))


def _rate(row: Record) -> TaxRate:
    return answers.of(TaxRate, row)


def _settings(decided: tax_settings.Decided) -> TaxSettings:
    return answers.of(TaxSettings, decided)


ROUTES = [index, own, create, show, update, remove, settings, decide, proofs, ask]
