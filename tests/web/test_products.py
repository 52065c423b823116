"""The pages of products, plans, addons and price lists, without JavaScript."""

import re

import pytest

from core import clock, db
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
MONTHLY = {"billing": "period", "period_count": "1", "period_unit": "month", "currency": "EUR"}


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def type_id() -> str:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return str(await db.value("SELECT id FROM product_types ORDER BY position LIMIT 1"))


async def added(alice: Visitor, path: str, sent: dict[str, str]) -> str:
    """Where it leads after something was added."""
    answer = await alice.post(path, sent)
    assert answer.status_code == 303, alice.text(answer)
    return answer.headers["location"].partition("#")[0]


async def product(alice: Visitor, **more: str) -> str:
    usual = {"type_id": await type_id(), "name": "Hosting", "state": "on_sale", "trial_days": "0"}
    return await added(alice, "/staff/products", usual | more)


async def draft(alice: Visitor, home: str) -> str:
    """The address of the first price list of a new plan, with a price by the month."""
    here = await added(alice, f"{home}/plans", {"name": "Start", "state": "on_sale"})
    await added(alice, f"{here}/prices", MONTHLY | {"units": "9.90", "setup_units": "5", "version": "1"})
    return here


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, pattern
    return match[1]


async def test_a_product_gets_a_plan_with_prices_that_are_published_and_raised(alice: Visitor) -> None:
    home = await product(alice)
    here = await draft(alice, home)
    page = await alice.get(f"{here}/publish")
    assert "€9.90, set-up €5.00" in page.text
    answer = await alice.post(f"{here}/publish", {"valid_from": "2026-01-01", "version": "1"})
    assert answer.status_code == 409 and "meanwhile" in answer.text
    plan = await added(alice, f"{here}/publish", {"valid_from": "2026-01-01", "version": "2"})
    assert "€9.90" in (await alice.get(home)).text
    second = await added(alice, f"{plan}/price-lists", {})
    assert (await alice.post(f"{plan}/price-lists")).status_code == 409
    price = found(r"/prices/(\d+)/edit", (await alice.get(second)).text)
    sent = {"units": "12,50", "setup_units": "", "version": "1"}
    await added(alice, f"{second}/prices/{price}", sent)
    page = await alice.get(f"{second}/publish")
    assert "€9.90, set-up €5.00" in page.text and "€12.50" in page.text
    answer = await alice.post(f"{second}/publish", {"valid_from": "2025-01-01", "version": "2"})
    assert answer.status_code == 422 and 'id="error-valid_from"' in answer.text
    today = clock.today("Europe/Paris").isoformat()
    await added(alice, f"{second}/publish", {"valid_from": today, "version": "2"})
    text = alice.text(await alice.get(plan))
    assert "€12.50" in text and "Past" in text
    for address in (f"{second}/prices/new", f"{second}/publish", f"{here}/prices/{price}/edit"):
        assert (await alice.get(address)).status_code == 403
    assert "Publish" not in alice.text(await alice.get(here)).replace("Published", "")


async def test_an_addon_is_offered_in_steps_and_a_gap_keeps_the_list_from_being_published(alice: Visitor) -> None:
    home = await product(alice)
    here = await draft(alice, home)
    await added(alice, f"{home}/addons", {"name": "Disk", "kind": "quantity", "unit": "GB", "choices": ""})
    disk = found(r"/addons/(\d+)\"", (await alice.get(here)).text)
    price = found(r"/prices/(\d+)/edit", (await alice.get(here)).text)
    numbers = {"included": "10", "minimum": "0", "maximum": "", "step": "5", "stepping": "all", "start.1": "1"}
    sent = numbers | {f"price.1-{price}": "0.2O", "start.2": "x", f"price.2-{price}": "0.15", "version": "2"}
    answer = await alice.post(f"{here}/addons/{disk}", sent)
    assert answer.status_code == 422
    assert f'id="error-price.1-{price}"' in answer.text and 'id="error-start.2"' in answer.text
    await added(alice, f"{here}/addons/{disk}", numbers | {"version": "2"})
    assert "A price of “Disk” is missing" in alice.text(await alice.get(f"{here}/publish"))
    right = numbers | {f"price.1-{price}": "0.20", "start.2": "11", f"price.2-{price}": "0.15"}
    assert (await alice.post(f"{here}/addons/{disk}", right | {"version": "2"})).status_code == 409
    await added(alice, f"{here}/addons/{disk}", right | {"version": "3"})
    text = alice.text(await alice.get(here))
    assert "10 included, in steps of 5" in text
    assert "€0.20; from 11 on €0.15; for all of them" in text
    form = await alice.get(f"{here}/addons/{disk}")
    assert 'value="0.15"' in form.text and 'value="11"' in form.text
    await added(alice, f"{here}/addons/{disk}/remove", {})
    assert "from 11 on" not in (await alice.get(here)).text


async def test_choices_stand_in_lines_and_keep_their_place_when_renamed(alice: Visitor) -> None:
    home = await product(alice)
    here = await draft(alice, home)
    sent = {"name": "System", "kind": "choice", "unit": "", "choices": "Debian\nWindows\n"}
    await added(alice, f"{home}/addons", sent)
    system = found(r"/staff/addons/(\d+)/edit", (await alice.get(home)).text)
    price = found(r"/prices/(\d+)/edit", (await alice.get(here)).text)
    rows = re.findall(r'name="price\.(\d+)-', (await alice.get(f"{here}/addons/{system}")).text)
    cells = {f"price.{row}-{price}": str(place) for place, row in enumerate(rows)}
    await added(alice, f"{here}/addons/{system}", cells | {"version": "2"})
    assert "Debian: €0.00; Windows: €1.00" in alice.text(await alice.get(here))
    lines = {"name": "System", "choices": "Debian 13\nAlma\nWindows", "version": "1"}
    await added(alice, f"/staff/addons/{system}", lines)
    assert "Debian 13: €0.00; Windows: €1.00" in alice.text(await alice.get(here))
    fewer = lines | {"choices": "Debian 13", "version": "2"}
    answer = await alice.post(f"/staff/addons/{system}", fewer)
    assert answer.status_code == 422 and 'id="error-choices"' in answer.text
    answer = await alice.post(f"/staff/addons/{system}", lines | {"name": "OS"})
    assert answer.status_code == 409 and "Saved meanwhile" in answer.text


async def test_a_product_is_sold_to_a_group_and_two_edits_are_told_apart(alice: Visitor) -> None:
    home = await product(alice)
    form = await alice.get(f"{home}/edit")
    group = found(r'name="group_ids" value="(\d+)"', form.text)
    sent = {"name": "Hosting", "state": "hidden", "trial_days": "14", "projects": "all", "groups": "chosen"}
    answer = await alice.post(home, sent | {"asked": "group_ids", "version": "1"})
    assert answer.status_code == 422 and 'id="error-group_ids"' in answer.text
    await added(alice, home, sent | {"group_ids": group, "version": "1"})
    text = alice.text(await alice.get(home))
    assert "Empty group" in text and "14 days" in text
    answer = await alice.post(home, sent | {"name": "Mine", "group_ids": group, "version": "1"})
    assert answer.status_code == 409 and "Hosting" in answer.text
    await added(alice, home, sent | {"name": "Mine", "keep_name": "saved", "group_ids": group, "version": "2"})
    assert "Hosting" in (await alice.get(home)).text
    answer = await alice.post("/staff/products", {"type_id": "7", "name": "hosting", "stock": "many"})
    assert answer.status_code == 422 and 'id="error-stock"' in answer.text


async def test_types_are_kept_on_one_page_and_what_stands_on_something_stays(alice: Visitor) -> None:
    home, kind = await product(alice), await type_id()
    here = f"/staff/product-types/{kind}"
    assert "There is 1 product of this type" in (await alice.get(f"{here}/delete")).text
    assert (await alice.post(f"{here}/delete")).status_code == 409
    answer = await alice.post("/staff/product-types", {"name": "servers"})
    assert answer.status_code == 422 and 'id="error-name"' in answer.text
    await added(alice, here, {"name": "Sites", "version": "1"})
    await added(alice, f"{here}/move", {"steps": "1"})
    assert "Sites" in (await alice.get(home)).text
    plan = found(r'href="(/staff/plans/\d+)"', (await alice.get(await draft(alice, home))).text)
    assert (await alice.post(f"{home}/delete")).status_code == 409
    await added(alice, f"{plan}/delete", {})
    await added(alice, f"{home}/delete", {})
    assert (await alice.get(home)).status_code == 404


async def test_who_only_reads_or_is_limited_is_offered_nothing(visitor: Visitor) -> None:
    home = await product(await visitor.sign_in(cast.email("alice")))
    for name in ("ada", "lea"):
        page = await (await visitor.another().sign_in(cast.email(name))).get(home)
        assert page.status_code == 200
        assert "/edit" not in page.text and "New plan" not in page.text
