"""The one way out by HTTP to an address that somebody typed, and never to a network of our own.

    async with outside.client() as http:
        answer = await http.post(url, content=body, headers={"Content-Type": "application/json"})

A name is looked up once. All its addresses have to be public, and the connection goes to one that was looked at,
so that a second look-up cannot lead elsewhere; httpx-secure looks again at what is connected to. No redirects, no
proxies of the environment, no cookies kept, ten seconds in all, and no more of an answer is read than 64 kB.
"""

import asyncio
import functools
import re
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib import metadata
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx
import msgspec
from httpx_secure import SSRFProtectionError, httpx_ssrf_protection

from core.i18n import _

SECONDS = 10.0
CONNECT_SECONDS = 4.0
LARGEST = 64 * 1024
LONGEST_URL = 2000
MOST_ADDRESSES = 3

_NAT64 = IPv6Network("64:ff9b::/96")
_STRANGE = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
_HOST = re.compile(rb"[a-z0-9_.:-]+")
_reaches_loopback = False


class NotReached(Exception):
    """No answer came, or not all of it. `permanent` when asking again cannot help."""

    permanent = False


class Late(NotReached):
    """The other side took too long: whoever goes on asking it waits a while first."""


class Refused(NotReached):
    """The address leads to where nothing may be asked; nothing was connected to."""

    permanent = True


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back. `is_cut` when there was more of it; names of `headers` are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the other side took it."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as it can be read and kept."""
        return self.body.decode(errors="replace").replace("\x00", "")


def configure(*, reach_loopback: bool) -> None:
    """Whether this computer itself can be asked: in tests, and for trying things out on one's own."""
    global _reaches_loopback
    _reaches_loopback = reach_loopback


def check_url(text: str) -> None:
    """Raise a ValueError in words unless this can be asked. Names are looked up only when it is."""
    try:
        url = httpx.URL(text)
        port = url.port
    except (httpx.InvalidURL, ValueError) as error:
        raise ValueError(_("This is not an address.")) from error
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(_("An address begins with https:// or http:// and a host."))
    if len(text) > LONGEST_URL or _STRANGE.search(text) or not _HOST.fullmatch(url.raw_host):
        raise ValueError(_("This is not an address."))
    if port is not None and not 0 < port < 65536:
        raise ValueError(_("This is not an address."))
    if url.userinfo:
        raise ValueError(_("Leave name and password out of the address."))
    if not _may_be_named(url.host):
        raise ValueError(_("This address leads into a private network."))


@asynccontextmanager
async def client(*, seconds: float = SECONDS) -> AsyncIterator["Client"]:
    """For one or more requests, of which each has `seconds`."""
    cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    limits = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
    made = httpx.AsyncClient(
        verify=_certificates(), timeout=limits, cookies=cookies, trust_env=False, follow_redirects=False
    )
    guarded = httpx_ssrf_protection(
        made,
        check_globally_reachable=False,
        custom_validator=lambda _name, address, _port: is_allowed(address),
    )
    async with guarded as http:
        yield Client(http, seconds)


class Client:
    """Asks. Every method raises `NotReached`, or `Refused` before anything was connected to."""

    def __init__(self, http: httpx.AsyncClient, seconds: float) -> None:
        self._http = http
        self._seconds = seconds

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for it."""
        return await self.request("GET", url, headers=headers)

    async def post(self, url: str, *, content: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """Send something there."""
        return await self.request("POST", url, content=content, headers=headers)

    async def request(
        self, method: str, url: str, *, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The answer, whatever its status. A redirect is an answer like any other."""
        try:
            check_url(url)
        except ValueError as error:
            raise Refused(str(error)) from error
        usual = {"User-Agent": _name(), "Accept-Encoding": "identity"}
        try:
            request = self._http.build_request(method, url, content=content, headers={**usual, **(headers or {})})
            async with asyncio.timeout(self._seconds):
                return await self._first_that_answers(request, await _looked_up(request.url))
        except SSRFProtectionError as error:
            raise Refused("this address leads into a private network") from error
        except TimeoutError as error:
            raise Late(f"no answer within {self._seconds:g} s") from error
        except httpx.TimeoutException as error:
            raise Late(_told(error)) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise NotReached(_told(error)) from error

    async def _first_that_answers(self, request: httpx.Request, addresses: list[str]) -> Answer:
        name = request.url.raw_host.decode()
        if name not in addresses:
            request.extensions["sni_hostname"] = name
        for address in addresses[:-1]:
            try:
                return await self._answer(request, address)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._answer(request, addresses[-1])

    async def _answer(self, request: httpx.Request, address: str) -> Answer:
        request.url = request.url.copy_with(host=address)
        response = await self._http.send(request, stream=True)
        try:
            body, is_cut = await _read(response)
        finally:
            await response.aclose()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status_code, headers=headers, body=body, is_cut=is_cut)


def is_allowed(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public internet: not ours, not a neighbour's, not everybody's."""
    if _reaches_loopback and address.is_loopback:
        return True
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return is_allowed(IPv4Address(address.packed[-4:]))
        if address.ipv4_mapped or address.sixtofour or address.teredo or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _may_be_named(host: str) -> bool:
    """False for what is plainly inside, however the numbers are written."""
    bare = host.strip("[]").rstrip(".").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return _reaches_loopback
    with suppress(ValueError):
        return is_allowed(ip_address(bare))
    try:
        return is_allowed(IPv4Address(socket.inet_aton(bare)))
    except OSError:
        return True


async def _looked_up(url: httpx.URL) -> list[str]:
    """The addresses of its host, once, in the system's order. `Refused` if a single one is not public."""
    port = url.port or (443 if url.scheme == "https" else 80)
    found = await asyncio.get_running_loop().getaddrinfo(
        url.raw_host.decode().strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    if not addresses or not all(is_allowed(ip_address(address)) for address in addresses):
        raise Refused("this address leads into a private network")
    return addresses[:MOST_ADDRESSES]


async def _read(response: httpx.Response) -> tuple[bytes, bool]:
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > LARGEST:
            return bytes(body[:LARGEST]), True
    return bytes(body), False


def _told(error: Exception) -> str:
    """What went wrong, without addresses of ours."""
    if isinstance(error, socket.gaierror):
        return "the host is not known"
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words}"[:200] if words else type(error).__name__


@functools.cache
def _certificates() -> ssl.SSLContext:
    """Reading them takes 20 ms, so it is done once."""
    return httpx.create_ssl_context(trust_env=False)


@functools.cache
def _name() -> str:
    return f"Comptoir/{metadata.version('comptoir')} (webhooks)"
