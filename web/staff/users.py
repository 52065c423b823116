"""Users of all clients: the list, one person with his clients, his address, and whether he gets in."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.accounts import client_roles, user_list, users
from core.accounts.rights import ROLE_NAMES
from core.accounts.user_list import UserFilter
from core.accounts.users import UserChanges
from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import filtered, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By, visit_of
from web.staff import edits, list_saving

HERE = "/staff/users"
LABELS = {
    "search": N_("Search"),
    "role": N_("Role"),
    "status": N_("Client’s status"),
    "client": N_("Client's code"),
}
STATUSES = {"active": N_("Active"), "closed": N_("Closed")}
LOCALES = [("en", "English"), ("fr", "Français")]


@get("/users", **requires(Permission.USER_READ))
async def index(request: AnyRequest, by: By) -> Response[Any]:
    """The list: filtered and paged by the address alone, so that a link shows the same."""
    if (opening := await list_saving.opening(request, "users", by=by)) is not None:
        return opening
    given, query = forms.query(request, ignore=filtered.PAGING), request.query_params
    everything = list_saving.kept_in(request, "users")
    listed, errors, status = user_list.Page(rows=[]), {}, 200
    try:
        chosen = forms.fill(UserFilter, given)
        listed = await user_list.page(
            chosen,
            after=query.get("after", ""),
            before=query.get("before", ""),
            within=visit_of(request).focus,
            by=by,
        )
    except Invalid as refusal:
        errors, status = refusal.errors, 422
    return page(
        request,
        "staff/users/index.html",
        status=status,
        rows=[
            dict(row) | {"role_labels": client_roles.names(row["roles"], row["role_names"])} for row in listed.rows
        ],
        page=filtered.paging(HERE, everything | given, listed.previous, listed.next),
        filter=Form(given, errors),
        in_force=filtered.in_force(HERE, given, LABELS, shown, **everything),
        saved=await list_saving.menu(request, "users", given, is_wrong=bool(errors), by=by),
        cancel_href=filtered.link(HERE, everything),
        export_href=filtered.link(f"{HERE}/export", given),
        role_choices=[(key, _(label)) for key, label in ROLE_NAMES.items()],
        status_choices=[(key, _(label)) for key, label in STATUSES.items()],
    )


@get("/users/{person_id:int}", **requires(Permission.USER_READ))
async def show(request: AnyRequest, by: By, person_id: FromPath[int]) -> Response[str]:
    """One person."""
    user = await users.get(person_id, by=by)
    return _show(request, user, Form(user), by=by)


@post("/users/{person_id:int}", status_code=200, **requires(Permission.USER_UPDATE))
async def update(request: AnyRequest, by: By, person_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    user = await users.get(person_id, by=by)
    form = edits.settled(await forms.read(request), user)
    try:
        await users.update(
            person_id, form.into(UserChanges, ignore=edits.VERSION), version=edits.version_of(form), by=by
        )
    except Invalid as refusal:
        return _show(request, user, form.refused(refusal), by=by, status=422)
    except EditConflict as refused:
        return _show(request, user, form, by=by, conflict=conflict_of(form, refused), status=409)
    return redirect(request, f"{HERE}/{person_id}", toast=_("The user was saved."))


@post("/users/{person_id:int}/link", **requires(Permission.USER_UPDATE))
async def send_link(request: AnyRequest, by: By, person_id: FromPath[int]) -> Response[None]:
    """Mail a link to choose a password."""
    sent = await users.send_link(person_id, by=by)
    return redirect(request, f"{HERE}/{person_id}", toast=told_of_link(sent))


@post("/users/{person_id:int}/disable", **requires(Permission.USER_DISABLE))
async def keep_out(request: AnyRequest, by: By, person_id: FromPath[int]) -> Response[None]:
    """Shut him out for a while."""
    await users.keep_out(person_id, by=by)
    return redirect(request, f"{HERE}/{person_id}", toast=_("This person cannot sign in any more."))


@post("/users/{person_id:int}/enable", **requires(Permission.USER_DISABLE))
async def let_in(request: AnyRequest, by: By, person_id: FromPath[int]) -> Response[None]:
    """Let him in again."""
    await users.let_in(person_id, by=by)
    return redirect(request, f"{HERE}/{person_id}", toast=_("This person can sign in again."))


def conflict_of(form: Form, refused: EditConflict) -> dict[str, Any]:
    """What differs between the form and what somebody else saved meanwhile."""
    labels = {"name": _("Name"), "email": _("E-mail"), "locale": _("Language")}
    named = dict(LOCALES)
    return edits.conflict(form, refused.current, labels, lambda _field, value: named.get(str(value), str(value)))


def told_of_link(sent: Any) -> str:
    """That the link is on its way."""
    return _("A link to choose a password is on its way to %(email)s.") % {"email": sent["email"]}


def _show(
    request: AnyRequest, user: Any, form: Form, *, by: Actor, conflict: Any = None, status: int = 200
) -> Response[str]:
    refusal = users.why_not(user)
    return page(
        request,
        "staff/users/show.html",
        status=status,
        user=user,
        form=form,
        conflict=conflict,
        locales=LOCALES,
        refusal=refusal,
        may_edit=not refusal and policies.allows(by, Permission.USER_UPDATE),
        may_disable=not refusal and policies.allows(by, Permission.USER_DISABLE),
    )


def shown(name: str, value: str) -> str:
    """A value of the filter as people read it."""
    named = {"role": ROLE_NAMES, "status": STATUSES}.get(name, {})
    return _(named[value]) if value in named else value


ROUTES = [index, show, update, send_link, keep_out, let_in]
