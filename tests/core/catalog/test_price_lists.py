"""Price lists: drafts, what is missing, publishing, the next version as a copy, and what it changes."""

from datetime import date, timedelta

import pytest

from core import clock, db
from core.catalog import addon_offers, list_price, price_list_publishing, price_lists, price_sheets, prices
from core.catalog.addon_offers import OfferValues
from core.catalog.price_lists import PriceListChanges
from core.catalog.prices import NewPrice, PriceChanges
from core.errors import Conflict, EditConflict, Invalid, NotFound, PermissionMissing, ReadOnly
from core.money import Money
from tests.core.accounts.house import entries, open_provider, worker
from tests.core.catalog import shop
from tests.core.catalog.shop import cost

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def test_a_list_is_read_as_sheets_that_reckon() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await shop.opened(by)
        month, year = await price_sheets.of_list(made.draft)
        assert (month.units, month.setup_units, year.units, month.plan_name) == (900, 500, 9000, "Start")
        chosen = {made.disk: 25, made.backup: 1, made.system: made.choices[1]}
        assert list_price.reckon(month, chosen).total == Money(900 + 10 * 20 + 5 * 15 + 200 + 1500, "EUR")
        assert list_price.reckon(year, {}).total == Money(9000, "EUR")
        assert await price_sheets.of_price(made.yearly) == year
        assert await price_sheets.of_price(12345) is None


async def test_the_next_list_is_a_copy_that_leaves_the_published_one_alone() -> None:
    tenant = await open_provider()
    by, today = worker(tenant), clock.today("UTC")
    async with db.as_tenant(tenant.id):
        made = await shop.opened(by)
        with pytest.raises(Conflict):
            await price_lists.begin(made.plan, by=by)
        published = await shop.publish(made.draft, by)
        assert (published["standing"], published["published_by"]) == ("in_force", "Owner")
        before = await price_sheets.of_list(made.draft)
        second = await price_lists.begin(made.plan, by=by)
        assert (second["number"], second["standing"]) == (2, "draft")
        copied = await price_sheets.of_list(second["id"])
        assert [sheet.addons for sheet in copied] == [sheet.addons for sheet in before]
        assert await price_list_publishing.changes(second["id"], by=by) == []
        dearer = PriceChanges(units=1100)
        await prices.update(second["id"], copied[0].price_id, dearer, version=second["version"], by=by)
        await shop.priced(second["id"], by, months=3, units=2500)
        with pytest.raises(Conflict, match="missing"):
            await shop.publish(second["id"], by, today)
        third = (await price_sheets.of_list(second["id"]))[1]
        version = await shop.version_of(second["id"], by)
        await prices.delete(second["id"], third.price_id, version=version, by=by)
        told = await price_list_publishing.changes(second["id"], by=by)
        assert [(one.what, one.term, one.old, one.new) for one in told] == [
            ("changed", "EUR, every month", "€9.00, set-up €5.00", "€11.00, set-up €5.00")
        ]
        await shop.publish(second["id"], by, today + timedelta(days=10))
        assert [row["standing"] for row in await price_lists.of_plan(made.plan, by=by)] == ["coming", "in_force"]
        for day, number in ((date(2025, 12, 31), None), (today, 1), (today + timedelta(days=10), 2)):
            found = await price_lists.in_force(made.plan, day)
            assert (found and found["number"]) == number
        assert await price_sheets.of_list(made.draft) == before
        assert [entry["subject_name"] for entry in await entries("price_list:published")] == ["Start 1", "Start 2"]


async def test_no_list_is_valid_before_the_one_before_it_nor_in_the_past() -> None:
    tenant = await open_provider()
    by, today = worker(tenant), clock.today("UTC")
    async with db.as_tenant(tenant.id):
        made = await shop.opened(by)
        await shop.publish(made.draft, by, date(2020, 1, 1))
        second = await price_lists.begin(made.plan, by=by)
        with pytest.raises(Invalid):
            await shop.publish(second["id"], by, today - timedelta(days=1))
        await shop.publish(second["id"], by, today + timedelta(days=30))
        third = await price_lists.begin(made.plan, by=by)
        with pytest.raises(Invalid):
            await shop.publish(third["id"], by, today + timedelta(days=29))
        await shop.publish(third["id"], by, today + timedelta(days=30))
        found = await price_lists.in_force(made.plan, today + timedelta(days=30))
        assert found is not None and found["number"] == 3


async def test_a_list_with_a_gap_is_not_published_and_says_where_it_is() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await shop.opened(by)
        assert await price_list_publishing.lacks(made.draft, by=by) == []
        await shop.offer(made.draft, made.backup, by, cost(made.monthly, 200))
        assert await price_list_publishing.lacks(made.draft, by=by) == [
            "A price of “Backup” is missing (EUR, every 12 months)."
        ]
        debian, windows = made.choices
        costs = [cost(term, 0, choice_id=debian) for term in (made.monthly, made.yearly)]
        await shop.offer(made.draft, made.system, by, *costs, cost(made.monthly, 5, choice_id=windows))
        await shop.offer(
            made.draft, made.disk, by, *(cost(t, 5, from_quantity=2) for t in (made.monthly, made.yearly))
        )
        assert len(await price_list_publishing.lacks(made.draft, by=by)) == 4
        await shop.offer(made.draft, made.system, by, *costs)
        assert len(await price_list_publishing.lacks(made.draft, by=by)) == 3
        with pytest.raises(Conflict):
            await shop.publish(made.draft, by)
        plan = (await price_lists.get(made.draft, by=by))["plan_id"]
        await price_lists.delete(made.draft, by=by)
        empty = await price_lists.begin(plan, by=by)
        assert (empty["number"], await price_list_publishing.lacks(empty["id"], by=by)) == (
            1,
            ["It has no prices yet."],
        )


async def test_a_published_list_is_changed_by_no_verb_and_a_stale_draft_by_none_either() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    new = NewPrice(billing="once", currency="USD", units=1)
    async with db.as_tenant(tenant.id):
        made = await shop.opened(by)
        stale = await shop.version_of(made.draft, by) - 1
        for refusal in (EditConflict, ReadOnly):
            for act in (
                prices.create(made.draft, new, version=stale, by=by),
                prices.update(made.draft, made.monthly, PriceChanges(units=1), version=stale, by=by),
                prices.delete(made.draft, made.monthly, version=stale, by=by),
                addon_offers.put(made.draft, made.disk, OfferValues(), version=stale, by=by),
                addon_offers.delete(made.draft, made.disk, version=stale, by=by),
                price_lists.update(made.draft, PriceListChanges(next_from=20), version=stale, by=by),
                price_list_publishing.publish(made.draft, shop.FIRST_DAY, version=stale, by=by),
            ):
                with pytest.raises(refusal):
                    await act
            if refusal is EditConflict:
                stale = (await shop.publish(made.draft, by))["version"]
        with pytest.raises(ReadOnly):
            await price_lists.delete(made.draft, by=by)
        with pytest.raises(PermissionMissing):
            await price_lists.begin(made.plan, by=worker(tenant, "accountant"))


@pytest.mark.parametrize(
    ("new", "wrong"),
    [
        ({"billing": "period", "period_count": 0, "period_unit": "week"}, {"period_count", "period_unit"}),
        ({"billing": "calendar", "period_count": 121}, {"period_count"}),
        (
            {"billing": "once", "currency": "EURO", "units": -1, "setup_units": 10**15},
            {"currency", "units", "setup_units"},
        ),
        ({"billing": "period", "period_count": 1, "period_unit": "month"}, {"billing"}),
    ],
)
async def test_what_no_price_can_be_is_refused_field_by_field(new: dict[str, object], wrong: set[str]) -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await shop.opened(by)
        given = NewPrice(**({"currency": "EUR", "units": 5} | new))  # type: ignore[arg-type]
        with pytest.raises(Invalid) as refused:
            await prices.create(made.draft, given, version=await shop.version_of(made.draft, by), by=by)
    assert set(refused.value.errors) == wrong


async def test_every_billing_has_its_price_and_addons_of_others_have_none() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await shop.opened(by)
        for billing, length in (("once", None), ("daily", (1, "day")), ("calendar", (1, "month"))):
            price_id = await shop.priced(made.draft, by, billing=billing)
            sheet = await price_sheets.of_price(price_id)
            assert sheet is not None and sheet.billing == billing
            assert (sheet.length and (sheet.length.count, sheet.length.unit)) == length
        other = await shop.opened(by, "Other")
        with pytest.raises(NotFound):
            await shop.offer(made.draft, other.disk, by)
        for wrong in (
            cost(other.monthly, 1),
            cost(made.monthly, 1, choice_id=made.choices[0]),
            cost(made.monthly, -1),
            cost(made.monthly, 1, from_quantity=0),
        ):
            with pytest.raises(Invalid) as refused:
                await shop.offer(made.draft, made.disk, by, wrong)
            assert set(refused.value.errors) == {"prices"}
        with pytest.raises(Invalid) as refused:
            await shop.offer(made.draft, made.disk, by, included=-1, minimum=9, maximum=8, step=0)
        assert set(refused.value.errors) == {"included", "maximum", "step"}
