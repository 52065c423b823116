"""Answers: a page (or the block of it that htmx asked for), and the redirect after something was saved."""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from litestar import Request, Response
from litestar.enums import MediaType

from core import clock, policies
from core.actor import Actor, Tenant
from tenants.branding import Brand
from web.kit import cookies, csrf, focusing, menus
from web.kit.templates import TIMEZONE, render
from web.kit.visit import Visit, visit_of

AnyRequest = Request[Any, Any, Any]


def page(
    request: AnyRequest, template: str, *, block: str | None = None, status: int = 200, **context: Any
) -> Response[str]:
    """A page; when htmx asks for a part, and `block` names one, only that block of the same template."""
    visit = visit_of(request)
    wanted = block if is_partial(request) else None
    if visit.toast and wanted is None:
        visit.cookies.append(cookies.forget(cookies.TOAST, visit.settings))
    body = render(template, surroundings(visit, request.url.path, request.url.query) | context, block=wanted)
    if visit.inside and wanted:
        body += render("components/inside.html", surroundings(visit, request.url.path) | {"is_part": True})
    body = focusing.in_page(body, visit.focus.text if visit.focus else "")
    return Response(body, status_code=status, media_type=MediaType.HTML, headers={"Vary": "HX-Request-Type"})


def surroundings(visit: Visit, path: str, query: str = "") -> dict[str, Any]:
    """What every template may use."""
    TIMEZONE.set(visit.tenant.timezone)
    return {
        "provider": visit.tenant,
        "day_here": clock.today(visit.tenant.timezone),
        "brand": _brand(visit),
        "me": visit.actor,
        "theme": visit.theme,
        "locale": visit.locale,
        "csrf": csrf.token(visit),
        "menu": menus.counted(
            menus.of(visit.actor, path, items=visit.menu_items, catches_mail=visit.settings.mail_catcher),
            visit.menu_counts,
        ),
        "path": f"{path}?{query}" if query else path,
        "toast": visit.toast,
        "focus": visit.focus,
        "unfocused": visit.unfocused,
        "inside": visit.inside,
        "minutes_inside": _minutes_until(visit.inside.expires_at) if visit.inside else 0,
        "is_part": False,
        "unread": visit.unread,
        "clients": visit.clients,
        "phone_next": visit.phone_next,
        "is_staff": visit.signed_in is not None and visit.signed_in.kind == "staff",
        "can": _can(visit.actor),
        "may": _may(visit.actor),
        "has": _has(visit.tenant),
    }


def _brand(visit: Visit) -> Brand:
    """The brand of the host, for clients and visitors; staff see the provider's own name and colour."""
    if visit.brand is not None and visit.actor.kind in ("user", "visitor"):
        return visit.brand
    return Brand(project_id=0, name=visit.tenant.name, color=visit.tenant.color)


def _minutes_until(end: datetime) -> int:
    return max(0, ceil((end - clock.now()) / timedelta(minutes=1)))


def is_partial(request: AnyRequest) -> bool:
    """Whether htmx wants a part of the page and not the whole."""
    return request.headers.get("hx-request-type") == "partial"


def redirect(request: AnyRequest, path: str, *, toast: str = "", kind: str = "good") -> Response[None]:
    """See other, with a note that the next page shows once."""
    visit = visit_of(request)
    if toast:
        visit.cookies.append(cookies.write(cookies.TOAST, pack_toast(toast, kind), visit.settings, seconds=60))
    path = focusing.carried(path, visit.focus.text if visit.focus else "")
    return Response(None, status_code=303, headers={"Location": quoted(path)})


def quoted(path: str) -> str:
    """An address as a header takes it; what is quoted already stays as it is."""
    return quote(path, safe="/?#[]@!$&'()*+,;=:%~", errors="replace")


def local(path: str, otherwise: str) -> str:
    """The path if it leads to a page of this host, else `otherwise`: nobody is sent elsewhere."""
    try:
        parts = urlsplit(path)
    except ValueError:
        return otherwise
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not (parts.scheme or parts.netloc)
    return path if is_ours and path.isprintable() and "\\" not in path else otherwise


def pack_toast(text: str, kind: str) -> str:
    """A note as a cookie's value."""
    return base64.urlsafe_b64encode(msgspec.json.encode({"kind": kind, "text": text[:400]})).decode().rstrip("=")


def unpack_toast(value: str) -> dict[str, str] | None:
    """The note in a cookie's value; None for anything that is not one."""
    try:
        raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        toast = msgspec.json.decode(raw, type=dict[str, str])
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        return None
    return toast if set(toast) == {"kind", "text"} and toast["kind"] in ("good", "warn", "bad", "info") else None


def _can(actor: Actor) -> Callable[[str], bool]:
    return lambda permission: policies.allows(actor, permission)


def _may(actor: Actor) -> Callable[[str], bool]:
    return lambda right: actor.client is not None and right in actor.client.rights


def _has(tenant: Tenant) -> Callable[[str], bool]:
    return lambda feature: policies.has_feature(tenant, feature)
