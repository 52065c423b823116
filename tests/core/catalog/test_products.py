"""Types and products: order, codes, who may change them, where and to whom they are sold, and the stock."""

import asyncio
from datetime import date

import pytest

from core import db
from core.accounts import group_effects, groups, project_merging, projects
from core.accounts.groups import NewGroup
from core.accounts.projects import NewProject
from core.catalog import plans, product_fields, product_types, products, shelf, stock
from core.catalog.plans import NewPlan
from core.catalog.product_types import NewProductType, ProductTypeChanges
from core.catalog.products import NewProduct, ProductChanges, ProductFilter
from core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound, NotInEdition, PermissionMissing
from tests.core.accounts.house import add_client, entries, open_provider, worker
from tests.core.catalog import shop

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def test_types_are_made_ordered_and_go_when_nothing_is_of_them() -> None:
    tenant = await open_provider(edition="standard")
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        await product_types.create_first(by=by)
        first = [row["name"] for row in await product_types.every(by=by)]
        assert first[0] == "Web hosting" and len(first) == 5
        made = await product_types.create(NewProductType(name="Mail"), by=by)
        await product_types.move(made["id"], steps=-9, by=by)
        assert [row["name"] for row in await product_types.every(by=by)] == ["Mail", *first]
        with pytest.raises(Invalid):
            await product_types.create(NewProductType(name="mail"), by=by)
        changed = await product_types.update(made["id"], ProductTypeChanges(name="E-mail"), version=1, by=by)
        with pytest.raises(EditConflict):
            await product_types.update(made["id"], ProductTypeChanges(name="x"), version=1, by=by)
        assert (changed["name"], changed["products"]) == ("E-mail", 0)
        product = await products.create(NewProduct(type_id=made["id"], name="Boxes"), by=by)
        with pytest.raises(Conflict, match="1 product"):
            await product_types.delete(made["id"], by=by)
        await products.delete(product["id"], by=by)
        await product_types.delete(made["id"], by=by)
        told = [entry["changes"] for entry in await entries("product_type:updated")]
        assert told == [{"name": ["Mail", "E-mail"]}]
        assert len(await entries("product_type:deleted")) == 1


async def test_a_product_is_made_changed_and_deleted_and_each_step_is_told() -> None:
    tenant = await open_provider(edition="standard")
    by = worker(tenant, "manager")
    async with db.as_tenant(tenant.id):
        kind = await product_types.create(NewProductType(name="Mail"), by=by)
        made = await products.create(NewProduct(type_id=kind["id"], name="Hébergement Pro", stock=5), by=by)
        assert (made["code"], made["state"], made["type_name"]) == ("hebergement-pro", "hidden", "Mail")
        changes = ProductChanges(state="on_sale", stock=None, trial_days=14)
        changed = await products.update(made["id"], changes, version=1, by=by)
        assert (changed["state"], changed["stock"], changed["version"]) == ("on_sale", None, 2)
        told = (await entries("product:updated"))[0]["changes"]
        assert told == {"state": ["hidden", "on_sale"], "stock": [5, None], "trial_days": [0, 14]}
        with pytest.raises(EditConflict):
            await products.update(made["id"], changes, version=1, by=by)
        await plans.create(made["id"], NewPlan(name="S"), by=by)
        assert "1 plan" in await products.why_it_stays(made["id"], by=by)
        with pytest.raises(Conflict):
            await products.delete(made["id"], by=by)
        plan = (await plans.of_product(made["id"], by=by))[0]
        await plans.delete(plan["id"], by=by)
        await products.delete(made["id"], by=by)
        with pytest.raises(NotFound):
            await products.get(made["id"], by=by)


async def test_all_that_is_wrong_with_a_product_is_told_at_once() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        wrong = NewProduct(
            type_id=7,
            name=" ",
            code="Ä b",
            stock=-1,
            most_per_client=0,
            trial_days=9999,
            project_ids=(),
            group_ids=(1,),
        )
        with pytest.raises(Invalid) as refused:
            await products.create(wrong, by=by)
    assert set(refused.value.errors) == {
        *("type_id", "name", "code", "stock", "most_per_client", "trial_days", "project_ids", "group_ids")
    }


async def test_two_products_never_have_the_same_code_whoever_made_it() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        one = await shop.product(by, "Web Hosting")
        kind = (await products.get(one, by=by))["type_id"]
        other = await products.create(NewProduct(type_id=kind, name="web-hosting!"), by=by)
        assert other["code"] == "web-hosting-2"
        for taken in ({"name": "WEB HOSTING"}, {"name": "Another", "code": "web-hosting"}):
            with pytest.raises(Invalid):
                await products.create(NewProduct(type_id=kind, **taken), by=by)
    assert product_fields.code_of("日本") == "product"


async def test_the_list_shows_what_is_asked_for_in_the_order_of_the_types() -> None:
    tenant = await open_provider()
    by = worker(tenant, "auditor")
    owner = worker(tenant)
    async with db.as_tenant(tenant.id):
        ids = [await shop.product(owner, name) for name in ("Hosting", "Server", "Old")]
        await products.update(ids[2], ProductChanges(state="withdrawn"), version=1, by=owner)

        async def shown(**chosen: object) -> list[str]:
            return [row["name"] for row in await products.every(ProductFilter(**chosen), by=by)]  # type: ignore[arg-type]

        assert await shown() == ["Hosting", "Server"]
        assert await shown(state="withdrawn") == ["Old"]
        assert await shown(name="SERV") == ["Server"]
        assert await shown(name="%") == []
        assert await shown(type=(await products.get(ids[0], by=by))["type_id"]) == ["Hosting"]
        assert await shown(type=2**70) == []
        with pytest.raises(PermissionMissing):
            await products.update(ids[0], ProductChanges(name="x"), version=1, by=by)


async def test_a_product_is_sold_where_and_to_whom_it_was_said() -> None:
    tenant = await open_provider()
    by, today = worker(tenant), date(2026, 6, 1)
    async with db.as_tenant(tenant.id):
        pro = (await projects.create(NewProject(name="Pro"), by=by))["id"]
        home = await projects.default_id()
        vip = (await groups.create(NewGroup(name="VIP"), by=by))["id"]
        anna, bert = await add_client("anna"), await add_client("bert")
        await groups.add(vip, [anna], by=by)
        made = await shop.opened(by)
        await shop.publish(made.draft, by)

        async def sold(client: int, project: int) -> bool:
            return bool(await shelf.every(client, project, day=today, by=by))

        assert await sold(bert, home) and await sold(bert, pro)
        chosen = ProductChanges(project_ids=(pro,), group_ids=(vip,))
        row = await products.update(made.product, chosen, version=1, by=by)
        assert not row["is_for_all_projects"] and not row["is_for_all_groups"]
        assert [await sold(*place) for place in ((anna, pro), (anna, home), (bert, pro))] == [True, False, False]
        (effect,) = [one for one in await group_effects.of(vip, by=by) if one.name == "products"]
        assert [line.text for line in effect.lines] == ["Hosting"]
        told = (await entries("product:updated"))[0]["changes"]
        assert told == {"projects": ["All projects", ["Pro"]], "groups": ["All clients", ["VIP"]]}
        await project_merging.merge(pro, home, by=by)
        assert await sold(anna, home)
        everywhere = ProductChanges(project_ids=None, group_ids=None)
        await products.update(made.product, everywhere, version=row["version"], by=by)
        assert await sold(bert, home)


async def test_what_the_edition_lacks_cannot_be_chosen_and_has_no_effect() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    lower = worker(await open_provider(2, edition="standard"))
    async with db.as_tenant(lower.tenant.id):
        kind = await product_types.create(NewProductType(name="Mail"), by=lower)
        with pytest.raises(NotInEdition):
            await products.create(NewProduct(type_id=kind["id"], name="Mail", group_ids=(1,)), by=lower)
    async with db.as_tenant(tenant.id):
        anna = await add_client("anna")
        vip = (await groups.create(NewGroup(name="VIP"), by=by))["id"]
        made = await shop.opened(by)
        await shop.publish(made.draft, by)
        row = await products.update(made.product, ProductChanges(group_ids=(vip,)), version=1, by=by)
        fallen = worker(type(tenant)(id=tenant.id, code=tenant.code, name=tenant.name, edition="standard"))
        home = await projects.default_id()
        assert not await shelf.every(anna, home, day=date(2026, 6, 1), by=by)
        assert await shelf.every(anna, home, day=date(2026, 6, 1), by=fallen)
        kept = await products.update(made.product, ProductChanges(name="H"), version=row["version"], by=fallen)
        assert not kept["is_for_all_groups"]


async def test_who_is_limited_sees_what_is_sold_there_and_changes_nothing() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        pro = (await projects.create(NewProject(name="Pro"), by=by))["id"]
        vip = (await groups.create(NewGroup(name="VIP"), by=by))["id"]
        open_to_all, hers = await shop.product(by), await shop.product(by, "Hers", project_ids=(pro,))
        other = await shop.product(by, "Theirs", project_ids=(await projects.default_id(),), group_ids=(vip,))
        lea = worker(tenant, projects=frozenset({pro}))
        assert {row["id"] for row in await products.every(by=lea)} == {open_to_all, hers}
        assert {row["id"] for row in await products.every(by=worker(tenant, groups=frozenset()))} == {
            open_to_all,
            hers,
        }
        with pytest.raises(NotFound):
            await products.get(other, by=lea)
        for act in (
            products.update(hers, ProductChanges(name="x"), version=1, by=lea),
            products.delete(hers, by=lea),
            plans.create(hers, NewPlan(name="x"), by=lea),
            product_types.create(NewProductType(name="x"), by=worker(tenant, groups=frozenset({vip}))),
        ):
            with pytest.raises(Forbidden):
                await act


async def test_the_last_one_is_sold_once_however_many_want_it() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        product_id = await shop.product(by, stock=3)

    async def buy() -> bool:
        try:
            async with db.as_tenant(tenant.id):
                await stock.take(product_id)
        except Conflict:
            return False
        return True

    assert sum(await asyncio.gather(*(buy() for _ in range(10)))) == 3
    async with db.as_tenant(tenant.id):
        assert not await shelf.every(await add_client("anna"), await projects.default_id(), day=date.max, by=by)
        await stock.give_back(product_id, 2)
        assert await stock.take(product_id) == 1
        endless = await shop.product(by, "Endless")
        assert await stock.take(endless, 1000) is None
        await stock.give_back(endless)
        assert (await products.get(endless, by=by))["stock"] is None
