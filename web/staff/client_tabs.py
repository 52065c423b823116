"""The tabs of a client's page, and the frame around what each of them shows.

A tab is added in three steps:

1. one line in `TABS` below: its key, its name, where it stands under `/staff/clients/<code>`, the permission
   that opens it (an edition without the permission's feature does not show it), and its template;
2. a template `web/templates/staff/clients/tabs/<key>.html` that extends `staff/clients/_page.html` and fills
   the block `tab`; the frame brings the header, the actions, the tabs and the summary;
3. a handler in a module of its own, with the permission of the tab:

       @get("/clients/{code:int}/payers", **requires(Permission.PAYER_READ))
       async def show_payers(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
           client = await clients.get(code, by=by)
           found = await payers.of(client["id"], by=by)
           return await client_tabs.show(request, client, "payers", by=by, payers=found)

A form that is refused calls `show` again with its values and `status=422`. An action in the header is a line of
`staff/clients/_actions.html`, a fact of the summary a function of
`client_summary.FACTS`.

Plugins bring boxes for the profile (`provide_client_panels`), and a tab of their own with `Panel(tab="...")`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from litestar import Response

from core import hooks, i18n, places, policies
from core.accounts import client_choices, clients, groups
from core.actor import Actor
from core.hookspecs import Panel
from core.i18n import N_, _
from core.permissions import Permission
from web.kit.pages import AnyRequest, page, redirect
from web.staff import client_summary


class Tab(NamedTuple):
    """One tab. `suffix` follows the client's address. It shows to those who have `permission`, where the
    provider has `feature` (when one is named) besides the feature of the permission, and lacks `instead_of`."""

    key: str
    label: str
    suffix: str
    permission: Permission
    template: str
    feature: str | None = None
    instead_of: str | None = None


TABS: tuple[Tab, ...] = (
    Tab("profile", N_("Profile"), "", Permission.CLIENT_READ, "staff/clients/tabs/profile.html"),
    Tab("users", N_("Users"), "/users", Permission.USER_READ, "staff/clients/tabs/users.html"),
    Tab(
        "user",
        N_("User"),
        "/user",
        Permission.CLIENT_READ,
        "staff/clients/tabs/user.html",
        instead_of="users",
    ),
    Tab("payers", N_("Payers"), "/payers", Permission.PAYER_READ, "staff/clients/tabs/payers.html"),
    Tab(
        "payer",
        N_("Payer"),
        "/payer",
        Permission.CLIENT_READ,
        "staff/clients/tabs/payer.html",
        instead_of="payers",
    ),
    Tab("services", N_("Services"), "/services", Permission.SERVICE_READ, "staff/clients/tabs/services.html"),
    Tab("offers", N_("Quotes"), "/offers", Permission.SERVICE_READ, "staff/clients/tabs/offers.html"),
    Tab("tickets", N_("Tickets"), "/tickets", Permission.TICKET_READ, "staff/clients/tabs/tickets.html"),
    Tab("accounts", N_("Accounts"), "/accounts", Permission.ACCOUNT_READ, "staff/clients/tabs/accounts.html"),
    Tab("invoices", N_("Invoices"), "/invoices", Permission.INVOICE_READ, "staff/clients/tabs/invoices.html"),
    Tab("payments", N_("Payments"), "/payments", Permission.PAYMENT_READ, "staff/clients/tabs/payments.html"),
    Tab("expenses", N_("Expenses"), "/expenses", Permission.EXPENSE_READ, "staff/clients/tabs/expenses.html"),
    Tab("dunning", N_("Dunning"), "/dunning", Permission.DUNNING_READ, "staff/clients/tabs/dunning.html"),
    Tab("contracts", N_("Contracts"), "/contracts", Permission.CONTRACT_READ, "staff/clients/tabs/contracts.html"),
    Tab("groups", N_("Account groups"), "/groups", Permission.GROUP_READ, "staff/clients/tabs/groups.html"),
    Tab(
        "discounts",
        N_("Discounts"),
        "/discounts",
        Permission.DISCOUNT_READ,
        "staff/clients/tabs/discounts.html",
    ),
    Tab(
        "notifications",
        N_("Notifications"),
        "/notifications",
        Permission.NOTIFICATION_READ,
        "staff/clients/tabs/notifications.html",
    ),
    Tab("phone", N_("Phone verification"), "/phone", Permission.FRAUD_READ, "staff/clients/tabs/phone.html"),
    Tab("notes", N_("Notes and files"), "/notes", Permission.NOTE_READ, "staff/clients/tabs/notes.html"),
    Tab(
        "projects",
        N_("Projects"),
        "/projects",
        Permission.PROJECT_READ,
        "staff/clients/tabs/projects.html",
    ),
    Tab("timeline", N_("Timeline"), "/timeline", Permission.ACTIVITY_READ, "staff/clients/tabs/timeline.html"),
    Tab("consents", N_("Terms"), "/consents", Permission.CLIENT_READ, "staff/clients/tabs/consents.html"),
    Tab(
        "personal",
        N_("Personal data"),
        "/personal-data",
        Permission.CLIENT_PERSONAL_DATA,
        "staff/clients/tabs/personal.html",
    ),
)
"""In the order they stand on the page. Those of plugins follow; what does not fit opens under *More*."""

Brought = Sequence[tuple[str, Panel]]
"""Boxes, each with the name of its plugin."""

OF_PLUGINS = "/more/"
BY_KEY = {tab.key: tab for tab in TABS}


async def show(
    request: AnyRequest,
    client: Mapping[str, Any],
    key: str,
    *,
    by: Actor,
    status: int = 200,
    block: str | None = None,
    brought: Brought | None = None,
    **context: Any,
) -> Response[Any]:
    """The page of a client with this tab open. `context` is for the tab's template; `brought` is what plugins
    bring, when the caller asked them already, and `block` the part of the template that htmx asks for."""
    if _is_led_on(request, client):
        return led_on(request, client)
    known = await brought_by_plugins(client, by=by) if brought is None else brought
    framed = await _frame(client, key, known, by=by)
    return page(request, BY_KEY[key].template, block=block, status=status, **(framed | context))


async def show_brought(
    request: AnyRequest,
    client: Mapping[str, Any],
    plugin: str,
    *,
    by: Actor,
    brought: Brought,
    panels: Sequence[Panel],
) -> Response[Any]:
    """The page of a client with the tab of a plugin open."""
    if _is_led_on(request, client):
        return led_on(request, client)
    framed = await _frame(client, OF_PLUGINS + plugin, brought, by=by)
    return page(request, "staff/clients/tabs/more.html", **framed, panels=panels)


def _is_led_on(request: AnyRequest, client: Mapping[str, Any]) -> bool:
    """Whether the address has the code of a client that was merged into this one."""
    return request.method == "GET" and request.path_params.get("code", client["code"]) != client["code"]


def led_on(request: AnyRequest, client: Mapping[str, Any]) -> Response[Any]:
    """To the same page under the code of the client that stays."""
    old, rest = str(request.path_params["code"]), request.url.path
    place = rest.replace(f"/clients/{old}", f"/clients/{client['code']}", 1)
    told = _("The client %(old)s was merged into this one.") % {"old": old}
    return redirect(request, place, toast=told, kind="info")


async def _frame(client: Mapping[str, Any], key: str, brought: Brought, *, by: Actor) -> dict[str, Any]:
    filed = await client_choices.of(by=by)
    here = f"/staff/clients/{client['code']}"
    return {
        "client": {
            **client,
            "attitude": filed.attitudes.get(client["attitude_id"]),
            "project": filed.projects.get(client["project_id"], ""),
            "groups": await groups.groups_of(client["id"], by=by)
            if policies.allows(by, Permission.GROUP_READ)
            else [],
        },
        "facts_shown": await client_summary.of(client, by=by),
        "here": here,
        "tabs_shown": _tabs(here, key, brought, by=by),
        "countries": places.countries(i18n.current()),
        "languages": places.languages(i18n.current()),
    }


async def brought_by_plugins(client: Mapping[str, Any], *, by: Actor) -> Brought:
    """The boxes of the plugins for this client, each with the name of its plugin."""
    return await hooks.provide_named("provide_client_panels", by=by, client=clients.shown(client))


def _tabs(here: str, key: str, brought: Brought, *, by: Actor) -> list[dict[str, Any]]:
    ours = [
        {"label": _(tab.label), "href": here + tab.suffix, "active": tab.key == key}
        for tab in TABS
        if policies.allows(by, tab.permission)
        and (tab.feature is None or policies.has_feature(by.tenant, tab.feature))
        and (tab.instead_of is None or not policies.has_feature(by.tenant, tab.instead_of))
    ]
    titles = {name: panel.tab for name, panel in reversed(brought) if panel.tab}
    theirs = [
        {"label": titles[name], "href": f"{here}{OF_PLUGINS}{name}", "active": key == OF_PLUGINS + name}
        for name in dict.fromkeys(name for name, panel in brought if panel.tab)
    ]
    return ours + theirs
