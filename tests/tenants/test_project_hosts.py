"""Hosts of projects: only a proof leads a name to a provider, and nobody learns of the claims of others."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import dns.resolver
import msgspec
import pytest

from core import actor, clock, db
from core.accounts import project_deleting, projects
from core.accounts.projects import NewProject, ProjectChanges
from core.actor import Tenant
from core.errors import Conflict, Invalid, NotFound
from core.jobs import Job
from tenants import branding, hosts, name_proof, project_hosts, providers
from tenants.name_proof import Answer
from tests import cast
from tests.core.accounts.house import entries, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]
HOST = "billing.shop.example"


class Dns(dict[str, list[str]]):
    """Records by name; "silent" names do not answer."""

    async def ask(self, name: str) -> Answer:
        if name not in self:
            return Answer(reason="missing")
        return Answer(reason="silent") if self[name] == ["silent"] else Answer(texts=tuple(self[name]))


@pytest.fixture
def zone() -> Iterator[Dns]:
    zone = Dns()
    name_proof.configure(zone.ask)
    yield zone
    name_proof.configure()


@pytest.fixture(autouse=True)
def every_claim_is_the_jobs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are called by hand here, so that no worker holds them."""
    monkeypatch.setattr(Job, "scope", lambda job: db.as_tenant(job.tenant_id))


async def tenant(code: str) -> Tenant:
    return msgspec.structs.replace(await cast.tenant(code), edition="corporate")


async def claim(place: Tenant, name: str = HOST) -> dict:
    async with db.as_tenant(place.id):
        return dict(await project_hosts.add(await projects.default_id(), name, by=worker(place)))


async def look(place: Tenant, host: dict) -> dict:
    await project_hosts.look({"host": host["id"]}, job(place))
    async with db.as_tenant(place.id):
        return dict(await project_hosts.get(host["id"], by=worker(place)))


def job(place: Tenant) -> Job:
    return Job(tenant_id=place.id, id=1, kind="x", key="x", attempt=1, asked_at=clock.now(), worker=uuid4())


async def leads_to(name: str = HOST) -> str:
    found = await providers.find_by_host(name)
    return found.code if found else ""


async def test_only_a_proven_name_leads_to_the_provider(zone):
    nova = await tenant("nova")
    host = await claim(nova, "Billing.Shop.example.")
    assert (host["name"], host["state"], host["record"]) == (HOST, "pending", f"_comptoir.{HOST}")
    assert await leads_to() == ""
    assert (await look(nova, host))["reason"] == "missing"
    zone[host["record"]] = ["v=spf1", "something"]
    assert (await look(nova, host))["reason"] == "other"
    zone[host["record"]] = ["silent"]
    assert (await look(nova, host))["reason"] == "silent"
    assert await leads_to() == ""
    zone[host["record"]] = ["v=spf1", host["token"]]
    assert (await look(nova, host))["state"] == "proven"
    assert await leads_to() == "nova"
    async with db.as_tenant(nova.id):
        assert len(await entries("project:host_proven")) == 1
        with pytest.raises(Conflict):
            await project_hosts.check_again(host["id"], by=worker(nova))


async def test_it_is_looked_for_again_by_itself_and_by_asking(zone, settings):
    nova = await tenant("nova")
    host = await claim(nova)
    for _ in range(len(project_hosts.AGAIN) + 2):
        await look(nova, host)
    async with db.as_tenant(nova.id):
        assert await db.value("SELECT tries FROM project_hosts") == len(project_hosts.AGAIN) + 2
        await project_hosts.check_again(host["id"], by=worker(nova))
        row = await db.row("SELECT state, reason, tries FROM project_hosts")
    assert tuple(row) == ("pending", "", 0)
    assert project_hosts.AGAIN[0] < timedelta(minutes=10)


async def test_a_claim_of_another_provider_is_neither_told_nor_in_the_way(zone):
    nova, acme = await tenant("nova"), await tenant("acme")
    squatter, owner = await claim(nova), await claim(acme)
    assert squatter["token"] != owner["token"]
    zone[owner["record"]] = [owner["token"]]
    assert (await look(nova, squatter))["reason"] == "other"
    assert (await look(acme, owner))["state"] == "proven"
    assert await leads_to() == "acme"
    assert (await look(nova, squatter))["reason"] == "other"


async def test_who_can_still_prove_it_keeps_it_and_who_cannot_loses_it_to_who_can(zone):
    nova, acme = await tenant("nova"), await tenant("acme")
    first, second = await claim(nova), await claim(acme)
    zone[first["record"]] = [first["token"], second["token"]]
    assert (await look(nova, first))["state"] == "proven"
    assert (await look(acme, second))["reason"] == "taken"
    assert await leads_to() == "nova"
    zone[first["record"]] = [second["token"]]
    assert (await look(acme, second))["state"] == "proven"
    assert await leads_to() == "acme"
    async with db.as_tenant(nova.id):
        assert (await project_hosts.get(first["id"], by=worker(nova)))["reason"] == "lost"
        assert len(await entries("project:host_lost")) == 1


async def test_a_name_that_the_platform_gave_is_not_taken_by_a_proof(zone):
    nova, acme = await tenant("nova"), await tenant("acme")
    async with db.as_platform():
        await hosts.add(nova.id, HOST, by=await system())
    host = await claim(acme)
    zone[host["record"]] = [host["token"]]
    assert (await look(acme, host))["reason"] == "taken"
    assert await leads_to() == "nova"


async def system():
    return actor.system(providers.THE_PLATFORM)


async def test_a_name_that_is_given_up_leads_nowhere(zone):
    nova = await tenant("nova")
    host = await claim(nova)
    zone[host["record"]] = [host["token"]]
    await look(nova, host)
    async with db.as_tenant(nova.id):
        await project_hosts.remove(host["id"], by=worker(nova))
    await project_hosts.release({"host": HOST}, job(nova))
    assert await leads_to() == ""
    again = await claim(nova)
    assert again["token"] != host["token"]


async def test_what_the_platform_takes_away_says_so(zone):
    nova = await tenant("nova")
    host = await claim(nova)
    zone[host["record"]] = [host["token"]]
    await look(nova, host)
    async with db.as_platform():
        await hosts.make_primary(nova.id, HOST, by=await system())
    async with db.as_tenant(nova.id):
        with pytest.raises(Conflict):
            await project_hosts.remove(host["id"], by=worker(nova))
    async with db.as_platform():
        await hosts.make_primary(nova.id, "nova.localhost", by=await system())
    async with db.as_platform():
        await hosts.remove(nova.id, HOST, by=await system())
    async with db.as_tenant(nova.id):
        assert (await project_hosts.get(host["id"], by=worker(nova)))["reason"] == "withdrawn"


@pytest.mark.parametrize(
    "name", ["localhost", "x.localhost", "nova.localhost", "a b.example", "1.2.3.4", "", "x" * 300]
)
async def test_what_cannot_be_claimed_is_refused(name):
    nova = await tenant("nova")
    with pytest.raises(Invalid) as refusal:
        await claim(nova, name)
    assert set(refusal.value.errors) == {"name"}


async def test_the_same_name_twice_is_refused_and_a_project_has_room_for_so_many(monkeypatch):
    nova = await tenant("nova")
    await claim(nova)
    with pytest.raises(Invalid):
        await claim(nova)
    monkeypatch.setattr(project_hosts, "MOST_HOSTS", 1)
    with pytest.raises(Invalid):
        await claim(nova, "other.example")


async def test_limited_staff_knows_no_host_of_another_project():
    nova = await tenant("nova")
    host = await claim(nova)
    limited = worker(nova, projects=frozenset({7}))
    async with db.as_tenant(nova.id):
        for attempt in (
            project_hosts.get(host["id"], by=limited),
            project_hosts.check_again(host["id"], by=limited),
            project_hosts.remove(host["id"], by=limited),
            project_hosts.of(host["project_id"], by=limited),
            project_hosts.add(host["project_id"], "x.example", by=limited),
        ):
            with pytest.raises(NotFound):
                await attempt
        with pytest.raises(Conflict, match="Host names"):
            second = await projects.create(NewProject(name="Second"), by=worker(nova))
            await db.execute("UPDATE project_hosts SET project_id = $1", second["id"])
            await project_deleting.delete(second["id"], by=worker(nova))


async def test_the_brand_of_a_host_is_its_projects_and_fresh(zone):
    nova = await tenant("nova")
    async with db.as_tenant(nova.id):
        new = NewProject(name="Second", brand_name="Boutique", accent="#A01020")
        second = await projects.create(new, by=worker(nova))
        host = await project_hosts.add(second["id"], HOST, by=worker(nova))
        assert (await branding.of_host(HOST, tenant=nova)).name == "Nova"
    zone[host["record"]] = [host["token"]]
    await look(nova, host)
    async with db.as_tenant(nova.id):
        brand = await branding.of_host(f"{HOST.upper()}:8000", tenant=nova)
        assert (brand.name, brand.accent, brand.stylesheet) == ("Boutique", "#a01020", "/brand/accent/a01020")
        await projects.update(second["id"], ProjectChanges(brand_name=""), version=1, by=worker(nova))
    async with db.as_tenant(nova.id):
        assert (await branding.of_host(HOST, tenant=nova)).name == "Second"
        lower = msgspec.structs.replace(nova, edition="advanced")
        assert (await branding._read(HOST, lower)).name == nova.name


@pytest.mark.parametrize(
    ("raised", "reason"),
    [(dns.resolver.NXDOMAIN(), "missing"), (dns.resolver.NoAnswer, "missing"),
     (dns.resolver.LifetimeTimeout, "silent"), (dns.resolver.NoNameservers, "silent"),
     (OSError("no network"), "silent")],
)  # fmt: skip
async def test_what_dns_answers_becomes_a_reason(monkeypatch, raised, reason):
    async def resolve(_self, _name, _kind, lifetime):
        assert lifetime == name_proof.SECONDS
        raise raised() if isinstance(raised, type) and raised is not dns.resolver.NoAnswer else _made(raised)

    monkeypatch.setattr("dns.asyncresolver.Resolver.__init__", lambda self: None)
    monkeypatch.setattr("dns.asyncresolver.Resolver.resolve", resolve)
    assert (await name_proof.ask_dns("_comptoir.x.example")).reason == reason


def _made(raised):
    return raised.__new__(raised) if isinstance(raised, type) else raised
