"""The `Idempotency-Key` header: a write that is sent twice with one key acts once and is answered twice alike.

Middleware of the API's routes, inside the transaction: it claims the key before the handler runs and keeps the
answer before it is sent, so that key, effect and answer are committed together or not at all.

A route that moves money (`asks(..., moves_money=True)`) and is sent the same again without a key within moments
answers 409: that is somebody who did not hear the first answer. What answers with a file or a secret takes no key.
"""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from hashlib import sha256
from typing import Any

from asyncpg import InterfaceError, PostgresError
from litestar import Request

from core import idempotency
from core.errors import Invalid
from core.i18n import _
from core.idempotency import FIELD, Answer
from web.kit import errors
from web.kit.guards import guard
from web.kit.visit import visit_of

WRITES = frozenset({"DELETE", "PATCH", "POST", "PUT"})
KEY = re.compile(r"[\x21-\x7e]{1,255}")
REPEATED = "Idempotent-Replayed"
KEPT_HEADERS = ("content-type", "link", "location")

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Idempotent:
    """ASGI middleware around the handlers of one area."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        """Answer a repeated write from memory, let everything else through."""
        key, options = _key_of(scope), scope["route_handler"].opt
        is_watched = key is not None or options.get("moves_money")
        is_kept = not (options.get("is_file") or options.get("shows_secret"))
        if not is_watched or scope["method"] not in WRITES or not is_kept:
            await self.app(scope, receive, send)
            return
        request: Request[Any, Any, Any] = Request(scope, receive)
        await guard(request, scope["route_handler"])
        owner = visit_of(request).actor.api_key_id or 0
        if key is None:
            claimed = await idempotency.once(await _hash_of(request), api_key_id=owner)
            await self.app(scope, receive, _giving_back(send, claimed, owner))
            return
        known = await idempotency.claim(key, await _hash_of(request), api_key_id=owner)
        if known is not None:
            await _send(known, send, [(REPEATED.lower().encode(), b"true")])
            return
        messages: list[dict[str, Any]] = []
        await self.app(scope, receive, _into(messages))
        await _keep_and_send(request, messages, send, key=key, owner=owner)


async def _keep_and_send(
    request: Request[Any, Any, Any], messages: list[dict[str, Any]], send: Send, *, key: str, owner: int
) -> None:
    """Keep an answer that is no refusal; a refusal undoes the claim."""
    start, body = messages[0], b"".join(message.get("body", b"") for message in messages[1:])
    if start["status"] < 400:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
        kept = {name: headers[name] for name in KEPT_HEADERS if name in headers}
        try:
            await idempotency.keep(key, Answer(status=start["status"], body=body, headers=kept), api_key_id=owner)
        except (PostgresError, InterfaceError, OSError) as error:
            response = errors.answer(request, error).to_asgi_response(app=None, request=request)
            await response(request.scope, request.receive, send)  # type: ignore[arg-type]
            return
    answered = _giving_back(send, key, owner)
    await answered(start)
    await answered({"type": "http.response.body", "body": body})


def _giving_back(send: Send, key: str, owner: int) -> Send:
    """Before a refusal is sent, its claim is undone. What the database cannot do then, it cannot commit either."""

    async def give_back_and_send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start" and message["status"] >= 400:
            with suppress(PostgresError, InterfaceError, OSError):
                await idempotency.give_back(key, api_key_id=owner)
        await send(message)

    return give_back_and_send


def _into(messages: list[dict[str, Any]]) -> Send:
    async def hold(message: dict[str, Any]) -> None:
        messages.append(message)

    return hold


async def _send(answer: Answer, send: Send, more: list[tuple[bytes, bytes]]) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    length = [(b"content-length", str(len(answer.body)).encode())] if answer.status != 204 else []
    await send({"type": "http.response.start", "status": answer.status, "headers": [*headers, *length, *more]})
    await send({"type": "http.response.body", "body": answer.body})


def _key_of(scope: Any) -> str | None:
    """The key that was sent, None without one; `Invalid` for one that cannot be, or two of them."""
    name = FIELD.lower().encode()
    sent: list[str] = [value.decode("latin-1") for header, value in scope["headers"] if header.lower() == name]
    if not sent:
        return None
    if len(sent) > 1 or not KEY.fullmatch(sent[0]):
        raise Invalid({FIELD: _("One key, please: 1 to 255 visible ASCII characters.")})
    return sent[0]


async def _hash_of(request: Request[Any, Any, Any]) -> bytes:
    """What makes it the same request: method, address, kind and body."""
    scope, digest = request.scope, sha256()
    kind = request.headers.get("content-type", "")
    for part in (scope["method"], scope["path"], scope["query_string"], kind, await request.body()):
        data = part if isinstance(part, bytes) else part.encode()
        digest.update(len(data).to_bytes(8) + data)
    return digest.digest()
