"""Roles: the list, what a built-in one may, and making, editing and deleting one's own."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.accounts import roles
from core.accounts.roles import NewRole, RoleChanges
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid, NotFound
from core.i18n import N_, _
from core.permission_words import DESCRIPTIONS
from core.permissions import Permission, feature_of, parts_of
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits

HERE = "/staff/roles"
NOUNS = {
    "account": N_("Balances"),
    "activity": N_("Activity"),
    "api_key": N_("API keys"),
    "attitude": N_("Attitudes"),
    "bank_statement": N_("Bank statements"),
    "client": N_("Clients"),
    "company": N_("Companies"),
    "contract": N_("Contracts"),
    "contract_template": N_("Contract templates"),
    "discount": N_("Discounts"),
    "dunning": N_("Dunning"),
    "expense": N_("Expenses"),
    "field": N_("Fields"),
    "file": N_("Files"),
    "fraud": N_("Fraud checks"),
    "group": N_("Account groups"),
    "invoice": N_("Invoices"),
    "message": N_("Messages to clients"),
    "note": N_("Notes"),
    "notification": N_("Notifications"),
    "notification_template": N_("Notification templates"),
    "payer": N_("Payers"),
    "payment": N_("Payments"),
    "payment_method": N_("Payment methods"),
    "phone": N_("Verified phone numbers"),
    "plugin": N_("Plugins"),
    "product": N_("Products"),
    "project": N_("Projects"),
    "report": N_("Figures"),
    "response_template": N_("Response templates"),
    "role": N_("Roles"),
    "segment": N_("Saved filters"),
    "service": N_("Services"),
    "settings": N_("Settings"),
    "staff": N_("Staff"),
    "task": N_("Tasks"),
    "tax": N_("Taxes"),
    "ticket": N_("Tickets"),
    "user": N_("Users"),
    "webhook": N_("Webhooks"),
}


@get("/roles", **requires(Permission.ROLE_MANAGE))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The roles and how many people are in each."""
    return page(request, "staff/roles/index.html", roles=await roles.every(by=by))


@get("/roles/new", **requires(Permission.ROLE_MANAGE))
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form."""
    return _form(request, Form({"permissions": []}), by=by)


@post("/roles", status_code=200, **requires(Permission.ROLE_MANAGE))
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Make a role."""
    form = edits.listed(await forms.read(request), "permissions")
    try:
        await roles.create(form.into(NewRole), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), by=by, status=422)
    return redirect(request, HERE, toast=_("The role was added."))


@get("/roles/{key:str}", **requires(Permission.ROLE_MANAGE))
async def show(request: AnyRequest, by: By, key: FromPath[str]) -> Response[str]:
    """What a role may; a form when it is one of the provider's own."""
    role = await _get(key, by=by)
    return _form(request, Form(role), by=by, role=role)


@post("/roles/{key:str}", status_code=200, **requires(Permission.ROLE_MANAGE))
async def update(request: AnyRequest, by: By, key: FromPath[str]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    role = await _own(key, by=by)
    form = edits.settled(edits.listed(await forms.read(request), "permissions"), role)
    form.values.setdefault("permissions", [])
    try:
        changes = form.into(RoleChanges, ignore=edits.VERSION)
        await roles.update(role["id"], changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), by=by, role=role, status=422)
    except EditConflict as conflict:
        labels = {"name": _("Name"), "permissions": _("Rights")}
        both = edits.conflict(form, conflict.current, labels, _shown)
        return _form(request, form, by=by, role=role, conflict=both, status=409)
    return redirect(request, HERE, toast=_("The role was saved."))


@get("/roles/{key:str}/delete", **requires(Permission.ROLE_MANAGE))
async def confirm(request: AnyRequest, by: By, key: FromPath[str]) -> Response[str]:
    """Ask, or say who has it."""
    role = await _own(key, by=by)
    return _ask(request, role, refused=await roles.why_it_stays(role["id"], by=by))


@post("/roles/{key:str}/delete", status_code=200, **requires(Permission.ROLE_MANAGE))
async def delete(request: AnyRequest, by: By, key: FromPath[str]) -> Response[Any]:
    """Delete it, if nobody has it."""
    role = await _own(key, by=by)
    try:
        await roles.delete(role["id"], by=by)
    except Conflict as conflict:
        return _ask(request, role, refused=conflict.message, status=409)
    return redirect(request, HERE, toast=_("The role was deleted."))


async def _get(key: str, *, by: Actor) -> dict[str, Any]:
    for role in await roles.every(by=by):
        if role["key"] == key:
            return role
    raise NotFound()


async def _own(key: str, *, by: Actor) -> dict[str, Any]:
    """One of the provider's own; a built-in one can be looked at and nothing else."""
    role = await _get(key, by=by)
    if role["is_built_in"]:
        raise NotFound()
    return role


def _form(
    request: AnyRequest, form: Form, *, by: Actor, role: Any = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    return page(
        request,
        "staff/roles/form.html",
        status=status,
        role=role,
        form=form,
        sections=_sections(by),
        conflict=conflict,
    )


def _ask(request: AnyRequest, role: Any, *, refused: str, status: int = 200) -> Response[str]:
    here, name = f"{HERE}/{role['id']}", {"name": role["name"]}
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Delete the role “%(name)s”?") % name,
        text=_("Nobody has it. This cannot be undone."),
        refused=refused,
        action=f"{here}/delete",
        ok=_("Delete the role"),
        back=here,
        crumbs=[(_("Roles"), HERE), (role["name"], here)],
    )


def _sections(by: Actor) -> list[dict[str, Any]]:
    """The rights by noun: whether the edition has them, and whether the person has them to give."""
    mine = set(roles.choices(by=by))
    sections: dict[str, list[dict[str, Any]]] = {}
    for key in roles.ASSIGNABLE:
        feature = feature_of(key)
        is_locked = feature is not None and not policies.has_feature(by.tenant, feature)
        sections.setdefault(parts_of(key)[0], []).append(
            {
                "key": key,
                "label": _(DESCRIPTIONS[Permission(key)]),
                "locked": policies.edition_with(feature) if feature and is_locked else None,
                "is_mine": key in mine,
            }
        )
    return [{"label": _(NOUNS[noun]), "permissions": listed} for noun, listed in sections.items()]


def _shown(field: str, value: Any) -> str:
    if field == "permissions" and value in roles.ASSIGNABLE:
        return _(DESCRIPTIONS[Permission(value)])
    return str(value)


ROUTES = [index, new, create, show, update, confirm, delete]
