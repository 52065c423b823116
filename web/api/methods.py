"""The answer to OPTIONS: every method an address takes. The framework's own tells of one route only."""

from typing import Any


class Methods:
    """ASGI middleware around the handlers of the API."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer OPTIONS, let everything else through."""
        if scope["method"] != "OPTIONS":
            await self.app(scope, receive, send)
            return
        found = {
            method
            for route in scope["litestar_app"].routes
            if route.path_format == scope["path_template"]
            for method in route.methods
        }
        headers = [(b"allow", ", ".join(sorted(found)).encode())]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
