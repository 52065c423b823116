"""The list price: what is included, per unit and stepped, what cannot be chosen, and that nothing gets lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog import list_price
from core.catalog.list_price import Addon, Choice, Share, Sheet, Tier
from core.errors import Invalid
from core.money import MOST, Money
from core.periods import Length

DISK = Addon(
    id=1,
    name="Disk",
    kind="quantity",
    unit="GB",
    included=10,
    minimum=10,
    maximum=100,
    step=5,
    tiers=(Tier(1, 20), Tier(11, 15), Tier(51, 10)),
)
BACKUP = Addon(id=2, name="Backup", kind="switch", maximum=1, tiers=(Tier(1, 200),))
SYSTEM = Addon(
    id=3, name="System", kind="choice", maximum=1, choices=(Choice(31, "Debian", 0), Choice(32, "Windows", 1500))
)


def sheet(*addons: Addon, units: int = 900, currency: str = "EUR") -> Sheet:
    return Sheet(
        price_id=1,
        price_list_id=1,
        plan_id=1,
        plan_name="Start",
        billing="period",
        length=Length(1, "month"),
        currency=currency,
        units=units,
        setup_units=500,
        addons=addons,
    )


def test_a_plan_as_usual_costs_its_price_and_the_set_up_fee_once() -> None:
    price = list_price.reckon(sheet(DISK, BACKUP, SYSTEM), {})
    assert (price.total, price.setup) == (Money(900, "EUR"), Money(500, "EUR"))
    told = [(line.name, line.quantity, line.paid, line.units) for line in price.lines]
    assert told == [
        ("Start", 1, 1, 900),
        ("Disk", 10, 0, 0),
        ("Backup", 0, 0, 0),
        ("System: Debian", 1, 1, 0),
    ]


def test_what_is_beyond_the_included_is_paid_by_the_steps_it_reaches() -> None:
    price = list_price.reckon(sheet(DISK, BACKUP, SYSTEM), {1: 70, 2: 1, 3: 32})
    _plan, disk, backup, system = price.lines
    assert disk.shares == (Share(10, 20), Share(40, 15), Share(10, 10))
    assert (disk.paid, disk.units) == (60, 200 + 600 + 100)
    assert (backup.units, system.units, system.choice_id) == (200, 1500, 32)
    assert price.total == Money(900 + 900 + 200 + 1500, "EUR")


def test_with_the_other_stepping_all_units_cost_what_the_last_has_reached() -> None:
    disk = Addon(id=1, name="Disk", kind="quantity", stepping="all", tiers=DISK.tiers)
    assert list_price.shares(disk, 10) == (Share(10, 20),)
    assert list_price.shares(disk, 11) == (Share(11, 15),)
    assert list_price.shares(disk, 0) == ()


@pytest.mark.parametrize(
    ("chosen", "wrong"),
    [
        ({1: 5}, {"addon_1"}),
        ({1: 105}, {"addon_1"}),
        ({1: 12}, {"addon_1"}),
        ({2: 2}, {"addon_2"}),
        ({3: 1}, {"addon_3"}),
        ({9: 1, 1: -5}, {"addon_9", "addon_1"}),
    ],
)
def test_what_cannot_be_had_is_told_addon_by_addon(chosen: dict[int, int], wrong: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        list_price.reckon(sheet(DISK, BACKUP, SYSTEM), chosen)
    assert set(refused.value.errors) == wrong


def test_what_has_no_price_is_not_free_and_no_sum_outgrows_an_amount() -> None:
    bare = Addon(id=4, name="Traffic", kind="quantity", included=5)
    assert list_price.reckon(sheet(bare), {4: 5}).total == Money(900, "EUR")
    dear = Addon(id=5, name="Gold", kind="quantity", tiers=(Tier(1, MOST - 1),))
    for addon, count, field in ((bare, 6, "addon_4"), (dear, 2, "")):
        with pytest.raises(Invalid) as refused:
            list_price.reckon(sheet(addon), {addon.id: count})
        assert set(refused.value.errors) == {field}


STARTS = st.lists(st.integers(2, 500), max_size=4, unique=True).map(lambda found: [1, *sorted(found)])
TIERS = STARTS.flatmap(
    lambda starts: st.lists(st.integers(0, 10**6), min_size=len(starts), max_size=len(starts)).map(
        lambda prices: tuple(Tier(start, units) for start, units in zip(starts, prices, strict=True))
    )
)


@st.composite
def quantities(draw: st.DrawFn) -> Addon:
    minimum, step = draw(st.integers(0, 50)), draw(st.integers(1, 20))
    return Addon(
        id=1,
        name="x",
        kind="quantity",
        included=draw(st.integers(0, 200)),
        minimum=minimum,
        maximum=minimum + draw(st.integers(0, 1000)) or 1,
        step=step,
        stepping=draw(st.sampled_from(["each", "all"])),
        tiers=draw(TIERS),
    )


@given(quantities(), st.data())
def test_every_paid_unit_is_paid_once_at_a_price_of_its_own(addon: Addon, data: st.DataObject) -> None:
    steps = data.draw(st.integers(0, (addon.maximum - addon.minimum) // addon.step))
    wanted = addon.minimum + steps * addon.step
    line = list_price.reckon(sheet(addon), {1: wanted}).lines[1]
    assert line.paid == max(0, wanted - addon.included) == sum(share.quantity for share in line.shares)
    if addon.stepping == "each":
        slow = [[t for t in addon.tiers if t.start <= unit][-1] for unit in range(1, line.paid + 1)]
        assert line.units == sum(tier.units for tier in slow)
    else:
        assert len({share.units for share in line.shares}) <= 1
        assert line.units == sum(share.quantity * share.units for share in line.shares)


@given(quantities())
def test_what_is_usual_can_always_be_had_and_is_free_where_it_may_be(addon: Addon) -> None:
    line = list_price.reckon(sheet(addon), {}).lines[1]
    assert line.quantity == addon.usual
    assert line.units == 0 or addon.minimum > addon.included


@given(quantities(), st.integers(0, 10**9), st.integers(-5, 2000))
def test_a_wrong_number_is_refused_and_a_right_one_never_lowers_the_price_of_the_plan(
    addon: Addon, units: int, wanted: int
) -> None:
    fits = addon.minimum <= wanted <= addon.maximum and (wanted - addon.minimum) % addon.step == 0
    try:
        price = list_price.reckon(sheet(addon, units=units), {1: wanted})
    except Invalid:
        assert not fits
    else:
        assert fits
        assert price.total.units == sum(line.units for line in price.lines) >= units
