"""Resellers: the list, one's page, taking one on and changing what he may give."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from tenants import provider_list, resellers
from tenants.provider_list import Query
from tenants.resellers import NewReseller, Terms
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.operator import words

PATH = "/platform/resellers"
VERSION = frozenset({"version"})


@get("/resellers", **requires(Permission.RESELLER_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The list."""
    return page(request, "operator/resellers/index.html", resellers=await resellers.every(by=by))


@get("/resellers/new", **requires(Permission.RESELLER_MANAGE))
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form."""
    return _form(request, Form())


@post("/resellers", status_code=200, **requires(Permission.RESELLER_MANAGE))
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Take on a reseller."""
    form = await forms.read(request)
    try:
        created = await resellers.create(form.into(NewReseller), by=by)
    except Invalid as refusal:
        return _form(request, _with_lists(form.refused(refusal)), status=422)
    return redirect(request, f"{PATH}/{created.id}", toast=_("The reseller may open providers now."))


@get("/resellers/{reseller_id:int}", **requires(Permission.RESELLER_READ))
async def show(request: AnyRequest, by: By, reseller_id: FromPath[int]) -> Response[str]:
    """One reseller with his providers and people."""
    return await _show(request, reseller_id, Form(), by=by)


@get("/resellers/{reseller_id:int}/edit", **requires(Permission.RESELLER_MANAGE))
async def edit(request: AnyRequest, by: By, reseller_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    row = await resellers.get(reseller_id, by=by)
    return _form(request, Form(dict(row)), reseller=row)


@post("/resellers/{reseller_id:int}", status_code=200, **requires(Permission.RESELLER_MANAGE))
async def update(request: AnyRequest, by: By, reseller_id: FromPath[int]) -> Response[Any]:
    """Save his terms; when somebody else saved meanwhile, say so and show the form once more."""
    row = await resellers.get(reseller_id, by=by)
    form = await forms.read(request)
    text = form.get("version")
    version = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
    try:
        await resellers.change_terms(reseller_id, form.into(Terms, ignore=VERSION), version=version, by=by)
    except Invalid as refusal:
        return _form(request, _with_lists(form.refused(refusal)), reseller=row, status=422)
    except EditConflict as conflict:
        again = Form(form.values | {"version": conflict.current["version"]}, {"": conflict.message})
        return _form(request, _with_lists(again), reseller=row, status=409)
    return redirect(request, f"{PATH}/{reseller_id}", toast=_("The reseller was saved."))


@post("/resellers/{reseller_id:int}/suspend", status_code=200, **requires(Permission.RESELLER_MANAGE))
async def suspend(request: AnyRequest, by: By, reseller_id: FromPath[int]) -> Response[Any]:
    """Shut his people out."""
    form = await forms.read(request)
    try:
        await resellers.suspend(reseller_id, reason=form.get("reason"), by=by)
    except Invalid as refusal:
        return await _show(request, reseller_id, form.refused(refusal), by=by, status=422)
    return redirect(request, f"{PATH}/{reseller_id}", toast=_("The reseller is suspended."))


@post("/resellers/{reseller_id:int}/resume", **requires(Permission.RESELLER_MANAGE))
async def resume(request: AnyRequest, by: By, reseller_id: FromPath[int]) -> Response[None]:
    """Let his people in again."""
    await resellers.resume(reseller_id, by=by)
    return redirect(request, f"{PATH}/{reseller_id}", toast=_("The reseller goes on."))


async def _show(
    request: AnyRequest, reseller_id: int, form: Form, *, by: Actor, status: int = 200
) -> Response[str]:
    row = await resellers.get(reseller_id, by=by)
    listed = await provider_list.every(Query(reseller_id=reseller_id, size=200), by=by)
    return page(
        request,
        "operator/resellers/show.html",
        status=status,
        reseller=row,
        people=await resellers.people(reseller_id, by=by),
        providers=listed.rows,
        form=form,
    )


def _form(request: AnyRequest, form: Form, *, reseller: Any = None, status: int = 200) -> Response[str]:
    choices = words.of_reseller()
    return page(
        request, "operator/resellers/form.html", status=status, reseller=reseller, form=form, choices=choices
    )


def _with_lists(form: Form) -> Form:
    """The form with its lists as lists, also where a single box was ticked."""
    lists = {name: form.all(name) for name in ("editions", "features")}
    return Form(form.values | lists, form.errors)


ROUTES = [index, new, create, show, edit, update, suspend, resume]
