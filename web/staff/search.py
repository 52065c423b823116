"""The palette (Ctrl-K) and its page: what is looked for, what there is to do, and what can be set."""

import unicodedata
from typing import Any

from litestar import Response, get

from core import policies
from core.accounts import search
from core.accounts.search import Found
from core.actor import Actor
from core.errors import Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import menus
from web.kit.forms import Form
from web.kit.guards import signed_in
from web.kit.menus import Entry
from web.kit.pages import AnyRequest, page
from web.kit.visit import By, visit_of

MOST_ACTIONS = 8
ACTIONS: tuple[Entry, ...] = (
    (N_("New client"), "/staff/clients/new", "user-plus", Permission.CLIENT_CREATE),
    (N_("New account group"), "/staff/groups/new", "users-group", Permission.GROUP_CREATE),
    (N_("New field of clients"), "/staff/fields/new", "list", Permission.FIELD_MANAGE),
    (N_("New project"), "/staff/projects/new", "world", Permission.PROJECT_CREATE),
    (N_("Invite a colleague"), "/staff/people/new", "user-plus", Permission.STAFF_MANAGE),
    (N_("New role"), "/staff/roles/new", "shield-lock", Permission.ROLE_MANAGE),
    (N_("New API key"), "/staff/api-keys/new", "key", Permission.API_KEY_MANAGE),
)
"""What one can begin, besides opening the pages of the menu."""
SETTINGS: tuple[Entry, ...] = (
    (
        N_("The provider’s name, colour and time zone"),
        "/staff/settings",
        "settings",
        Permission.SETTINGS_MANAGE,
    ),
    (N_("Plugins and their settings"), "/staff/plugins", "puzzle", Permission.PLUGIN_READ),
    (N_("List of attitudes"), "/staff/attitudes", "mood-smile", Permission.ATTITUDE_MANAGE),
    (N_("Saved filters of the client list"), "/staff/segments", "filter", Permission.CLIENT_READ),
    (N_("Fields of clients"), "/staff/fields", "list", Permission.FIELD_MANAGE),
    (N_("My name, language and appearance"), "/account", "user-circle", None),
    (N_("My password"), "/account#password", "lock", None),
    (N_("My second factor"), "/account/two-factor", "shield-lock", None),
    (N_("My sessions"), "/account/sessions", "device-desktop", None),
)
HEADINGS = {
    "client": N_("Clients"),
    "user": N_("Users"),
    "payer": N_("Payers"),
    "segment": N_("Saved filters"),
    "action": N_("Actions"),
    "setting": N_("Settings"),
}
ICONS = {"client": "users", "user": "user", "payer": "wallet", "segment": "filter"}
ADDRESSES = {
    "client": "/staff/clients/{code}",
    "user": "/staff/users/{id}",
    "payer": "/staff/payers/{id}",
    "segment": "/staff/clients?segment={id}",
}
"""Where what is found is shown."""


@get("/search", **signed_in())
async def show(request: AnyRequest, by: By) -> Response[str]:
    """What is found, as a page; as the options of the palette when htmx asks."""
    text = request.query_params.get("q", "")
    kind, wanted = search.asked(text)
    errors, status = {}, 200
    found: list[Found] = []
    try:
        found = await search.find(wanted, by=by, kind=kind)
    except Invalid as refusal:
        errors, status, wanted = refusal.errors, 422, ""
    sections = [_section(name, [_line(hit) for hit in found if hit.kind == name]) for name in search.KINDS]
    if not errors:
        sections += _offered(request, wanted, kind, by=by)
    shown = [section for section in sections if section["items"]]
    return page(
        request,
        "staff/search/index.html",
        block="options",
        status=status,
        sections=shown,
        form=Form({"q": text}, errors),
    )


def _offered(request: AnyRequest, text: str, kind: str | None, *, by: Actor) -> list[dict[str, Any]]:
    """Actions and settings whose words begin as those that were typed."""
    menu = menus.of(by, "", items=visit_of(request).menu_items)
    pages = [
        {
            "name": entry["label"],
            "href": entry["href"],
            "icon": entry["icon"],
            "detail": section.get("label") or "",
        }
        for section in menu
        for entry in section.get("children") or [section]
    ]
    offered = {"action": [*_allowed(ACTIONS, by), *pages], "setting": _allowed(SETTINGS, by)}
    return [
        _section(name, [item for item in items if matches(item["name"], text)][:MOST_ACTIONS])
        for name, items in offered.items()
        if kind == name or (kind is None and (text or name == "action"))
    ]


def matches(name: str, text: str) -> bool:
    """Whether every word of the text is the beginning of a word of the name; case and accents do not count."""
    words = _folded(name).split()
    return all(any(word.startswith(part) for word in words) for part in _folded(text).split())


def _folded(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.replace("’", " ").replace("-", " "))
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


def _allowed(entries: tuple[Entry, ...], by: Actor) -> list[dict[str, Any]]:
    return [
        {"name": _(label), "href": href, "icon": icon, "detail": ""}
        for label, href, icon, permission in entries
        if permission is None or policies.allows(by, permission)
    ]


def _line(hit: Found) -> dict[str, Any]:
    return {
        "name": hit.name,
        "href": ADDRESSES[hit.kind].format(code=hit.code, id=hit.id),
        "icon": ICONS[hit.kind],
        "detail": hit.detail,
    }


def _section(kind: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"kind": kind, "heading": _(HEADINGS[kind]), "items": items}


ROUTES = [show]
