"""Plans: one plan with its price lists, making, editing, ordering and deleting."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.actor import Actor
from core.catalog import plans, price_lists, price_sheets, products, sellers
from core.catalog.plans import NewPlan, PlanChanges
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits, price_tables, product_forms
from web.staff.moves import Move

HERE = "/staff/plans"


@get("/products/{product_id:int}/plans/new", **requires(Permission.PRODUCT_CREATE))
async def new(request: AnyRequest, by: By, product_id: FromPath[int]) -> Response[str]:
    """The empty form."""
    product = await products.get(product_id, by=by)
    return await _form(request, Form({"state": "on_sale"}), product, by=by)


@post("/products/{product_id:int}/plans", status_code=200, **requires(Permission.PRODUCT_CREATE))
async def create(request: AnyRequest, by: By, product_id: FromPath[int]) -> Response[Any]:
    """Make a plan, and go on to its first price list."""
    product = await products.get(product_id, by=by)
    form = await forms.read(request)
    try:
        made = await plans.create(product_id, form.into(NewPlan), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), product, by=by, status=422)
    draft = (await price_lists.of_plan(made["id"], by=by))[0]
    toast = _("The plan was added. Here is its first price list.")
    return redirect(request, f"/staff/price-lists/{draft['id']}", toast=toast)


@get("/plans/{plan_id:int}", **requires(Permission.PRODUCT_READ))
async def show(request: AnyRequest, by: By, plan_id: FromPath[int]) -> Response[str]:
    """One plan: what it costs now, and its price lists."""
    return await show_page(request, plan_id, by=by)


@get("/plans/{plan_id:int}/edit", **requires(Permission.PRODUCT_UPDATE))
async def edit(request: AnyRequest, by: By, plan_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    plan = await plans.get(plan_id, by=by)
    product = await products.get(plan["product_id"], by=by)
    return await _form(request, Form(dict(plan)), product, plan=plan, by=by)


@post("/plans/{plan_id:int}", status_code=200, **requires(Permission.PRODUCT_UPDATE))
async def update(request: AnyRequest, by: By, plan_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    plan = await plans.get(plan_id, by=by)
    product = await products.get(plan["product_id"], by=by)
    form = edits.settled(await forms.read(request), plan)
    try:
        changes = form.into(PlanChanges, ignore=edits.VERSION)
        await plans.update(plan_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), product, plan=plan, by=by, status=422)
    except EditConflict as refusal:
        labels = {"name": _("Name"), "description": _("Description"), "state": _("State")}
        both = edits.conflict(form, refusal.current, labels, _shown)
        return await _form(request, form, product, plan=plan, by=by, conflict=both, status=409)
    return redirect(request, f"{HERE}/{plan_id}", toast=_("The plan was saved."))


@post("/plans/{plan_id:int}/move", **requires(Permission.PRODUCT_UPDATE))
async def move(request: AnyRequest, by: By, plan_id: FromPath[int]) -> Response[None]:
    """One place up or down among those of its product."""
    wanted = (await forms.read(request)).into(Move)
    await plans.move(plan_id, steps=wanted.one, by=by)
    plan = await plans.get(plan_id, by=by)
    return redirect(request, f"/staff/products/{plan['product_id']}#plan-{plan_id}")


@get("/plans/{plan_id:int}/delete", **requires(Permission.PRODUCT_DELETE))
async def confirm(request: AnyRequest, by: By, plan_id: FromPath[int]) -> Response[str]:
    """Ask, or say why it stays."""
    plan = await plans.get(plan_id, by=by)
    return _ask(request, plan, await plans.why_it_stays(plan_id, by=by))


@post("/plans/{plan_id:int}/delete", status_code=200, **requires(Permission.PRODUCT_DELETE))
async def delete(request: AnyRequest, by: By, plan_id: FromPath[int]) -> Response[Any]:
    """Delete it, back to its product."""
    plan = await plans.get(plan_id, by=by)
    try:
        await plans.delete(plan_id, by=by)
    except Conflict as conflict:
        return _ask(request, plan, conflict.message, status=409)
    return redirect(request, f"/staff/products/{plan['product_id']}", toast=_("The plan was deleted."))


@post("/plans/{plan_id:int}/price-lists", status_code=200, **requires(Permission.PRODUCT_UPDATE))
async def begin(request: AnyRequest, by: By, plan_id: FromPath[int]) -> Response[Any]:
    """Begin the next price list as a copy of the last one, and go on to it."""
    try:
        made = await price_lists.begin(plan_id, by=by)
    except Conflict as conflict:
        return await show_page(request, plan_id, by=by, refused=conflict.message, status=409)
    toast = _("This draft is a copy of the list before it. Change what is to change.")
    return redirect(request, f"/staff/price-lists/{made['id']}", toast=toast if made["number"] > 1 else "")


async def show_page(
    request: AnyRequest, plan_id: int, *, by: Actor, refused: str = "", status: int = 200
) -> Response[str]:
    """The page of a plan, with the act that was refused."""
    plan = await plans.get(plan_id, by=by)
    lists = await price_lists.of_plan(plan_id, by=by)
    current = next((row for row in lists if row["standing"] == "in_force"), None)
    sheets = [] if current is None else await price_sheets.of_list(current["id"])
    return page(
        request,
        "staff/plans/show.html",
        status=status,
        plan=plan,
        refused=refused,
        lists=lists,
        current=current,
        table=price_tables.of_sheets(sheets),
        draft=next((row for row in lists if row["standing"] == "draft"), None),
        may_edit=sellers.may_change(by),
        may_delete=sellers.may_change(by, Permission.PRODUCT_DELETE),
    )


def _shown(field: str, value: Any) -> str:
    return products.state_name(str(value)) if field == "state" else str(value)


def _ask(request: AnyRequest, plan: Any, refused: str, *, status: int = 200) -> Response[str]:
    here = f"{HERE}/{plan['id']}"
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Delete the plan “%(name)s”?") % {"name": plan["name"]},
        text=_("It is removed for good, with the draft of its prices."),
        refused=refused,
        action=f"{here}/delete",
        ok=_("Delete the plan"),
        back=here,
        crumbs=[*crumbs(plan), (plan["name"], here)],
    )


def crumbs(plan: Any) -> list[tuple[str, str]]:
    """The way to a plan: the list, and its product."""
    return [
        (_("Products"), "/staff/products"),
        (plan["product_name"], f"/staff/products/{plan['product_id']}"),
    ]


async def _form(
    request: AnyRequest,
    form: Form,
    product: Any,
    *,
    by: Actor,
    plan: Any = None,
    conflict: Any = None,
    status: int = 200,
) -> Response[str]:
    return page(
        request,
        "staff/plans/form.html",
        status=status,
        product=product,
        plan=plan,
        form=form,
        conflict=conflict,
        states=(await product_forms.choices(by=by))["states"],
    )


ROUTES = [new, create, show, edit, update, move, confirm, delete, begin]
