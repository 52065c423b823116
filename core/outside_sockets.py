"""The way out by a plain socket, for protocols that are not HTTP: to public addresses only.

A name is looked up once, and the connection goes to an address that was looked at. A server in a network of one's
own is reached only when the installation allows it.
"""

import socket
from ipaddress import ip_address

from core import outside

CONNECT_SECONDS = 5.0
_reaches_private = False


def configure(*, reach_private: bool) -> None:
    """Whether servers of private networks can be reached: the installation decides, never a provider."""
    global _reaches_private
    _reaches_private = reach_private


def is_private(connection: socket.socket) -> bool:
    """Whether the other side stands in a network of one's own."""
    return not ip_address(str(connection.getpeername()[0]).partition("%")[0]).is_global


def connect(host: str, port: int) -> socket.socket:
    """A connection. Raises `outside.Refused` for an address that may not be asked, and `outside.NotReached`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError) as error:
        raise outside.NotReached("the host is not known") from error
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    if not all(_is_allowed(address) for address in addresses):
        raise outside.Refused("this address leads into a private network")
    for address in addresses[: outside.MOST_ADDRESSES]:
        try:
            return socket.create_connection((address, port), timeout=CONNECT_SECONDS)
        except OSError as error:
            failure = error
    raise outside.NotReached(type(failure).__name__) from failure


def _is_allowed(text: str) -> bool:
    address = ip_address(text)
    return outside.is_allowed(address) or (_reaches_private and address.is_private and not address.is_loopback)
