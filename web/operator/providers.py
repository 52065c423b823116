"""Providers: the list, opening one, and one provider's page."""

from typing import Any

import msgspec
from litestar import Response, get, post

from core.actor import Actor
from core.errors import Invalid
from core.i18n import N_, _
from core.permissions import Permission
from tenants import addresses, onboarding, provider_list
from tenants.onboarding import NewProvider
from tenants.provider_list import Query
from web.kit import filtered, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.operator import words

PATH = "/platform/providers"
LABELS = {
    "text": N_("Name or code"),
    "state": N_("State"),
    "edition": N_("Edition"),
    "reseller_id": N_("Reseller"),
}


@get("/providers", **requires(Permission.PROVIDER_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The list: filtered and paged by the address alone."""
    given, errors, status = forms.query(request, ignore=frozenset({"size"})), {}, 200
    listed = provider_list.Page(rows=[])
    try:
        listed = await provider_list.every(forms.fill(Query, given), by=by)
    except Invalid as refusal:
        errors, status = refusal.errors, 422
    after = given.pop("after", "")
    offered = await words.of_filter(by=by)

    def shown(name: str, value: str) -> str:
        named = {str(key): str(label) for key, label in offered.get(name.removesuffix("_id"), [])}
        return named.get(value, value)

    return page(
        request,
        "operator/providers/index.html",
        status=status,
        providers=listed.rows,
        page={
            "previous": filtered.link(PATH, given) if after else None,
            "next": listed.after and filtered.link(PATH, given, after=listed.after),
        },
        filter=Form(given, errors),
        choices=offered,
        in_force=filtered.in_force(PATH, given, LABELS, shown),
        cancel_href=PATH,
    )


@get("/providers/new", **requires(Permission.PROVIDER_OPEN))
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form."""
    usual = {field.name: field.default for field in msgspec.structs.fields(NewProvider) if not field.required}
    return await _form(request, Form(usual | {"locale": by.locale}), by=by)


@post("/providers", status_code=200, **requires(Permission.PROVIDER_OPEN))
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Open a provider."""
    form = await forms.read(request)
    try:
        opened = await onboarding.open_provider(form.into(NewProvider), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), by=by, status=422)
    toast = _("%(name)s is open at %(address)s.") % {"name": opened.provider.name, "address": opened.address}
    return redirect(request, f"{PATH}/{opened.provider.code}", toast=toast)


async def _form(request: AnyRequest, form: Form, *, by: Actor, status: int = 200) -> Response[str]:
    choices = await words.of_new_provider(by=by)
    domain = addresses.below_platform("").removeprefix(".")
    return page(request, "operator/providers/form.html", status=status, form=form, choices=choices, domain=domain)


ROUTES = [index, new, create]
