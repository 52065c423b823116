"""The way out to a server that somebody named and that does not speak HTTP, such as a mail server: see `outside`.

A name is looked up once, all its addresses have to be public, and the connection goes to one that was looked at.
"""

import asyncio
import socket
from collections.abc import Collection
from ipaddress import ip_address

from core import outside
from core.outside import NotReached, Refused

SECONDS = 10.0
_inside: frozenset[str] = frozenset()
MOST_ADDRESSES = 3


def configure(*, private_mail_servers: Collection[str]) -> None:
    """Which servers in private networks may be connected to all the same, by the name or address that is given."""
    global _inside
    _inside = frozenset(name.lower() for name in private_mail_servers)


async def connect(host: str, port: int, *, seconds: float = SECONDS) -> socket.socket:
    """A connected socket. `NotReached` when nobody answers, `Refused` for one in a private network."""
    try:
        async with asyncio.timeout(seconds):
            return await _first_that_answers(await _looked_up(host, port), port)
    except TimeoutError as error:
        raise NotReached(f"no answer within {seconds:g} s") from error
    except (OSError, UnicodeError, ValueError) as error:
        raise NotReached(f"{host}:{port}: {error.strerror if isinstance(error, OSError) else error}") from error


async def _looked_up(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    is_known = host.lower() in _inside
    if not addresses or not (is_known or all(outside.is_allowed(ip_address(address)) for address in addresses)):
        raise Refused(f"{host} leads into a private network")
    return addresses[:MOST_ADDRESSES]


async def _first_that_answers(addresses: list[str], port: int) -> socket.socket:
    for number, address in enumerate(addresses):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(made, (address, port))
        except BaseException as error:
            made.close()
            if number + 1 == len(addresses) or not isinstance(error, OSError):
                raise
        else:
            return made
    raise NotReached("no address")
