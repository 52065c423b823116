"""The pages of discounts, without JavaScript: list, form, promo codes, the client's tab, trying a price."""

from typing import Any

import pytest

from core import db
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
HERE = "/staff/discounts"
FORM = {
    "name": "Summer",
    "kind": "percent",
    "percent": "12,5",
    "recipient": "all",
    "area": "all",
    "lasts": "periods",
    "periods": "3",
}


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def ours(sql: str, *arguments: object) -> Any:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return await db.value(sql, *arguments)


async def code_of(login: str) -> str:
    return str(await ours("SELECT code FROM clients WHERE login = $1", login))


async def made(alice: Visitor, **fields: str) -> str:
    """A discount made by the form; its address."""
    answer = await alice.post(HERE, FORM | fields)
    assert answer.status_code == 303
    return str(answer.headers["location"])


async def test_a_discount_is_made_shown_edited_and_ended(alice: Visitor) -> None:
    assert "No discounts yet" in alice.text(await alice.get(HERE))
    path = await made(alice, period="1-month", from_day="2020-01-01", least_quantity="2")
    text = alice.text(await alice.get(path))
    for said in ("12.5% off", "All clients", "paid every month", "for 3 periods", "from 2 pieces on", "In force"):
        assert said in text
    assert 'value="12.5"' in (await alice.get(f"{path}/edit")).text
    page = await alice.follow(await alice.post(path, FORM | {"percent": "15", "version": "1"}))
    assert "15% off" in alice.text(page)
    page = await alice.post(path, FORM | {"percent": "16", "version": "1"})
    assert page.status_code == 409
    assert 'name="keep_percent"' in page.text
    assert "End the discount “Summer”?" in alice.text(await alice.get(f"{path}/end"))
    page = await alice.follow(await alice.post(f"{path}/end"))
    assert "Ended" in alice.text(page)
    assert (await alice.get(f"{path}/edit")).status_code == 409
    assert "Summer" in (await alice.get(f"{HERE}?state=ended")).text
    assert "No discount fits this filter" in alice.text(await alice.get(f"{HERE}?state=now"))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"percent": "150"}, "percent"),
        ({"percent": "0"}, "percent"),
        ({"percent": ""}, "percent"),
        ({"percent": "1e3"}, "percent"),
        ({"kind": "amount", "amount": "5", "currency": ""}, "currency"),
        ({"kind": "amount", "amount": "5.123", "currency": "EUR"}, "amount"),
        ({"kind": "amount", "amount": "-5", "currency": "EUR"}, "amount"),
        ({"kind": "amount", "amount": "", "currency": "EUR"}, "amount"),
        ({"least_amount": "NaN", "currency": "EUR"}, "least_amount"),
        ({"recipient": "client", "client": "99"}, "client"),
        ({"recipient": "group"}, "group_id"),
        ({"area": "plan"}, "plan_id"),
        ({"period": "1-week"}, "period"),
        ({"periods": ""}, "periods"),
        ({"periods": "٣"}, "periods"),
        ({"from_day": "soon"}, "from_day"),
        ({"priority": "5000"}, "priority"),
        ({"name": ""}, "name"),
    ],
)
async def test_an_error_stands_beside_its_field(alice: Visitor, wrong: dict[str, str], field: str) -> None:
    page = await alice.post(HERE, FORM | wrong)
    assert page.status_code == 422
    assert f'id="error-{field}"' in page.text


async def test_codes_are_added_and_withdrawn_on_the_page_of_a_discount_that_needs_one(alice: Visitor) -> None:
    path = await made(alice, needs_code="1")
    assert "None yet: nobody can get this discount" in alice.text(await alice.get(path))
    page = await alice.follow(await alice.post(f"{path}/codes", {"code": "SUMMER", "most_uses": "1"}))
    assert "0 of 1" in alice.text(page)
    page = await alice.post(f"{path}/codes", {"code": "summer"})
    assert page.status_code == 422
    assert 'id="error-code"' in page.text
    code_id = await ours("SELECT id FROM promo_codes")
    page = await alice.follow(await alice.post(f"/staff/promo-codes/{code_id}/withdraw"))
    assert "withdrawn" in alice.text(page)


async def test_the_tab_of_a_client_shows_what_reaches_it_and_why(alice: Visitor) -> None:
    code = await code_of("dupont")
    tab = f"/staff/clients/{code}/discounts"
    assert "No discount reaches this client" in alice.text(await alice.get(tab))
    await made(alice, name="For all")
    await made(alice, name="For Dupont", recipient="client", client=code)
    text = alice.text(await alice.get(tab))
    assert text.index("For Dupont") < text.index("For all")
    assert "It is for this client." in text
    assert f'value="{code}"' in (await alice.get(f"{HERE}/new?client={code}")).text


async def test_a_price_is_tried_and_told_in_words(alice: Visitor) -> None:
    trial = "/staff/price-trial"
    assert "Nothing is written." in alice.text(await alice.get(trial))
    await made(alice, name="For all")
    await made(alice, name="For Dupont", percent="10", recipient="client", client=await code_of("dupont"))
    page = await alice.get(f"{trial}?amount=9.99&currency=EUR&client={await code_of('dupont')}&period=1-month")
    text = alice.text(page)
    for said in (
        "€8.99",
        "€1.80",
        "€10.79",
        "it is for a narrower recipient",
        "the other one is for a narrower recipient",
        "At home: the rate of France",
        "The discount was rounded from 0.999000 to €1.00",
        "The tax was rounded from 1.798000 to €1.80",
    ):
        assert said in text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ("quantity=-1", "quantity"),
        ("quantity=1e18", "quantity"),
        ("quantity=NaN", "quantity"),
        ("amount=-1", "amount"),
        ("amount=9999999999999", "amount"),
        ("client=99", "client"),
        ("currency=XXXX", "currency"),
        ("period=7-weeks", "period"),
        ("code=NEVER", "code"),
        ("day=tomorrow", "day"),
    ],
)
async def test_what_cannot_be_tried_is_refused_beside_its_field(alice: Visitor, wrong: str, field: str) -> None:
    name = wrong.partition("=")[0]
    rest = "&".join(f"{key}={value}" for key, value in (("amount", "10"), ("currency", "EUR")) if key != name)
    page = await alice.get(f"/staff/price-trial?{rest}&{wrong}")
    assert page.status_code == 422
    assert f'id="error-{field}"' in page.text


async def test_support_sees_discounts_and_changes_none(visitor: Visitor) -> None:
    sam = await visitor.sign_in(cast.email("sam"))
    assert (await sam.get(HERE)).status_code == 200
    assert (await sam.post(HERE, FORM)).status_code == 403
    assert "New discount" not in (await sam.get(HERE)).text


async def test_another_providers_discount_is_as_unknown_as_any(alice: Visitor, visitor: Visitor) -> None:
    path = await made(alice)
    bob = visitor.another("acme")
    await bob.sign_in(cast.email("bob"))
    for address in (path, f"{path}/edit", f"{HERE}/42"):
        assert (await bob.get(address)).status_code == 404
    assert (await bob.post(f"{path}/end")).status_code == 404
