"""The permanent cast: the same providers and people in every test.

nova    Corporate: Alice owns it; Max manages, Sam supports, Carl accounts, Ada audits; Lea supports, but only in
        the project "Nova Pro". It has two projects, two groups and five clients.
acme    Advanced: Bob owns it. One group, two clients. Rita resells it.
petit   Standard: Zoe owns it. One client. Rita resells it too.
platform  Olga operates it.
"""

from core import actor, db
from core.accounts import clients, groups, projects, sessions, staff
from core.accounts.clients import NewClient
from core.actor import Actor, Tenant
from tenants import first_people, onboarding, providers, resellers
from tenants.first_people import FirstPerson
from tenants.onboarding import NewProvider
from tests.visitor import PASSWORD

PEOPLE = {
    "olga": ("platform", "operator"),
    "rita": ("platform", "reseller"),
    "alice": ("nova", "owner"),
    "max": ("nova", "manager"),
    "sam": ("nova", "support"),
    "carl": ("nova", "accountant"),
    "ada": ("nova", "auditor"),
    "lea": ("nova", "support"),
    "bob": ("acme", "owner"),
    "zoe": ("petit", "owner"),
}
"""Who works where, as what. Their address is <name>@<place>.example."""

CLIENTS = {
    "nova": (
        ("dupont", "Jean Dupont", "individual", "FR", "fr"),
        ("mueller", "Müller & Söhne GmbH", "company", "DE", "de"),
        ("tanaka", "田中 太郎", "individual", "JP", "ja"),
        ("o-brien", "Aoife O'Brien", "individual", "IE", "en"),
        ("elodie", "Élodie Lefèvre", "individual", "FR", "fr"),
    ),
    "acme": (("smith", "John Smith", "individual", "US", "en"), ("globex", "Globex Ltd", "company", "GB", "en")),
    "petit": (("durand", "Marie Durand", "individual", "FR", "fr"),),
}

USERS = {login: place for place, listed in CLIENTS.items() for login, *_more in listed}
"""Every client has an owner who signs in for it. His name here is the client's login name."""


def email(name: str) -> str:
    """The address somebody of the cast signs in with."""
    return f"{name}@client.example" if name in USERS else f"{name}@{PEOPLE[name][0]}.example"


def home(name: str) -> str:
    """The provider of somebody of the cast."""
    return USERS[name] if name in USERS else PEOPLE[name][0]


async def tenant(code: str) -> Tenant:
    """A provider of the cast, as it is now. Outside of any scope."""
    if code == "platform":
        return providers.THE_PLATFORM
    async with db.as_platform():
        provider_id = await db.value("SELECT id FROM providers WHERE code = $1", code)
    async with db.as_tenant(provider_id):
        return await providers.current()


async def who(name: str) -> Actor:
    """Somebody of the cast, signed in. Outside of any scope."""
    return (await session(name))[0]


async def session(name: str) -> tuple[Actor, str]:
    """The same with the session's token; a user acts for the client of his name."""
    place = await tenant(home(name))
    async with db.as_tenant(place.id):
        person_id = await db.value("SELECT id FROM people WHERE email_folded = $1", email(name))
        client_id = await db.value("SELECT id FROM clients WHERE login = $1", name) if name in USERS else None
        token = await sessions.open_session(person_id, by=actor.visitor(place), client_id=client_id)
    async with db.as_tenant(place.id):
        signed_in = await sessions.actor_of(sessions.digest(token), place)
    assert signed_in is not None
    return signed_in.actor, token


async def enter() -> None:
    """Fill an empty, migrated database with the cast."""
    system = actor.system(providers.THE_PLATFORM)
    async with db.as_platform():
        await first_people.add_operator(_first("olga"), by=system)
    async with db.as_platform():
        horizon = await resellers.create(
            resellers.NewReseller(
                name="Horizon",
                editions=("standard", "advanced"),
                person_name="Rita",
                person_email=email("rita"),
                person_password=PASSWORD,
            ),
            by=system,
        )
    await _open("nova", "corporate", "alice", None)
    await _open("acme", "advanced", "bob", horizon.id)
    await _open("petit", "standard", "zoe", horizon.id)
    for code, listed in CLIENTS.items():
        place = await tenant(code)
        async with db.as_tenant(place.id):
            for client in listed:
                await _register(client, by=actor.system(place))
    await _furnish_nova()
    await _furnish_acme()


async def _open(code: str, edition: str, owner: str, reseller_id: int | None) -> None:
    new = NewProvider(
        code=code,
        name=code.capitalize(),
        edition=edition,
        owner_name=owner.capitalize(),
        owner_email=email(owner),
        owner_password=PASSWORD,
        timezone="Europe/Paris",
        reseller_id=reseller_id,
    )
    async with db.as_platform():
        await onboarding.open_provider(new, by=actor.system(providers.THE_PLATFORM))


async def _register(client: tuple[str, str, str, str, str], *, by: Actor) -> None:
    login, name, kind, country, language = client
    new = NewClient(
        login=login,
        email=f"{login}@client.example",
        country=country,
        kind="company" if kind == "company" else "individual",
        company_name=name if kind == "company" else "",
        contact_person="" if kind == "company" else name,
        language=language,
    )
    await clients.create(new, by=by)


async def _furnish_nova() -> None:
    alice = await who("alice")
    async with db.as_tenant(alice.tenant.id):
        pro = await projects.create(projects.NewProject(name="Nova Pro"), by=alice)
        await db.execute("UPDATE clients SET project_id = $1 WHERE login = 'mueller'", pro["id"])
        vip = await groups.create(groups.NewGroup(name="VIP circle"), by=alice)
        await groups.create(groups.NewGroup(name="Empty group"), by=alice)
        dupont = await db.value("SELECT id FROM clients WHERE login = 'dupont'")
        await groups.add(vip["id"], [dupont], by=alice)
        for name in ("max", "sam", "carl", "ada", "lea"):
            limits = (pro["id"],) if name == "lea" else ()
            new = staff.NewStaff(
                email=email(name), name=name.capitalize(), role=PEOPLE[name][1], project_ids=limits
            )
            await staff.invite(new, base_url="http://nova.localhost", by=alice)
        await _give_password()


async def _furnish_acme() -> None:
    bob = await who("bob")
    async with db.as_tenant(bob.tenant.id):
        group = await groups.create(groups.NewGroup(name="Partners"), by=bob)
        smith = await db.value("SELECT id FROM clients WHERE login = 'smith'")
        await groups.add(group["id"], [smith], by=bob)
        await db.execute("DELETE FROM notifications")


async def _give_password() -> None:
    """Everybody invited has chosen the password already."""
    hashed = await db.value("SELECT password_hash FROM people WHERE password_hash IS NOT NULL LIMIT 1")
    await db.execute("UPDATE people SET password_hash = $1 WHERE password_hash IS NULL", hashed)
    await db.execute("DELETE FROM links")
    await db.execute("DELETE FROM notifications")


def _first(name: str) -> FirstPerson:
    return FirstPerson(name=name.capitalize(), email=email(name), password=PASSWORD)
