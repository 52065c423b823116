"""Who visits: what the way in found out about a request before any page sees it."""

from typing import Any, TypeAlias
from urllib.parse import urlsplit

import msgspec
from asyncpg import Record
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency

from core.accounts.focus import Focus
from core.accounts.impersonation import Inside, VisitOver
from core.accounts.passkey_answers import Place
from core.accounts.sessions import SignedIn
from core.actor import Actor, Tenant
from core.hookspecs import MenuItem
from core.settings import Settings
from tenants.branding import Brand

By: TypeAlias = NamedDependency[Actor]
"""The argument `by` of every handler: who acts."""


class Visit(msgspec.Struct, kw_only=True):
    """One request: which host it came to, who sent it, and with which token its forms prove themselves.

    `seed` is the cookie the form token is bound to: the session's own token once somebody is signed in, else a
    random one of the visitor.
    """

    settings: Settings
    tenant: Tenant
    actor: Actor
    request_id: str
    address: str
    base_url: str
    seed: str
    signed_in: SignedIn | None = None
    theme: str = "auto"
    locale: str = "en"
    toast: dict[str, str] | None = None
    menu_items: list[MenuItem] = []
    menu_counts: dict[str, str] = {}
    """How much work waits behind entries of the menu, by their address (`menu_counts`)."""
    is_kept: bool = False
    """Whether browsers may keep the answer for ever: its address changes with it, and it is everybody's."""
    is_framed: bool = False
    """Whether the answer is shown in a frame of a page of ours, and can do nothing there."""
    inside: Inside | None = None
    """The client's account that a member of staff has entered, when this page is one of it."""
    over: VisitOver | None = None
    """What is said instead of an answer: the visit inside a client's account has ended."""
    is_refused: bool = False
    """Whether something was tried that is closed inside: it is kept once the answer is out."""
    focus: Focus | None = None
    unfocused: str = "/staff"
    """Where the focus is lifted: the same page without it."""
    unread: int | None = None
    """How many notices the person has not read, for the bell; None where there is no bell."""
    phone_next: str = ""
    """Where a user goes on once the client's telephone number is verified; "" when it need not be."""
    clients: list[Record] = []
    """What a user may choose between in the header, as `memberships.clients_of` finds it."""
    brand: Brand | None = None
    """Of the host, on pages for clients and visitors; None on others, which show the provider's own."""
    cookies: list[str] = []
    """`Set-Cookie` values that go out with the answer, whatever it is."""

    @property
    def place(self) -> Place:
        """Where passkeys of this visit belong: the host name without its port, and the origin."""
        return Place(host=urlsplit(self.base_url).hostname or "", origin=self.base_url)

    @property
    def by(self) -> Actor:
        """The actor, under the name that verbs use."""
        return self.actor


def visit_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Visit:
    """The visit that the way in put into the connection's state."""
    visit: Visit = connection.scope["state"]["visit"]
    return visit


def actor_of(request: ASGIConnection[Any, Any, Any, Any]) -> Actor:
    """The dependency `by` of every handler."""
    return visit_of(request).actor
