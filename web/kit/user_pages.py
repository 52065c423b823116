"""The pages of a client's users, for staff and for the users themselves: who is in, inviting, roles, going.

A `Place` says of which client, and where its pages stand; the areas have handlers of a few lines over these.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response

from core.accounts import client_roles, invitations, members, memberships
from core.accounts.invitations import NewInvitation
from core.accounts.rights import Right
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid, NotSignedIn
from core.i18n import _
from web.kit import edits, forms, proving, session
from web.kit.forms import Form
from web.kit.pages import AnyRequest, page, redirect


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A client and the addresses of its users' pages; `crumbs` lead to its users.

    `may` are what the buttons are shown for: "invite", "update", "remove", "transfer". `people` is where staff
    find the pages of people, "" in the portal.
    """

    client_id: int
    client_name: str
    here: str
    roles: str
    invitations: str
    crumbs: list[tuple[str, str]]
    may: frozenset[str] = frozenset()
    people: str = ""


class Roles(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of somebody's roles sends."""

    roles: tuple[str, ...] = ()


async def listed(place: Place, *, by: Actor) -> dict[str, Any]:
    """What `users/_members.html` shows: the users, and the invitations when `by` may see them."""
    sees_all = by.kind != "user" or memberships.may(by, Right.USERS_READ)
    found = await invitations.of_client(place.client_id, by=by) if sees_all else []
    return {
        "place": place,
        "members": [_member(row, by) for row in await memberships.of_client(place.client_id, by=by)],
        "invitations": [_labelled(row) | {"in_reach": _covers(by, row["rights"])} for row in found],
    }


async def invite_form(
    request: AnyRequest, place: Place, form: Form, *, by: Actor, status: int = 200
) -> Response[str]:
    """The form of an invitation."""
    return page(
        request,
        "users/invite.html",
        status=status,
        place=place,
        form=form,
        choices=await role_choices(place.client_id, by=by),
        days=invitations.LASTS.days,
    )


async def invite(request: AnyRequest, place: Place, *, by: Actor) -> Response[Any]:
    """Send it."""
    form = edits.listed(await forms.read(request), "roles")
    try:
        made = await invitations.send(place.client_id, form.into(NewInvitation), by=by)
    except Invalid as refusal:
        return await invite_form(request, place, form.refused(refusal), by=by, status=422)
    toast = _("An invitation is on its way to %(email)s.") % {"email": made["email"]}
    return redirect(request, place.here, toast=toast)


async def resend(request: AnyRequest, place: Place, invitation_id: int, *, by: Actor) -> Response[None]:
    """Send a new link in place of the one before."""
    await invitations.resend(place.client_id, invitation_id, by=by)
    return redirect(request, place.here, toast=_("A new invitation is on its way."))


async def withdraw(request: AnyRequest, place: Place, invitation_id: int, *, by: Actor) -> Response[None]:
    """Take it back."""
    await invitations.withdraw(place.client_id, invitation_id, by=by)
    return redirect(request, place.here, toast=_("The invitation was withdrawn."))


async def show_member(
    request: AnyRequest,
    place: Place,
    person_id: int,
    *,
    by: Actor,
    form: Form | None = None,
    conflict: Any = None,
    status: int = 200,
) -> Response[str]:
    """One user, with the form of his roles for those who may change them."""
    member = _member(await memberships.of_person(place.client_id, person_id, by=by), by)
    may_change = "update" in place.may and member["in_reach"] and not member["is_owner"]
    return page(
        request,
        "users/member.html",
        status=status,
        place=place,
        member=member,
        form=form or Form({"roles": member["role_keys"], "version": member["version"]}),
        choices=await role_choices(place.client_id, by=by) if may_change else [],
        conflict=conflict,
        may_change=may_change,
    )


async def change_roles(request: AnyRequest, place: Place, person_id: int, *, by: Actor) -> Response[Any]:
    """Save his roles; when somebody else did meanwhile, show both and let the person choose."""
    member = await memberships.of_person(place.client_id, person_id, by=by)
    saved = {"roles": member["role_keys"], "version": member["version"]}
    form = edits.settled(edits.listed(await forms.read(request), "roles"), saved)
    try:
        chosen = form.into(Roles, ignore=edits.VERSION).roles
        await members.change(place.client_id, person_id, chosen, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await show_member(request, place, person_id, by=by, form=form.refused(refusal), status=422)
    except EditConflict as refused:
        named = {key: label for key, label, *_more in await role_choices(place.client_id, by=by)}
        both = edits.conflict(
            form, refused.current, {"roles": _("Roles")}, lambda _field, key: named.get(str(key), str(key))
        )
        return await show_member(request, place, person_id, by=by, form=form, conflict=both, status=409)
    return redirect(request, place.here, toast=_("The roles were saved."))


async def ask_remove(
    request: AnyRequest, place: Place, person_id: int, *, by: Actor, refused: str = "", status: int = 200
) -> Response[str]:
    """Say what ends with it, and ask."""
    member = await memberships.of_person(place.client_id, person_id, by=by)
    if member["is_owner"]:
        refused = _("The owner cannot be removed. Hand the client over first.")
    here, name = f"{place.here}/{person_id}", {"name": member["name"], "client": place.client_name}
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Take %(name)s out of %(client)s?") % name,
        text=_("%(name)s is signed out everywhere at once, and the invitations that he sent end.") % name,
        refused=refused,
        action=f"{here}/remove",
        ok=_("Take out"),
        back=here,
        crumbs=[*place.crumbs, (member["name"], here)],
    )


async def remove(request: AnyRequest, place: Place, person_id: int, *, by: Actor) -> Response[Any]:
    """Take him out."""
    member = await memberships.of_person(place.client_id, person_id, by=by)
    try:
        await members.remove(place.client_id, person_id, by=by)
    except Conflict as refusal:
        return await ask_remove(request, place, person_id, by=by, refused=refusal.message, status=409)
    toast = _("%(name)s is not a user of this client any more.") % {"name": member["name"]}
    return redirect(request, place.here, toast=toast)


async def ask_transfer(
    request: AnyRequest, place: Place, person_id: int, form: Form, *, by: Actor, status: int = 200
) -> Response[str]:
    """Say what it means, and ask; of a user also for a proof when the last one is old."""
    member = await memberships.of_person(place.client_id, person_id, by=by)
    found = await memberships.of_client(place.client_id, by=by)
    return page(
        request,
        "users/transfer.html",
        status=status,
        place=place,
        member=member,
        owner=next((row for row in found if row["is_owner"]), None),
        form=Form({}, form.errors),
        needs_proof=by.kind == "user" and proving.is_needed(request),
    )


async def transfer(request: AnyRequest, place: Place, person_id: int, *, by: Actor) -> Response[Any]:
    """Hand the client over."""
    form = await forms.read(request)
    member = await memberships.of_person(place.client_id, person_id, by=by)
    try:
        signed_in = await proving.proved(request, form.get(proving.FIELD)) if by.kind == "user" else None
        await members.transfer(place.client_id, person_id, by=by, signed_in=signed_in)
    except Invalid as refusal:
        return await ask_transfer(request, place, person_id, form.refused(refusal), by=by, status=422)
    except Conflict as refusal:
        refused = Form({}, {"": refusal.message})
        return await ask_transfer(request, place, person_id, refused, by=by, status=409)
    except NotSignedIn as refusal:
        session.leave(request)
        return redirect(request, "/sign-in", toast=refusal.message, kind="bad")
    return redirect(request, place.here, toast=_("%(name)s is the owner now.") % {"name": member["name"]})


async def role_choices(client_id: int, *, by: Actor) -> Sequence[tuple[str, str, int]]:
    """Roles that can be given: key, name, and how many rights it brings."""
    return [(key, name, len(brought)) for key, name, brought in await client_roles.choices(client_id, by=by)]


def _member(row: dict[str, Any], by: Actor) -> dict[str, Any]:
    is_me = by.kind == "user" and row["person_id"] == by.person_id
    return _labelled(row) | {"is_me": is_me, "in_reach": not is_me and _covers(by, row["rights"])}


def _labelled(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"role_labels": client_roles.names(row["roles"], row["role_names"])}


def _covers(by: Actor, wanted: frozenset[str]) -> bool:
    return by.kind != "user" or (by.client is not None and by.client.rights >= wanted)
