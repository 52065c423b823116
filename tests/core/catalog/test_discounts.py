"""Discounts: kept for whom they are, changed by who may, ended for good, and read for those whom they reach."""

from datetime import date, timedelta
from typing import Any

import pytest

from core import clock, db
from core.accounts import closing, groups
from core.accounts.groups import NewGroup
from core.actor import Actor
from core.catalog import discount_book, discount_list, discounts
from core.catalog.asked import Asked, Line
from core.catalog.discount_book import Begun
from core.catalog.discount_fields import DiscountChanges, NewDiscount
from core.catalog.discount_list import DiscountFilter
from core.catalog.pricing import price
from core.catalog.tax_rules import Tax
from core.errors import (
    Conflict,
    EditConflict,
    Forbidden,
    Invalid,
    NotFound,
    NotInEdition,
    PermissionMissing,
    ReadOnly,
)
from tests.core.accounts.house import add_client, entries, open_provider, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]
DAY = clock.now().date()
NO_TAX = Tax(rate=0, category="O", reason="outside", country="US")


def ten(name: str = "Ten", **more: Any) -> NewDiscount:
    return NewDiscount(**({"name": name, "kind": "percent", "percent": 10_000} | more))


async def code_of(client_id: int) -> int:
    return int(await db.value("SELECT code FROM clients WHERE id = $1", client_id))


async def group(*client_ids: int, by: Actor, name: str = "Friends") -> int:
    group_id = int((await groups.create(NewGroup(name=name), by=by))["id"])
    await groups.add(group_id, list(client_ids), by=by)
    return group_id


async def reaching(client_id: int, *, by: Actor) -> set[str]:
    return {one.name for one in (await discount_book.of_client(client_id, day=DAY, by=by)).discounts}


async def test_a_discount_is_made_changed_and_ended_and_each_step_is_told() -> None:
    tenant = await open_provider()
    by = worker(tenant, "accountant")
    async with db.as_tenant(tenant.id):
        made = await discounts.create(ten(from_day=DAY, lasts="periods", periods=3), by=by)
        assert (made["percent"], made["currency"], made["uses"], made["version"]) == (10_000, "", 0, 1)
        changed = await discounts.update(made["id"], DiscountChanges(percent=12_500), version=1, by=by)
        assert (changed["percent"], changed["version"]) == (12_500, 2)
        assert (await entries("discount:updated"))[0]["changes"] == {"worth": ["10 %", "12.5 %"]}
        with pytest.raises(EditConflict):
            await discounts.update(made["id"], DiscountChanges(percent=1), version=1, by=by)
        await discounts.end(made["id"], by=by)
        for attempt in (
            discounts.end(made["id"], by=by),
            discounts.update(made["id"], DiscountChanges(percent=1), version=3, by=by),
        ):
            with pytest.raises(Conflict, match="ended"):
                await attempt
        assert len(await entries("discount:ended")) == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"percent": 150_000}, "percent"),
        ({"percent": 0}, "percent"),
        ({"percent": -1}, "percent"),
        ({"kind": "amount", "units": 100, "currency": "EURO"}, "currency"),
        ({"kind": "amount", "units": 0, "currency": "EUR"}, "units"),
        ({"kind": "amount", "units": 10**15, "currency": "EUR"}, "units"),
        ({"kind": "special", "units": -1, "currency": "EUR"}, "units"),
        ({"least_units": 100}, "currency"),
        ({"recipient": "client", "client": 77}, "client"),
        ({"recipient": "client"}, "client"),
        ({"recipient": "group", "group_id": 42}, "group_id"),
        ({"area": "product"}, "product_id"),
        ({"area": "plan", "plan_id": 2**64}, "plan_id"),
        ({"period_count": 1}, "period_count"),
        ({"period_count": 121, "period_unit": "month"}, "period_count"),
        ({"priority": 1001}, "priority"),
        ({"from_day": DAY, "until_day": DAY - timedelta(days=1)}, "until_day"),
        ({"from_day": date(1, 1, 1)}, "from_day"),
        ({"lasts": "periods"}, "periods"),
        ({"least_quantity": -1}, "least_quantity"),
    ],
)
async def test_what_cannot_be_a_discount_is_refused_beside_its_field(wrong: Any, field: str) -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        with pytest.raises(Invalid) as refusal:
            await discounts.create(ten(**wrong), by=worker(tenant))
    assert set(refusal.value.errors) == {field}


async def test_a_taken_name_is_refused_in_whatever_case() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        await discounts.create(ten(), by=worker(tenant))
        with pytest.raises(Invalid, match="marked"):
            await discounts.create(ten("TEN"), by=worker(tenant))


async def test_it_reaches_all_or_a_group_or_one_client() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        anna, ivo = await add_client("anna"), await add_client("ivo")
        friends = await group(anna, by=by)
        await discounts.create(ten("for all"), by=by)
        await discounts.create(ten("for friends", recipient="group", group_id=friends), by=by)
        await discounts.create(ten("for ivo", recipient="client", client=await code_of(ivo)), by=by)
        ended = await discounts.create(ten("ended"), by=by)
        await discounts.end(ended["id"], by=by)
        assert await reaching(anna, by=by) == {"for all", "for friends"}
        assert await reaching(ivo, by=by) == {"for all", "for ivo"}
        await groups.delete(friends, by=by)
        assert await reaching(anna, by=by) == {"for all"}


async def test_without_the_edition_discounts_for_groups_stay_and_reach_nobody() -> None:
    tenant = await open_provider(edition="advanced")
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        anna = await add_client("anna")
        made = await discounts.create(ten(recipient="group", group_id=await group(anna, by=by)), by=by)
        lower = worker(type(tenant)(id=tenant.id, code=tenant.code, name=tenant.name, edition="standard"))
        assert await reaching(anna, by=by) == {"Ten"}
        assert await reaching(anna, by=lower) == set()
        assert (await discounts.get(made["id"], by=lower))["group_name"] == "Friends"
        for attempt in (
            discounts.end(made["id"], by=lower),
            discounts.create(ten("More", recipient="group", group_id=made["group_id"]), by=lower),
        ):
            with pytest.raises(NotInEdition):
                await attempt


async def test_who_is_limited_sees_and_changes_those_of_his_clients() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        anna, ivo = await add_client("anna"), await add_client("ivo")
        friends = await group(anna, by=by)
        of_all = await discounts.create(ten("for all"), by=by)
        of_ivo = await discounts.create(ten("for ivo", recipient="client", client=await code_of(ivo)), by=by)
        limited = worker(tenant, groups=frozenset({friends}))
        listed = await discount_list.page(DiscountFilter(), by=limited)
        assert [row["name"] for row in listed.rows] == ["for all"]
        with pytest.raises(NotFound):
            await discounts.get(of_ivo["id"], by=limited)
        for attempt in (discounts.end(of_all["id"], by=limited), discounts.create(ten(), by=limited)):
            with pytest.raises(Forbidden, match="limited"):
                await attempt
        await discounts.create(ten("for anna", recipient="client", client=await code_of(anna)), by=limited)
        await discounts.create(ten("for friends", recipient="group", group_id=friends), by=limited)
        with pytest.raises(Invalid):
            await discounts.create(ten("more", recipient="client", client=await code_of(ivo)), by=limited)


async def test_support_reads_discounts_and_changes_none_and_a_closed_client_gets_no_new_one() -> None:
    tenant = await open_provider()
    support, by = worker(tenant, "support"), worker(tenant)
    async with db.as_tenant(tenant.id):
        code = await code_of(await add_client("anna"))
        made = await discounts.create(ten(recipient="client", client=code), by=by)
        assert (await discounts.get(made["id"], by=support))["client"] == code
        for attempt in (
            discounts.create(ten("More"), by=support),
            discounts.end(made["id"], by=support),
            discounts.delete(made["id"], by=support),
        ):
            with pytest.raises(PermissionMissing):
                await attempt
        await closing.close([code], "Gone", by=by)
        with pytest.raises(ReadOnly):
            await discounts.create(ten("More", recipient="client", client=code), by=by)


async def test_one_that_a_service_had_stays_and_another_one_goes() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        anna = await add_client("anna")
        had, other = await discounts.create(ten("Had"), by=by), await discounts.create(ten("Other"), by=by)
        await discount_book.begin(
            [Begun(discount_id=had["id"], client_id=anna, subject="service-7", number=0, day=DAY)]
        )
        with pytest.raises(Conflict, match="End it"):
            await discounts.delete(had["id"], by=by)
        await discounts.delete(other["id"], by=by)
        assert (await discounts.get(had["id"], by=by))["uses"] == 1


async def test_a_service_keeps_what_it_began_with_and_no_other_one_gets_it() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        anna = await add_client("anna")
        made = await discounts.create(ten(lasts="periods", periods=2, until_day=DAY), by=by)
        begun = Begun(discount_id=made["id"], client_id=anna, subject="service-7", number=3, day=DAY)
        await discount_book.begin([begun])
        await discount_book.begin(
            [Begun(discount_id=made["id"], client_id=anna, subject="service-7", number=9, day=DAY)]
        )
        later = DAY + timedelta(days=400)
        book = await discount_book.of([anna], ["service-7", "service-8"], day=later, tenant=tenant)

        def lowered(subject: str, number: int) -> int:
            reach = book.reach(anna, subject)
            asked = Asked(
                currency="EUR",
                lines=(Line(text="plan", unit=1000),),
                day=later,
                number=number,
                client_id=anna,
                group_ids=reach.group_ids,
                codes=reach.codes,
                begun=reach.begun,
            )
            return price(asked, reach.discounts, NO_TAX, includes_tax=False).lowered

        assert [lowered("service-7", number) for number in (3, 4, 5)] == [100, 100, 0]
        assert lowered("service-8", 0) == 0


async def test_the_list_pages_through_all_and_filters_by_state_name_and_recipient() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        for number in range(7):
            await discounts.create(ten(f"now {number}"), by=by)
        await discounts.create(ten("coming", from_day=DAY + timedelta(days=9)), by=by)
        await discounts.create(ten("over", until_day=DAY - timedelta(days=9)), by=by)
        await discounts.end((await discounts.create(ten("ended"), by=by))["id"], by=by)
        seen, after = [], ""
        while True:
            page = await discount_list.page(DiscountFilter(), after=after, size=4, by=by)
            seen += [row["name"] for row in page.rows]
            if page.next is None:
                break
            after = page.next
        assert len(seen) == len(set(seen)) == 10
        for state in discount_list.STATES:
            found = await discount_list.page(DiscountFilter(state=state), by=by)
            assert {discount_list.state_of(row, DAY) for row in found.rows} == {state}
        assert len((await discount_list.page(DiscountFilter(name="NOW"), by=by)).rows) == 7
        assert (await discount_list.page(DiscountFilter(recipient="client"), by=by)).rows == []
        with pytest.raises(Invalid):
            await discount_list.page(DiscountFilter(), after="x", by=by)


async def test_discounts_of_another_provider_are_not_there() -> None:
    nova, acme = await open_provider(1), await open_provider(2)
    async with db.as_tenant(acme.id):
        theirs = (await discounts.create(ten(), by=worker(acme)))["id"]
    async with db.as_tenant(nova.id):
        anna = await add_client("anna")
        assert await reaching(anna, by=worker(nova)) == set()
        await discounts.create(ten(), by=worker(nova))
        for number in (theirs, 0, -1, 2**64):
            with pytest.raises(NotFound):
                await discounts.get(number, by=worker(nova))
