"""Discounts: the list, one of them with its promo codes, making, editing, ending and deleting."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import clock, policies
from core.accounts import clients
from core.actor import Actor
from core.catalog import discount_list, discount_words, discounts, promo_codes
from core.catalog.discount_fields import DiscountChanges, NewDiscount
from core.catalog.discount_list import DiscountFilter
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import filtered, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By, visit_of
from web.staff import discount_forms, edits

HERE = "/staff/discounts"
LABELS = {"name": N_("Name"), "state": N_("State"), "recipient": N_("Who gets it")}


@get("/discounts", **requires(Permission.DISCOUNT_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The list: filtered and paged by the address alone, so that a link shows the same."""
    given, query = forms.query(request, ignore=filtered.PAGING), request.query_params
    listed, errors, status = discount_list.Page(rows=[]), {}, 200
    try:
        chosen = forms.fill(DiscountFilter, given)
        within, after, before = visit_of(request).focus, query.get("after", ""), query.get("before", "")
        listed = await discount_list.page(chosen, by=by, within=within, after=after, before=before)
    except Invalid as refusal:
        errors, status = refusal.errors, 422
    named = {"state": discount_words.STATES, "recipient": discount_words.RECIPIENTS}
    shown = {field: {key: _(label) for key, label in words.items()} for field, words in named.items()}
    return page(
        request,
        "staff/discounts/index.html",
        status=status,
        rows=[told(row, by=by) for row in listed.rows],
        page=filtered.paging(HERE, given, listed.previous, listed.next),
        filter=Form(given, errors),
        in_force=filtered.in_force(HERE, given, LABELS, lambda name, value: shown.get(name, {}).get(value, value)),
        cancel_href=HERE,
        export_href=filtered.link(f"{HERE}/export", given),
        choices={field: list(words.items()) for field, words in shown.items()},
    )


@get("/discounts/new", **requires(Permission.DISCOUNT_CREATE))
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form; begun for one client when its code is in the address."""
    begun = {"kind": "percent", "recipient": "all", "area": "all", "lasts": "days"}
    code = request.query_params.get("client", "")
    if code.isascii() and code.isdecimal() and len(code) < 19:
        begun |= {"recipient": "client", "client": str((await clients.get(int(code), by=by))["code"])}
    return await _form(request, Form(begun), by=by)


@post("/discounts", status_code=200, **requires(Permission.DISCOUNT_CREATE))
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Make it."""
    form = await forms.read(request)
    try:
        made = await discounts.create(NewDiscount(**discount_forms.read(form)), by=by)
    except Invalid as refusal:
        return await _form(request, discount_forms.refused(form, refusal), by=by, status=422)
    return redirect(request, f"{HERE}/{made['id']}", toast=_("The discount was added."))


@get("/discounts/{discount_id:int}", **requires(Permission.DISCOUNT_READ))
async def show(request: AnyRequest, by: By, discount_id: FromPath[int]) -> Response[str]:
    """One discount, in words, and its codes."""
    return await show_page(request, discount_id, by=by)


@get("/discounts/{discount_id:int}/edit", **requires(Permission.DISCOUNT_UPDATE))
async def edit(request: AnyRequest, by: By, discount_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    discount = await discounts.require_open(discount_id, by=by)
    return await _form(request, Form(discount_forms.written(discount)), discount=discount, by=by)


@post("/discounts/{discount_id:int}", status_code=200, **requires(Permission.DISCOUNT_UPDATE))
async def update(request: AnyRequest, by: By, discount_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    discount = await discounts.get(discount_id, by=by)
    form = edits.settled(await forms.read(request), discount_forms.written(discount))
    try:
        changes = DiscountChanges(**discount_forms.read(form))
        await discounts.update(discount_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        refused = discount_forms.refused(form, refusal)
        return await _form(request, refused, discount=discount, by=by, status=422)
    except EditConflict as conflict:
        both = edits.conflict(form, discount_forms.written(conflict.current), discount_forms.labels())
        return await _form(request, form, discount=discount, conflict=both, by=by, status=409)
    return redirect(request, f"{HERE}/{discount_id}", toast=_("The discount was saved."))


@get("/discounts/{discount_id:int}/end", **requires(Permission.DISCOUNT_UPDATE))
async def confirm_end(request: AnyRequest, by: By, discount_id: FromPath[int]) -> Response[str]:
    """Ask before it ends."""
    discount = await discounts.get(discount_id, by=by)
    title = _("End the discount “%(name)s”?") % {"name": discount["name"]}
    text = _(
        "From now on it lowers no price any more, also for services that began with it. What was priced stays."
    )
    refused = _("This discount is ended; it does not change any more.") if discount["ended_at"] else ""
    return _ask(request, discount, title, text, "end", _("End the discount"), refused)


@post("/discounts/{discount_id:int}/end", **requires(Permission.DISCOUNT_UPDATE))
async def end(request: AnyRequest, by: By, discount_id: FromPath[int]) -> Response[None]:
    """End it."""
    await discounts.end(discount_id, by=by)
    return redirect(request, f"{HERE}/{discount_id}", toast=_("The discount was ended."))


@get("/discounts/{discount_id:int}/delete", **requires(Permission.DISCOUNT_DELETE))
async def confirm(request: AnyRequest, by: By, discount_id: FromPath[int]) -> Response[str]:
    """Ask, or say why it stays."""
    discount = await discounts.get(discount_id, by=by)
    return _ask_delete(request, discount, await discounts.why_it_stays(discount_id, by=by))


@post("/discounts/{discount_id:int}/delete", status_code=200, **requires(Permission.DISCOUNT_DELETE))
async def delete(request: AnyRequest, by: By, discount_id: FromPath[int]) -> Response[Any]:
    """Delete it, back to the list."""
    discount = await discounts.get(discount_id, by=by)
    try:
        await discounts.delete(discount_id, by=by)
    except Conflict as conflict:
        return _ask_delete(request, discount, conflict.message, status=409)
    return redirect(request, HERE, toast=_("The discount was deleted."))


async def show_page(
    request: AnyRequest, discount_id: int, *, by: Actor, form: Form | None = None, status: int = 200
) -> Response[str]:
    """The page of a discount, with the form of a code that was refused."""
    discount = await discounts.get(discount_id, by=by)
    return page(
        request,
        "staff/discounts/show.html",
        status=status,
        discount=told(discount, by=by),
        codes=await promo_codes.of_discount(discount_id, by=by) if discount["needs_code"] else [],
        form=form or Form(),
        is_open=discount["ended_at"] is None,
        may_change=policies.allows(by, Permission.DISCOUNT_UPDATE) and discount["ended_at"] is None,
    )


def told(row: Any, *, by: Actor) -> dict[str, Any]:
    """A discount with its words."""
    return dict(row) | {
        "state": discount_list.state_of(row, clock.today(by.tenant.timezone)),
        "worth": discount_words.worth(row),
        "recipient_words": discount_words.recipient(row),
        "area_words": discount_words.area(row),
        "days": discount_words.days(row),
        "lasts_words": discount_words.lasts(row),
        "conditions": discount_words.conditions(row),
    }


def _ask_delete(request: AnyRequest, discount: Any, refused: str, *, status: int = 200) -> Response[str]:
    title = _("Delete the discount “%(name)s”?") % {"name": discount["name"]}
    text = _("It is removed for good, with its promo codes. No service has had it.")
    return _ask(request, discount, title, text, "delete", _("Delete the discount"), refused, status)


def _ask(
    request: AnyRequest, discount: Any, title: str, text: str, act: str, ok: str, refused: str, status: int = 200
) -> Response[str]:
    here = f"{HERE}/{discount['id']}"
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=title,
        text=text,
        refused=refused,
        action=f"{here}/{act}",
        ok=ok,
        back=here,
        crumbs=[(_("Discounts"), HERE), (discount["name"], here)],
    )


async def _form(
    request: AnyRequest, form: Form, *, by: Actor, discount: Any = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    return page(
        request,
        "staff/discounts/form.html",
        status=status,
        form=form,
        discount=discount,
        conflict=conflict,
        action=f"{HERE}/{discount['id']}" if discount else HERE,
        choices=await discount_forms.choices(by=by, period=form.get("period")),
    )


ROUTES = [index, new, create, show, edit, update, confirm_end, end, confirm, delete]
