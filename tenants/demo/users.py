"""The users of one client in the demo: a colleague who can sign in, a role of the client, an open invitation."""

import msgspec

from core import clock, db, policies
from core.accounts import client_roles, invitations
from core.accounts.client_roles import NewRole
from core.accounts.invitations import NewInvitation
from core.accounts.user_access import FEATURE
from core.actor import Actor
from tenants import addresses
from tenants.demo.cast import DemoProvider

COLLEAGUE = "colleague"
"""The colleague's address begins so, at the provider's own domain."""
NAMES = {"fr": ("Claire Fontaine", "Accueil"), "en": ("Chloe Fountain", "Front desk")}
DESK = ("log:read", "services:read", "tickets:read", "tickets:write")


async def furnish(provider: DemoProvider, client_id: int, hashed: str, *, by: Actor) -> None:
    """Give the client whose owner can sign in more users, where the edition has them."""
    if not policies.has_feature(by.tenant, FEATURE):
        return
    place = addresses.link(addresses.below_platform(provider.code))
    by = msgspec.structs.replace(by, tenant=msgspec.structs.replace(by.tenant, base_url=place))
    name, desk = NAMES[provider.locale]
    role = await client_roles.create(client_id, NewRole(name=desk, rights=DESK), by=by)
    person_id = await db.value(
        """INSERT INTO people (email, name, locale, password_hash, password_changed_at, created_at)
           VALUES ($1, $2, $3, $4, $5, $5) RETURNING id""",
        email(provider),
        name,
        provider.locale,
        hashed,
        clock.now(),
    )
    await db.execute(
        "INSERT INTO memberships (client_id, person_id, roles, created_at) VALUES ($1, $2, '{billing}', $3)",
        client_id,
        person_id,
        clock.now(),
    )
    await db.execute(
        "INSERT INTO membership_roles (client_id, person_id, role_id) VALUES ($1, $2, $3)",
        client_id,
        person_id,
        role["id"],
    )
    invited = NewInvitation(email=f"agency@{provider.code}.example", roles=("technical",))
    await invitations.send(client_id, invited, by=by)


def email(provider: DemoProvider) -> str:
    """What the colleague signs in with."""
    return f"{COLLEAGUE}@{provider.code}.example"
