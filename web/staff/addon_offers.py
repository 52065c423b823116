"""How a draft offers an addon: what is included, how many there can be, and what one costs with each price.

The prices stand in a grid: a row for each step of a quantity, or for each choice; a column for each price of the
list. Fields are called `price.<row>-<price id>`, and the first unit of a step `start.<row>`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core import money
from core.actor import Actor
from core.catalog import addon_offers, addons, price_lists, price_sheets
from core.catalog.addon_offers import AddonPriceValues, OfferValues
from core.catalog.list_price import MOST_OF_ONE, Addon, Sheet, Stepping
from core.errors import EditConflict, Invalid, NotFound
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits, price_tables
from web.staff import price_lists as lists

STEPS, SPARE = 3, 2
"""Rows for steps: so many at least, and so many more than there are."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """The form. An empty maximum is none."""

    included: int = 0
    minimum: int = 0
    maximum: int | None = None
    step: int = 1
    stepping: Stepping = "each"
    start: dict[str, str] = {}
    price: dict[str, str] = {}


@get("/price-lists/{list_id:int}/addons/{addon_id:int}", **requires(Permission.PRODUCT_UPDATE))
async def edit(request: AnyRequest, by: By, list_id: FromPath[int], addon_id: FromPath[int]) -> Response[str]:
    """The form with what the draft says now."""
    price_list, addon, sheets = await _found(list_id, addon_id, by=by)
    lists.require_draft(price_list)
    values = _written(addon, sheets) | {"version": price_list["version"]}
    return _form(request, Form(values), price_list, addon, sheets)


@post("/price-lists/{list_id:int}/addons/{addon_id:int}", status_code=200, **requires(Permission.PRODUCT_UPDATE))
async def put(request: AnyRequest, by: By, list_id: FromPath[int], addon_id: FromPath[int]) -> Response[Any]:
    """Offer it so."""
    price_list, addon, sheets = await _found(list_id, addon_id, by=by)
    form = await forms.read(request)
    try:
        wanted = _read(form, addon, sheets)
        await addon_offers.put(list_id, addon_id, wanted, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), price_list, addon, sheets, status=422)
    except EditConflict as refusal:
        both = edits.conflict(form, refusal.current, {})
        return _form(request, form, price_list, addon, sheets, conflict=both, status=409)
    return redirect(request, f"{lists.here(list_id)}#addons", toast=_("The price list offers the addon so."))


@post("/price-lists/{list_id:int}/addons/{addon_id:int}/remove", **requires(Permission.PRODUCT_UPDATE))
async def remove(request: AnyRequest, by: By, list_id: FromPath[int], addon_id: FromPath[int]) -> Response[None]:
    """Leave it out of the draft."""
    price_list = await price_lists.get(list_id, by=by)
    await addon_offers.delete(list_id, addon_id, version=price_list["version"], by=by)
    return redirect(request, f"{lists.here(list_id)}#addons", toast=_("The draft offers the addon no more."))


async def _found(list_id: int, addon_id: int, *, by: Actor) -> tuple[Any, dict[str, Any], list[Sheet]]:
    price_list = await price_lists.get(list_id, by=by)
    addon = await addons.get(addon_id, by=by)
    if addon["product_id"] != price_list["product_id"]:
        raise NotFound()
    return price_list, addon, await price_sheets.of_list(list_id)


def _read(form: Form, addon: Mapping[str, Any], sheets: list[Sheet]) -> OfferValues:
    sent = form.into(Offer, ignore=edits.VERSION)
    costs, errors = _costs(sent, addon, sheets)
    if errors:
        raise Invalid(errors)
    return OfferValues(
        included=sent.included,
        minimum=sent.minimum,
        maximum=MOST_OF_ONE if sent.maximum is None else sent.maximum,
        step=sent.step,
        stepping=sent.stepping,
        prices=tuple(costs),
    )


def _costs(
    sent: Offer, addon: Mapping[str, Any], sheets: list[Sheet]
) -> tuple[list[AddonPriceValues], dict[str, str]]:
    """What was filled in of the grid; an empty field is no price."""
    costs: list[AddonPriceValues] = []
    errors: dict[str, str] = {}
    of = {str(sheet.price_id): sheet for sheet in sheets}
    is_choice = addon["kind"] == "choice"
    for key, text in sent.price.items():
        row, _dash, price_id = key.partition("-")
        if not text.strip() or price_id not in of:
            continue
        start = 1 if is_choice else _start(row, sent.start.get(row, ""))
        try:
            units = money.parse(text, of[price_id].currency)
        except money.BadAmount as error:
            errors[f"price.{key}"] = str(error)
            continue
        if start is None:
            errors[f"start.{row}"] = _("Please enter a whole number.")
            continue
        choice_id = int(row) if is_choice and row.isascii() and row.isdecimal() and len(row) < 19 else None
        costs.append(
            AddonPriceValues(price_id=int(price_id), units=units, choice_id=choice_id, from_quantity=start)
        )
    return costs, errors


def _start(row: str, text: str) -> int | None:
    if row == "1":
        return 1
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _written(addon: Mapping[str, Any], sheets: list[Sheet]) -> dict[str, Any]:
    """How the draft offers it, as the form has it."""
    offers = _offers(addon, sheets)
    first = offers[0] if offers else Addon(id=0, name="", kind=addon["kind"])
    values: dict[str, Any] = {name: getattr(first, name) for name in ("included", "minimum", "step", "stepping")}
    values["maximum"] = "" if first.maximum == MOST_OF_ONE else first.maximum
    starts = _starts(offers)
    values |= {f"start.{row}": start for row, start in enumerate(starts, start=1)}
    for sheet in sheets:
        for one in (found for found in sheet.addons if found.id == addon["id"]):
            marks = [(choice.id, choice.units) for choice in one.choices]
            marks += [(starts.index(tier.start) + 1, tier.units) for tier in one.tiers]
            for row, units in marks:
                values[f"price.{row}-{sheet.price_id}"] = money.written(units, sheet.currency)
    return values


def _offers(addon: Mapping[str, Any], sheets: list[Sheet]) -> list[Addon]:
    return [one for sheet in sheets for one in sheet.addons if one.id == addon["id"]]


def _starts(offers: list[Addon]) -> list[int]:
    """Where its steps begin, with any price; the first unit in any case."""
    return sorted({1} | {tier.start for one in offers for tier in one.tiers})


def _rows(form: Form, addon: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The rows of the grid: the mark in the names of their fields, and what they are called."""
    if addon["kind"] == "choice":
        return [(str(choice["id"]), choice["name"]) for choice in addon["choices"]]
    if addon["kind"] == "switch":
        return [("1", addon["name"])]
    filled = [name for name in form.values if name.startswith("start.") and form.get(name).strip()]
    count = min(max(STEPS, len(filled) + SPARE), addon_offers.MOST_TIERS)
    return [(str(row), _("Step %(number)s") % {"number": row}) for row in range(1, count + 1)]


def _form(
    request: AnyRequest,
    form: Form,
    price_list: Any,
    addon: Mapping[str, Any],
    sheets: list[Sheet],
    *,
    conflict: Any = None,
    status: int = 200,
) -> Response[str]:
    return page(
        request,
        "staff/addon_offers/form.html",
        status=status,
        price_list=price_list,
        crumbs=lists.crumbs(price_list),
        here=lists.here(price_list["id"]),
        addon=addon,
        is_offered=bool(_offers(addon, sheets)),
        form=form,
        conflict=conflict,
        rows=_rows(form, addon),
        terms=[price_tables.term_of(sheet) for sheet in sheets],
        steppings=[
            ("each", _("Each at its own step"), _("The first ten cost what step 1 says, the others less.")),
            ("all", _("All at the step reached"), _("Whoever reaches a step pays its price for all of them.")),
        ],
    )


ROUTES = [edit, put, remove]
