"""Every page of the product, for those that look at all of them: screenshots, axe, the French pages."""

import msgspec

from core import db
from tests import cast
from tests.e2e.served import Served


class Place(msgspec.Struct, frozen=True):
    """One page: what it is called, who looks at it ("" for nobody), and what is clicked before it is taken.

    Numbers in braces are looked up: `{client}`, `{group}`, `{project}`, `{member}`, `{attitude}`, `{provider}`.
    """

    name: str
    path: str
    who: str = "owner"
    click: tuple[str, ...] = ()


STAFF = (
    Place("dashboard", "/staff"),
    Place("clients", "/staff/clients"),
    Place("clients-filter", "/staff/clients?country=FR&kind=company&name=a"),
    Place("clients-filter-open", "/staff/clients", click=(".list-tools details:first-of-type > summary",)),
    Place("clients-columns", "/staff/clients", click=(".list-tools > details > summary",)),
    Place(
        "clients-picked", "/staff/clients", click=("tbody tr:nth-child(2) .pick", "tbody tr:nth-child(4) .pick")
    ),
    Place("clients-focus", "/staff/clients?focus=client:{client}"),
    Place("focus-unknown", "/staff/activity?focus=client:999999"),
    Place("segments", "/staff/segments"),
    Place("segment-new", "/staff/segments/new?country=FR&kind=company"),
    Place("client-enter", "/staff/clients/{client}/enter"),
    Place("search", "/staff/search?q=a"),
    Place("palette", "/staff/clients", click=("[data-palette]",)),
    Place("clients-nothing", "/staff/clients?name=nobodyhere"),
    Place("clients-wrong-filter", "/staff/clients?code=abc"),
    Place("client-new", "/staff/clients/new"),
    Place("client-new-refused", "/staff/clients/new", click=("input[value=company]", "#client-form .btn-primary")),
    Place("client", "/staff/clients/{client}"),
    Place("client-notes", "/staff/clients/{client}/notes"),
    Place("client-groups", "/staff/clients/{client}/groups"),
    Place("client-timeline", "/staff/clients/{client}/timeline"),
    Place("client-users", "/staff/clients/{client}/users"),
    Place("client-user-invite", "/staff/clients/{client}/users/invite"),
    Place("client-user-roles", "/staff/clients/{client}/user-roles"),
    Place("users", "/staff/users"),
    Place("user", "/staff/users/{person}"),
    Place("client-edit", "/staff/clients/{client}/edit"),
    Place("clients-delete", "/staff/clients/delete?code={client}&code={another}"),
    Place("clients-bulk", "/staff/clients/bulk?all=1&country=FR"),
    Place("clients-export", "/staff/clients/export?all=1&country=FR"),
    Place("clients-close", "/staff/clients/close?code={client}&code={another}"),
    Place("clients-groups", "/staff/clients/groups?code={client}&code={another}"),
    Place("tasks", "/staff/tasks"),
    Place("groups", "/staff/groups"),
    Place("group-new", "/staff/groups/new"),
    Place("group", "/staff/groups/{group}"),
    Place("group-edit", "/staff/groups/{group}/edit"),
    Place("group-delete", "/staff/groups/{group}/delete"),
    Place("fields", "/staff/fields"),
    Place("field-new", "/staff/fields/new", click=("input[value=choice]",)),
    Place("attitudes", "/staff/attitudes"),
    Place("projects", "/staff/projects"),
    Place("project-new", "/staff/projects/new"),
    Place("project", "/staff/projects/{project}"),
    Place("project-edit", "/staff/projects/{project}/edit"),
    Place("project-delete", "/staff/projects/{project}/delete"),
    Place("people", "/staff/people"),
    Place("person-new", "/staff/people/new"),
    Place("person", "/staff/people/{member}"),
    Place("roles", "/staff/roles"),
    Place("role-new", "/staff/roles/new"),
    Place("plugins", "/staff/plugins"),
    Place("plugin-settings", "/staff/plugins/welcome-mail"),
    Place("api-keys", "/staff/api-keys"),
    Place("api-key-new", "/staff/api-keys/new"),
    Place("activity", "/staff/activity"),
    Place("settings", "/staff/settings"),
    Place("sign-up-settings", "/staff/settings/sign-up"),
    Place("client-consents", "/staff/clients/{client}/consents"),
    Place("fields", "/staff/fields"),
    Place("field-new", "/staff/fields/new"),
    Place("clients-merge", "/staff/clients/merge?code={client}&code={another}"),
    Place("client-payers", "/staff/clients/{client}/payers"),
    Place("client-payer-new", "/staff/clients/{client}/payers/new"),
    Place("payers", "/staff/payers"),
    Place("payer", "/staff/payers/{payer}"),
    Place("payer-edit", "/staff/payers/{payer}/edit"),
    Place("payer-merge", "/staff/payers/{payer}/merge"),
    Place("companies", "/staff/companies"),
    Place("company", "/staff/companies/{company}"),
    Place("company-edit", "/staff/companies/{company}/edit"),
    Place("company-account-new", "/staff/companies/{company}/accounts/new"),
    Place("company-delete", "/staff/companies/{company}/delete"),
    Place("project-companies", "/staff/projects/{project}/companies"),
    Place("not-found", "/staff/clients/999999"),
    Place("not-in-edition", "/staff/groups", who="small owner"),
    Place("not-allowed", "/staff/settings", who="auditor"),
)
ACCOUNT = (
    Place("account", "/account"),
    Place("sessions", "/account/sessions"),
    Place("two-factor", "/account/two-factor"),
    Place("passkeys", "/account/passkeys"),
    Place("two-factor-scan", "/account/two-factor", click=(".form-actions .btn-primary",)),
)
PLATFORM = (
    Place("platform", "/platform", who="operator"),
    Place("providers", "/platform/providers", who="operator"),
    Place("provider-new", "/platform/providers/new", who="operator"),
    Place("provider", "/platform/providers/{provider}", who="operator"),
    Place("resellers", "/platform/resellers", who="operator"),
    Place("reseller-new", "/platform/resellers/new", who="operator"),
    Place("health", "/platform/health", who="operator"),
    Place("platform-activity", "/platform/activity", who="operator"),
    Place("mail", "/platform/mail", who="operator"),
    Place("reseller-start", "/platform", who="reseller"),
)
PORTAL = (
    Place("portal", "/", who="user"),
    Place("portal-profile", "/profile", who="user"),
    Place("portal-profile-edit", "/profile/edit", who="user"),
    Place("portal-users", "/users", who="user"),
    Place("portal-user-invite", "/users/invite", who="user"),
    Place("portal-user-invite-refused", "/users/invite", who="user", click=("#invite-form .btn-primary",)),
    Place("portal-user-leave", "/users/leave", who="user"),
    Place("portal-roles", "/roles", who="user"),
    Place("portal-role-new", "/roles/new", who="user"),
    Place("portal-log", "/log", who="user"),
    Place("portal-users", "/users", who="user"),
    Place("portal-invite", "/users/invite", who="user"),
    Place("portal-roles", "/roles", who="user"),
    Place("portal-role-new", "/roles/new", who="user"),
    Place("portal-payers", "/payers", who="user"),
    Place("portal-payer-new", "/payers/new", who="user"),
    Place("portal-account", "/account", who="user"),
)
PUBLIC = (
    Place("home", "/", who=""),
    Place("sign-in", "/sign-in", who=""),
    Place("sign-in-refused", "/sign-in", who="", click=(".btn-primary",)),
    Place("password-forgotten", "/password", who=""),
    Place("password-gone", "/password/nothing", who=""),
)
PLACES = (*PUBLIC, *PORTAL, *STAFF, *ACCOUNT, *PLATFORM)

NUMBERS = {
    "client": "SELECT max(code) - 4 FROM clients",
    "another": "SELECT max(code) - 7 FROM clients",
    "group": "SELECT min(id) FROM account_groups",
    "project": "SELECT max(id) FROM projects",
    "company": "SELECT min(id) FROM companies",
    "payer": "SELECT min(id) FROM payers",
    "member": "SELECT max(id) FROM staff",
    "person": "SELECT max(person_id) FROM memberships WHERE is_owner",
}


def numbers(served: Served, code: str = "nova") -> dict[str, object]:
    """What is looked up for the addresses of a provider's pages."""

    async def read() -> dict[str, object]:
        place = await cast.tenant(code)
        async with db.as_tenant(place.id):
            return {name: await db.value(sql) for name, sql in NUMBERS.items()} | {"provider": code}

    return served.do(read)
