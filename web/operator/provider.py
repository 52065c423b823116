"""One provider's page, and what the platform decides about it there."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.actor import Actor
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from tenants import features, hosts, provider_plugins, providers
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.operator import words

PATH = "/platform/providers"


@get("/providers/{code:str}", **requires(Permission.PROVIDER_READ))
async def show(request: AnyRequest, by: By, code: FromPath[str]) -> Response[str]:
    """The provider with its features and plugins."""
    return await _show(request, code, Form(), by=by)


@post("/providers/{code:str}/suspend", status_code=200, **requires(Permission.PROVIDER_SUSPEND))
async def suspend(request: AnyRequest, by: By, code: FromPath[str]) -> Response[Any]:
    """Close its doors."""
    form = await forms.read(request)
    row = await providers.get_by_code(code, by=by)
    try:
        await providers.suspend(row["id"], reason=form.get("reason"), by=by)
    except Invalid as refusal:
        return await _show(request, code, form.refused(refusal), by=by, status=422)
    return _back(request, code, _("%(name)s is suspended."), row)


@post("/providers/{code:str}/resume", **requires(Permission.PROVIDER_SUSPEND))
async def resume(request: AnyRequest, by: By, code: FromPath[str]) -> Response[None]:
    """Open its doors again."""
    row = await providers.get_by_code(code, by=by)
    await providers.resume(row["id"], by=by)
    return _back(request, code, _("%(name)s goes on."), row)


@post("/providers/{code:str}/edition", status_code=200, **requires(Permission.PROVIDER_EDITION))
async def change_edition(request: AnyRequest, by: By, code: FromPath[str]) -> Response[Any]:
    """Give it another edition."""
    form = await forms.read(request)
    row = await providers.get_by_code(code, by=by)
    try:
        await providers.change_edition(row["id"], form.get("edition"), by=by)
    except Invalid as refusal:
        return await _show(request, code, form.refused(refusal), by=by, status=422)
    return _back(request, code, _("The edition of %(name)s was changed."), row)


@post("/providers/{code:str}/features", **requires(Permission.PROVIDER_FEATURES))
async def change_feature(request: AnyRequest, by: By, code: FromPath[str]) -> Response[None]:
    """Grant a feature, take it, or leave it to the edition."""
    form = await forms.read(request)
    verbs = {"grant": features.grant, "refuse": features.refuse, "reset": features.reset}
    if form.get("act") not in verbs:
        raise Invalid({"act": _("Please choose one.")})
    row = await providers.get_by_code(code, by=by)
    await verbs[form.get("act")](row["id"], form.get("feature"), by=by)
    return _back(request, code, _("The features of %(name)s were changed."), row)


@post("/providers/{code:str}/plugins", **requires(Permission.PROVIDER_PLUGINS))
async def switch_plugin(request: AnyRequest, by: By, code: FromPath[str]) -> Response[None]:
    """Switch a plugin on or off."""
    form = await forms.read(request)
    verbs = {"enable": provider_plugins.enable, "disable": provider_plugins.disable}
    if form.get("act") not in verbs:
        raise Invalid({"act": _("Please choose one.")})
    row = await providers.get_by_code(code, by=by)
    await verbs[form.get("act")](row["id"], form.get("plugin"), by=by)
    return _back(request, code, _("The plugins of %(name)s were changed."), row)


async def _show(request: AnyRequest, code: str, form: Form, *, by: Actor, status: int = 200) -> Response[str]:
    """Reads the platform's part first: with the plugins the transaction becomes the provider's."""
    row = await providers.get_by_code(code, by=by)
    named = [host["name"] for host in await hosts.every(row["id"])]
    offered = await features.every(row, by=by)
    editions = words.editions(await providers.editions_to_give(by=by))
    plugins = await provider_plugins.every(row, by=by) if policies.allows(by, Permission.PROVIDER_PLUGINS) else []
    return page(
        request,
        "operator/providers/show.html",
        status=status,
        subject=row,
        hosts=named,
        features=offered,
        plugins=plugins,
        choices={"edition": editions},
        form=Form({"edition": row["edition"]} | form.values, form.errors),
    )


def _back(request: AnyRequest, code: str, toast: str, row: Any) -> Response[None]:
    return redirect(request, f"{PATH}/{code}", toast=toast % {"name": row["name"]})


ROUTES = [show, suspend, resume, change_edition, change_feature, switch_plugin]
