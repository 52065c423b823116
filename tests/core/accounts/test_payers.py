"""Payers: the first one, who may change them, what keeps one, merging, and that nothing crosses clients."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence

import pytest

from core import db
from core.accounts import payer_documents, payer_list, payer_merging, payers
from core.accounts.payer_list import PayerFilter
from core.accounts.payers import NewPayer, PayerChanges
from core.actor import Tenant
from core.errors import Conflict, EditConflict, Invalid, NotFound, NotInEdition, PermissionMissing, ReadOnly
from tests.core.accounts.house import add_client, entries, open_provider, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]
ADDRESS = {"street": "1 rue de la Paix", "postcode": "75002", "city": "Paris"}


def new(name: str, **more: str) -> NewPayer:
    usual = {"kind": "individual", "country": "FR", "email": "pay@example.org", "language": "fr"} | ADDRESS
    return NewPayer(**(usual | {"name": name} | more))


@pytest.fixture
def named() -> Iterator[dict[int, int]]:
    """Stands in for a module of documents: how many of them name each payer."""
    numbers: dict[int, int] = {}

    async def count(payer_ids: Sequence[int]) -> Mapping[int, int]:
        return {payer_id: numbers[payer_id] for payer_id in payer_ids if payer_id in numbers}

    payer_documents.register("stand-in", count)
    yield numbers
    del payer_documents.SOURCES["stand-in"]


async def test_every_client_has_its_first_payer_whoever_registers_it() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        client = await add_client("anna", kind="company", name="Anna SARL", contact_person="Anna", language="fr")
        first = await payers.default_of(client, by=worker(tenant))
        assert [row["id"] for row in await payers.of_client(client, by=worker(tenant))] == [first["id"]]
    told = ("kind", "name", "contact_person", "country", "email", "language", "street", "is_default")
    assert [first[field] for field in told] == [
        *("company", "Anna SARL", "Anna", "FR", "anna@example.org", "fr", "", True)
    ]


async def test_a_payer_is_added_changed_made_default_and_deleted_and_each_step_is_told() -> None:
    tenant = await open_provider(edition="advanced")
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        client = await add_client("anna")
        made = await payers.create(client, new(" Bea ", iban="FR76 3000 6000 0112 3456 7890 189"), by=by)
        assert (made["name"], made["iban"], made["is_default"]) == ("Bea", "FR7630006000011234567890189", False)
        changed = await payers.update(made["id"], PayerChanges(city="Lyon"), version=1, by=by)
        assert (changed["city"], changed["street"], changed["version"]) == ("Lyon", "1 rue de la Paix", 2)
        with pytest.raises(EditConflict):
            await payers.update(made["id"], PayerChanges(city="Nice"), version=1, by=by)
        with pytest.raises(Invalid):
            await payers.update(made["id"], PayerChanges(kind="company"), version=2, by=by)
        first = await payers.default_of(client, by=by)
        with pytest.raises(Conflict, match="default payer"):
            await payers.delete(first["id"], by=by)
        await payers.make_default(made["id"], by=by)
        await payers.delete(first["id"], by=by)
        assert [row["name"] for row in await payers.of_client(client, by=by)] == ["Bea"]
        for action in ("payer:created", "payer:updated", "payer:made_default", "payer:deleted"):
            assert [entry["client_id"] for entry in await entries(action)] == [client], action


async def test_a_payer_that_documents_name_stays(named: dict[int, int]) -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        client = await add_client("anna")
        made = await payers.create(client, new("Bea"), by=by)
        assert not await payer_documents.has_documents(made["id"])
        named[made["id"]] = 2
        assert await payer_documents.has_documents(made["id"])
        with pytest.raises(Conflict, match="2 documents"):
            await payers.delete(made["id"], by=by)
        named.clear()
        await payers.delete(made["id"], by=by)


async def test_on_standard_the_one_payer_is_part_of_the_client() -> None:
    tenant = await open_provider(edition="standard")
    async with db.as_tenant(tenant.id):
        client = await add_client("anna")
        support, auditor = worker(tenant, "support"), worker(tenant, "auditor")
        for attempt in (payers.create(client, new("Bea"), by=support), payers.of_client(client, by=support)):
            with pytest.raises(NotInEdition):
                await attempt
        wanted = PayerChanges(**ADDRESS)
        saved = await payers.update_default(client, wanted, version=1, by=support)
        assert saved["city"] == "Paris"
        assert (await payers.default_of(client, by=auditor))["id"] == saved["id"]
        with pytest.raises(PermissionMissing):
            await payers.update_default(client, wanted, version=2, by=auditor)


async def test_where_payers_are_a_module_its_own_right_is_asked_for() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        client = await add_client("anna")
        clerk = worker(tenant, "clerk", permissions=frozenset({"client:read", "client:update"}))
        with pytest.raises(PermissionMissing):
            await payers.update_default(client, PayerChanges(**ADDRESS), version=1, by=clerk)


async def test_payers_of_a_client_that_is_out_of_sight_are_not_there() -> None:
    nova, acme = await open_provider(1), await open_provider(2)
    async with db.as_tenant(acme.id):
        theirs = await payers.default_of(await add_client("zoe"), by=worker(acme))
    async with db.as_tenant(nova.id):
        other = await db.value("INSERT INTO projects (name, created_at) VALUES ('Other', now()) RETURNING id")
        client = await add_client("anna")
        first = await payers.default_of(client, by=worker(nova))
        limited = worker(nova, "manager", projects=frozenset({other}))
        for payer_id, by in (
            (theirs["id"], worker(nova)),
            (first["id"], limited),
            (42, limited),
            (2**70, limited),
        ):
            for attempt in (
                payers.get(payer_id, by=by),
                payers.update(payer_id, PayerChanges(name="x"), version=1, by=by),
                payers.make_default(payer_id, by=by),
                payers.delete(payer_id, by=by),
                payer_merging.merge(payer_id, first["id"], by=by),
            ):
                with pytest.raises(NotFound):
                    await attempt
        assert (await payer_list.page(PayerFilter(), by=limited)).rows == []


async def test_payers_of_a_closed_client_stay_as_they_are() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        client = await add_client("anna")
        made = await payers.create(client, new("Bea"), by=by)
        await db.execute("UPDATE clients SET status = 'closed' WHERE id = $1", client)
        for attempt in (
            payers.create(client, new("Cleo"), by=by),
            payers.update(made["id"], PayerChanges(city="Lyon"), version=1, by=by),
            payers.make_default(made["id"], by=by),
            payers.delete(made["id"], by=by),
        ):
            with pytest.raises(ReadOnly):
                await attempt


async def test_merging_keeps_the_one_that_goes_and_leads_on(named: dict[int, int]) -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        client, other = await add_client("anna"), await add_client("bela")
        first = await payers.default_of(client, by=by)
        second = await payers.create(client, new("Second"), by=by)
        third = await payers.create(client, new("Third", city="Lyon"), by=by)
        named[first["id"]] = 3
        found = await payer_merging.preview(first["id"], second["id"], by=by)
        assert (found.documents, found.becomes_default) == (3, True)
        assert {"name", "street"} <= set(found.differing)
        stranger = await payers.default_of(other, by=by)
        for wrong in (first["id"], stranger["id"], 42):
            with pytest.raises(Invalid):
                await payer_merging.merge(first["id"], wrong, by=by)
        stays = await payer_merging.merge(first["id"], second["id"], by=by)
        assert (stays["name"], stays["is_default"]) == ("Second", True)
        await payer_merging.merge(second["id"], third["id"], by=by)
        for gone in (first, second):
            kept = await payers.get(gone["id"], by=by)
            assert (kept["merged_into_id"], kept["is_default"]) == (third["id"], False)
        assert [row["id"] for row in await payers.of_client(client, by=by)] == [third["id"]]
        with pytest.raises(NotFound):
            await payer_merging.merge(first["id"], third["id"], by=by)
        assert len(await entries("payer:merged")) == 2


async def _merge(tenant: Tenant, gone: int, stays: int) -> bool:
    try:
        async with db.as_tenant(tenant.id):
            await payer_merging.merge(gone, stays, by=worker(tenant))
    except (Invalid, NotFound):
        return False
    return True


async def test_two_who_merge_two_payers_into_each_other_leave_one() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        client = await add_client("anna")
        first = await payers.default_of(client, by=by)
        second = await payers.create(client, new("Second"), by=by)
    ids = first["id"], second["id"]
    assert sorted(await asyncio.gather(_merge(tenant, *ids), _merge(tenant, *reversed(ids)))) == [False, True]
    async with db.as_tenant(tenant.id):
        left = await payers.of_client(client, by=by)
        assert [row["is_default"] for row in left] == [True]


async def test_the_list_is_by_name_each_payer_once_and_filtered() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        for number in range(30):
            await add_client(f"c{number:02}", name=f"Élodie Client {number % 7}")
        anna = await add_client("anna", name="Anna", country="DE")
        await payers.create(
            anna,
            new("Müller GmbH", kind="company", country="DE", postcode="10115", vat_number="136695976"),
            by=by,
        )
        seen: list[int] = []
        page = await payer_list.page(PayerFilter(), size=10, by=by)
        while True:
            seen += [row["id"] for row in page.rows]
            if page.next is None:
                break
            page = await payer_list.page(PayerFilter(), size=10, after=page.next, by=by)
        assert len(seen) == len(set(seen)) == 32
        back = await payer_list.page(PayerFilter(), size=10, before=str(page.previous), by=by)
        assert [row["id"] for row in back.rows] == seen[20:30]

        async def found(**chosen: object) -> list[str]:
            rows = (await payer_list.page(PayerFilter(**chosen), by=by)).rows  # type: ignore[arg-type]
            return [row["name"] for row in rows]

        assert len(await found(search="elo CLI")) == 30
        assert await found(search="mull") == ["Müller GmbH"]
        assert await found(search="DE 136695976") == ["Müller GmbH"]
        assert await found(search="elo mull") == []
        assert await found(search="--") == []
        assert await found(kind="company") == ["Müller GmbH"]
        assert await found(country="de") == ["Anna", "Müller GmbH"]
        assert await found(client=1031) == ["Anna", "Müller GmbH"]
        for wrong in ({"country": "XX"}, {"client": -1}, {"search": "\x00"}):
            with pytest.raises(Invalid):
                await found(**wrong)
        with pytest.raises(Invalid):
            await payer_list.page(PayerFilter(), after="nonsense", by=by)
