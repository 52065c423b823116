"""Products: the list by type, one product with its plans and addons, making, editing, ordering and deleting."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import clock, policies
from core.actor import Actor
from core.catalog import (
    addons,
    plans,
    price_lists,
    price_sheets,
    product_audience,
    product_types,
    products,
    sellers,
)
from core.catalog.products import NewProduct, ProductChanges, ProductFilter
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import filtered, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits, price_tables, product_forms
from web.staff.moves import Move

HERE = "/staff/products"
LABELS = {"name": N_("Name"), "type": N_("Type"), "state": N_("State")}


@get("/products", **requires(Permission.PRODUCT_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The products in the order of their types; the address filters them."""
    given = forms.query(request, ignore=filtered.PAGING)
    types = await product_types.every(by=by)
    found, errors, status = [], {}, 200
    try:
        found = await products.every(forms.fill(ProductFilter, given), by=by)
    except Invalid as refusal:
        errors, status = refusal.errors, 422
    named = {"type": {str(row["id"]): row["name"] for row in types}}
    named["state"] = {state: products.state_name(state) for state in products.STATES}
    return page(
        request,
        "staff/products/index.html",
        status=status,
        rows=found,
        filter=Form(given, errors),
        in_force=filtered.in_force(HERE, given, LABELS, lambda name, value: named.get(name, {}).get(value, value)),
        cancel_href=HERE,
        types=list(named["type"].items()),
        states=list(named["state"].items()),
        may_edit=sellers.may_change(by),
        may_create=sellers.may_change(by, Permission.PRODUCT_CREATE),
    )


@get("/products/new", **requires(Permission.PRODUCT_CREATE))
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form, for a product of the first type that is hidden at first and sold everywhere."""
    types = [row["id"] for row in await product_types.every(by=by)]
    usual: dict[str, Any] = {"state": "hidden", "projects": "all", "groups": "all", "trial_days": 0}
    usual |= {
        "upgrade_when": "now",
        "downgrade_when": "renewal",
        "downgrade_rest": "credit",
        "tax_class": "standard",
    }
    usual["type_id"] = types[0] if types else ""
    given = {name: value for name, value in forms.query(request).items() if name == "type_id"}
    return await _form(request, Form(usual | given), by=by)


@post("/products", status_code=200, **requires(Permission.PRODUCT_CREATE))
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Make a product, and go on to its plans."""
    form = edits.listed(await forms.read(request), "project_ids", "group_ids")
    try:
        made = await products.create(product_forms.read(form, NewProduct), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), by=by, status=422)
    return redirect(request, f"{HERE}/{made['id']}", toast=_("The product was added. Here are its plans."))


@get("/products/{product_id:int}", **requires(Permission.PRODUCT_READ))
async def show(request: AnyRequest, by: By, product_id: FromPath[int]) -> Response[str]:
    """One product: its plans with their prices, its addons, and to whom it is sold."""
    product = await products.get(product_id, by=by)
    listed = await plans.of_product(product_id, by=by)
    lists = await price_lists.in_force_of([row["id"] for row in listed], clock.today(by.tenant.timezone))
    sheets = await price_sheets.of_lists([row["id"] for row in lists.values()])
    return page(
        request,
        "staff/products/show.html",
        product=product,
        plans=[
            dict(row)
            | {"terms": [price_tables.term_of(sheet) for sheet in _sheets_of(lists.get(row["id"]), sheets)]}
            for row in listed
        ],
        addons=await addons.of_product(product_id, by=by),
        audience=await product_audience.names_of(product, by=by),
        has_projects=policies.has_feature(by.tenant, "projects"),
        has_groups=policies.has_feature(by.tenant, "groups"),
        may_edit=sellers.may_change(by),
        may_create=sellers.may_change(by, Permission.PRODUCT_CREATE),
        may_delete=sellers.may_change(by, Permission.PRODUCT_DELETE),
    )


@get("/products/{product_id:int}/edit", **requires(Permission.PRODUCT_UPDATE))
async def edit(request: AnyRequest, by: By, product_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    product = await products.get(product_id, by=by)
    return await _form(request, Form(await product_forms.written(product)), product=product, by=by)


@post("/products/{product_id:int}", status_code=200, **requires(Permission.PRODUCT_UPDATE))
async def update(request: AnyRequest, by: By, product_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    product = await products.get(product_id, by=by)
    sent = edits.listed(await forms.read(request), "project_ids", "group_ids")
    form = edits.settled(sent, await product_forms.written(product))
    try:
        changes = product_forms.read(form, ProductChanges)
        await products.update(product_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), product=product, by=by, status=422)
    except EditConflict as refusal:
        shown = product_forms.shown(await product_forms.choices(by=by))
        both = edits.conflict(form, refusal.current, product_forms.labels(), shown)
        return await _form(request, form, product=product, by=by, conflict=both, status=409)
    return redirect(request, f"{HERE}/{product_id}", toast=_("The product was saved."))


@post("/products/{product_id:int}/move", **requires(Permission.PRODUCT_UPDATE))
async def move(request: AnyRequest, by: By, product_id: FromPath[int]) -> Response[None]:
    """One place up or down among those of its type."""
    wanted = (await forms.read(request)).into(Move)
    await products.move(product_id, steps=wanted.one, by=by)
    return redirect(request, f"{HERE}#product-{product_id}")


@get("/products/{product_id:int}/delete", **requires(Permission.PRODUCT_DELETE))
async def confirm(request: AnyRequest, by: By, product_id: FromPath[int]) -> Response[str]:
    """Ask, or say why it stays."""
    product = await products.get(product_id, by=by)
    return _ask(request, product, await products.why_it_stays(product_id, by=by))


@post("/products/{product_id:int}/delete", status_code=200, **requires(Permission.PRODUCT_DELETE))
async def delete(request: AnyRequest, by: By, product_id: FromPath[int]) -> Response[Any]:
    """Delete it, back to the list."""
    product = await products.get(product_id, by=by)
    try:
        await products.delete(product_id, by=by)
    except Conflict as conflict:
        return _ask(request, product, conflict.message, status=409)
    return redirect(request, HERE, toast=_("The product was deleted."))


def _sheets_of(price_list: Any, sheets: dict[int, Any]) -> list[Any]:
    return [] if price_list is None else sheets.get(price_list["id"], [])


def _ask(request: AnyRequest, product: Any, refused: str, *, status: int = 200) -> Response[str]:
    here = f"{HERE}/{product['id']}"
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Delete the product “%(name)s”?") % {"name": product["name"]},
        text=_("It is removed for good, with its addons."),
        refused=refused,
        action=f"{here}/delete",
        ok=_("Delete the product"),
        back=here,
        crumbs=[(_("Products"), HERE), (product["name"], here)],
    )


async def _form(
    request: AnyRequest, form: Form, *, by: Actor, product: Any = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    return page(
        request,
        "staff/products/form.html",
        status=status,
        product=product,
        form=form,
        conflict=conflict,
        **await product_forms.choices(by=by),
    )


ROUTES = [index, new, create, show, edit, update, move, confirm, delete]
