"""One's own API keys: the list, making one, which is shown once, and revoking."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.accounts import api_keys
from core.accounts.api_keys import NewKey
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.i18n import _
from core.permission_words import DESCRIPTIONS
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits

HERE = "/staff/api-keys"
LAST_YEAR = 9000


class KeyForm(msgspec.Struct, frozen=True, kw_only=True):
    """A key to be made; its last day counts to its end, in the provider's time zone."""

    name: str
    scopes: frozenset[str] = frozenset()
    expires_on: date | None = None


@get("/api-keys", **requires(Permission.API_KEY_MANAGE))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The keys that work."""
    return page(request, "staff/api_keys/index.html", keys=await api_keys.every(by=by))


@get("/api-keys/new", **requires(Permission.API_KEY_MANAGE))
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form."""
    return _form(request, Form(), by=by)


@post("/api-keys", status_code=200, **requires(Permission.API_KEY_MANAGE))
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Make a key and show it: this once, so it is the answer itself and no redirect."""
    form = edits.listed(await forms.read(request), "scopes")
    try:
        sent = form.into(KeyForm)
        expires_at = _end_of(sent.expires_on, by.tenant.timezone)
        made = await api_keys.create(NewKey(name=sent.name, scopes=sent.scopes, expires_at=expires_at), by=by)
    except Invalid as refusal:
        errors = {"expires_on" if field == "expires_at" else field: text for field, text in refusal.errors.items()}
        return _form(request, form.refused(Invalid(errors)), by=by, status=422)
    except Conflict as conflict:
        return _form(request, form.refused(Invalid({"": conflict.message})), by=by, status=409)
    return page(request, "staff/api_keys/created.html", key=made.key, name=sent.name)


@get("/api-keys/{key_id:int}/revoke", **requires(Permission.API_KEY_MANAGE))
async def confirm(request: AnyRequest, by: By, key_id: FromPath[int]) -> Response[str]:
    """Say what ends with it, and ask."""
    for key in await api_keys.every(by=by):
        if key["id"] == key_id:
            return _ask(request, key)
    raise NotFound()


@post("/api-keys/{key_id:int}/revoke", **requires(Permission.API_KEY_MANAGE))
async def revoke(request: AnyRequest, by: By, key_id: FromPath[int]) -> Response[None]:
    """End it now."""
    await api_keys.revoke(key_id, by=by)
    return redirect(request, HERE, toast=_("The key was revoked."))


def _form(request: AnyRequest, form: Form, *, by: Actor, status: int = 200) -> Response[str]:
    may = policies.permissions_of(by)
    scopes = [(key.value, _(text)) for key, text in DESCRIPTIONS.items() if key in may]
    return page(request, "staff/api_keys/form.html", status=status, form=form, scopes=scopes)


def _ask(request: AnyRequest, key: Any) -> Response[str]:
    name = {"name": key["name"]}
    return page(
        request,
        "staff/confirm.html",
        title=_("Revoke the key “%(name)s”?") % name,
        text=_("Programs that use “%(name)s” are refused from now on.") % name,
        refused="",
        action=f"{HERE}/{key['id']}/revoke",
        ok=_("Revoke"),
        back=HERE,
        crumbs=[(_("API keys"), HERE)],
    )


def _end_of(day: date | None, timezone: str) -> datetime | None:
    """The moment the day is over."""
    if day is None:
        return None
    if not 1970 <= day.year <= LAST_YEAR:
        raise Invalid({"expires_at": _("This is not a date.")})
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(timezone)).astimezone(UTC)


ROUTES = [index, new, create, confirm, revoke]
