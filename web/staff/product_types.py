"""Types of products: one page on which the list is seen, ordered, extended and changed."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.actor import Actor
from core.catalog import product_types, sellers
from core.catalog.product_types import NewProductType, ProductTypeChanges
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits
from web.staff.moves import Move

HERE = "/staff/product-types"


@get("/product-types", **requires(Permission.PRODUCT_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The list, and the form for one more."""
    return await _page(request, by=by)


@post("/product-types", status_code=200, **requires(Permission.PRODUCT_CREATE))
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Add one at the end."""
    form = await forms.read(request)
    try:
        await product_types.create(form.into(NewProductType), by=by)
    except Invalid as refusal:
        return await _page(request, by=by, form=form.refused(refusal), status=422)
    return redirect(request, HERE, toast=_("The product type was added."))


@get("/product-types/{type_id:int}/edit", **requires(Permission.PRODUCT_UPDATE))
async def edit(request: AnyRequest, by: By, type_id: FromPath[int]) -> Response[str]:
    """The list with the form of one open."""
    found = await product_types.get(type_id, by=by)
    return await _page(request, by=by, editing=type_id, edit_form=Form(dict(found)))


@post("/product-types/{type_id:int}", status_code=200, **requires(Permission.PRODUCT_UPDATE))
async def update(request: AnyRequest, by: By, type_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    form = edits.settled(await forms.read(request), await product_types.get(type_id, by=by))
    try:
        changes = form.into(ProductTypeChanges, ignore=edits.VERSION)
        await product_types.update(type_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _page(request, by=by, editing=type_id, edit_form=form.refused(refusal), status=422)
    except EditConflict as refusal:
        both = edits.conflict(form, refusal.current, {"name": _("Name")})
        return await _page(request, by=by, editing=type_id, edit_form=form, conflict=both, status=409)
    return redirect(request, HERE, toast=_("The product type was saved."))


@post("/product-types/{type_id:int}/move", **requires(Permission.PRODUCT_UPDATE))
async def move(request: AnyRequest, by: By, type_id: FromPath[int]) -> Response[None]:
    """One place up or down."""
    wanted = (await forms.read(request)).into(Move)
    await product_types.move(type_id, steps=wanted.one, by=by)
    return redirect(request, f"{HERE}#type-{type_id}")


@get("/product-types/{type_id:int}/delete", **requires(Permission.PRODUCT_DELETE))
async def confirm(request: AnyRequest, by: By, type_id: FromPath[int]) -> Response[str]:
    """Ask, or say why it stays."""
    found = await product_types.get(type_id, by=by)
    return _ask(request, found, await product_types.why_it_stays(type_id, by=by))


@post("/product-types/{type_id:int}/delete", status_code=200, **requires(Permission.PRODUCT_DELETE))
async def delete(request: AnyRequest, by: By, type_id: FromPath[int]) -> Response[Any]:
    """Remove it."""
    found = await product_types.get(type_id, by=by)
    try:
        await product_types.delete(type_id, by=by)
    except Conflict as conflict:
        return _ask(request, found, conflict.message, status=409)
    return redirect(request, HERE, toast=_("The product type was deleted."))


def _ask(request: AnyRequest, found: Any, refused: str, *, status: int = 200) -> Response[str]:
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Delete the product type “%(name)s”?") % {"name": found["name"]},
        text=_("It is removed for good."),
        refused=refused,
        action=f"{HERE}/{found['id']}/delete",
        ok=_("Delete the product type"),
        back=HERE,
        crumbs=[(_("Products"), "/staff/products"), (_("Product types"), HERE)],
    )


async def _page(
    request: AnyRequest,
    *,
    by: Actor,
    form: Form | None = None,
    editing: int | None = None,
    edit_form: Form | None = None,
    conflict: Any = None,
    status: int = 200,
) -> Response[str]:
    return page(
        request,
        "staff/product_types/index.html",
        status=status,
        types=await product_types.every(by=by),
        form=form or Form(),
        editing=editing,
        edit_form=edit_form,
        conflict=conflict,
        may_edit=sellers.may_change(by),
        may_create=sellers.may_change(by, Permission.PRODUCT_CREATE),
        may_delete=sellers.may_change(by, Permission.PRODUCT_DELETE),
    )


ROUTES = [index, create, edit, update, move, confirm, delete]
