"""Addons of a product: making, editing, ordering and deleting. Choices stand in lines of the form."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.catalog import addons, products
from core.catalog.addon_choices import AddonChoiceValues
from core.catalog.addons import AddonChanges, NewAddon
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

HERE = "/staff/addons"
NOT_READ = frozenset({"choices", "version"})


@get("/products/{product_id:int}/addons/new", **requires(Permission.PRODUCT_CREATE))
async def new(request: AnyRequest, by: By, product_id: FromPath[int]) -> Response[str]:
    """The empty form."""
    product = await products.get(product_id, by=by)
    return _form(request, Form({"kind": "quantity"}), product["id"], product["name"])


@post("/products/{product_id:int}/addons", status_code=200, **requires(Permission.PRODUCT_CREATE))
async def create(request: AnyRequest, by: By, product_id: FromPath[int]) -> Response[Any]:
    """Make an addon."""
    product = await products.get(product_id, by=by)
    form = await forms.read(request)
    try:
        values = {name: value for name, value in form.values.items() if name not in NOT_READ}
        new_ = forms.fill(NewAddon, values)
        made = NewAddon(
            name=new_.name,
            kind=new_.kind,
            unit=new_.unit,
            description=new_.description,
            choices=tuple(AddonChoiceValues(name=name) for name in _lines(form)),
        )
        await addons.create(product_id, made, by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), product["id"], product["name"], status=422)
    toast = _("The addon was added. It is sold once a price list offers it.")
    return redirect(request, _home(product_id), toast=toast)


@get("/addons/{addon_id:int}/edit", **requires(Permission.PRODUCT_UPDATE))
async def edit(request: AnyRequest, by: By, addon_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    addon = await addons.get(addon_id, by=by)
    return _form(request, Form(_written(addon)), addon["product_id"], addon["product_name"], addon=addon)


@post("/addons/{addon_id:int}", status_code=200, **requires(Permission.PRODUCT_UPDATE))
async def update(request: AnyRequest, by: By, addon_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose.

    A line keeps the choice that had its name, else the one that stood in its place: so it can be renamed.
    """
    addon = await addons.get(addon_id, by=by)
    of = (addon["product_id"], addon["product_name"])
    form = edits.settled(await forms.read(request), _written(addon))
    try:
        changes = forms.fill(AddonChanges, {k: v for k, v in form.values.items() if k not in NOT_READ})
        if addon["kind"] == "choice" and "choices" in form.values:
            changes = AddonChanges(
                name=changes.name,
                unit=changes.unit,
                description=changes.description,
                choices=_kept(_lines(form), addon["choices"]),
            )
        await addons.update(addon_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), *of, addon=addon, status=422)
    except EditConflict as refusal:
        saved = _written(await addons.get(addon_id, by=by)) | {"version": refusal.current["version"]}
        labels = {"name": _("Name"), "unit": _("Unit"), "description": _("Description"), "choices": _("Choices")}
        asked = {name: label for name, label in labels.items() if name in form.values}
        both = edits.conflict(form, saved, asked)
        return _form(request, form, *of, addon=addon, conflict=both, status=409)
    return redirect(request, _home(addon["product_id"]), toast=_("The addon was saved."))


@post("/addons/{addon_id:int}/move", **requires(Permission.PRODUCT_UPDATE))
async def move(request: AnyRequest, by: By, addon_id: FromPath[int]) -> Response[None]:
    """One place up or down among those of its product."""
    wanted = (await forms.read(request)).into(Move)
    await addons.move(addon_id, steps=wanted.one, by=by)
    addon = await addons.get(addon_id, by=by)
    return redirect(request, _home(addon["product_id"]))


@get("/addons/{addon_id:int}/delete", **requires(Permission.PRODUCT_DELETE))
async def confirm(request: AnyRequest, by: By, addon_id: FromPath[int]) -> Response[str]:
    """Ask, or say why it stays."""
    addon = await addons.get(addon_id, by=by)
    return _ask(request, addon, await addons.why_it_stays(addon_id, by=by))


@post("/addons/{addon_id:int}/delete", status_code=200, **requires(Permission.PRODUCT_DELETE))
async def delete(request: AnyRequest, by: By, addon_id: FromPath[int]) -> Response[Any]:
    """Delete it, back to its product."""
    addon = await addons.get(addon_id, by=by)
    try:
        await addons.delete(addon_id, by=by)
    except Conflict as conflict:
        return _ask(request, addon, conflict.message, status=409)
    return redirect(request, _home(addon["product_id"]), toast=_("The addon was deleted."))


def _home(product_id: int) -> str:
    return f"/staff/products/{product_id}#addons"


def _lines(form: Form) -> list[str]:
    return [line.strip() for line in form.get("choices").splitlines() if line.strip()]


def _kept(names: list[str], known: list[Any]) -> tuple[AddonChoiceValues, ...]:
    """Each line with the id of the choice that it is."""
    by_name = {one["name"].lower(): one["id"] for one in known}
    named = {by_name[name.lower()] for name in names if name.lower() in by_name}
    kept = []
    for place, name in enumerate(names):
        choice_id = by_name.get(name.lower())
        in_place = known[place]["id"] if place < len(known) else None
        if choice_id is None and in_place not in named:
            choice_id = in_place
        kept.append(AddonChoiceValues(name=name, id=choice_id))
    return tuple(kept)


def _written(addon: Any) -> dict[str, Any]:
    return dict(addon) | {"choices": "\n".join(one["name"] for one in addon["choices"])}


def _ask(request: AnyRequest, addon: Any, refused: str, *, status: int = 200) -> Response[str]:
    back = _home(addon["product_id"])
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Delete the addon “%(name)s”?") % {"name": addon["name"]},
        text=_("It is removed for good, also from drafts of price lists."),
        refused=refused,
        action=f"{HERE}/{addon['id']}/delete",
        ok=_("Delete the addon"),
        back=back,
        crumbs=[(_("Products"), "/staff/products"), (addon["product_name"], back)],
    )


def _form(
    request: AnyRequest,
    form: Form,
    product_id: int,
    product_name: str,
    *,
    addon: Any = None,
    conflict: Any = None,
    status: int = 200,
) -> Response[str]:
    return page(
        request,
        "staff/addons/form.html",
        status=status,
        product_id=product_id,
        product_name=product_name,
        addon=addon,
        form=form,
        conflict=conflict,
        kinds=[
            ("quantity", _("Quantity"), _("So many of something: gigabytes, mailboxes.")),
            ("switch", _("Switch"), _("One has it or not: backups, a fixed address.")),
            ("choice", _("Choice"), _("One of several: a system, a place.")),
        ],
    )


ROUTES = [new, create, edit, update, move, confirm, delete]
