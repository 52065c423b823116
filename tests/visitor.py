"""Somebody in front of the application: keeps cookies, sends forms with their token, signs in."""

import re
from typing import Any, Self

import httpx

PASSWORD = "correct horse battery staple 42"


class Visitor:
    """A browser without JavaScript. `host` is the name of a provider, or "" for the platform."""

    def __init__(self, app: Any, host: str = "nova", *, address: str = "203.0.113.7") -> None:
        self.app, self.address = app, address
        self.last: httpx.Response | None = None
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._tokens: dict[frozenset[tuple[str, ...]], str] = {}
        self.host = host

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        for client in self._clients.values():
            await client.aclose()

    def another(self, host: str | None = None, *, address: str | None = None) -> "Visitor":
        """Another browser, with cookies of its own."""
        return Visitor(self.app, self.host if host is None else host, address=address or self.address)

    @property
    def client(self) -> httpx.AsyncClient:
        if self.host not in self._clients:
            transport = httpx.ASGITransport(app=self.app, client=(self.address, 4711), raise_app_exceptions=True)
            name = f"{self.host}.localhost" if self.host else "localhost"
            self._clients[self.host] = httpx.AsyncClient(transport=transport, base_url=f"http://{name}")
        return self._clients[self.host]

    async def get(self, path: str, **options: Any) -> httpx.Response:
        self.last = await self.client.get(path, **options)
        return self.last

    async def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        """Send a form, with the token of a page of this host.

        The token goes with the cookies, so it is read again when these have changed, or when it is refused.
        """
        known = self._tokens.get(self._cookies())
        token = known or await self.token()
        self.last = await self.client.post(path, data={"_csrf": token} | (data or {}), **options)
        if known and self.last.status_code == 403 and (token := await self.token()) != known:
            self.last = await self.client.post(path, data={"_csrf": token} | (data or {}), **options)
        return self.last

    async def follow(self, response: httpx.Response) -> httpx.Response:
        """The page a redirect leads to."""
        assert response.status_code == 303, f"{response.status_code}: {self.text(response)[:800]}"
        return await self.get(response.headers["location"])

    async def token(self) -> str:
        """The form token of this browser, read from a page of its own."""
        page = await self.client.get("/account")
        if page.status_code != 200:
            page = await self.client.get("/sign-in")
        found = re.search(r'name="_csrf" value="([^"]+)"', page.text)
        assert found, page.text[:500]
        self._tokens[self._cookies()] = found.group(1)
        return found.group(1)

    def _cookies(self) -> frozenset[tuple[str, ...]]:
        """Who this is to the host; a note for the next page says nothing of that."""
        kept = ((self.host, cookie.name, cookie.value or "") for cookie in self.client.cookies.jar)
        return frozenset(one for one in kept if "toast" not in one[1])

    async def sign_in(self, email: str, *, password: str = PASSWORD) -> Self:
        response = await self.post("/sign-in", {"email": email, "password": password})
        assert response.status_code == 303, f"{response.status_code}: {self.text(response)[:800]}"
        return self

    @staticmethod
    def text(response: httpx.Response) -> str:
        """What a reader sees of a page: no tags, single spaces."""
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text))
