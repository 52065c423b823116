"""Contracts: the list of all, those of a client, one contract, drafting, editing and deleting drafts."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core import i18n, places, policies
from core.accounts import (
    access,
    clients,
    companies,
    contract_list,
    contract_papers,
    contract_states,
    contract_templates,
    contract_texts,
    contracts,
)
from core.accounts.contract_list import ContractFilter
from core.accounts.contracts import ContractChanges, NewContract
from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import filtered, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By, visit_of
from web.staff import client_tabs, edits, list_saving

HERE = "/staff/contracts"
LABELS = {
    "number": N_("Contract number"),
    "state": N_("State"),
    "company": N_("Company"),
    "client": N_("Client's code"),
}
STATES = {"draft": N_("Draft"), "requested": N_("Requested"), "sent": N_("Sent"), "signed": N_("Signed"),
          "cancelled": N_("Called off")}  # fmt: skip


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft begins with; its text is edited on its own page."""

    payer_id: int
    company_id: int
    template_id: int | None = None


@get("/contracts", **requires(Permission.CONTRACT_READ))
async def index(request: AnyRequest, by: By) -> Response[Any]:
    """The list: filtered and paged by the address alone, so that a link shows the same."""
    if (opening := await list_saving.opening(request, "contracts", by=by)) is not None:
        return opening
    given, query = forms.query(request, ignore=filtered.PAGING), request.query_params
    everything = list_saving.kept_in(request, "contracts")
    listed, errors, status = contract_list.Page(rows=[]), {}, 200
    try:
        chosen = forms.fill(ContractFilter, given)
        within, after, before = visit_of(request).focus, query.get("after", ""), query.get("before", "")
        listed = await contract_list.page(chosen, by=by, within=within, after=after, before=before)
    except Invalid as refusal:
        errors, status = refusal.errors, 422
    named = await words(by=by)
    return page(
        request,
        "staff/contracts/index.html",
        status=status,
        rows=listed.rows,
        page=filtered.paging(HERE, everything | given, listed.previous, listed.next),
        filter=Form(given, errors),
        in_force=filtered.in_force(HERE, given, LABELS, shown_by(named), **everything),
        saved=await list_saving.menu(request, "contracts", given, is_wrong=bool(errors), by=by),
        cancel_href=filtered.link(HERE, everything),
        export_href=filtered.link(f"{HERE}/export", given),
        states=list(named["state"].items()),
        companies=list(named["company"].items()),
    )


async def words(*, by: Actor) -> dict[str, dict[str, str]]:
    """What the values of the filter are called: {parameter: {value: name}}."""
    sellers = {str(row["id"]): row["name"] for row in await companies.every(by=by)} if _sees_companies(by) else {}
    return {"state": {key: _(label) for key, label in STATES.items()}, "company": sellers}


def shown_by(named: dict[str, dict[str, str]]) -> Callable[[str, str], str]:
    """Shows a value of the filter as people read it."""
    return lambda name, value: named.get(name, {}).get(value, value)


@get("/clients/{code:int}/contracts", **requires(Permission.CONTRACT_READ))
async def show_of_client(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The contracts of one client."""
    client = await clients.get(code, by=by)
    found = await contract_list.of_client(client["id"], by=by)
    return await client_tabs.show(request, client, "contracts", by=by, contracts=found)


@get("/clients/{code:int}/contracts/new", **requires(Permission.CONTRACT_CREATE))
async def new(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """Between whom, and which text it begins with."""
    client = await clients.get(code, by=by)
    payers, sellers = await contracts.parties(client, by=by)
    suited = await contract_templates.suited(payers[0]["language"]) if payers else None
    begun = {"payer_id": payers[0]["id"] if payers else "", "company_id": sellers[0]["id"] if sellers else ""}
    return await _begin(request, Form(begun | {"template_id": suited["id"] if suited else ""}), client, by=by)


@post("/clients/{code:int}/contracts", status_code=200, **requires(Permission.CONTRACT_CREATE))
async def create(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Draft it, and go on to its text."""
    client = await clients.get(code, by=by)
    form = await forms.read(request)
    try:
        made = await contracts.create(client["id"], await _new(form, client, by=by), by=by)
    except Invalid as refusal:
        return await _begin(request, form.refused(refusal), client, by=by, status=422)
    return redirect(request, f"{HERE}/{made['id']}/edit", toast=_("The draft was made. Here is its text."))


@get("/contracts/{contract_id:int}", **requires(Permission.CONTRACT_READ))
async def show(request: AnyRequest, by: By, contract_id: FromPath[int]) -> Response[str]:
    """One contract, what became of it, and what can become of it."""
    return await show_page(request, contract_id, by=by)


@get("/contracts/{contract_id:int}/edit", **requires(Permission.CONTRACT_UPDATE))
async def edit(request: AnyRequest, by: By, contract_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    contract = await contracts.get(contract_id, by=by)
    contracts.require_unsent(contract)
    return await _form(request, Form(dict(contract)), contract, by=by)


@post("/contracts/{contract_id:int}", status_code=200, **requires(Permission.CONTRACT_UPDATE))
async def update(request: AnyRequest, by: By, contract_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    contract = await contracts.get(contract_id, by=by)
    form = edits.settled(await forms.read(request), contract)
    try:
        changes = form.into(ContractChanges, ignore=edits.VERSION)
        await contracts.update(contract_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), contract, by=by, status=422)
    except EditConflict as refusal:
        labels = {"title": _("Title"), "language": _("Language"), "body": _("Text")}
        both = edits.conflict(form, refusal.current, labels)
        return await _form(request, form, contract, by=by, conflict=both, status=409)
    return redirect(request, f"{HERE}/{contract_id}", toast=_("The contract was saved."))


@get("/contracts/{contract_id:int}/delete", **requires(Permission.CONTRACT_DELETE))
async def confirm(request: AnyRequest, by: By, contract_id: FromPath[int]) -> Response[str]:
    """Ask, or say why it stays."""
    contract = await contracts.get(contract_id, by=by)
    here = f"{HERE}/{contract_id}"
    is_draft = contract["state"] == "draft"
    return page(
        request,
        "staff/confirm.html",
        title=_("Delete the draft “%(name)s”?") % {"name": contract["title"]},
        text=_("It is removed for good. The client never saw it."),
        refused="" if is_draft else _("Only drafts can be deleted. Cancel it instead."),
        action=f"{here}/delete",
        ok=_("Delete the draft"),
        back=here,
        crumbs=[(_("Contracts"), HERE), (contract["title"], here)],
    )


@post("/contracts/{contract_id:int}/delete", **requires(Permission.CONTRACT_DELETE))
async def delete(request: AnyRequest, by: By, contract_id: FromPath[int]) -> Response[None]:
    """Delete a draft, back to its client."""
    contract = await contracts.get(contract_id, by=by)
    await contracts.delete(contract_id, by=by)
    return redirect(
        request, f"/staff/clients/{contract['client_code']}/contracts", toast=_("The draft was deleted.")
    )


async def show_page(
    request: AnyRequest,
    contract_id: int,
    *,
    by: Actor,
    form: Form | None = None,
    refused: str = "",
    status: int = 200,
) -> Response[str]:
    """The page of a contract, with the form or the act that was refused."""
    contract = await contracts.get(contract_id, by=by)
    client = await access.client(contract["client_id"], by=by)
    is_unsent = contract["state"] in contracts.OPEN
    return page(
        request,
        "staff/contracts/show.html",
        status=status,
        contract=contract,
        form=form or Form(),
        refused=refused,
        missing=await contract_states.why_not_sent(contract) if is_unsent else "",
        history=await contracts.history(contract_id, by=by),
        state_names={key: _(label) for key, label in STATES.items()},
        language_name=places.languages(i18n.current()).get(contract["language"], contract["language"]),
        has_signed=await contract_papers.has_signed(contract_id),
        is_unsent=is_unsent,
        may_change=policies.allows(by, Permission.CONTRACT_UPDATE) and client["status"] != "closed",
    )


async def _new(form: Form, client: Any, *, by: Actor) -> NewContract:
    """The draft with the text of its template."""
    begun = form.into(Begun)
    template = await contract_templates.get(begun.template_id, by=by) if begun.template_id else None
    payers, _sellers = await contracts.parties(client, by=by)
    language = next((row["language"] for row in payers if row["id"] == begun.payer_id), client["language"])
    return NewContract(
        payer_id=begun.payer_id,
        company_id=begun.company_id,
        title=template["title"] if template else _("Contract"),
        language=template["language"] if template else language,
        body=template["body"] if template else "",
    )


async def _choices(client: Any, *, by: Actor) -> dict[str, Any]:
    payers, sellers = await contracts.parties(client, by=by)
    return {
        "payers": [(row["id"], row["name"]) for row in payers],
        "companies": [(row["id"], row["name"]) for row in sellers],
        "templates": [(row["id"], row["name"]) for row in await contract_templates.every(by=by)],
        "language_choices": list(places.languages(i18n.current()).items()),
        "names": [(name, _(text)) for name, text in contract_texts.NAMES.items()],
    }


async def _begin(request: AnyRequest, form: Form, client: Any, *, by: Actor, status: int = 200) -> Response[str]:
    choices = await _choices(client, by=by)
    return page(request, "staff/contracts/new.html", status=status, form=form, client=client, **choices)


async def _form(
    request: AnyRequest, form: Form, contract: Any, *, by: Actor, conflict: Any = None, status: int = 200
) -> Response[str]:
    client = await access.client(contract["client_id"], by=by)
    return page(
        request,
        "staff/contracts/form.html",
        status=status,
        form=form,
        contract=contract,
        conflict=conflict,
        **await _choices(client, by=by),
    )


def _sees_companies(by: Actor) -> bool:
    return policies.allows(by, Permission.COMPANY_READ)


ROUTES = [index, show_of_client, new, create, show, edit, update, confirm, delete]
