"""Users of clients: signing in, the client one acts for, what one may there, and that it ends in time."""

import pytest

from core import clock, db, freshness, policies
from core.accounts import memberships, rights, sessions, signin
from core.accounts.memberships import RightMissing
from core.accounts.rights import Right
from core.actor import Actor, Tenant
from core.errors import Invalid, NotFound, NotSignedIn
from core.permissions import Permission
from tests import cast
from tests.visitor import PASSWORD

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def client_id(login: str) -> int:
    return int(await db.value("SELECT id FROM clients WHERE login = $1", login))


async def join(who: str, login: str, *roles: str) -> None:
    """Put the person who owns one client into another one. Inside the scope."""
    person_id = await db.value("SELECT id FROM people WHERE email_folded = $1", cast.email(who))
    await db.execute(
        "INSERT INTO memberships (client_id, person_id, roles, created_at) VALUES ($1, $2, $3, $4)",
        await client_id(login),
        person_id,
        list(roles),
        clock.now(),
    )


async def again(token: str, tenant: Tenant) -> Actor | None:
    """Who sends the token now, as at the next request."""
    async with db.as_tenant(tenant.id):
        found = await sessions.actor_of(sessions.digest(token), tenant)
    return found.actor if found else None


async def enters(email: str, tenant: Tenant) -> tuple[Actor, str]:
    async with db.as_tenant(tenant.id):
        outcome = await signin.sign_in(email, PASSWORD, tenant=tenant, address="203.0.113.9")
    actor = await again(outcome.token, tenant)
    assert actor is not None
    assert outcome.kind == actor.kind
    return actor, outcome.token


async def test_a_user_signs_in_and_has_a_seat_and_no_right_of_the_staff() -> None:
    nova = await cast.tenant("nova")
    jean, _token = await enters(cast.email("dupont"), nova)
    assert (jean.kind, jean.staff_id, jean.role) == ("user", None, "")
    assert jean.client is not None
    assert (jean.client.name, jean.client.is_owner) == ("Jean Dupont", True)
    assert jean.client.rights == frozenset(right.value for right in Right)
    assert policies.permissions_of(jean) == frozenset()
    assert memberships.require(jean, Right.USERS_MANAGE) == jean.client


async def test_a_person_without_any_client_cannot_sign_in_and_his_session_is_over() -> None:
    nova = await cast.tenant("nova")
    _jean, token = await enters(cast.email("dupont"), nova)
    async with db.as_tenant(nova.id):
        await db.execute("DELETE FROM memberships WHERE client_id = $1", await client_id("dupont"))
        await freshness.forget_tenant(nova.id)
    assert await again(token, nova) is None
    async with db.as_tenant(nova.id):
        with pytest.raises(Invalid):
            await signin.sign_in(cast.email("dupont"), PASSWORD, tenant=nova, address="203.0.113.9")


async def test_a_session_moves_to_another_client_by_choice_alone_and_under_a_new_token() -> None:
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        await join("dupont", "mueller", "billing")
    jean, token = await enters(cast.email("dupont"), nova)
    async with db.as_tenant(nova.id):
        offered = await memberships.clients_of(by=jean)
        assert [(row["name"], row["is_chosen"]) for row in offered] == [
            ("Jean Dupont", True),
            ("Müller & Söhne GmbH", False),
        ]
        fresh = await memberships.choose(offered[1]["code"], token, by=jean)
    assert await again(token, nova) is None
    moved = await again(fresh, nova)
    assert moved is not None
    assert moved.client is not None
    assert moved.client.name == "Müller & Söhne GmbH"
    assert moved.client.rights == rights.of(["billing"])
    with pytest.raises(RightMissing):
        memberships.require(moved, Right.USERS_MANAGE)
    async with db.as_tenant(nova.id):
        await db.execute("DELETE FROM memberships WHERE client_id = $1 AND NOT is_owner", moved.client.id)
        await freshness.forget_tenant(nova.id)
    assert await again(fresh, nova) is None, "it does not go on with the client that is left"


async def test_nobody_chooses_a_client_that_he_is_not_in() -> None:
    jean, token = await cast.session("dupont")
    async with db.as_tenant(jean.tenant.id):
        other = await db.value("SELECT code FROM clients WHERE login = 'mueller'")
        for code in (other, 0, 2**70):
            with pytest.raises(NotFound):
                await memberships.choose(code, token, by=jean)
    assert await again(token, jean.tenant) is not None


async def test_roles_that_the_client_made_add_to_the_built_in_ones() -> None:
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        await join("dupont", "mueller", "technical")
        role_id = await db.value(
            """INSERT INTO client_roles (client_id, name, rights, created_at)
               VALUES ($1, 'Front desk', '{users:read,no:such}', $2) RETURNING id""",
            await client_id("mueller"),
            clock.now(),
        )
        await db.execute(
            "INSERT INTO membership_roles (client_id, person_id, role_id)"
            " SELECT client_id, person_id, $1 FROM memberships WHERE client_id = $2 AND NOT is_owner",
            role_id,
            await client_id("mueller"),
        )
        listed = await memberships.of_client(await client_id("mueller"), by=the_system(nova))
    member = next(row for row in listed if not row["is_owner"])
    assert member["role_names"] == ["Front desk"]
    assert member["role_keys"] == ["technical", str(role_id)]
    assert member["rights"] == rights.of(["technical"]) | {"users:read"}


def the_system(tenant: Tenant) -> Actor:
    return Actor(kind="system", tenant=tenant, name="system")


async def test_of_other_users_one_sees_what_ones_rights_allow() -> None:
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        await join("elodie", "dupont", "billing")
        dupont, mueller = await client_id("dupont"), await client_id("mueller")
        await db.execute("UPDATE sessions SET client_id = $1", dupont)
    elodie, token = await cast.session("elodie")
    async with db.as_tenant(nova.id):
        code = await db.value("SELECT code FROM clients WHERE id = $1", dupont)
        token = await memberships.choose(code, token, by=elodie)
    moved = await again(token, nova)
    assert moved is not None
    jean = await cast.who("dupont")
    async with db.as_tenant(nova.id):
        assert [row["name"] for row in await memberships.of_client(dupont, by=moved)] == ["Élodie Lefèvre"]
        assert len(await memberships.of_client(dupont, by=jean)) == 2
        with pytest.raises(NotFound):
            await memberships.of_person(dupont, jean.person_id or 0, by=moved)
        with pytest.raises(NotFound):
            await memberships.of_client(mueller, by=jean)


async def test_an_edition_without_users_leaves_the_owner_his_seat_and_nobody_else() -> None:
    petit = await cast.tenant("petit")
    async with db.as_tenant(petit.id):
        hashed = await db.value("SELECT password_hash FROM people WHERE password_hash IS NOT NULL LIMIT 1")
        await db.execute("UPDATE people SET password_hash = $1", hashed)
        other = await db.value(
            """INSERT INTO people (email, name, password_hash, created_at)
               VALUES ('paul@client.example', 'Paul', $1, $2) RETURNING id""",
            hashed,
            clock.now(),
        )
        await db.execute(
            "INSERT INTO memberships (client_id, person_id, roles, created_at) VALUES ($1, $2, '{billing}', $3)",
            await client_id("durand"),
            other,
            clock.now(),
        )
        with pytest.raises(Invalid):
            await signin.sign_in("paul@client.example", PASSWORD, tenant=petit, address="203.0.113.9")
    marie, _token = await enters(cast.email("durand"), petit)
    assert marie.client is not None
    assert marie.client.is_owner


async def test_staff_who_are_users_too_are_users_in_the_portal() -> None:
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        person_id = await db.value("SELECT id FROM people WHERE email_folded = 'max@nova.example'")
        await db.execute(
            "INSERT INTO memberships (client_id, person_id, roles, created_at)"
            " VALUES ($1, $2, '{read-only}', now())",
            await client_id("dupont"),
            person_id,
        )
    both, _token = await enters(cast.email("max"), nova)
    assert both.kind == "staff"
    assert policies.allows(both, Permission.CLIENT_UPDATE)
    user = memberships.as_user(both)
    assert (user.kind, user.client) == ("user", both.client)
    assert policies.permissions_of(user) == frozenset()
    alice = await cast.who("alice")
    assert memberships.as_user(alice) == alice
    with pytest.raises(NotSignedIn):
        memberships.require(alice)
