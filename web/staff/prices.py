"""The prices of a draft: adding one, changing its amounts, taking it out."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import i18n, money, places
from core.catalog import price_lists, prices, terms
from core.catalog.prices import NewPrice, PriceChanges
from core.errors import EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits
from web.staff import price_lists as lists

AMOUNTS = ("units", "setup_units")


@get("/price-lists/{list_id:int}/prices/new", **requires(Permission.PRODUCT_UPDATE))
async def new(request: AnyRequest, by: By, list_id: FromPath[int]) -> Response[str]:
    """The empty form, in the currency of the list's other prices."""
    price_list = await price_lists.get(list_id, by=by)
    lists.require_draft(price_list)
    usual = {
        "billing": "period",
        "period_count": 1,
        "period_unit": "month",
        "currency": await prices.usual_currency(list_id),
        "version": price_list["version"],
    }
    return _form(request, Form(usual), price_list)


@post("/price-lists/{list_id:int}/prices", status_code=200, **requires(Permission.PRODUCT_UPDATE))
async def create(request: AnyRequest, by: By, list_id: FromPath[int]) -> Response[Any]:
    """Add a price."""
    price_list = await price_lists.get(list_id, by=by)
    form = await forms.read(request)
    try:
        wanted = amounts_read(form, form.get("currency")).into(NewPrice, ignore=edits.VERSION)
        await prices.create(list_id, wanted, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), price_list, status=422)
    except EditConflict as refusal:
        both = edits.conflict(form, refusal.current, {})
        return _form(request, form, price_list, conflict=both, status=409)
    return redirect(request, lists.here(list_id), toast=_("The price was added."))


@get("/price-lists/{list_id:int}/prices/{price_id:int}/edit", **requires(Permission.PRODUCT_UPDATE))
async def edit(request: AnyRequest, by: By, list_id: FromPath[int], price_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    price_list = await price_lists.get(list_id, by=by)
    lists.require_draft(price_list)
    price = await prices.get(list_id, price_id, by=by)
    return _form(request, Form(written(price, price_list["version"])), price_list, price=price)


@post("/price-lists/{list_id:int}/prices/{price_id:int}", status_code=200, **requires(Permission.PRODUCT_UPDATE))
async def update(request: AnyRequest, by: By, list_id: FromPath[int], price_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    price_list = await price_lists.get(list_id, by=by)
    price = await prices.get(list_id, price_id, by=by)
    saved = written(price, price_list["version"])
    form = edits.settled(await forms.read(request), saved)
    try:
        changes = amounts_read(form, price["currency"]).into(PriceChanges, ignore=edits.VERSION)
        await prices.update(list_id, price_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), price_list, price=price, status=422)
    except EditConflict:
        both = edits.conflict(form, saved, {"units": _("Price"), "setup_units": _("Set-up fee")})
        return _form(request, form, price_list, price=price, conflict=both, status=409)
    return redirect(request, lists.here(list_id), toast=_("The price was saved."))


@get("/price-lists/{list_id:int}/prices/{price_id:int}/remove", **requires(Permission.PRODUCT_UPDATE))
async def confirm(request: AnyRequest, by: By, list_id: FromPath[int], price_id: FromPath[int]) -> Response[str]:
    """Ask."""
    price_list = await price_lists.get(list_id, by=by)
    lists.require_draft(price_list)
    price = await prices.get(list_id, price_id, by=by)
    return page(
        request,
        "staff/confirm.html",
        title=_("Take the price “%(name)s” out of the draft?") % {"name": _name(price)},
        text=_("What addons cost with it goes too. Published lists stay as they are."),
        refused="",
        action=f"{lists.here(list_id)}/prices/{price_id}/remove",
        ok=_("Take it out"),
        back=lists.here(list_id),
        crumbs=lists.crumbs(price_list),
    )


@post("/price-lists/{list_id:int}/prices/{price_id:int}/remove", **requires(Permission.PRODUCT_UPDATE))
async def remove(request: AnyRequest, by: By, list_id: FromPath[int], price_id: FromPath[int]) -> Response[None]:
    """Take a price out."""
    price_list = await price_lists.get(list_id, by=by)
    await prices.delete(list_id, price_id, version=price_list["version"], by=by)
    return redirect(request, lists.here(list_id), toast=_("The price was taken out."))


def written(price: Mapping[str, Any], version: int) -> dict[str, Any]:
    """The amounts of a price as people write them, and the version of its list."""
    return {name: money.written(price[name], price["currency"]) for name in AMOUNTS} | {"version": version}


def amounts_read(form: Form, currency: str) -> Form:
    """The form with its amounts in minor units; `Invalid` for what is none. A price has to be said, also 0."""
    values, errors = dict(form.values), {}
    for name in AMOUNTS:
        if name not in values:
            continue
        if name == "units" and not form.get(name).strip():
            errors[name] = _("Please fill this in. 0 is free.")
            continue
        try:
            values[name] = money.parse(form.get(name), currency.strip().upper())
        except money.BadAmount as error:
            errors[name] = str(error)
    if errors:
        raise Invalid(errors)
    return Form(values)


def _name(price: Mapping[str, Any]) -> str:
    words = terms.label(price["billing"], price["period_count"], price["period_unit"])
    return f"{price['currency']}, {words}"


def _form(
    request: AnyRequest,
    form: Form,
    price_list: Any,
    *,
    price: Any = None,
    conflict: Any = None,
    status: int = 200,
) -> Response[str]:
    hints = {
        "period": _("31 January, 28 February, 31 March: the day is kept."),
        "calendar": _("Who orders in the middle of a month pays for the rest of it first."),
        "daily": _("Each day for itself."),
        "once": _("Nothing follows."),
    }
    return page(
        request,
        "staff/prices/form.html",
        status=status,
        price_list=price_list,
        crumbs=lists.crumbs(price_list),
        here=lists.here(price_list["id"]),
        price=price,
        price_name=_name(price) if price else "",
        form=form,
        conflict=conflict,
        billings=[(key, _(terms.BILLINGS[key]), hint) for key, hint in hints.items()],
        units=[("day", _("Days")), ("month", _("Months")), ("year", _("Years"))],
        currencies=[(code, f"{code} · {name}") for code, name in places.currencies(i18n.current()).items()],
    )


ROUTES = [new, create, edit, update, confirm, remove]
