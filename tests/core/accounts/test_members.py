"""What is done to the members of a client: roles, handing over, taking out, leaving; and who may not."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from core import clock, db, freshness
from core.accounts import client_roles, invitations, members, memberships, sessions
from core.accounts.client_roles import NewRole, RoleChanges
from core.accounts.invitations import NewInvitation
from core.accounts.memberships import RightMissing
from core.accounts.sessions import SignedIn
from core.actor import Actor
from core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound, NotInEdition, PermissionMissing
from tests import cast
from tests.core.accounts.house import entries

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def join(who: str, by: Actor, *roles: str) -> Actor:
    """Somebody of the cast becomes a member of the client of `by`, and acts for it now."""
    me, token = await cast.session(who)
    async with db.as_tenant(by.tenant.id):
        built_in = [role for role in roles if not role.isdecimal()]
        await db.execute(
            "INSERT INTO memberships (client_id, person_id, roles, created_at) VALUES ($1, $2, $3, $4)",
            by.client.id,
            me.person_id,
            built_in,
            clock.now(),
        )
        await db.execute(
            "INSERT INTO membership_roles (client_id, person_id, role_id) SELECT $1, $2, unnest($3::bigint[])",
            by.client.id,
            me.person_id,
            [int(role) for role in roles if role.isdecimal()],
        )
        await db.execute("UPDATE sessions SET client_id = $2 WHERE id = $1", me.session_id, by.client.id)
        await freshness.forget_tenant(by.tenant.id)
    found = await again(token, by)
    assert found is not None
    return found.actor


async def again(token: str, by: Actor) -> SignedIn | None:
    async with db.as_tenant(by.tenant.id):
        return await sessions.actor_of(sessions.digest(token), by.tenant)


async def of(person: Actor, by: Actor) -> dict[str, Any]:
    return await memberships.member(by.client.id, person.person_id)


async def head_of(by: Actor, *more: str) -> str:
    """The key of a role that may keep users, and little else."""
    async with db.as_tenant(by.tenant.id):
        new = NewRole(name="Head", rights=("log:read", "users:manage", "users:read", *more))
        return str((await client_roles.create(by.client.id, new, by=by))["id"])


def proved(by: Actor, *, ago: timedelta = timedelta()) -> SignedIn:
    now = clock.now()
    return SignedIn(
        actor=by,
        kind="user",
        theme="auto",
        preferences={},
        expires_at=now + timedelta(hours=1),
        signed_in_at=now - ago,
    )


async def test_other_roles_count_at_the_next_request_and_are_told() -> None:
    jean = await cast.who("dupont")
    elodie = await join("elodie", jean, "read-only")
    async with db.as_tenant(jean.tenant.id):
        changed = await members.change(jean.client.id, elodie.person_id, ("billing",), version=1, by=jean)
        assert (changed["role_keys"], changed["version"]) == (["billing"], 2)
        with pytest.raises(EditConflict):
            await members.change(jean.client.id, elodie.person_id, ("technical",), version=1, by=jean)
        told = (await entries("membership:updated"))[0]
        assert told["changes"] == {"roles": [["read-only"], ["billing"]]}
        assert (told["subject_name"], told["client_id"]) == ("Élodie Lefèvre", jean.client.id)
        with pytest.raises(Invalid):
            await members.change(jean.client.id, elodie.person_id, (), version=2, by=jean)
        mine = await members.change(jean.client.id, elodie.person_id, ("billing",), version=2, by=jean)
        assert mine["version"] == 2, "nothing changed"


async def test_nobody_changes_himself_the_owner_or_who_may_more() -> None:
    jean = await cast.who("dupont")
    head = await head_of(jean)
    elodie = await join("elodie", jean, head)
    mightier = await join("o-brien", jean, "billing")
    async with db.as_tenant(jean.tenant.id):
        for person, roles in ((elodie, (head,)), (mightier, (head,))):
            with pytest.raises(Forbidden):
                await members.change(jean.client.id, person.person_id, roles, version=1, by=elodie)
        with pytest.raises(Conflict):
            await members.change(jean.client.id, jean.person_id, (head,), version=1, by=elodie)
        with pytest.raises(Forbidden):
            await members.remove(jean.client.id, mightier.person_id, by=elodie)
        with pytest.raises(Forbidden):
            await members.remove(jean.client.id, elodie.person_id, by=elodie)
        with pytest.raises(RightMissing):
            await members.remove(jean.client.id, elodie.person_id, by=mightier)


async def test_who_lost_the_right_a_moment_ago_acts_no_more() -> None:
    jean = await cast.who("dupont")
    elodie = await join("elodie", jean, await head_of(jean))
    async with db.as_tenant(jean.tenant.id):
        await members.change(jean.client.id, elodie.person_id, ("read-only",), version=1, by=jean)
        with pytest.raises(RightMissing):
            await invitations.send(jean.client.id, NewInvitation(email="x@e.org", roles=("read-only",)), by=elodie)


async def test_who_is_taken_out_loses_it_all_at_once() -> None:
    jean = await cast.who("dupont")
    elodie = await join("elodie", jean, await head_of(jean))
    _other, token = await cast.session("elodie")
    async with db.as_tenant(jean.tenant.id):
        await invitations.send(
            jean.client.id, NewInvitation(email="x@e.org", roles=(await heads(jean),)), by=elodie
        )
        await members.remove(jean.client.id, elodie.person_id, by=jean)
        assert await invitations.of_client(jean.client.id, by=jean) == []
        assert await db.value("SELECT count(*) FROM sessions WHERE person_id = $1", elodie.person_id) == 0
        with pytest.raises(NotFound):
            await of(elodie, jean)
        assert await db.value("SELECT count(*) FROM people WHERE id = $1", elodie.person_id) == 1, "has a client"
    assert await again(token, jean) is None


async def heads(by: Actor) -> str:
    return str(await db.value("SELECT id FROM client_roles WHERE client_id = $1", by.client.id))


async def test_who_has_nothing_left_here_is_forgotten_unless_he_agreed_to_terms() -> None:
    jean = await cast.who("dupont")
    gone = await join("elodie", jean, "billing")
    kept = await join("o-brien", jean, "billing")
    async with db.as_tenant(jean.tenant.id):
        await db.execute("DELETE FROM memberships WHERE is_owner AND person_id = ANY($1)",
                         [gone.person_id, kept.person_id])  # fmt: skip
        await db.execute(
            "INSERT INTO terms (number, text_en, published_at, published_by) VALUES (1, 'x', now(), 'x')"
        )
        await db.execute(
            "INSERT INTO consents (client_id, person_id, number, agreed_at) VALUES ($1, $2, 1, now())",
            jean.client.id,
            kept.person_id,
        )
        for person in (gone, kept):
            await members.remove(jean.client.id, person.person_id, by=jean)
        left = await db.fetch("SELECT id FROM people WHERE id = ANY($1)", [gone.person_id, kept.person_id])
    assert [row["id"] for row in left] == [kept.person_id]


async def test_one_leaves_by_himself_and_the_owner_does_not() -> None:
    jean = await cast.who("dupont")
    elodie = await join("elodie", jean, "billing")
    async with db.as_tenant(jean.tenant.id):
        await members.leave(by=elodie)
        assert [e["subject_name"] for e in await entries("membership:left")] == ["Élodie Lefèvre"]
        with pytest.raises(Conflict):
            await members.leave(by=jean)
        with pytest.raises(Conflict):
            await members.remove(jean.client.id, jean.person_id, by=the_system(jean))


def the_system(by: Actor) -> Actor:
    return Actor(kind="system", tenant=by.tenant, name="system")


async def test_the_owner_hands_over_after_a_proof_and_keeps_the_built_in_roles() -> None:
    jean = await cast.who("dupont")
    elodie = await join("elodie", jean, await head_of(jean))
    async with db.as_tenant(jean.tenant.id):
        await db.execute("UPDATE people SET password_hash = 'x'")
        for proof in (None, proved(jean, ago=timedelta(minutes=11))):
            with pytest.raises(Invalid) as refused:
                await members.transfer(jean.client.id, elodie.person_id, by=jean, signed_in=proof)
            assert set(refused.value.errors) == {"code"}
        with pytest.raises(Forbidden):
            await members.transfer(jean.client.id, elodie.person_id, by=elodie, signed_in=proved(elodie))
        await invitations.send(jean.client.id, NewInvitation(email="x@e.org", roles=("billing",)), by=jean)
        await members.transfer(jean.client.id, elodie.person_id, by=jean, signed_in=proved(jean))
        assert (await of(elodie, jean))["role_keys"] == ["owner"]
        assert (await of(jean, jean))["role_keys"] == ["billing", "technical", "read-only"]
        assert await db.value("SELECT count(*) FROM invitations") == 0
        with pytest.raises(Forbidden):
            await members.transfer(jean.client.id, jean.person_id, by=jean, signed_in=proved(jean))
        assert (await entries("membership:transferred"))[0]["changes"] == {
            "owner": ["Jean Dupont", "Élodie Lefèvre"]
        }


async def test_staff_hand_over_with_the_permission_and_to_nobody_who_cannot_sign_in() -> None:
    jean, alice, sam, lea = [await cast.who(name) for name in ("dupont", "alice", "sam", "lea")]
    elodie = await join("elodie", jean, "billing")
    async with db.as_tenant(jean.tenant.id):
        with pytest.raises(PermissionMissing):
            await members.transfer(jean.client.id, elodie.person_id, by=sam)
        with pytest.raises(PermissionMissing):
            await members.transfer(jean.client.id, elodie.person_id, by=lea)
        await db.execute("UPDATE people SET password_hash = NULL WHERE id = $1", elodie.person_id)
        with pytest.raises(Conflict):
            await members.transfer(jean.client.id, elodie.person_id, by=alice)
        await db.execute("UPDATE people SET password_hash = 'x'")
        await members.transfer(jean.client.id, elodie.person_id, by=alice)
        with pytest.raises(Conflict):
            await members.transfer(jean.client.id, elodie.person_id, by=alice)
        owners = await db.fetch(
            "SELECT person_id FROM memberships WHERE client_id = $1 AND is_owner", jean.client.id
        )
    assert [row["person_id"] for row in owners] == [elodie.person_id]


async def test_an_edition_without_users_keeps_them_and_changes_nothing() -> None:
    jean = await cast.who("dupont")
    elodie = await join("elodie", jean, "billing")
    lower = msgspec.structs.replace(jean, tenant=msgspec.structs.replace(jean.tenant, edition="standard"))
    async with db.as_tenant(jean.tenant.id):
        for act in (
            members.change(jean.client.id, elodie.person_id, ("technical",), version=1, by=lower),
            members.remove(jean.client.id, elodie.person_id, by=lower),
            members.transfer(jean.client.id, elodie.person_id, by=lower, signed_in=proved(lower)),
        ):
            with pytest.raises(NotInEdition):
                await act
        assert (await of(elodie, jean))["role_keys"] == ["billing"]


async def test_a_role_of_the_clients_own_is_made_changed_for_all_and_stays_while_it_is_used() -> None:
    jean = await cast.who("dupont")
    async with db.as_tenant(jean.tenant.id):
        for wrong, field in (
            (NewRole(name="", rights=("log:read",)), "name"),
            (NewRole(name="billing", rights=("log:read",)), "name"),
            (NewRole(name="Desk", rights=()), "rights"),
            (NewRole(name="Desk", rights=("no:such",)), "rights"),
        ):
            with pytest.raises(Invalid) as refused:
                await client_roles.create(jean.client.id, wrong, by=jean)
            assert set(refused.value.errors) == {field}
        desk = await client_roles.create(jean.client.id, NewRole(name="Desk", rights=("tickets:read",)), by=jean)
        with pytest.raises(Invalid):
            await client_roles.create(jean.client.id, NewRole(name="DESK", rights=("log:read",)), by=jean)
    elodie = await join("elodie", jean, str(desk["id"]))
    async with db.as_tenant(jean.tenant.id):
        changes = RoleChanges(rights=("tickets:read", "tickets:write"))
        await client_roles.update(jean.client.id, desk["id"], changes, version=1, by=jean)
        assert (await of(elodie, jean))["rights"] == {"tickets:read", "tickets:write"}
        with pytest.raises(EditConflict):
            await client_roles.update(jean.client.id, desk["id"], changes, version=1, by=jean)
        with pytest.raises(Conflict):
            await client_roles.delete(jean.client.id, desk["id"], by=jean)
        await members.remove(jean.client.id, elodie.person_id, by=jean)
        await client_roles.delete(jean.client.id, desk["id"], by=jean)
        assert await client_roles.of_client(jean.client.id, by=jean) == []
