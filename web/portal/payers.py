"""The client's payers, as its users see and change them; where the provider has payers as a module."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import own_payers, own_profile, payer_documents, payer_fields
from core.accounts.payers import FEATURE
from core.accounts.rights import Right
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _
from web.kit import edits, forms, payer_forms
from web.kit.forms import Form
from web.kit.guards import in_client
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/payers"
READ, MANAGE = in_client(Right.PAYERS_READ, feature=FEATURE), in_client(Right.PAYERS_MANAGE, feature=FEATURE)
BEGUN = ("kind", "country", "email", "language")


@get(HERE, **READ)
async def index(request: AnyRequest, by: By) -> Response[str]:
    """All of them; a client has a few."""
    found = await own_payers.every(by=by)
    named = await payer_documents.counts([row["id"] for row in found])
    return page(
        request,
        "portal/payers/index.html",
        payers=[
            dict(row) | {"is_complete": payer_fields.is_complete(row), "documents": named[row["id"]]}
            for row in found
        ],
        kind_names={key: _(label) for key, label in payer_forms.KINDS.items()},
    )


@get(f"{HERE}/new", **MANAGE)
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form, begun with what is known of the client."""
    client = await own_profile.get(by=by)
    return await _form(request, Form({field: client[field] for field in BEGUN}))


@post(HERE, status_code=200, **MANAGE)
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Add a payer, or show the fields of another kind or country."""
    form = await forms.read(request)
    if payer_forms.wants_fields(form):
        return await _form(request, form)
    try:
        made = await own_payers.create(payer_forms.new_payer(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), status=422)
    return redirect(request, f"{HERE}/{made['id']}", toast=_("The payer was added."))


@get(f"{HERE}/{{payer_id:int}}", **READ)
async def show(request: AnyRequest, by: By, payer_id: FromPath[int]) -> Response[Any]:
    """One payer; the address of one that was merged leads on to where it went."""
    payer = await own_payers.get(payer_id, by=by)
    if payer["merged_into_id"] is not None:
        toast = _("“%(name)s” was merged into this payer.") % {"name": payer["name"]}
        return redirect(request, f"{HERE}/{payer['merged_into_id']}", toast=toast, kind="info")
    return page(
        request,
        "portal/payers/show.html",
        payer=payer,
        facts=payer_forms.facts(payer),
        is_complete=payer_fields.is_complete(payer),
        documents=(await payer_documents.counts([payer_id]))[payer_id],
        may_edit=await own_payers.may_edit(payer, by=by),
    )


@get(f"{HERE}/{{payer_id:int}}/edit", **MANAGE)
async def edit(request: AnyRequest, by: By, payer_id: FromPath[int]) -> Response[Any]:
    """The form with what is kept; of one that documents name there is none."""
    payer = await own_payers.get(payer_id, by=by)
    if await payer_documents.has_documents(payer_id):
        raise own_payers.OnDocuments()
    return await _form(request, Form(dict(payer)), payer=payer)


@post(f"{HERE}/{{payer_id:int}}", status_code=200, **MANAGE)
async def update(request: AnyRequest, by: By, payer_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    payer = await own_payers.get(payer_id, by=by)
    form = edits.settled(await forms.read(request), payer)
    if payer_forms.wants_fields(form):
        return await _form(request, form, payer=payer)
    try:
        await own_payers.update(payer_id, payer_forms.changes(form), version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), payer=payer, status=422)
    except EditConflict as conflict:
        both = payer_forms.conflict(form, conflict)
        return await _form(request, form, payer=payer, conflict=both, status=409)
    return redirect(request, f"{HERE}/{payer_id}", toast=_("The payer was saved."))


@post(f"{HERE}/{{payer_id:int}}/default", status_code=200, **MANAGE)
async def make_default(request: AnyRequest, by: By, payer_id: FromPath[int]) -> Response[None]:
    """From now on documents name this payer."""
    await own_payers.make_default(payer_id, by=by)
    return redirect(request, f"{HERE}/{payer_id}", toast=_("This is the default payer now."))


@get(f"{HERE}/{{payer_id:int}}/delete", **MANAGE)
async def confirm(request: AnyRequest, by: By, payer_id: FromPath[int]) -> Response[str]:
    """Ask, or say why it stays."""
    payer = await own_payers.get(payer_id, by=by)
    return _ask(request, payer, await own_payers.why_it_stays(payer_id, by=by))


@post(f"{HERE}/{{payer_id:int}}/delete", status_code=200, **MANAGE)
async def delete(request: AnyRequest, by: By, payer_id: FromPath[int]) -> Response[Any]:
    """Delete it, back to the list."""
    payer = await own_payers.get(payer_id, by=by)
    try:
        await own_payers.delete(payer_id, by=by)
    except Conflict as conflict:
        return _ask(request, payer, conflict.message, status=409)
    return redirect(request, HERE, toast=_("The payer was deleted."))


def _ask(request: AnyRequest, payer: Any, refused: str, *, status: int = 200) -> Response[str]:
    here = f"{HERE}/{payer['id']}"
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Delete the payer “%(name)s”?") % {"name": payer["name"]},
        text=_("It is removed for good. What was done with it stays in your log."),
        refused=refused,
        action=f"{here}/delete",
        ok=_("Delete the payer"),
        back=here,
        crumbs=[(_("Payers"), HERE), (payer["name"], here)],
    )


async def _form(
    request: AnyRequest, form: Form, *, payer: Any = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    return page(
        request,
        "portal/payers/form.html",
        status=status,
        payer=payer,
        form=form,
        conflict=conflict,
        action=f"{HERE}/{payer['id']}" if payer else HERE,
        **payer_forms.surroundings(form),
    )


ROUTES: list[Any] = [index, new, create, show, edit, update, make_default, confirm, delete]
