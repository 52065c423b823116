"""Plans and addons: names, choices, and what stays because a published price list sells it."""

import pytest

from core import db
from core.catalog import addons, plans, price_lists, price_sheets
from core.catalog.addon_choices import AddonChoiceValues
from core.catalog.addons import AddonChanges, NewAddon
from core.catalog.plans import NewPlan, PlanChanges
from core.errors import Conflict, EditConflict, Invalid, NotFound
from tests.core.accounts.house import entries, open_provider, worker
from tests.core.catalog import shop

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


def choices_of(*names: str, **facts: int) -> tuple[AddonChoiceValues, ...]:
    return tuple(AddonChoiceValues(name=name, **facts) for name in names)


async def test_a_plan_is_changed_ordered_and_deleted_until_its_prices_are_published() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await shop.opened(by)
        other = await plans.create(made.product, NewPlan(name="Big"), by=by)
        with pytest.raises(Invalid):
            await plans.create(made.product, NewPlan(name="big"), by=by)
        await plans.move(other["id"], steps=-1, by=by)
        assert [row["name"] for row in await plans.of_product(made.product, by=by)] == ["Big", "Start"]
        changed = await plans.update(other["id"], PlanChanges(state="on_sale"), version=1, by=by)
        assert (changed["state"], changed["product_name"]) == ("on_sale", "Hosting")
        with pytest.raises(EditConflict):
            await plans.update(other["id"], PlanChanges(name="x"), version=1, by=by)
        await plans.delete(other["id"], by=by)
        await shop.publish(made.draft, by)
        assert "published" in await plans.why_it_stays(made.plan, by=by)
        with pytest.raises(Conflict):
            await plans.delete(made.plan, by=by)
        assert [entry["subject_name"] for entry in await entries("plan:deleted")] == ["Big"]


async def test_choices_are_renamed_and_ordered_and_a_sold_one_stays() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await shop.opened(by)
        debian, windows = made.choices
        swapped = (
            AddonChoiceValues(id=windows, name="Debian"),
            AddonChoiceValues(id=debian, name="Windows"),
            AddonChoiceValues(name="Alma"),
        )
        row = await addons.update(made.system, AddonChanges(choices=swapped), version=1, by=by)
        assert [(one["id"] == windows, one["name"]) for one in row["choices"]][:2] == [
            (True, "Debian"),
            (False, "Windows"),
        ]
        told = (await entries("addon:updated"))[0]["changes"]
        assert told == {"choices": [["Debian", "Windows"], ["Debian", "Windows", "Alma"]]}
        await shop.publish(made.draft, by)
        fewer = tuple(AddonChoiceValues(id=one["id"], name=one["name"]) for one in row["choices"][1:])
        with pytest.raises(Invalid, match="marked"):
            await addons.update(made.system, AddonChanges(choices=fewer), version=2, by=by)
        without = tuple(AddonChoiceValues(id=one["id"], name=one["name"]) for one in row["choices"][:2])
        assert (
            len((await addons.update(made.system, AddonChanges(choices=without), version=2, by=by))["choices"])
            == 2
        )


async def test_an_addon_goes_from_drafts_and_stays_when_it_was_published() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await shop.opened(by)
        before = await shop.version_of(made.draft, by)
        await addons.delete(made.backup, by=by)
        assert await shop.version_of(made.draft, by) == before + 1
        assert {one.name for one in (await price_sheets.of_list(made.draft))[0].addons} == {"Disk", "System"}
        await shop.publish(made.draft, by)
        with pytest.raises(Conflict):
            await addons.delete(made.disk, by=by)
        with pytest.raises(NotFound):
            await addons.get(made.backup, by=by)
        renamed = await addons.update(made.disk, AddonChanges(name="Space", unit="GiB"), version=1, by=by)
        assert (renamed["name"], renamed["unit"]) == ("Space", "GiB")
        assert (await price_lists.get(made.draft, by=by))["standing"] == "in_force"


@pytest.mark.parametrize(
    ("new", "wrong"),
    [
        (NewAddon(name="", kind="switch", unit="GB"), {"name", "unit"}),
        (NewAddon(name="A", kind="choice", choices=choices_of("one")), {"choices"}),
        (NewAddon(name="A", kind="choice", choices=choices_of("a", "A")), {"choices"}),
        (NewAddon(name="A", kind="choice", choices=choices_of("a", " ")), {"choices"}),
        (NewAddon(name="A", kind="choice", choices=choices_of("a", "b", id=7)), {"choices"}),
        (NewAddon(name="A", kind="quantity", choices=choices_of("a")), {"choices"}),
        (NewAddon(name="Disk", kind="quantity"), {"name"}),
    ],
)
async def test_what_no_addon_can_be_is_refused(new: NewAddon, wrong: set[str]) -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await shop.opened(by)
        with pytest.raises(Invalid) as refused:
            await addons.create(made.product, new, by=by)
    assert set(refused.value.errors) == wrong
