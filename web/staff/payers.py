"""Payers: the list of all, one payer, making, editing, deleting, and which one is the default."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import i18n, places
from core.accounts import access, clients, payer_documents, payer_fields, payer_list, payers
from core.accounts.payer_list import PayerFilter
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import filtered, forms, payer_forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By, visit_of
from web.staff import edits, list_saving, vat_numbers

HERE = "/staff/payers"
LABELS = {"search": N_("Search"), "kind": N_("Kind"), "country": N_("Country"), "client": N_("Client's code")}


@get("/payers", **requires(Permission.PAYER_READ))
async def index(request: AnyRequest, by: By) -> Response[Any]:
    """The list: filtered and paged by the address alone, so that a link shows the same."""
    if (opening := await list_saving.opening(request, "payers", by=by)) is not None:
        return opening
    given, query = forms.query(request, ignore=filtered.PAGING), request.query_params
    everything = list_saving.kept_in(request, "payers")
    listed, errors, status = payer_list.Page(rows=[]), {}, 200
    try:
        chosen = forms.fill(PayerFilter, given)
        listed = await payer_list.page(
            chosen,
            after=query.get("after", ""),
            before=query.get("before", ""),
            by=by,
            within=visit_of(request).focus,
        )
    except Invalid as refusal:
        errors, status = refusal.errors, 422
    kind_names = {key: _(label) for key, label in payer_forms.KINDS.items()}
    return page(
        request,
        "staff/payers/index.html",
        status=status,
        rows=[dict(row) | {"is_complete": payer_fields.is_complete(row)} for row in listed.rows],
        page=filtered.paging(HERE, everything | given, listed.previous, listed.next),
        filter=Form(given, errors),
        in_force=filtered.in_force(HERE, given, LABELS, payer_forms.shown, **everything),
        saved=await list_saving.menu(request, "payers", given, is_wrong=bool(errors), by=by),
        cancel_href=filtered.link(HERE, everything),
        export_href=filtered.link(f"{HERE}/export", given),
        kinds=list(kind_names.items()),
        kind_names=kind_names,
        country_choices=list(places.countries(i18n.current()).items()),
    )


@get("/clients/{code:int}/payers/new", **requires(Permission.PAYER_CREATE))
async def new(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The empty form, begun with what is known of the client."""
    client = await clients.get(code, by=by)
    begun = {field: client[field] for field in ("kind", "country", "email", "language")}
    return await _form(request, Form(begun), client)


@post("/clients/{code:int}/payers", status_code=200, **requires(Permission.PAYER_CREATE))
async def create(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Add a payer, or show the fields of another kind or country."""
    client = await clients.get(code, by=by)
    form = await forms.read(request)
    if payer_forms.wants_fields(form):
        return await _form(request, form, client)
    try:
        made = await payers.create(client["id"], payer_forms.new_payer(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), client, status=422)
    return redirect(request, f"/staff/payers/{made['id']}", toast=_("The payer was added."))


@get("/payers/{payer_id:int}", **requires(Permission.PAYER_READ))
async def show(request: AnyRequest, by: By, payer_id: FromPath[int]) -> Response[Any]:
    """One payer; the address of one that was merged leads on to where it went."""
    payer = await payers.get(payer_id, by=by)
    if payer["merged_into_id"] is not None:
        return redirect(
            request,
            f"/staff/payers/{payer['merged_into_id']}",
            toast=_("“%(name)s” was merged into this payer.") % {"name": payer["name"]},
            kind="info",
        )
    return page(
        request,
        "staff/payers/show.html",
        payer=payer,
        client=await access.client(payer["client_id"], by=by),
        facts=payer_forms.facts(payer),
        is_complete=payer_fields.is_complete(payer),
        documents=(await payer_documents.counts([payer_id]))[payer_id],
        others=await payers.number_of(payer["client_id"], by=by) - 1,
        vat=await vat_numbers.of_payer(payer, by=by),
    )


@get("/payers/{payer_id:int}/edit", **requires(Permission.PAYER_UPDATE))
async def edit(request: AnyRequest, by: By, payer_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    payer = await payers.get(payer_id, by=by)
    client = await access.client(payer["client_id"], by=by)
    return await _form(request, Form(dict(payer)), client, payer=payer)


@post("/payers/{payer_id:int}", status_code=200, **requires(Permission.PAYER_UPDATE))
async def update(request: AnyRequest, by: By, payer_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    payer = await payers.get(payer_id, by=by)
    client = await access.client(payer["client_id"], by=by)
    form = edits.settled(await forms.read(request), payer)
    if payer_forms.wants_fields(form):
        return await _form(request, form, client, payer=payer)
    try:
        await payers.update(payer_id, payer_forms.changes(form), version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), client, payer=payer, status=422)
    except EditConflict as conflict:
        both = payer_forms.conflict(form, conflict)
        return await _form(request, form, client, payer=payer, conflict=both, status=409)
    return redirect(request, f"/staff/payers/{payer_id}", toast=_("The payer was saved."))


@post("/payers/{payer_id:int}/default", **requires(Permission.PAYER_UPDATE))
async def make_default(request: AnyRequest, by: By, payer_id: FromPath[int]) -> Response[None]:
    """From now on documents name this payer."""
    await payers.make_default(payer_id, by=by)
    return redirect(request, f"/staff/payers/{payer_id}", toast=_("This is the default payer now."))


@get("/payers/{payer_id:int}/delete", **requires(Permission.PAYER_DELETE))
async def confirm(request: AnyRequest, by: By, payer_id: FromPath[int]) -> Response[str]:
    """Ask, or say why it stays."""
    payer = await payers.get(payer_id, by=by)
    return _ask(request, payer, await payers.why_it_stays(payer_id, by=by))


@post("/payers/{payer_id:int}/delete", status_code=200, **requires(Permission.PAYER_DELETE))
async def delete(request: AnyRequest, by: By, payer_id: FromPath[int]) -> Response[Any]:
    """Delete it, back to its client."""
    payer = await payers.get(payer_id, by=by)
    client = await access.client(payer["client_id"], by=by)
    try:
        await payers.delete(payer_id, by=by)
    except Conflict as conflict:
        return _ask(request, payer, conflict.message, status=409)
    return redirect(request, f"/staff/clients/{client['code']}/payers", toast=_("The payer was deleted."))


def _ask(request: AnyRequest, payer: Any, refused: str, *, status: int = 200) -> Response[str]:
    here = f"/staff/payers/{payer['id']}"
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Delete the payer “%(name)s”?") % {"name": payer["name"]},
        text=_("It is removed for good. The record of it in Activity stays."),
        refused=refused,
        action=f"{here}/delete",
        ok=_("Delete the payer"),
        back=here,
        crumbs=[(_("Payers"), "/staff/payers"), (payer["name"], here)],
    )


async def _form(
    request: AnyRequest, form: Form, client: Any, *, payer: Any = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    return page(
        request,
        "staff/payers/form.html",
        status=status,
        client=client,
        payer=payer,
        form=form,
        conflict=conflict,
        named=payer is not None and await payer_documents.has_documents(payer["id"]),
        action=f"/staff/payers/{payer['id']}" if payer else f"/staff/clients/{client['code']}/payers",
        **payer_forms.surroundings(form),
    )


ROUTES = [index, new, create, show, edit, update, make_default, confirm, delete]
