"""Fills an installation with the demo. What is there already stays, so that a second start changes nothing.

Providers, resellers, staff, projects and groups go through the verbs; clients, hundreds of them, through
`tenants/demo/filling.py`. One transaction a provider: it is there with all it has, or not at all.
"""

from collections.abc import Callable

import msgspec

from core import actor, db, policies
from core.accounts import groups, projects, user_access
from core.accounts.groups import NewGroup
from core.accounts.projects import NewProject
from core.actor import Actor
from tenants import addresses, first_people, onboarding, project_hosts, resellers
from tenants.demo import (
    bank_statements,
    cast,
    catalogue,
    companies,
    contracts,
    discounts,
    dunning,
    endings,
    filling,
    fraud,
    group_rules,
    imports,
    incoming_mail,
    invoices,
    messages,
    money,
    notification_templates,
    notifications,
    offers,
    online_payments,
    own_fields,
    payment_methods,
    phone,
    portal,
    response_templates,
    segments,
    services,
    taxes,
    tickets,
    users,
    webhooks,
)
from tenants.demo.cast import PASSWORD as PASSWORD
from tenants.demo.cast import PROVIDERS, DemoProvider
from tenants.first_people import FirstPerson
from tenants.onboarding import NewProvider
from tenants.providers import THE_PLATFORM
from tenants.resellers import NewReseller

STEPS = 2 + 4 * len(PROVIDERS)
"""How often `fill` tells what it does when nothing is there yet."""

Tell = Callable[[str], None]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A way into the demo, to be shown to whoever starts it."""

    place: str
    address: str
    role: str
    email: str
    password: str = PASSWORD


async def fill(tell: Tell = lambda _what: None) -> None:
    """Make what is missing of the demo; opens its own scopes. `tell` hears what comes next, up to STEPS times."""
    by = actor.system(THE_PLATFORM, name="demo")
    tell("The operator")
    async with db.as_platform():
        if not await _is_there(cast.OPERATOR[1]):
            name, email = cast.OPERATOR
            await first_people.add_operator(FirstPerson(name=name, email=email, password=PASSWORD), by=by)
    tell("The reseller")
    async with db.as_platform():
        reseller_id = await _reseller(by=by)
    for provider in PROVIDERS:
        async with db.as_platform():
            if await db.value("SELECT count(*) FROM providers WHERE code = $1", provider.code) == 0:
                await _open(provider, reseller_id if provider.is_resold else None, tell, by=by)


def accounts() -> list[Account]:
    """Every demo login, the platform's first."""
    found = [
        Account(place="Comptoir", address=addresses.link(), role="operator", email=cast.OPERATOR[1]),
        Account(
            place=f"Reseller {cast.RESELLER}",
            address=addresses.link(),
            role="reseller",
            email=cast.RESELLER_PERSON[1],
        ),
    ]
    for provider in PROVIDERS:
        address = addresses.link(addresses.below_platform(provider.code))
        place = f"{provider.name} ({provider.edition.capitalize()})"
        for member in provider.members:
            limit = "" if member.project is None else f", {provider.projects[member.project][0]} only"
            email, role = provider.email(member), f"{member.role}{limit}"
            found.append(Account(place=place, address=address, role=role, email=email))
        found.append(Account(place=place, address=address, role="user of a client", email=portal.email(provider)))
        if policies.features_of(provider.edition) >= {user_access.FEATURE}:
            found.append(Account(place=place, address=address, role="another user", email=users.email(provider)))
    return found


async def _reseller(*, by: Actor) -> int:
    name, email = cast.RESELLER_PERSON
    found: int | None = await db.value(
        """SELECT r.id FROM resellers r
            WHERE r.name_folded = lower($1) OR EXISTS (
                SELECT FROM staff s JOIN people p ON p.id = s.person_id
                 WHERE s.reseller_id = r.id AND p.email_folded = lower($2))""",
        cast.RESELLER,
        email,
    )
    if found is not None:
        return found
    new = NewReseller(
        name=cast.RESELLER,
        editions=cast.RESELLER_EDITIONS,
        features=cast.RESELLER_FEATURES,
        most_providers=20,
        person_name=name,
        person_email=email,
        person_password=PASSWORD,
    )
    return (await resellers.create(new, by=by)).id


async def _add_groups(provider: DemoProvider, *, by: Actor) -> list[int]:
    made = [
        await groups.create(NewGroup(name=name, description=description), by=by)
        for name, description in provider.groups
    ]
    return [group["id"] for group in made]


async def _open(provider: DemoProvider, reseller_id: int | None, tell: Tell, *, by: Actor) -> None:
    """Open the provider and, as the same transaction is its own then, fill it."""
    tell(f"{provider.name}: opening")
    opened = await onboarding.open_provider(_new_provider(provider, reseller_id), by=by)
    inside = actor.system(opened.provider, name="demo")
    tell(f"{provider.name}: projects and groups")
    project_ids = [await projects.default_id()]
    for described, accent in zip(provider.projects[1:], provider.accents[1:], strict=True):
        project_ids.append(await _add_project(described, accent, by=inside))
    await companies.furnish(provider.code, project_ids, by=inside)
    group_ids = await _add_groups(provider, by=inside)
    tell(f"{provider.name}: staff")
    await _hire(provider, project_ids, by=inside)
    tell(f"{provider.name}: {provider.clients} clients")
    await filling.add_clients(provider, project_ids, group_ids)
    await portal.furnish(provider, by=inside)
    await own_fields.furnish(provider, by=inside)
    await notification_templates.hush()
    await money.furnish(provider, by=inside)
    await invoices.furnish(provider, by=inside)
    await bank_statements.furnish(provider, by=inside)
    await payment_methods.furnish(provider, by=inside)
    await online_payments.furnish(provider, by=inside)
    await catalogue.furnish(provider, group_ids, by=inside)
    await services.furnish(provider, by=inside)
    await offers.furnish(provider, by=inside)
    await messages.furnish(by=inside)
    await dunning.furnish(provider, by=inside)
    await notification_templates.furnish(by=inside)
    await notifications.furnish(by=inside)
    if provider.code == "nova":
        await contracts.furnish(by=inside)
        await endings.furnish(by=inside)
    await group_rules.furnish(provider, by=inside)
    await discounts.furnish(by=inside)
    await taxes.furnish(by=inside)
    await tickets.furnish(provider, by=inside)
    await incoming_mail.furnish()
    await segments.furnish(provider, by=inside)
    await response_templates.furnish(provider, by=inside)
    await imports.furnish(provider, by=inside)
    await webhooks.furnish(provider, by=inside)
    await fraud.furnish(by=inside)
    if provider.code == "nova":
        await phone.furnish(by=inside)


async def _add_project(described: tuple[str, str, str], accent: str, *, by: Actor) -> int:
    """A brand with all that one has, and a host name that waits for its proof."""
    name, site, currency = described
    domain = site.removeprefix("https://")
    new = NewProject(
        name=name,
        site=site,
        currency=currency,
        sender=f"contact@{domain}",
        sender_name=name,
        name_servers=(f"ns1.{domain}", f"ns2.{domain}"),
        credit_limit=5_000,
        accent=accent,
    )
    project = await projects.create(new, by=by)
    await project_hosts.add(project["id"], f"clients.{domain}", by=by)
    return int(project["id"])


def _new_provider(provider: DemoProvider, reseller_id: int | None) -> NewProvider:
    owner = provider.members[0]
    return NewProvider(
        code=provider.code,
        name=provider.name,
        owner_name=owner.name,
        owner_email=provider.email(owner),
        owner_password=PASSWORD,
        edition=provider.edition,
        country=provider.country,
        locale=provider.locale,
        timezone=provider.timezone,
        color=provider.color,
        currency=provider.projects[0][2],
        reseller_id=reseller_id,
        is_sandbox=provider.is_sandbox,
    )


async def _hire(provider: DemoProvider, project_ids: list[int], *, by: Actor) -> None:
    for member in provider.members[1:]:
        email = provider.email(member)
        person = FirstPerson(name=member.name, email=email, password=PASSWORD)
        await first_people.add(person, role=member.role, base_url="", by=by)
        if member.project is not None:
            await db.execute(
                """INSERT INTO staff_projects (staff_id, project_id)
                   SELECT s.id, $2 FROM staff s JOIN people p ON p.id = s.person_id WHERE p.email_folded = $1""",
                email,
                project_ids[member.project],
            )


async def _is_there(email: str) -> bool:
    return bool(await db.value("SELECT count(*) FROM people WHERE email_folded = lower($1)", email))
