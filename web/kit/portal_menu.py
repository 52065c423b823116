"""What the portal has: its menu at the left and the cards of its start page, from one list.

A noun that gets a place in the portal gets an entry here; it is shown to those who have the right for it, where
the provider has the feature.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Request

from core import policies
from core.accounts import memberships, own_phone
from core.accounts.rights import Right
from core.actor import Actor
from core.i18n import N_, _
from web.kit import bells
from web.kit.visit import visit_of


class Entry(msgspec.Struct, frozen=True):
    """A place in the portal. `text` is what its card says; without one it has no card. It is shown where the
    provider has `feature`, and lacks `instead_of`, when they are named."""

    label: str
    href: str
    icon: str
    text: str = ""
    right: Right | None = None
    feature: str | None = None
    instead_of: str | None = None


HOME = Entry(N_("Start"), "/", "home")
PORTAL: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        N_("Client account"),
        (
            Entry(
                N_("Profile"),
                "/profile",
                "address-book",
                N_("Name, contact, country and language."),
            ),
            Entry(
                N_("Payers"),
                "/payers",
                "wallet",
                N_("Whom your documents name."),
                Right.PAYERS_READ,
                feature="payers",
            ),
            Entry(
                N_("Payer"),
                "/payer",
                "wallet",
                N_("Whom your documents name."),
                Right.PAYERS_READ,
                instead_of="payers",
            ),
            Entry(
                N_("Contracts"),
                "/contracts",
                "file-text",
                N_("What was agreed between you and us."),
                Right.CONTRACTS_READ,
                feature="contracts",
            ),
            Entry(N_("Users"), "/users", "users", N_("Who works for this account."), feature="users"),
            Entry(
                N_("Roles"),
                "/roles",
                "user-cog",
                N_("What users may, in roles of your own."),
                Right.USERS_MANAGE,
                feature="users",
            ),
            Entry(N_("Personal data"), "/personal-data", "shield-lock"),
            Entry(N_("Log"), "/log", "history", N_("Who did what in your name, and when."), Right.LOG_READ),
        ),
    ),
    (
        N_("Help"),
        (Entry(N_("Tickets"), "/tickets", "message", N_("Ask us, and read our answers."), Right.TICKETS_READ),),
    ),
    (
        N_("Money"),
        (
            Entry(N_("Services"), "/services", "package", N_("What you have with us."), Right.SERVICES_READ),
            Entry(N_("Quotes"), "/offers", "file-text", N_("What we offered you."), Right.SERVICES_READ),
            Entry(
                N_("Balance"),
                "/balance",
                "wallet",
                N_("What you have with us, and what is still to be paid."),
                Right.INVOICES_READ,
            ),
            Entry(
                N_("Invoices"),
                "/invoices",
                "file-invoice",
                N_("What we billed you, and what of it is paid."),
                Right.INVOICES_READ,
            ),
            Entry(N_("Expenses"), "/expenses", "receipt", N_("What you were charged."), Right.INVOICES_READ),
            Entry(N_("Payments"), "/payments", "cash", N_("What you paid."), Right.INVOICES_READ),
        ),
    ),
    (
        N_("Yourself"),
        (
            Entry(N_("My account"), "/account", "user-circle", N_("Your name, language and password.")),
            Entry(N_("Notifications"), "/account/notices", "bell", N_("What we told you.")),
            Entry(
                N_("Two-step sign-in"),
                "/account/two-factor",
                "shield-lock",
                N_("A code of your phone beside the password."),
            ),
            Entry(N_("Passkeys"), "/account/passkeys", "key", N_("Sign in without typing a password.")),
            Entry(N_("Sessions"), "/account/sessions", "device-desktop", N_("Where you are signed in.")),
        ),
    ),
)
"""Sections by their headings, each with its entries."""


async def ask(request: Request[Any, Any, Any]) -> None:
    """Before a page that users see: between which clients the person may choose, for the header."""
    visit = visit_of(request)
    if visit.actor.kind == "user":
        visit.clients = await memberships.clients_of(by=visit.actor)
        if visit.actor.client is not None and await own_phone.is_needed(by=visit.actor):
            visit.phone_next = _here(request)
    await bells.ask(request)


def _here(request: Request[Any, Any, Any]) -> str:
    """The page that is asked for; the start page when it is no page but something that is done."""
    url = request.url
    return (f"{url.path}?{url.query}" if url.query else url.path) if request.method == "GET" else "/"


def of(actor: Actor, path: str) -> list[dict[str, Any]]:
    """The menu of a user, with the entry of `path` marked."""
    shown = [(title, list(_open_to(actor, entries))) for title, entries in PORTAL]
    everything = [HOME, *(entry for _title, entries in shown for entry in entries)]
    here = max((entry.href for entry in everything if _is_at(path, entry.href)), key=len, default="")
    sections = [
        {"label": _(title), "children": [_line(entry, here) for entry in entries]}
        for title, entries in shown
        if entries
    ]
    return [{"label": "", "children": [_line(HOME, here)]}, *sections] if actor.client else sections


def cards(actor: Actor) -> list[dict[str, Any]]:
    """The cards of the start page, by section."""
    sections = []
    for title, entries in PORTAL:
        shown = [_line(entry, "") | {"text": _(entry.text)} for entry in _open_to(actor, entries) if entry.text]
        if shown:
            sections.append({"label": _(title), "cards": shown})
    return sections


def _open_to(actor: Actor, entries: tuple[Entry, ...]) -> Iterator[Entry]:
    for entry in entries:
        if actor.impersonator is not None and entry.href.startswith("/account"):
            continue
        may = entry.right is None or memberships.may(actor, entry.right)
        if may and _is_offered(actor, entry):
            yield entry


def _is_offered(actor: Actor, entry: Entry) -> bool:
    """Whether it is a place that this provider has."""
    has = entry.feature is None or policies.has_feature(actor.tenant, entry.feature)
    return has and (entry.instead_of is None or not policies.has_feature(actor.tenant, entry.instead_of))


def _line(entry: Entry, here: str) -> dict[str, Any]:
    return {"label": _(entry.label), "href": entry.href, "icon": entry.icon, "active": entry.href == here}


def _is_at(path: str, href: str) -> bool:
    return path.rstrip("/") == href.rstrip("/") or (href != "/" and path.startswith(href + "/"))
