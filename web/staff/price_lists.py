"""Price lists: one list with its prices and addons, its few settings, publishing it, and deleting a draft."""

from datetime import date
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core import clock
from core.actor import Actor
from core.catalog import addons, price_list_publishing, price_lists, price_sheets, sellers
from core.catalog.price_lists import PriceListChanges
from core.errors import Conflict, EditConflict, Invalid, ReadOnly
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits, plans, price_tables

HERE = "/staff/price-lists"


class Publishing(msgspec.Struct, frozen=True, kw_only=True):
    """From which day on."""

    valid_from: date


@get("/price-lists/{list_id:int}", **requires(Permission.PRODUCT_READ))
async def show(request: AnyRequest, by: By, list_id: FromPath[int]) -> Response[str]:
    """One price list; a draft with all that can be done to it."""
    return await show_page(request, list_id, by=by)


@post("/price-lists/{list_id:int}", status_code=200, **requires(Permission.PRODUCT_UPDATE))
async def update(request: AnyRequest, by: By, list_id: FromPath[int]) -> Response[Any]:
    """Save how calendar periods begin."""
    price_list = await price_lists.get(list_id, by=by)
    form = edits.settled(await forms.read(request), price_list)
    try:
        changes = form.into(PriceListChanges, ignore=edits.VERSION)
        await price_lists.update(list_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await show_page(request, list_id, form=form.refused(refusal), by=by, status=422)
    except EditConflict as refusal:
        both = edits.conflict(form, refusal.current, {"next_from": _("Next period from day")})
        return await show_page(request, list_id, form=form, conflict=both, by=by, status=409)
    return redirect(request, here(list_id), toast=_("The price list was saved."))


@get("/price-lists/{list_id:int}/publish", **requires(Permission.PRODUCT_UPDATE))
async def ask_publish(request: AnyRequest, by: By, list_id: FromPath[int]) -> Response[str]:
    """What it lacks, or what it changes, and from which day on."""
    price_list = await price_lists.get(list_id, by=by)
    first = await price_list_publishing.earliest(price_list, by=by)
    usual = first or clock.today(by.tenant.timezone)
    form = Form({"valid_from": usual.isoformat(), "version": price_list["version"]})
    return await _publish_page(request, list_id, form, by=by)


@post("/price-lists/{list_id:int}/publish", status_code=200, **requires(Permission.PRODUCT_UPDATE))
async def publish(request: AnyRequest, by: By, list_id: FromPath[int]) -> Response[Any]:
    """Put it in force; nothing of it changes any more."""
    price_list = await price_lists.get(list_id, by=by)
    form = await forms.read(request)
    try:
        wanted = form.into(Publishing, ignore=edits.VERSION)
        version = edits.version_of(form)
        await price_list_publishing.publish(list_id, wanted.valid_from, version=version, by=by)
    except Invalid as refusal:
        return await _publish_page(request, list_id, form.refused(refusal), by=by, status=422)
    except EditConflict as refusal:
        form.values["version"] = refusal.current["version"]
        changed = _("Somebody changed this price list meanwhile. This is what it says now.")
        return await _publish_page(request, list_id, form, changed=changed, by=by, status=409)
    except Conflict:
        return await _publish_page(request, list_id, form, by=by, status=409)
    return redirect(request, f"{plans.HERE}/{price_list['plan_id']}", toast=_("The price list was published."))


@get("/price-lists/{list_id:int}/delete", **requires(Permission.PRODUCT_UPDATE))
async def confirm(request: AnyRequest, by: By, list_id: FromPath[int]) -> Response[str]:
    """Ask, or say that a published list stays."""
    price_list = await price_lists.get(list_id, by=by)
    is_draft = price_list["standing"] == "draft"
    return page(
        request,
        "staff/confirm.html",
        title=_("Delete the draft of price list %(number)s?") % {"number": price_list["number"]},
        text=_("It is removed for good, with its prices. Published lists stay as they are."),
        refused="" if is_draft else _("It was published, and stays with what was sold."),
        action=f"{here(list_id)}/delete",
        ok=_("Delete the draft"),
        back=here(list_id),
        crumbs=crumbs(price_list),
    )


@post("/price-lists/{list_id:int}/delete", **requires(Permission.PRODUCT_UPDATE))
async def delete(request: AnyRequest, by: By, list_id: FromPath[int]) -> Response[None]:
    """Delete a draft, back to its plan."""
    price_list = await price_lists.get(list_id, by=by)
    await price_lists.delete(list_id, by=by)
    return redirect(request, f"{plans.HERE}/{price_list['plan_id']}", toast=_("The draft was deleted."))


async def show_page(
    request: AnyRequest,
    list_id: int,
    *,
    by: Actor,
    form: Form | None = None,
    conflict: Any = None,
    status: int = 200,
) -> Response[str]:
    """The page of a price list, with the form that was refused."""
    price_list = await price_lists.get(list_id, by=by)
    table = price_tables.of_sheets(await price_sheets.of_list(list_id))
    offered = {addon.addon_id for addon in table.addons}
    is_draft = price_list["standing"] == "draft"
    every = await addons.of_product(price_list["product_id"], by=by)
    return page(
        request,
        "staff/price_lists/show.html",
        status=status,
        price_list=price_list,
        crumbs=crumbs(price_list)[:-1],
        table=table,
        others=[addon for addon in every if addon["id"] not in offered],
        form=form or Form(dict(price_list)),
        conflict=conflict,
        lacks=await price_list_publishing.lacks(list_id, by=by) if is_draft else [],
        may_edit=is_draft and sellers.may_change(by),
    )


def here(list_id: int) -> str:
    """The address of a price list."""
    return f"{HERE}/{list_id}"


def crumbs(price_list: Any) -> list[tuple[str, str]]:
    """The way to a price list: the products, its product, its plan, itself."""
    return [
        *plans.crumbs(price_list),
        (price_list["plan_name"], f"{plans.HERE}/{price_list['plan_id']}"),
        (title(price_list), here(price_list["id"])),
    ]


def title(price_list: Any) -> str:
    """What people call it."""
    return _("Price list %(number)s") % {"number": price_list["number"]}


def require_draft(price_list: Any) -> None:
    """Nothing for a draft, else `ReadOnly`: its forms have nothing to show."""
    if price_list["standing"] != "draft":
        raise ReadOnly(_("This price list was published, so it does not change any more. Begin the next one."))


async def _publish_page(
    request: AnyRequest, list_id: int, form: Form, *, by: Actor, changed: str = "", status: int = 200
) -> Response[str]:
    price_list = await price_lists.get(list_id, by=by)
    require_draft(price_list)
    return page(
        request,
        "staff/price_lists/publish.html",
        status=status,
        price_list=price_list,
        crumbs=crumbs(price_list),
        form=form,
        changed=changed,
        lacks=await price_list_publishing.lacks(list_id, by=by),
        changes=await price_list_publishing.changes(list_id, by=by),
        last=await price_lists.before(price_list),
        first=await price_list_publishing.earliest(price_list, by=by),
    )


ROUTES = [show, update, ask_publish, publish, confirm, delete]
