"""The page of attitudes, without JavaScript."""

import re

import pytest

from core import db
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
HERE = "/staff/attitudes"


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def attitude_id(name: str) -> int:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return int(await db.value("SELECT id FROM attitudes WHERE name = $1", name))


def listed(text: str) -> list[str]:
    return re.findall(r'class="pill tone-\w+">([^<]+)<', text)


async def test_an_attitude_is_added_edited_and_removed(alice: Visitor) -> None:
    page = await alice.follow(await alice.post(HERE, {"name": "Partner", "color": "teal"}))
    assert listed(page.text) == ["Normal", "VIP", "Watch", "Do not serve", "Partner"]
    path = f"{HERE}/{await attitude_id('Partner')}"
    assert 'value="Partner"' in (await alice.get(f"{path}/edit")).text
    page = await alice.follow(await alice.post(path, {"name": "Friend", "color": "red", "version": "1"}))
    assert "Friend" in listed(page.text)
    assert "Remove “Friend”?" in alice.text(await alice.get(f"{path}/delete"))
    page = await alice.follow(await alice.post(f"{path}/delete"))
    assert "Friend" not in listed(page.text)


async def test_errors_stand_in_the_form_that_was_sent(alice: Visitor) -> None:
    page = await alice.post(HERE, {"name": "vip", "color": "black"})
    assert page.status_code == 422
    assert "This name is taken." in page.text
    path = f"{HERE}/{await attitude_id('VIP')}"
    page = await alice.post(path, {"name": "", "color": "red", "version": "1"})
    assert page.status_code == 422
    assert 'id="error-name"' in page.text


async def test_two_who_edit_see_what_the_other_saved(alice: Visitor) -> None:
    path = f"{HERE}/{await attitude_id('VIP')}"
    await alice.post(path, {"name": "Gold", "color": "red", "version": "1"})
    page = await alice.post(path, {"name": "Silver", "color": "red", "version": "1"})
    assert page.status_code == 409
    assert 'name="keep_name"' in page.text
    assert 'name="keep_color"' not in page.text


async def test_the_order_and_the_default_are_chosen_by_buttons(alice: Visitor) -> None:
    path = f"{HERE}/{await attitude_id('VIP')}"
    page = await alice.follow(await alice.post(f"{path}/move", {"steps": "-1"}))
    assert listed(page.text)[:2] == ["VIP", "Normal"]
    page = await alice.follow(await alice.post(f"{path}/default"))
    assert "New clients get this attitude now." in alice.text(page)
    assert (await alice.post(f"{path}/move", {"steps": "up"})).status_code == 422


async def test_one_that_clients_have_asks_what_they_get_instead(alice: Visitor) -> None:
    vip, watch = await attitude_id("VIP"), await attitude_id("Watch")
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute("UPDATE clients SET attitude_id = $1 WHERE login = 'dupont'", vip)
    assert "One client has it." in (await alice.get(f"{HERE}/{vip}/delete")).text
    page = await alice.post(f"{HERE}/{vip}/delete", {"replacement_id": ""})
    assert page.status_code == 409
    assert 'id="error-replacement_id"' in page.text
    assert (await alice.post(f"{HERE}/{vip}/delete", {"replacement_id": "7"})).status_code == 422
    page = await alice.follow(await alice.post(f"{HERE}/{vip}/delete", {"replacement_id": str(watch)}))
    assert "VIP" not in listed(page.text)
    async with db.as_tenant((await cast.tenant("nova")).id):
        assert await db.value("SELECT attitude_id FROM clients WHERE login = 'dupont'") == watch


async def test_the_default_one_says_why_it_stays(alice: Visitor) -> None:
    path = f"{HERE}/{await attitude_id('Normal')}/delete"
    assert path not in (await alice.get(HERE)).text
    page = await alice.post(path)
    assert page.status_code == 409
    assert "This is the default attitude." in page.text


async def test_support_does_not_change_the_list(visitor: Visitor) -> None:
    sam = await visitor.sign_in(cast.email("sam"))
    assert (await sam.get(HERE)).status_code == 403
    assert (await sam.post(HERE, {"name": "x", "color": "red"})).status_code == 403


async def test_another_providers_attitude_is_as_unknown_as_any(visitor: Visitor) -> None:
    number = await attitude_id("VIP")
    bob = visitor.another("acme")
    await bob.sign_in(cast.email("bob"))
    for path in (f"{HERE}/{number}/edit", f"{HERE}/42/edit", f"{HERE}/{number}/delete"):
        assert (await bob.get(path)).status_code == 404
    assert (await bob.post(f"{HERE}/{number}/default")).status_code == 404
