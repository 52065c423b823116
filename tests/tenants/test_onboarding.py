"""Opening a provider: it works at once, or nothing of it is there."""

import asyncio

import msgspec
import pytest

from core import db
from core.accounts import clients
from core.accounts.clients import NewClient
from core.actor import Actor, system
from core.errors import Conflict, Invalid
from core.settings import Settings
from tenants import onboarding, provider_list, providers, resellers
from tenants.onboarding import NewProvider, Opened
from tests import cast
from tests.visitor import PASSWORD

pytestmark = pytest.mark.anyio

FRESH = NewProvider(
    code="fresh",
    name="Fresh Hosting",
    owner_name="Fred Fresh",
    owner_email="fred@fresh.example",
    owner_password=PASSWORD,
    locale="fr",
)
SYSTEM = system(providers.THE_PLATFORM)


async def opened(new: NewProvider = FRESH, *, by: Actor = SYSTEM, by_mail: bool = True) -> Opened:
    async with db.as_platform():
        return await onboarding.open_provider(new, by=by, by_mail=by_mail)


async def refused(new: NewProvider, *, by: Actor = SYSTEM) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        await opened(new, by=by)
    return refusal.value.errors


async def test_a_new_provider_works_at_once(database: Settings) -> None:
    provider = (await opened()).provider
    assert await providers.find_by_host("Fresh.localhost:8000") == provider
    assert provider.plugins == {"welcome-mail"}
    async with db.as_tenant(provider.id):
        by = system(provider)
        first = await clients.create(
            NewClient(login="first", email="first@client.example", country="FR", contact_person="First"), by=by
        )
        assert first["code"] == 1001
        names = [row["name"] for row in await db.fetch("SELECT name FROM attitudes ORDER BY position")]
        assert len(names) == 4
        assert await db.value("SELECT name FROM projects WHERE is_default") == "Fresh Hosting"
        assert await db.value("SELECT role FROM staff") == "owner"


async def test_its_owner_gets_a_link_that_leads_to_its_own_host(database: Settings) -> None:
    without = msgspec.structs.replace(FRESH, owner_password="", host="Panel.Fresh-Hosting.example")
    found = await opened(without, by_mail=False)
    assert found.address == "http://panel.fresh-hosting.example:8000"
    assert found.link.startswith(f"{found.address}/password/")
    assert (await providers.find_by_host("fresh.localhost")) == found.provider


async def test_everything_that_is_wrong_is_said_at_once(database: Settings) -> None:
    wrong = NewProvider(
        code="Not A Code",
        name=" ",
        owner_name="",
        owner_email="nobody",
        owner_password="short",
        edition="imperial",
        country="ZZ",
        locale="xx",
        timezone="Moon/Base",
        color="octarine",
        currency="XXL",
        host="http://nope",
        reseller_id=4711,
    )
    errors = await refused(wrong)
    assert set(errors) == set(NewProvider.__struct_fields__) - {"is_sandbox"}


@pytest.mark.parametrize("code", ["www", "nova", "a" * 33, "-a", "a-", "Ä", "a.b", ""])
async def test_a_code_that_cannot_be_a_host_or_is_taken_is_refused(database: Settings, code: str) -> None:
    assert set(await refused(msgspec.structs.replace(FRESH, code=code))) == {"code"}


@pytest.mark.parametrize("host", ["nova.localhost", "localhost", "x.localhost", "127.0.0.1", "a b.example", "one"])
async def test_a_host_that_is_ours_or_no_name_is_refused(database: Settings, host: str) -> None:
    assert set(await refused(msgspec.structs.replace(FRESH, host=host))) == {"host"}


async def test_a_refused_opening_leaves_nothing(database: Settings) -> None:
    await opened(msgspec.structs.replace(FRESH, host="panel.fresh.example"))
    again = msgspec.structs.replace(FRESH, code="other", host="panel.fresh.example")
    assert set(await refused(again)) == {"host"}
    async with db.as_platform():
        assert await db.value("SELECT count(*) FROM providers WHERE code = 'other'") == 0
        assert await db.value("SELECT count(*) FROM hosts WHERE name LIKE 'other%'") == 0


async def test_both_logs_say_who_opened_it(database: Settings) -> None:
    rita = await cast.who("rita")
    provider = (await opened(by=rita)).provider
    said = "SELECT actor_kind, actor_name FROM audit_entries WHERE action = 'provider:opened' AND subject_id = $1"
    async with db.as_platform():
        assert tuple((await db.row(said, provider.id)) or ()) == ("reseller", "Rita")
    async with db.as_tenant(provider.id):
        assert tuple((await db.row(said, provider.id)) or ()) == ("reseller", "Rita")


async def test_what_a_reseller_opens_is_his_and_of_an_edition_he_may_give(database: Settings) -> None:
    rita = await cast.who("rita")
    assert set(await refused(msgspec.structs.replace(FRESH, edition="corporate"), by=rita)) == {"edition"}
    await opened(msgspec.structs.replace(FRESH, reseller_id=None), by=rita)
    async with db.as_platform():
        codes = [row["code"] for row in (await provider_list.every(by=rita)).rows]
    assert codes == ["acme", "fresh", "petit"]


async def test_a_reseller_opens_no_more_than_he_may(database: Settings) -> None:
    rita = await cast.who("rita")
    async with db.as_platform():
        row = await resellers.get_by_name("horizon", by=SYSTEM)
        terms = resellers.Terms(name="Horizon", editions=("standard",), most_providers=2)
        await resellers.change_terms(row["id"], terms, by=SYSTEM)
    with pytest.raises(Conflict):
        await opened(by=rita)


async def test_of_several_at_once_only_as_many_are_opened_as_there_is_room_for(database: Settings) -> None:
    rita = await cast.who("rita")
    async with db.as_platform():
        row = await resellers.get_by_name("horizon", by=SYSTEM)
        terms = resellers.Terms(name="Horizon", editions=("standard",), most_providers=3)
        await resellers.change_terms(row["id"], terms, by=SYSTEM)
    wanted = [msgspec.structs.replace(FRESH, code=f"fresh-{number}") for number in range(4)]
    outcomes = await asyncio.gather(*(opened(new, by=rita) for new in wanted), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "Conflict", "Conflict", "Opened"]


async def test_a_code_that_two_want_at_once_is_given_to_one(database: Settings) -> None:
    outcomes = await asyncio.gather(*(opened() for _ in range(3)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Invalid", "Invalid", "Opened"]
