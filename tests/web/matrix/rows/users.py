"""Users of clients: their roles, invitations, and who is in which client."""

from typing import TYPE_CHECKING

from core import db
from core.accounts import client_roles, invitations, people, sessions
from core.accounts.client_roles import NewRole
from core.accounts.invitations import NewInvitation
from core.accounts.people import NewPerson
from core.actor import Actor, system
from tests.visitor import PASSWORD
from tests.web.matrix import things
from tests.web.matrix.row import GONE, NEW, PASSWORDS, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

USERS, JEAN = {"feature": "users"}, {"feature": "users", "by": "dupont"}
ROLE = {"role_id": "client_role"}
INVITED = {"email": "!email", "roles": ["billing", "technical"]}
MANAGE = "portal:users:manage"
PERSON = {"name": "!name", "email": "!email", "locale": "fr", "version": 1}
KEPT_OUT = {"person_id": "member_kept_out"}
PLACEHOLDERS = {"person_id": "member", "invitation_id": "invitation"}
LINK = {"by": "", "kinds": {"token": "invited"}}
ROWS = [
    *rows(
        "portal",
        "provider",
        ("GET /users", "portal", JEAN),
        ("GET /users/invite", MANAGE, JEAN),
        ("POST /users/invite", MANAGE, JEAN | {"send": INVITED}),
        ("POST /users/invitations/{invitation_id}/resend", MANAGE, JEAN | {"send": {}}),
        ("POST /users/invitations/{invitation_id}/withdraw", MANAGE, JEAN | {"send": {}}),
        ("GET /users/leave", "portal", JEAN),
        ("POST /users/leave", "portal", JEAN | {"send": {}, "gives": 409}),
        ("GET /users/{person_id}", "portal", JEAN),
        ("POST /users/{person_id}", MANAGE, JEAN | {"send": {"roles": ["technical"], "version": 1}}),
        ("GET /users/{person_id}/remove", MANAGE, JEAN),
        ("POST /users/{person_id}/remove", MANAGE, JEAN | {"send": {}}),
        ("GET /users/{person_id}/transfer", MANAGE, JEAN),
        ("POST /users/{person_id}/transfer", MANAGE, JEAN | {"send": {}, "by": "tanaka"}),
        ("GET /roles", MANAGE, JEAN),
        ("GET /roles/new", MANAGE, JEAN),
        ("POST /roles", MANAGE, JEAN | {"send": {"name": "!name", "rights": ["log:read", "users:read"]}}),
        ("GET /roles/{role_id}", MANAGE, JEAN | {"kinds": ROLE}),
        (
            "POST /roles/{role_id}",
            MANAGE,
            JEAN | {"kinds": ROLE, "send": {"name": "!name", "rights": ["log:read"], "version": 1}},
        ),
        ("GET /roles/{role_id}/delete", MANAGE, JEAN | {"kinds": ROLE}),
        ("POST /roles/{role_id}/delete", MANAGE, JEAN | {"kinds": ROLE, "send": {}}),
        ("GET /invitation/{token}", "public", LINK),
        ("POST /invitation/{token}", "public", LINK | {"send": PASSWORDS | {"name": "!name"}}),
        ("POST /invitation/{token}/join", "signed-in", LINK | {"by": "dupont", "send": {}}),
    ),
    *rows(
        "staff",
        "provider",
        ("GET /staff/users", "user:read", USERS),
        ("GET /staff/users/{person_id}", "user:read", USERS),
        ("POST /staff/users/{person_id}", "user:update", USERS | {"send": PERSON}),
        ("POST /staff/users/{person_id}/link", "user:update", USERS | {"send": {}}),
        ("POST /staff/users/{person_id}/disable", "user:disable", USERS | {"send": {}}),
        ("POST /staff/users/{person_id}/enable", "user:disable", USERS | {"send": {}, "kinds": KEPT_OUT}),
        ("GET /staff/clients/{code}/users", "user:read", USERS),
        ("GET /staff/clients/{code}/users/invite", "user:invite", USERS),
        ("POST /staff/clients/{code}/users/invite", "user:invite", USERS | {"send": INVITED}),
        ("POST /staff/clients/{code}/invitations/{invitation_id}/resend", "user:invite", USERS | {"send": {}}),
        ("POST /staff/clients/{code}/invitations/{invitation_id}/withdraw", "user:invite", USERS | {"send": {}}),
        ("GET /staff/clients/{code}/users/{person_id}", "user:read", USERS),
        (
            "POST /staff/clients/{code}/users/{person_id}",
            "user:update",
            USERS | {"send": {"roles": ["technical"], "version": 1}},
        ),
        ("GET /staff/clients/{code}/users/{person_id}/remove", "user:remove", USERS),
        ("POST /staff/clients/{code}/users/{person_id}/remove", "user:remove", USERS | {"send": {}}),
        ("GET /staff/clients/{code}/users/{person_id}/transfer", "user:transfer", USERS),
        ("POST /staff/clients/{code}/users/{person_id}/transfer", "user:transfer", USERS | {"send": {}}),
        ("GET /staff/clients/{code}/user-roles", "user:read", USERS),
        ("GET /staff/clients/{code}/user-roles/new", "user:update", USERS),
        (
            "POST /staff/clients/{code}/user-roles",
            "user:update",
            USERS | {"send": {"name": "!name", "rights": ["log:read", "users:read"]}},
        ),
        ("GET /staff/clients/{code}/user-roles/{role_id}", "user:read", USERS | {"kinds": ROLE}),
        (
            "POST /staff/clients/{code}/user-roles/{role_id}",
            "user:update",
            USERS | {"kinds": ROLE, "send": {"name": "!name", "rights": ["log:read"], "version": 1}},
        ),
        ("GET /staff/clients/{code}/user-roles/{role_id}/delete", "user:update", USERS | {"kinds": ROLE}),
        (
            "POST /staff/clients/{code}/user-roles/{role_id}/delete",
            "user:update",
            USERS | {"kinds": ROLE, "send": {}},
        ),
        ("GET /staff/clients/{code}/user", "client:read", {}),
        ("POST /staff/clients/{code}/user", "client:update", {"send": PERSON}),
        ("POST /staff/clients/{code}/user/link", "client:update", {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/users", "user:read", USERS),
        ("GET /api/v1/users/{person_id}", "user:read", USERS),
        ("PATCH /api/v1/users/{person_id}", "user:update", USERS | {"send": PERSON}),
        ("POST /api/v1/users/{person_id}/link", "user:update", USERS),
        ("POST /api/v1/users/{person_id}/disable", "user:disable", USERS),
        ("POST /api/v1/users/{person_id}/enable", "user:disable", USERS | {"kinds": KEPT_OUT}),
        ("GET /api/v1/clients/{code}/user", "client:read", {}),
        ("PATCH /api/v1/clients/{code}/user", "client:update", {"send": PERSON}),
        ("GET /api/v1/clients/{code}/users", "user:read", USERS),
        (
            "PATCH /api/v1/clients/{code}/users/{person_id}",
            "user:update",
            USERS | {"send": {"roles": ["technical"], "version": 1}},
        ),
        ("DELETE /api/v1/clients/{code}/users/{person_id}", "user:remove", USERS | GONE),
        ("POST /api/v1/clients/{code}/owner", "user:transfer", USERS | {"send": {"person_id": "$member"}}),
        ("GET /api/v1/clients/{code}/invitations", "user:read", USERS),
        ("POST /api/v1/clients/{code}/invitations", "user:invite", USERS | NEW | {"send": INVITED}),
        ("POST /api/v1/clients/{code}/invitations/{invitation_id}/resend", "user:invite", USERS),
        ("DELETE /api/v1/clients/{code}/invitations/{invitation_id}", "user:invite", USERS | GONE),
        ("GET /api/v1/clients/{code}/user-roles", "user:read", USERS),
        (
            "POST /api/v1/clients/{code}/user-roles",
            "user:update",
            USERS | NEW | {"send": {"name": "!name", "rights": ["log:read"]}},
        ),
        (
            "PATCH /api/v1/clients/{code}/user-roles/{role_id}",
            "user:update",
            USERS | {"kinds": ROLE, "send": {"name": "!name", "rights": ["users:read"], "version": 1}},
        ),
        ("DELETE /api/v1/clients/{code}/user-roles/{role_id}", "user:update", USERS | GONE | {"kinds": ROLE}),
    ),
]
PARAMETERS = {
    "/staff/users": "search role status client after before",
    "/api/v1/users": "search role status client after before limit",
}
CHANGES_NOTHING = {"/users/leave"}
KEPT = {"invitations.token_hash"}
RULED = {"invitations.roles", "memberships.roles"}
FILLERS = {
    "client_roles": "(client_id, name, rights, created_at) SELECT id, 'x', ARRAY['log:read'], now() FROM clients WHERE tenant_id = {tenant} LIMIT 1",
    "invitations": "(client_id, email, roles, role_ids, token_hash, invited_by, sent_at, expires_at) SELECT id, 'x@y.example', ARRAY['billing'], ARRAY[]::bigint[], 'x', 'x', now(), now() + interval '1 day' FROM clients WHERE tenant_id = {tenant} LIMIT 1",
}


async def client_of(world: "World", by: Actor) -> int:
    """The id of the client that one acts for; of staff, of the open one that was registered last."""
    if by.client is not None:
        return by.client.id
    found = "SELECT id FROM clients WHERE status = 'active' ORDER BY registered_at DESC, id DESC LIMIT 1"
    async with db.as_tenant(by.tenant.id):
        return int(await db.value(found))


async def member(world: "World", by: Actor) -> int:
    """One more user of that client, with a password. Gives the person's id."""
    client_id = await client_of(world, by)
    async with db.as_tenant(by.tenant.id):
        new = NewPerson(email=f"{world.fresh()}@member.example", name=world.fresh("member"), password=PASSWORD)
        person_id = await people.create(new, by=by)
        await db.execute(
            "INSERT INTO memberships (client_id, person_id, roles, created_at) VALUES ($1, $2, '{billing}', now())",
            client_id,
            person_id,
        )
        return person_id


async def member_kept_out(world: "World", by: Actor) -> int:
    """The same, who cannot sign in now."""
    person_id = await member(world, by)
    await world.admin.execute("UPDATE people SET is_disabled = true WHERE id = $1", person_id)
    return person_id


async def client_role(world: "World", by: Actor) -> int:
    """A role that the client made."""
    client_id = await client_of(world, by)
    async with db.as_tenant(by.tenant.id):
        new = NewRole(name=world.fresh("role"), rights=("log:read",))
        return int((await client_roles.create(client_id, new, by=by))["id"])


async def invitation(world: "World", by: Actor) -> int:
    """Somebody who is invited into the client. Gives the invitation's id."""
    client_id = await client_of(world, by)
    async with db.as_tenant(by.tenant.id):
        await db.execute("DELETE FROM attempts")
        new = NewInvitation(email=f"{world.fresh()}@invited.example", roles=("billing",))
        return int((await invitations.send(client_id, new, by=by))["id"])


async def invited(world: "World", by: Actor) -> str:
    """The same. Gives the token of the link."""
    staff = by if by.client else system(by.tenant)
    if by.client is None:
        await things.client_(world, system(by.tenant))
    invitation_id, token = await invitation(world, staff), sessions.new_token()
    async with db.as_tenant(by.tenant.id):
        kept = "UPDATE invitations SET token_hash = $2 WHERE id = $1"
        await db.execute(kept, invitation_id, sessions.digest(token))
    return token


MAKERS = {
    "member": member,
    "member_kept_out": member_kept_out,
    "client_role": client_role,
    "invitation": invitation,
    "invited": invited,
}
