"""Somebody who is signed in at the biggest provider: the actor for statements, the cookie for requests."""

import msgspec

from benchmarks.seeding import BIG
from core import actor, db
from core.accounts import sessions
from core.actor import Actor
from core.settings import Settings
from tenants import addresses, providers
from web.kit import cookies

PAGE = "/staff/clients"
"""The address of the list that is measured."""


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """The owner of the biggest provider, with a session of his own."""

    actor: Actor
    host: str
    cookie: str

    @property
    def headers(self) -> dict[str, str]:
        """What his browser sends."""
        return {
            "Host": self.host,
            "Cookie": self.cookie,
            "Accept": "text/html,application/xhtml+xml",
            "Accept-Language": "en",
            "Accept-Encoding": "gzip, deflate",
            "User-Agent": "Mozilla/5.0 (benchmark)",
        }


async def owner(settings: Settings, code: str = BIG) -> SignedIn:
    """Sign the owner of a provider in, by default of the biggest one. Opens scopes of its own."""
    async with db.as_platform():
        provider_id = await db.value("SELECT id FROM providers WHERE code = $1", code)
    tenant = await providers.tenant(provider_id)
    async with db.as_tenant(tenant.id):
        person_id = await db.value("SELECT person_id FROM staff WHERE role = 'owner'")
        token = await sessions.open_session(person_id, by=actor.visitor(tenant))
    async with db.as_tenant(tenant.id):
        found = await sessions.actor_of(sessions.digest(token), tenant)
    assert found is not None
    name = cookies.name_of(cookies.SESSION, settings)
    return SignedIn(actor=found.actor, host=addresses.below_platform(code), cookie=f"{name}={token}")
