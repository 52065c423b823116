"""Promo codes: a use is taken once, never more than there are, and opens the discount for what took it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from core import clock, db
from core.actor import Actor, Tenant
from core.catalog import discount_book, discounts, promo_codes
from core.catalog.discount_fields import NewDiscount
from core.catalog.promo_codes import NewPromoCode
from core.errors import Conflict, Invalid, NotFound, PermissionMissing
from tests.core.accounts.house import add_client, entries, open_provider, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]
DAY = clock.now().date()


async def coded(*, by: Actor, name: str = "Welcome", **more: Any) -> int:
    new = NewDiscount(**({"name": name, "kind": "percent", "percent": 10_000, "needs_code": True} | more))
    return int((await discounts.create(new, by=by))["id"])


async def code(discount_id: int, word: str = "WELCOME", *, by: Actor, **more: Any) -> int:
    return int((await promo_codes.create(discount_id, NewPromoCode(code=word, **more), by=by))["id"])


async def take(client_id: int, subject: str, word: str = "welcome", *, by: Actor) -> int:
    return await promo_codes.take(word, client_id=client_id, subject=subject, day=DAY, by=by)


async def uses() -> int:
    return int(await db.value("SELECT sum(uses) FROM promo_codes"))


async def in_parallel(tenant: Tenant, clients: list[int]) -> list[str]:
    """Each client takes the code in a transaction of its own, all at once; what came of each."""

    async def one(number: int, client_id: int) -> str:
        try:
            async with db.as_tenant(tenant.id):
                await take(client_id, f"order-{number}", by=worker(tenant))
                await asyncio.sleep(0.01)
        except Conflict as conflict:
            return conflict.message
        return "taken"

    return list(await asyncio.gather(*(one(number, client_id) for number, client_id in enumerate(clients))))


async def test_a_code_opens_its_discount_for_what_took_it_and_for_nothing_else() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        anna = await add_client("anna")
        discount_id = await coded(by=by)
        await code(discount_id, by=by)
        assert await take(anna, "order-1", by=by) == discount_id
        book = await discount_book.of([anna], ["order-1", "order-2"], day=DAY, tenant=tenant)
        assert book.reach(anna, "order-1").codes == {discount_id}
        assert [one.id for one in book.reach(anna, "order-1").discounts] == [discount_id]
        assert book.reach(anna, "order-2").discounts == ()
        assert (await entries("discount:code_taken"))[0]["client_id"] == anna


async def test_the_same_again_is_not_counted_and_what_came_to_nothing_is_given_back() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        anna = await add_client("anna")
        await code(await coded(by=by), most_uses=1, by=by)
        await take(anna, "order-1", by=by)
        await take(anna, "order-1", by=by)
        assert await uses() == 1
        with pytest.raises(Conflict, match="used up"):
            await take(anna, "order-2", by=by)
        await promo_codes.give_back("order-1")
        assert await uses() == 0
        await take(anna, "order-2", by=by)


async def test_of_twenty_who_want_the_only_use_at_the_same_moment_one_gets_it() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        await code(await coded(by=worker(tenant)), most_uses=1, by=worker(tenant))
        clients = [await add_client(f"client{number}") for number in range(20)]
    told = await in_parallel(tenant, clients)
    assert sorted(told) == ["This code is used up."] * 19 + ["taken"]
    async with db.as_tenant(tenant.id):
        assert await uses() == 1
        assert await db.value("SELECT count(*) FROM discount_uses") == 1


async def test_of_twenty_orders_of_one_client_as_many_get_it_as_the_code_has_for_him() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        await code(await coded(by=worker(tenant)), most_uses=50, most_per_client=3, by=worker(tenant))
        anna = await add_client("anna")
    told = await in_parallel(tenant, [anna] * 20)
    assert told.count("taken") == 3
    async with db.as_tenant(tenant.id):
        assert await uses() == 3


async def test_a_transaction_that_rolls_back_has_taken_nothing() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        await code(await coded(by=worker(tenant)), most_uses=1, by=worker(tenant))
        anna = await add_client("anna")
    with pytest.raises(RuntimeError):
        async with db.as_tenant(tenant.id):
            await take(anna, "order-1", by=worker(tenant))
            raise RuntimeError
    async with db.as_tenant(tenant.id):
        assert await uses() == 0


async def test_a_code_that_opens_nothing_says_so_and_is_not_counted() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        anna, ivo = await add_client("anna"), await add_client("ivo")
        of_anna = int(await db.value("SELECT code FROM clients WHERE id = $1", anna))
        await code(await coded(by=by, name="for all"), "FOR-ANNA", client=of_anna, by=by)
        await code(await coded(by=by, name="of anna", recipient="client", client=of_anna), "HERS", by=by)
        await code(await coded(by=by, name="over", until_day=DAY - timedelta(days=1)), "OVER", by=by)
        await code(await coded(by=by, name="coming", from_day=DAY + timedelta(days=1)), "COMING", by=by)
        await promo_codes.withdraw(await code(await coded(by=by, name="gone"), "GONE", by=by), by=by)
        ended = await coded(by=by, name="ended")
        await code(ended, "ENDED", by=by)
        await discounts.end(ended, by=by)
        for word, why in (
            ("NEVER", "no such code"),
            ("", "no such code"),
            ("\x00", "no such code"),
            ("FOR-ANNA", "no such code"),
            ("HERS", "no such code"),
            ("OVER", "not valid any more"),
            ("GONE", "not valid any more"),
            ("ENDED", "not valid any more"),
            ("COMING", "not valid yet"),
        ):
            with pytest.raises(Invalid) as refusal:
                await take(ivo, "order-1", word, by=by)
            assert why in refusal.value.errors["code"]
        assert await uses() == 0
        await take(anna, "order-2", "for-anna", by=by)
        await take(anna, "order-2", "hers", by=by)
        assert await uses() == 2


async def test_codes_are_made_and_withdrawn_by_who_may_and_each_is_there_once() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        discount_id = await coded(by=by)
        made = await promo_codes.create(discount_id, NewPromoCode(), by=by)
        assert len(made["code"]) == 10
        for wrong, field in (
            ({"code": made["code"].lower()}, "code"),
            ({"code": "a"}, "code"),
            ({"code": "à la carte"}, "code"),
            ({"most_uses": 0}, "most_uses"),
            ({"most_per_client": -1}, "most_per_client"),
            ({"client": 42}, "client"),
        ):
            with pytest.raises(Invalid) as refusal:
                await promo_codes.create(discount_id, NewPromoCode(**wrong), by=by)
            assert set(refusal.value.errors) == {field}
        with pytest.raises(PermissionMissing):
            await promo_codes.withdraw(made["id"], by=worker(tenant, "support"))
        assert await promo_codes.withdraw(made["id"], by=by) == discount_id
        assert (await promo_codes.of_discount(discount_id, by=by))[0]["withdrawn_at"] is not None
        assert (await entries("discount:code_withdrawn"))[0]["changes"] == {"promo_code": [made["code"], None]}
        for number in (0, 42, 2**64):
            with pytest.raises(NotFound):
                await promo_codes.withdraw(number, by=by)
        plain = await coded(by=by, name="plain", needs_code=False)
        with pytest.raises(Conflict, match="needs no code"):
            await promo_codes.create(plain, NewPromoCode(), by=by)
