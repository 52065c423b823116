"""The way in: from the `Host` header to a provider, from a cookie or key to an actor, and into a transaction.

Plain ASGI around the whole application. The transaction is decided when the answer starts: committed before
the first byte leaves when the status is a success, rolled back otherwise; when the commit fails, the answer is
replaced by a refusal.
"""

import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import structlog
from asyncpg import InterfaceError, PostgresError
from litestar import Request

from core import db, i18n
from core.accounts import api_keys, focus, impersonation, sessions
from core.actor import Actor, Tenant, visitor
from core.errors import NotFound, Unavailable
from core.i18n import _
from core.scope import NotCommitted, Scope
from core.settings import Settings
from tenants import branding, providers
from tenants.providers import THE_PLATFORM
from web.kit import addresses, cookies, csrf, errors, focusing
from web.kit.pages import unpack_toast
from web.kit.security import secured
from web.kit.visit import Visit

Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Any, Any, Send], Awaitable[None]]

OUTSIDE = ("/staff", "/api", "/platform")
"""Areas in which staff stay themselves while they are inside a client's account: another tab goes on working."""

UNHOSTED = ("/static/", "/health/")
"""Addresses that answer on every host name and know nobody."""

LONGEST_UNHOSTED = 250

REFUSALS = (NotFound, Unavailable, PostgresError, InterfaceError, OSError, TimeoutError, NotCommitted)

log = structlog.get_logger(__name__)


class WayIn:
    """ASGI middleware: knows the host, the person and the transaction before any route does."""

    def __init__(self, app: App, settings: Settings) -> None:
        self.app, self.settings = app, settings

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        """Let one request in."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope, send = scope | {"method": "GET"}, _without_body(send)
        visit = self._arrive(scope)
        send = secured(scope, visit, send)
        if scope["path"].startswith(UNHOSTED):
            if not _is_of_a_file(scope["path"]):
                await _refuse(scope, send, NotFound())
                return
            await self.app(scope, receive, send)
            return
        try:
            await self._inside(scope, receive, send, visit, await self._tenant(scope))
        except REFUSALS as error:
            await _refuse(scope, send, error)

    async def _tenant(self, scope: Any) -> Tenant:
        host = addresses.host_of(scope)
        tenant = THE_PLATFORM if host == self.settings.base_host else await providers.find_by_host(host)
        if tenant is None:
            raise NotFound()
        return tenant

    def _arrive(self, scope: Any) -> Visit:
        """A visit of nobody to nowhere yet."""
        nowhere = Tenant(id=0, code="", name="Comptoir")
        request_id, address = secrets.token_hex(8), addresses.address_of(scope, self.settings)
        visit = Visit(
            settings=self.settings,
            tenant=nowhere,
            actor=visitor(nowhere, address=address, request_id=request_id),
            request_id=request_id,
            address=address,
            base_url=addresses.base_url_of(scope, self.settings),
            seed="",
        )
        scope.setdefault("state", {})["visit"] = visit
        structlog.contextvars.bind_contextvars(request_id=request_id)
        return visit

    async def _inside(self, scope: Any, receive: Any, send: Send, visit: Visit, tenant: Tenant) -> None:
        async with db.as_tenant(tenant.id) as opened:
            await _take_brand(scope, visit, tenant)
            await _recognise(scope, visit, tenant)
            if tenant.state == "suspended":
                raise Unavailable(_("This provider is not available at the moment."))
            await _take_focus(scope, visit)
            await self.app(scope, receive, _committing(scope, send, opened))
        if visit.is_refused:
            async with db.as_tenant(tenant.id):
                await impersonation.note_refusal(f"{scope['method']} {scope['path']}", by=visit.actor)


def _is_of_a_file(path: str) -> bool:
    """Whether a file system can be asked for it."""
    return path.isascii() and path.isprintable() and len(path) <= LONGEST_UNHOSTED


async def _recognise(scope: Any, visit: Visit, tenant: Tenant) -> None:
    """Fill in who visits which provider, in which language."""
    settings, headers = visit.settings, addresses.headers_of(scope)
    jar = cookies.read(headers.get("cookie", ""))
    token = jar.get(cookies.name_of(cookies.SESSION, settings), "")
    visit.tenant = tenant
    visit.theme = jar.get(cookies.name_of(cookies.THEME, settings), "auto")
    visit.locale = _locale(jar.get(cookies.name_of(cookies.LOCALE, settings), ""), headers, tenant)
    visit.seed = jar.get(cookies.name_of(cookies.VISITOR, settings), "")
    visit.actor = visitor(tenant, address=visit.address, request_id=visit.request_id, locale=visit.locale)
    i18n.set_current(visit.locale)
    if errors.is_for_keys(scope["path"], headers):
        await _recognise_key(headers, visit)
    elif token:
        await _recognise_session(token, visit)
        await _go_inside(scope["path"], jar.get(cookies.name_of(cookies.INSIDE, settings), ""), visit)
    if visit.theme not in ("auto", "light", "dark"):
        visit.theme = "auto"
    i18n.set_current(visit.locale)
    toast = jar.get(cookies.name_of(cookies.TOAST, settings))
    visit.toast = unpack_toast(toast) if toast else None
    if not visit.seed and not errors.is_for_keys(scope["path"], headers):
        visit.seed = csrf.new_seed()
        visit.cookies.append(cookies.write(cookies.VISITOR, visit.seed, settings))


async def _go_inside(path: str, token: str, visit: Visit) -> None:
    """On the pages of clients, staff who have entered an account are what they are there."""
    if not token or _is_in(path, OUTSIDE):
        return
    found = await impersonation.find(token, by=visit.actor)
    if isinstance(found, impersonation.Inside) and visit.signed_in:
        visit.inside, visit.actor, visit.seed = found, found.actor, token
        visit.signed_in = msgspec.structs.replace(visit.signed_in, actor=found.actor, preferences={})
        return
    visit.cookies.append(cookies.forget(cookies.INSIDE, visit.settings))
    visit.over = found if isinstance(found, impersonation.VisitOver) else None


async def _take_brand(scope: Any, visit: Visit, tenant: Tenant) -> None:
    """Whose name and colours the pages for clients have. It is remembered, and the first look holds nothing up."""
    if not tenant.is_platform and not _is_in(scope["path"], OUTSIDE):
        visit.brand = await branding.of_host(addresses.host_of(scope), tenant=tenant)
        await db.scope().rest()


def _is_in(path: str, areas: tuple[str, ...]) -> bool:
    return any(path == area or path.startswith(f"{area}/") for area in areas)


async def _take_focus(scope: Any, visit: Visit) -> None:
    """What the staff's pages are narrowed to, when the address says so."""
    query, path = scope.get("query_string", b"").decode("latin-1"), scope["path"]
    if focusing.PARAMETER not in query or visit.actor.kind != "staff" or not focusing.carries(path):
        return
    if asked := focusing.asked(query):
        visit.focus = await focus.find(asked, by=visit.actor)
        visit.unfocused = focusing.lifted(path, query) if scope["method"] == "GET" else "/staff"


async def _recognise_session(token: str, visit: Visit) -> None:
    signed_in = await sessions.actor_of(
        sessions.digest(token), visit.tenant, address=visit.address, request_id=visit.request_id
    )
    if signed_in is None:
        # Or a made-up session would hold a connection while a password waits for its turn to be hashed.
        await db.scope().rest()
        visit.cookies.append(cookies.forget(cookies.SESSION, visit.settings))
        return
    visit.signed_in, visit.actor, visit.seed = signed_in, signed_in.actor, token
    visit.locale, visit.theme = signed_in.actor.locale, signed_in.theme


async def _recognise_key(headers: dict[str, str], visit: Visit) -> None:
    scheme, _space, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        return
    actor: Actor | None = await api_keys.actor_of_key(
        key.strip(), visit.tenant, address=visit.address, request_id=visit.request_id
    )
    if actor is not None:
        visit.actor, visit.locale = actor, _locale("", headers, visit.tenant)


def _locale(chosen: str, headers: dict[str, str], tenant: Tenant) -> str:
    """The language a visitor chose, else the first of the browser's that we have, else the provider's."""
    if chosen in i18n.LOCALES:
        return chosen
    for part in headers.get("accept-language", "").split(","):
        language = part.split(";")[0].strip()[:2].lower()
        if language in i18n.LOCALES:
            return language
    return tenant.locale


def _committing(scope: Any, send: Send, opened: Scope) -> Send:
    is_replaced = False

    async def send_after_commit(message: dict[str, Any]) -> None:
        nonlocal is_replaced
        if message["type"] == "http.response.start":
            try:
                if message["status"] >= 400 and opened.is_kept:
                    await opened.go_back()
                await opened.close(commit=message["status"] < 400 or opened.is_kept)
            except (PostgresError, InterfaceError, OSError, NotCommitted) as error:
                is_replaced = True
                await _refuse(scope, send, error)
        if not is_replaced:
            await send(message)

    return send_after_commit


def _without_body(send: Send) -> Send:
    """HEAD is GET without what it would show (RFC 9110, 9.3.2)."""

    async def send_head(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body":
            message = message | {"body": b""}
        await send(message)

    return send_head


async def _refuse(scope: Any, send: Send, error: Exception) -> None:
    """Answer in place of the application."""
    started = time.monotonic()
    response = errors.answer(Request(scope), error)
    status, body = response.status_code, response.content or b""
    if isinstance(body, str):
        body = body.encode()
    kind = str(getattr(response.media_type, "value", response.media_type))
    headers = [(b"content-type", f"{kind}; charset=utf-8".encode())]
    headers += [(name.encode(), value.encode()) for name, value in response.headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
    log.info("refused", status=status, reason=type(error).__name__, seconds=round(time.monotonic() - started, 4))
