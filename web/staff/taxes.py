"""Taxes: the rates in force by country with where they come from, own rates, and what the provider decided."""

from datetime import date
from typing import Any

import msgspec
from eu_vat_rates_data import is_eu_member
from litestar import Response, get, post
from litestar.params import FromPath

from core import clock, figures, i18n, places, policies
from core.accounts import companies
from core.catalog import group_taxes, percents, price_words, tax_rates, tax_rules, tax_settings
from core.catalog.tax_rates import NewTaxRate, PayerKinds, TaxRateChanges
from core.catalog.tax_rules import RATE_CLASSES, RateClass
from core.catalog.tax_settings import TaxSettingChanges
from core.errors import EditConflict, Invalid, NotFound
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits

HERE = "/staff/taxes"
PAYERS = {"any": N_("Everybody"), "individual": N_("Individuals"), "company": N_("Businesses")}


class RateForm(msgspec.Struct, frozen=True, kw_only=True):
    """A rate as it is written: percents, not their thousandths."""

    country: str
    rate: str
    from_day: date
    payer_kind: PayerKinds
    tax_class: RateClass = "standard"
    until_day: date | None = None
    note: str = ""


@get("/taxes", **requires(Permission.TAX_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """What is in force today, the own rates, and what was decided."""
    today = clock.today(by.tenant.timezone)
    company = await companies.default()
    return page(
        request,
        "staff/taxes/index.html",
        decided=await tax_settings.get(by=by),
        in_force=[_row(one) for one in sorted(await tax_rates.in_force(today, by=by), key=_place_of)],
        own=await tax_rates.every(by=by),
        treatments=await group_taxes.every(by=by),
        has_groups=policies.has_feature(by.tenant, group_taxes.FEATURE),
        payers={key: _(label) for key, label in PAYERS.items()},
        classes=_classes(),
        today=today,
        shipped_on=tax_rules.SHIPPED_ON,
        home=company["country"],
        has_home_rate=(await tax_rates.on(today))(tax_rules.territory(company["country"]), "individual")
        is not None,
    )


@get("/taxes/country", **requires(Permission.TAX_READ))
async def country(request: AnyRequest, by: By) -> Response[str]:
    """The rates of one country, `?code=FR`, those that are over and those to come too."""
    code = forms.query(request).get("code", "")
    if code not in places.COUNTRIES:
        raise NotFound()
    today = clock.today(by.tenant.timezone)
    own = await tax_rates.of_country(code, by=by)
    return page(
        request,
        "staff/taxes/country.html",
        country=code,
        own=[dict(row) | {"is_over": _is_over(row, own, today)} for row in own],
        classes=_classes(),
        payers={key: _(label) for key, label in PAYERS.items()},
        today=today,
        shipped=_shipped(tax_rules.territory(code)),
        shipped_on=tax_rules.SHIPPED_ON,
    )


@get("/taxes/settings", **requires(Permission.TAX_MANAGE))
async def settings(request: AnyRequest, by: By) -> Response[str]:
    """The form with what is decided."""
    decided = msgspec.structs.asdict(await tax_settings.get(by=by))
    company = await companies.default()
    if company["country"] == "FR":
        decided["mention"] = decided["mention"] or tax_settings.FRENCH_MENTION
    return _settings(request, Form(decided))


@post("/taxes/settings", status_code=200, **requires(Permission.TAX_MANAGE))
async def decide(request: AnyRequest, by: By) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    saved = msgspec.structs.asdict(await tax_settings.get(by=by))
    form = edits.settled(await forms.read(request), saved)
    try:
        changes = form.into(TaxSettingChanges, ignore=edits.VERSION)
        await tax_settings.update(changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return _settings(request, form.refused(refusal), status=422)
    except EditConflict as conflict:
        labels = {"consumers": _("Consumers of the European Union"), "mention": _("Sentence on documents")}
        return _settings(request, form, conflict=edits.conflict(form, conflict.current, labels), status=409)
    return redirect(request, HERE, toast=_("It was saved. New prices follow it."))


@get("/taxes/rates/new", **requires(Permission.TAX_MANAGE))
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form, from today on."""
    begun = {"from_day": clock.today(by.tenant.timezone), "payer_kind": "any", "tax_class": "standard"}
    return _form(request, Form(begun | forms.query(request)))


@post("/taxes/rates", status_code=200, **requires(Permission.TAX_MANAGE))
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Keep a rate."""
    form = await forms.read(request)
    try:
        await tax_rates.create(NewTaxRate(**_read(form)), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), status=422)
    return redirect(request, HERE, toast=_("The rate was added."))


@get("/taxes/rates/{rate_id:int}/edit", **requires(Permission.TAX_MANAGE))
async def edit(request: AnyRequest, by: By, rate_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    rate = await tax_rates.get(rate_id, by=by)
    return _form(request, Form(_written(rate)), rate=rate)


@post("/taxes/rates/{rate_id:int}", status_code=200, **requires(Permission.TAX_MANAGE))
async def update(request: AnyRequest, by: By, rate_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    rate = await tax_rates.get(rate_id, by=by)
    form = edits.settled(await forms.read(request), _written(rate))
    try:
        changes = TaxRateChanges(**_read(form))
        await tax_rates.update(rate_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), rate=rate, status=422)
    except EditConflict as conflict:
        both = edits.conflict(form, _written(conflict.current), _labels())
        return _form(request, form, rate=rate, conflict=both, status=409)
    return redirect(request, HERE, toast=_("The rate was saved."))


@get("/taxes/rates/{rate_id:int}/delete", **requires(Permission.TAX_MANAGE))
async def confirm(request: AnyRequest, by: By, rate_id: FromPath[int]) -> Response[str]:
    """Ask."""
    rate = await tax_rates.get(rate_id, by=by)
    return page(
        request,
        "staff/confirm.html",
        title=_("Remove the rate “%(name)s”?") % {"name": tax_rates.named(rate)},
        text=_("What stood behind it is in force again. What was priced already keeps its rate."),
        refused="",
        action=f"{HERE}/rates/{rate_id}/delete",
        ok=_("Remove the rate"),
        back=HERE,
        crumbs=[(_("Taxes"), HERE)],
    )


@post("/taxes/rates/{rate_id:int}/delete", **requires(Permission.TAX_MANAGE))
async def delete(request: AnyRequest, by: By, rate_id: FromPath[int]) -> Response[None]:
    """Remove it."""
    await tax_rates.delete(rate_id, by=by)
    return redirect(request, HERE, toast=_("The rate was removed."))


def _place_of(one: tax_rates.InForce) -> int:
    """Where a country stands in the list of the reader's language."""
    return list(places.countries(i18n.current())).index(one.country)


def _row(one: tax_rates.InForce) -> dict[str, Any]:
    """A country of the list: what consumers and businesses pay, and which of it is the provider's own."""
    return {
        "country": one.country,
        "individual": one.individual.rate,
        "company": one.company.rate,
        "reduced": one.reduced.rate if one.reduced else None,
        "super_reduced": one.super_reduced.rate if one.super_reduced else None,
        "is_own": one.individual.is_own or one.company.is_own,
        "from_day": one.individual.from_day if one.individual.is_own else one.company.from_day,
        "is_member": is_eu_member(one.country),
    }


def _classes() -> dict[str, str]:
    return {one: price_words.tax_class(one) for one in RATE_CLASSES}


def _is_over(row: Any, own: list[Any], today: date) -> bool:
    """Whether its last day is over, or a later one of the same class and kind has begun."""
    if row["until_day"] is not None and row["until_day"] < today:
        return True
    same = (row["tax_class"], row["payer_kind"])
    return any(
        (one["tax_class"], one["payer_kind"]) == same and row["from_day"] < one["from_day"] <= today for one in own
    )


def _shipped(code: str) -> list[dict[str, Any]]:
    """The rates that come with the product, class by class; nothing where there are none at all."""
    if tax_rules.shipped(code) is None:
        return []
    found = {one: tax_rules.shipped(code, one) for one in RATE_CLASSES}
    several = tax_rules.reduced(code)
    also = ", ".join(figures.percent(rate) for rate in several) if len(several) > 1 else ""
    return [
        {
            "name": price_words.tax_class(one),
            "rate": rate.rate if rate else None,
            "also": also if one == "reduced" else "",
        }
        for one, rate in found.items()
    ]


def _read(form: Form) -> dict[str, Any]:
    """What the form says, its rate in thousandths of a percent."""
    read = msgspec.structs.asdict(form.into(RateForm, ignore=edits.VERSION))
    try:
        return read | {"rate": percents.parse(read["rate"])}
    except percents.BadPercent as error:
        raise Invalid({"rate": str(error)}) from error


def _written(rate: Any) -> dict[str, Any]:
    return dict(rate) | {"rate": percents.written(rate["rate"])}


def _labels() -> dict[str, str]:
    return {
        "country": _("Country"),
        "rate": _("Rate"),
        "tax_class": _("Class"),
        "payer_kind": _("Kind of payer"),
        "from_day": _("First day"),
        "until_day": _("Last day"),
        "note": _("Note"),
    }


def _form(
    request: AnyRequest, form: Form, *, rate: Any = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    return page(
        request,
        "staff/taxes/rate.html",
        status=status,
        form=form,
        rate=rate,
        conflict=conflict,
        country_choices=list(places.countries(i18n.current()).items()),
        class_choices=list(_classes().items()),
        payer_choices=[(key, _(label)) for key, label in PAYERS.items()],
    )


def _settings(request: AnyRequest, form: Form, *, conflict: Any = None, status: int = 200) -> Response[str]:
    return page(request, "staff/taxes/settings.html", status=status, form=form, conflict=conflict)


ROUTES = [index, country, settings, decide, new, create, edit, update, confirm, delete]
