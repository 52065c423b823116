"""How many statements a whole page of clients asks, from the first byte of the request to the commit."""

from typing import Any
from unittest.mock import patch

from benchmarks.signed_in import PAGE, SignedIn
from core.accounts import client_list
from core.scope import Scope
from core.settings import Settings
from web.app import create_app

SIZES = (10, 50, 200, 1000)


async def of_pages(settings: Settings, visitor: SignedIn) -> dict[str, int]:
    """Statements by the number of rows a page shows; BEGIN and COMMIT not counted."""
    app = create_app(settings)
    await _ask(app, visitor)
    found = {}
    for size in SIZES:
        with patch.dict(client_list.page.__kwdefaults__, size=size):
            found[f"{size} rows"] = await _ask(app, visitor)
    return found


async def _ask(app: Any, visitor: SignedIn) -> int:
    """One request inside this process; returns its statements."""
    counted: list[int] = []
    close = Scope.close

    async def counting(self: Scope, *, commit: bool) -> None:
        if not self.is_closed:
            counted.append(self.queries)
        await close(self, commit=commit)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start" and message["status"] != 200:
            raise RuntimeError(f"the page answered {message['status']}")

    with patch.object(Scope, "close", counting):
        await app(_scope(visitor), receive, send)
    return sum(counted)


def _scope(visitor: SignedIn) -> dict[str, Any]:
    headers = [(name.lower().encode(), value.encode()) for name, value in visitor.headers.items()]
    return {
        "type": "http",
        "method": "GET",
        "path": PAGE,
        "raw_path": PAGE.encode(),
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "scheme": "http",
        "state": {},
    }
