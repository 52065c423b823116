"""The provider's plugins: which are on, how they did lately, and how they are set up."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import hooks, plugin_settings
from core.actor import Actor
from core.errors import EditConflict, Invalid, NotFound
from core.i18n import _
from core.permissions import Permission
from core.plugin_settings import PluginState
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits

HERE = "/staff/plugins"


@get("/plugins", **requires(Permission.PLUGIN_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """All that can be switched on, each with its health since this process started."""
    health = {figures.plugin: figures for figures in hooks.health(by.tenant.id)}
    called = {described["plugin"]: described["hooks"] for described in hooks.describe()}
    listed = [
        {"state": state, "health": health.get(state.name), "hooks": called.get(state.name, [])}
        for state in await plugin_settings.every(by=by)
    ]
    return page(request, "staff/plugins/index.html", plugins=listed)


@get("/plugins/{name:str}", **requires(Permission.PLUGIN_MANAGE))
async def show(request: AnyRequest, by: By, name: FromPath[str]) -> Response[str]:
    """How one is set up."""
    return await _form(request, await _plugin(name, by=by), by=by)


@post("/plugins/{name:str}", status_code=200, **requires(Permission.PLUGIN_MANAGE))
async def save(request: AnyRequest, by: By, name: FromPath[str]) -> Response[Any]:
    """Set it up. An empty secret keeps the one that is stored."""
    plugin, form = await _plugin(name, by=by), await forms.read(request)
    typed = {field: form.get(field) for field in form.values if field != "version"}
    try:
        await plugin_settings.save(name, typed, by=by, version=edits.version_of(form))
    except Invalid as refusal:
        return await _form(request, plugin, typed, refusal.errors, by=by, status=422)
    except EditConflict:
        message = _("Somebody saved this meanwhile. Press Save again to put yours in its place.")
        return await _form(request, plugin, typed, {"": message}, by=by, status=409)
    return redirect(request, HERE, toast=_("The plugin was set up."))


@post("/plugins/{name:str}/enable", status_code=200, **requires(Permission.PLUGIN_MANAGE))
async def enable(request: AnyRequest, by: By, name: FromPath[str]) -> Response[Any]:
    """Switch it on; when something required is missing, its form says so."""
    plugin = await _plugin(name, by=by)
    try:
        await plugin_settings.enable(name, by=by)
    except Invalid as refusal:
        return await _form(request, plugin, None, refusal.errors, by=by, status=422)
    return redirect(request, HERE, toast=_("%(name)s is on.") % {"name": plugin.title})


@post("/plugins/{name:str}/disable", **requires(Permission.PLUGIN_MANAGE))
async def disable(request: AnyRequest, by: By, name: FromPath[str]) -> Response[None]:
    """Switch it off; how it is set up stays."""
    plugin = await _plugin(name, by=by)
    await plugin_settings.disable(name, by=by)
    return redirect(request, HERE, toast=_("%(name)s is off.") % {"name": plugin.title})


async def _plugin(name: str, *, by: Actor) -> PluginState:
    for state in await plugin_settings.every(by=by):
        if state.name == name:
            return state
    raise NotFound()


async def _form(
    request: AnyRequest,
    plugin: PluginState,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    *,
    by: Actor,
    status: int = 200,
) -> Response[str]:
    """The form with what is stored, or with what was typed where it was refused."""
    fields, version = await plugin_settings.form(plugin.name, by=by)
    if not fields:
        raise NotFound()
    values: dict[str, Any] = {item.field.name: item.value for item in fields} if typed is None else dict(typed)
    form = Form(values | {"version": version}, errors)
    return page(request, "staff/plugins/settings.html", status=status, plugin=plugin, fields=fields, form=form)


ROUTES = [index, show, save, enable, disable]
