"""Opening a provider: one transaction, after which it works. Its host answers and its first person can sign in."""

import msgspec
from asyncpg import Record, UniqueViolationError

from core import actor, clock, db, i18n, places, plugin_registry, plugin_settings, policies
from core.accounts import attitudes, companies, projects, rows
from core.accounts.provider_settings import COLORS, TIMEZONES
from core.actor import Actor, Tenant
from core.catalog import product_types
from core.checks import Checks
from core.errors import Conflict, Invalid
from core.i18n import _
from core.permissions import Permission
from core.support import departments, ticket_categories
from tenants import addresses, first_people, hosts, providers
from tenants.first_people import FirstPerson

FIRST_CODE = 1001
"""The first client's number."""
FIRST_PLUGINS = ("welcome-mail",)
"""What is switched on from the beginning, when it is installed."""
RESERVED = frozenset(
    (
        "admin",
        "api",
        "app",
        "assets",
        "comptoir",
        "mail",
        "media",
        "platform",
        "root",
        "smtp",
        "static",
        "status",
        "www",
    )
)
"""Names below the platform's own that are no provider's."""


class NewProvider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it takes to open a provider. Without `owner_password` the owner gets a link to choose one.

    `host` is a name of its own, besides the one below the platform's. `reseller_id` is the operator's to say.
    In a sandbox things are tried out: its time can be moved (`tenants/sandboxes.py`).
    """

    code: str
    name: str
    owner_name: str
    owner_email: str
    owner_password: str = ""
    edition: str = "standard"
    country: str = "FR"
    locale: str = "en"
    timezone: str = "UTC"
    color: str = "blue"
    currency: str = "EUR"
    host: str = ""
    reseller_id: int | None = None
    is_sandbox: bool = False

    @property
    def owner(self) -> FirstPerson:
        """Who is let in first."""
        return FirstPerson(name=self.owner_name, email=self.owner_email, password=self.owner_password)


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A provider that works. `link` is where its owner chooses a password, when that was not mailed."""

    provider: Tenant
    address: str
    link: str = ""


async def open_provider(new: NewProvider, *, by: Actor, by_mail: bool = True) -> Opened:
    """Open a provider in the platform's scope; the transaction is the provider's then. All errors come at once."""
    policies.require(by, Permission.PROVIDER_OPEN)
    reseller = await _held_reseller(new.reseller_id, by=by)
    checks = Checks()
    new = await _checked(checks, new, by=by)
    if new.reseller_id is not None and reseller is None:
        checks.error("reseller_id", _("This is not one of the choices."))
    checks.done()
    await _require_room(reseller)
    row = await _insert(new, reseller)
    base_url = addresses.link(await _give_hosts(row, new.host))
    told = {"code": row["code"], "edition": row["edition"], "address": base_url}
    await providers.note("provider:opened", row, by=by, new=told)
    tenant = await providers.current()
    inside = acting_in(tenant, by=by)
    with i18n.speaking(tenant.locale):
        await _furnish(new, by=inside)
        link = await first_people.add(
            new.owner, role="owner", base_url=base_url, by=inside, by_mail=by_mail, prefix="owner_"
        )
    return Opened(provider=await providers.current(), address=base_url, link=link)


async def _held_reseller(reseller_id: int | None, *, by: Actor) -> Record | None:
    """The reseller it will belong to, himself when he acts; locked, so that two openings take turns at his row."""
    own_id = providers.reach(by)
    wanted = reseller_id if own_id is None else own_id
    if wanted is None or not rows.is_id(wanted):
        return None
    reseller = await db.row("SELECT * FROM resellers WHERE id = $1 FOR NO KEY UPDATE", wanted)
    if own_id is not None and (reseller is None or reseller["state"] != "active"):
        raise providers.ResellerSuspended
    return reseller


async def _checked(checks: Checks, new: NewProvider, *, by: Actor) -> NewProvider:
    """The same as it will be kept; notes in `checks` what is wrong."""
    first_people.check(checks, new.owner, place=new.name, prefix="owner_")
    code = checks.text("code", new.code, longest=32)
    if "code" not in checks.errors and not providers.CODE.fullmatch(code):
        checks.error("code", _("Small letters, digits and hyphens, such as nova-hosting."))
    elif code in RESERVED:
        checks.error("code", _("This name is reserved."))
    return msgspec.structs.replace(
        new,
        code=code,
        name=checks.text("name", new.name, longest=100),
        edition=checks.choice("edition", new.edition, await providers.editions_to_give(by=by)),
        country=checks.country("country", new.country),
        locale=checks.choice("locale", new.locale, i18n.LOCALES),
        timezone=checks.choice("timezone", new.timezone, TIMEZONES),
        color=checks.choice("color", new.color, COLORS),
        currency=checks.choice("currency", new.currency.upper(), places.CURRENCIES),
        host=hosts.checked(checks, "host", new.host) if new.host.strip() else "",
    )


async def _require_room(reseller: Record | None) -> None:
    """`Conflict` when the reseller has as many providers as he may."""
    most = reseller["most_providers"] if reseller else None
    if reseller is None or most is None:
        return
    if await db.value("SELECT count(*) FROM providers WHERE reseller_id = $1", reseller["id"]) >= most:
        raise Conflict(_("There is room for %(count)s providers, and there are that many.") % {"count": most})


async def _insert(new: NewProvider, reseller: Record | None) -> Record:
    now = clock.now()
    try:
        async with db.savepoint():
            row = await db.row(
                """INSERT INTO providers (id, code, name, edition, reseller_id, locale, timezone, country, color,
                       is_sandbox, created_at, state_changed_at)
                   VALUES (nextval('provider_numbers'), $1, $2, $3, $4, $5, $6, $7, $8, $10, $9, $9)
                   RETURNING *""",
                new.code,
                new.name,
                new.edition,
                reseller["id"] if reseller else None,
                new.locale,
                new.timezone,
                new.country,
                new.color,
                now,
                new.is_sandbox,
            )
    except UniqueViolationError as error:
        raise Invalid({"code": _("Another provider has this code.")}) from error
    assert row is not None
    return row


async def _give_hosts(row: Record, own_host: str) -> str:
    """The name below the platform's own, and the one of its own; returns the one that links lead to."""
    name = addresses.below_platform(row["code"])
    await hosts.insert(row["id"], name, field="code", is_primary=not own_host)
    if own_host:
        await hosts.insert(row["id"], own_host, field="host", is_primary=True)
    return own_host or name


async def _furnish(new: NewProvider, *, by: Actor) -> None:
    """What a provider begins with, in its own language and scope."""
    await db.execute("INSERT INTO counters (name, next) VALUES ('client', $1)", FIRST_CODE)
    await projects.create_default(by.tenant.name, by=by, currency=new.currency)
    await companies.create_default(by.tenant.name, new.country, by=by)
    await attitudes.create_first(by=by)
    await product_types.create_first(by=by)
    await ticket_categories.create_first(await departments.create_first(by=by), by=by)
    for plugin in FIRST_PLUGINS:
        if plugin_registry.find(plugin) is not None:
            await plugin_settings.enable(plugin, by=by)


def acting_in(tenant: Tenant, *, by: Actor) -> Actor:
    """Comptoir itself inside the provider, under the name and address of who asked for it on the platform."""
    return msgspec.structs.replace(
        actor.system(tenant, name=by.name), address=by.address, request_id=by.request_id
    )
