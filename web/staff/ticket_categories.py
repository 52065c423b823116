"""Categories of tickets: the list, adding, editing, moving and removing one."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.accounts import projects
from core.actor import Actor
from core.billing import dunning_checks
from core.catalog import product_types
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from core.support import departments, ticket_categories
from core.support.ticket_categories import PRICED, CategoryValues, Priced
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits
from web.staff.moves import Move

HERE = "/staff/ticket-categories"
MANAGE = requires(Permission.TICKET_MANAGE)


class CategoryForm(msgspec.Struct, frozen=True, kw_only=True):
    """A category as it is written: its prices as text, such as `40 EUR, 45 USD`."""

    name_en: str
    name_fr: str
    department_id: int
    project_id: int | None = None
    is_on: bool = False
    is_shown: bool = False
    priced_per: Priced = ""
    prices: str = ""
    types: tuple[int, ...] = ()


@get("/ticket-categories", **MANAGE)
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The categories in the provider's order."""
    found = await ticket_categories.every(by=by)
    return page(
        request,
        "staff/ticket_categories/index.html",
        categories=[
            (row, ticket_categories.name(row), dunning_checks.amounts_written(row["prices"])) for row in found
        ],
        priced={key: _(label) for key, label in PRICED.items()},
    )


@get("/ticket-categories/new", **MANAGE)
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form."""
    return await _form(request, Form({"is_on": "1", "is_shown": "1"}), by=by)


@post("/ticket-categories", status_code=200, **MANAGE)
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Add one at the end."""
    form = edits.listed(await forms.read(request), "types")
    try:
        await ticket_categories.create(_read(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), by=by, status=422)
    except Conflict as conflict:
        return await _form(request, Form(form.values, {"": conflict.message}), by=by, status=409)
    return redirect(request, HERE, toast=_("The category was added."))


@get("/ticket-categories/{category_id:int}/edit", **MANAGE)
async def edit(request: AnyRequest, by: By, category_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    kept = await ticket_categories.get(category_id, by=by)
    return await _form(request, Form(_written(kept)), kept=kept, by=by)


@post("/ticket-categories/{category_id:int}", status_code=200, **MANAGE)
async def update(request: AnyRequest, by: By, category_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    kept = await ticket_categories.get(category_id, by=by)
    form = edits.listed(edits.settled(await forms.read(request), _written(kept)), "types")
    try:
        await ticket_categories.update(category_id, _read(form), version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), kept=kept, by=by, status=422)
    except EditConflict:
        labels = {"name_en": _("Name in English"), "name_fr": _("Name in French"), "prices": _("Prices")}
        both = edits.conflict(form, _written(kept), labels)
        return await _form(request, form, kept=kept, conflict=both, by=by, status=409)
    return redirect(request, HERE, toast=_("The category was saved."))


@post("/ticket-categories/{category_id:int}/move", **MANAGE)
async def move(request: AnyRequest, by: By, category_id: FromPath[int]) -> Response[None]:
    """One place up or down."""
    wanted = (await forms.read(request)).into(Move)
    await ticket_categories.move(category_id, steps=wanted.one, by=by)
    return redirect(request, f"{HERE}#category-{category_id}")


@get("/ticket-categories/{category_id:int}/delete", **MANAGE)
async def confirm(request: AnyRequest, by: By, category_id: FromPath[int]) -> Response[str]:
    """Ask, or say why it stays."""
    return await _confirm(request, category_id, by=by)


@post("/ticket-categories/{category_id:int}/delete", status_code=200, **MANAGE)
async def delete(request: AnyRequest, by: By, category_id: FromPath[int]) -> Response[Any]:
    """Remove it."""
    try:
        await ticket_categories.delete(category_id, by=by)
    except Conflict:
        return await _confirm(request, category_id, by=by, status=409)
    return redirect(request, HERE, toast=_("The category was removed."))


async def _confirm(request: AnyRequest, category_id: int, *, by: Actor, status: int = 200) -> Response[str]:
    kept = await ticket_categories.get(category_id, by=by)
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Remove the category “%(name)s”?") % {"name": ticket_categories.name(kept)},
        text=_("No ticket is in it."),
        refused=await ticket_categories.why_it_stays(category_id),
        action=f"{HERE}/{category_id}/delete",
        ok=_("Remove the category"),
        back=HERE,
        crumbs=[(_("Categories"), HERE)],
    )


async def _form(
    request: AnyRequest, form: Form, *, kept: Any = None, conflict: Any = None, by: Actor, status: int = 200
) -> Response[str]:
    brands = await projects.names(by=by) if policies.allows(by, Permission.PROJECT_READ) else {}
    types = await product_types.every(by=by) if policies.allows(by, Permission.PRODUCT_READ) else []
    return page(
        request,
        "staff/ticket_categories/form.html",
        status=status,
        form=form,
        kept=kept,
        conflict=conflict,
        action=f"{HERE}/{kept['id']}" if kept else HERE,
        departments=[(row["id"], row["name"]) for row in await departments.every(by=by)],
        projects=list(brands.items()),
        types=[(row["id"], row["name"]) for row in types],
        priced=[(key, _(label)) for key, label in PRICED.items() if key],
    )


def _read(form: Form) -> CategoryValues:
    """What the form says; `Invalid` beside what cannot be read."""
    sent = form.into(CategoryForm, ignore=edits.VERSION)
    try:
        prices = dunning_checks.amounts(sent.prices)
    except ValueError as error:
        raise Invalid({"prices": str(error)}) from error
    return CategoryValues(**{**msgspec.structs.asdict(sent), "prices": prices})


def _written(kept: Any) -> dict[str, Any]:
    return dict(kept) | {"prices": dunning_checks.amounts_written(kept["prices"])}


ROUTES = [index, new, create, edit, update, move, confirm, delete]
