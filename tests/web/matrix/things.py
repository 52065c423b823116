"""Makes one thing of each kind, through the product's own verbs, and gives what stands in its address."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from core import caught_mail, db
from core.accounts import (
    api_keys,
    attitudes,
    clients,
    groups,
    links,
    projects,
    roles,
    sessions,
    staff,
    staff_access,
)
from core.actor import Actor
from tenants import onboarding, providers, resellers

if TYPE_CHECKING:
    from tests.web.matrix.world import World


async def client_(world: "World", by: Actor) -> int:
    new = clients.NewClient(
        login=world.fresh("login"), email=f"{world.fresh()}@client.example", country="FR", contact_person="Jo Doe"
    )
    async with db.as_tenant(by.tenant.id):
        return int((await clients.create(new, by=by))["code"])


async def group_(world: "World", by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        return int((await groups.create(groups.NewGroup(name=world.fresh("group")), by=by))["id"])


async def project_(world: "World", by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        return int((await projects.create(projects.NewProject(name=world.fresh("project")), by=by))["id"])


async def attitude_(world: "World", by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        return int((await attitudes.create(attitudes.NewAttitude(name=world.fresh("attitude")), by=by))["id"])


async def role_(world: "World", by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        return int(
            (await roles.create(roles.NewRole(name=world.fresh("role"), permissions=("client:read",)), by=by))[
                "id"
            ]
        )


async def staff_(world: "World", by: Actor) -> int:
    new = staff.NewStaff(email=f"{world.fresh()}@staff.example", name=world.fresh("person"), role="support")
    async with db.as_tenant(by.tenant.id):
        return int((await staff.invite(new, base_url="http://nova.localhost", by=by))["id"])


async def former_staff_(world: "World", by: Actor) -> int:
    staff_id = await staff_(world, by)
    async with db.as_tenant(by.tenant.id):
        await staff.remove(staff_id, by=by)
    return staff_id


async def disabled_staff_(world: "World", by: Actor) -> int:
    staff_id = await staff_(world, by)
    async with db.as_tenant(by.tenant.id):
        await staff_access.keep_out(staff_id, by=by)
    return staff_id


async def enrolled_staff_(world: "World", by: Actor) -> int:
    staff_id = await staff_(world, by)
    await world.admin.execute(
        "UPDATE people SET totp_sealed = 'x', totp_confirmed_at = now() FROM staff WHERE staff.id = $1"
        " AND people.id = person_id",
        staff_id,
    )
    return staff_id


async def session_(world: "World", by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        token = await sessions.open_session(sessions.person_of(by), by=by)
        return int(await db.value("SELECT id FROM sessions WHERE token_hash = $1", sessions.digest(token)))


async def passkey_(world: "World", by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        return int(
            await db.value(
                """INSERT INTO passkeys (person_id, credential_id, public_key, host, name, created_at)
                   VALUES ($1, $2, 'x', 'nova.localhost', $3, now()) RETURNING id""",
                by.person_id,
                world.fresh("credential").encode(),
                world.fresh("passkey"),
            )
        )


async def api_key_(world: "World", by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        new = api_keys.NewKey(name=world.fresh("key"), scopes=frozenset({"client:read"}))
        return (await api_keys.create(new, by=by)).id


async def link_(world: "World", by: Actor) -> str:
    staff_id = await staff_(world, by)
    async with db.as_tenant(by.tenant.id):
        person_id = await db.value("SELECT person_id FROM staff WHERE id = $1", staff_id)
        return await links.create("password", person_id, by=by)


async def provider_(world: "World", by: Actor) -> str:
    code = world.fresh("provider")
    new = onboarding.NewProvider(
        code=code, name=code.title(), owner_name="Owner", owner_email=f"{code}@owner.example", edition="standard"
    )
    async with db.as_platform():
        await onboarding.open_provider(new, by=by)
    return code


async def suspended_provider_(world: "World", by: Actor) -> str:
    code = await provider_(world, by)
    async with db.as_platform():
        row = await providers.get_by_code(code, by=by)
        await providers.suspend(row["id"], reason="Unpaid", by=by)
    return code


async def reseller_(world: "World", by: Actor) -> int:
    name = world.fresh("reseller")
    new = resellers.NewReseller(
        name=name, editions=("standard",), person_name="R", person_email=f"{name}@reseller.example"
    )
    async with db.as_platform():
        return (await resellers.create(new, by=world.actors["olga"])).id


async def suspended_reseller_(world: "World", by: Actor) -> int:
    reseller_id = await reseller_(world, by)
    async with db.as_platform():
        await resellers.suspend(reseller_id, reason="Left", by=world.actors["olga"])
    return reseller_id


async def plugin_(world: "World", _by: Actor) -> str:
    return "welcome-mail"


async def mail_(world: "World", _by: Actor) -> str:
    return caught_mail.keep(world.settings.home, b"Subject: Hello\r\n\r\nHello\r\n").removesuffix(".eml")


async def static_(world: "World", _by: Actor) -> str:
    return "comptoir.css"


MAKERS: dict[str, Callable[["World", Actor], Awaitable[Any]]] = {
    name.removesuffix("_"): made for name, made in list(globals().items()) if name.endswith("_") and callable(made)
}
"""Every kind with the function above that makes one."""
