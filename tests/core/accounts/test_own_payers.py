"""A client's payers in the hands of its users: until a document names them, and nobody else's."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
import pytest

from core import db
from core.accounts import own_payers, payer_documents, payer_merging, payers, rights
from core.accounts.memberships import RightMissing
from core.accounts.own_payers import OnDocuments
from core.accounts.payers import NewPayer, PayerChanges
from core.accounts.rights import Right
from core.actor import Actor, ClientSeat, Tenant
from core.errors import Conflict, EditConflict, Invalid, NotFound, NotInEdition, ReadOnly
from tests.core.accounts.house import add_client, entries, open_provider, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]
NEW = NewPayer(
    kind="individual",
    country="FR",
    name="Bea",
    street="1 rue de la Paix",
    postcode="75002",
    city="Paris",
    email="bea@example.org",
    language="fr",
)


@pytest.fixture
def named() -> Iterator[set[int]]:
    """Stands in for a module of documents: the payers that one of them names."""
    found: set[int] = set()

    async def count(payer_ids: Sequence[int]) -> Mapping[int, int]:
        return {payer_id: 1 for payer_id in payer_ids if payer_id in found}

    payer_documents.register("stand-in", count)
    yield found
    del payer_documents.SOURCES["stand-in"]


async def user_of(login: str, tenant: Tenant, *, allowed: frozenset[str] = rights.ALL) -> Actor:
    """Somebody who acts for the client with this login, which is registered first."""
    client_id = await add_client(login)
    seat = ClientSeat(id=client_id, code=client_id, name=login.title(), roles=frozenset({"owner"}), rights=allowed)
    return Actor(kind="user", tenant=tenant, name=login.title(), client=seat)


async def test_a_user_adds_edits_chooses_and_deletes_payers_and_it_is_told() -> None:
    tenant = await open_provider(edition="advanced")
    async with db.as_tenant(tenant.id):
        anna = await user_of("anna", tenant)
        made = await own_payers.create(NEW, by=anna)
        changed = await own_payers.update(made["id"], PayerChanges(city="Lyon"), version=1, by=anna)
        assert (changed["city"], changed["version"]) == ("Lyon", 2)
        with pytest.raises(EditConflict):
            await own_payers.update(made["id"], PayerChanges(city="Nice"), version=1, by=anna)
        with pytest.raises(Invalid) as refusal:
            await own_payers.update(made["id"], PayerChanges(postcode="7"), version=2, by=anna)
        assert set(refusal.value.errors) == {"postcode"}
        first = await own_payers.default(by=anna)
        await own_payers.make_default(made["id"], by=anna)
        assert [row["name"] for row in await own_payers.every(by=anna)] == ["Bea", "Anna"]
        with pytest.raises(Conflict):
            await own_payers.delete(made["id"], by=anna)
        await own_payers.delete(first["id"], by=anna)
        told = [(await entries(f"payer:{act}"))[-1] for act in ("created", "updated", "made_default", "deleted")]
        assert {(entry["actor_kind"], entry["client_id"]) for entry in told} == {("user", anna.client.id)}


async def test_what_a_document_names_is_for_staff_to_change(named: set[int]) -> None:
    tenant = await open_provider(edition="advanced")
    async with db.as_tenant(tenant.id):
        anna = await user_of("anna", tenant)
        made = await own_payers.create(NEW, by=anna)
        assert await own_payers.may_edit(made, by=anna)
        named.add(made["id"])
        assert not await own_payers.may_edit(made, by=anna)
        with pytest.raises(OnDocuments):
            await own_payers.update(made["id"], PayerChanges(city="Lyon"), version=1, by=anna)
        with pytest.raises(Conflict):
            await own_payers.delete(made["id"], by=anna)
        assert "1 document" in await own_payers.why_it_stays(made["id"], by=anna)
        await own_payers.make_default(made["id"], by=anna)
        changed = await payers.update(made["id"], PayerChanges(city="Lyon"), version=2, by=worker(tenant))
        assert changed["city"] == "Lyon"


async def test_another_clients_payer_does_not_exist() -> None:
    tenant = await open_provider(edition="advanced")
    async with db.as_tenant(tenant.id):
        anna, bert = await user_of("anna", tenant), await user_of("bert", tenant)
        his = await own_payers.create(NEW, by=bert)
        for act in (
            own_payers.get(his["id"], by=anna),
            own_payers.update(his["id"], PayerChanges(city="Lyon"), version=1, by=anna),
            own_payers.make_default(his["id"], by=anna),
            own_payers.why_it_stays(his["id"], by=anna),
            own_payers.delete(his["id"], by=anna),
        ):
            with pytest.raises(NotFound):
                await act
        assert [row["name"] for row in await own_payers.every(by=anna)] == ["Anna"]
        assert (await own_payers.get(his["id"], by=bert))["city"] == "Paris"


async def test_the_rights_of_the_seat_count() -> None:
    tenant = await open_provider(edition="advanced")
    async with db.as_tenant(tenant.id):
        reads = await user_of("anna", tenant, allowed=frozenset({Right.PAYERS_READ.value}))
        first = (await own_payers.every(by=reads))[0]
        assert not await own_payers.may_edit(first, by=reads)
        nothing = await user_of("bert", tenant, allowed=frozenset())
        for act in (
            own_payers.create(NEW, by=reads),
            own_payers.update(first["id"], PayerChanges(city="Lyon"), version=1, by=reads),
            own_payers.make_default(first["id"], by=reads),
            own_payers.delete(first["id"], by=reads),
            own_payers.every(by=nothing),
            own_payers.default(by=nothing),
        ):
            with pytest.raises(RightMissing):
                await act


async def test_without_the_module_there_is_the_one_edited_in_place() -> None:
    tenant = await open_provider(edition="standard")
    async with db.as_tenant(tenant.id):
        anna = await user_of("anna", tenant)
        address = PayerChanges(street="1 rue de la Paix", postcode="75002", city="Paris", language="fr")
        assert (await own_payers.update_default(address, version=1, by=anna))["city"] == "Paris"
        first = await own_payers.default(by=anna)
        for act in (
            own_payers.every(by=anna),
            own_payers.get(first["id"], by=anna),
            own_payers.create(NEW, by=anna),
            own_payers.update(first["id"], PayerChanges(city="Lyon"), version=2, by=anna),
            own_payers.delete(first["id"], by=anna),
        ):
            with pytest.raises(NotInEdition):
                await act


async def test_a_closed_client_and_a_merged_payer_change_no_more() -> None:
    tenant = await open_provider(edition="advanced")
    async with db.as_tenant(tenant.id):
        anna = await user_of("anna", tenant)
        first, made = await own_payers.default(by=anna), await own_payers.create(NEW, by=anna)
        await payer_merging.merge(made["id"], first["id"], by=worker(tenant))
        with pytest.raises(NotFound):
            await own_payers.update(made["id"], PayerChanges(city="Lyon"), version=1, by=anna)
        merged = await own_payers.get(made["id"], by=anna)
        assert merged["merged_into_id"] == first["id"]
        assert not await own_payers.may_edit(merged, by=anna)
        await db.execute("UPDATE clients SET status = 'closed' WHERE id = $1", anna.client.id)
        with pytest.raises(ReadOnly):
            await own_payers.create(NEW, by=anna)
        closed = msgspec.structs.replace(anna, client=msgspec.structs.replace(anna.client, is_closed=True))
        assert not await own_payers.may_edit(first, by=closed)
