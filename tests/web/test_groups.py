"""The pages of account groups, without JavaScript."""

import re

import pytest

from core import db
from core.accounts import closing, personal_clearing
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def group_id(name: str) -> int:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return int(await db.value("SELECT id FROM account_groups WHERE name = $1", name))


async def test_the_list_shows_the_groups_with_their_clients(alice: Visitor) -> None:
    text = alice.text(await alice.get("/staff/groups"))
    assert "VIP circle" in text
    assert "Empty group" in text


async def test_a_group_is_made_edited_and_deleted(alice: Visitor) -> None:
    page = await alice.follow(await alice.post("/staff/groups", {"name": "Gold", "description": "a\r\nb"}))
    assert "The group was added." in alice.text(page)
    number = await group_id("Gold")
    form = await alice.get(f"/staff/groups/{number}/edit")
    assert 'value="Gold"' in form.text
    sent = {"name": "Platinum", "description": "c", "version": "1"}
    page = await alice.follow(await alice.post(f"/staff/groups/{number}", sent))
    assert "Platinum" in alice.text(page)
    question = await alice.get(f"/staff/groups/{number}/delete")
    assert "Nobody is in it." in alice.text(question)
    page = await alice.follow(await alice.post(f"/staff/groups/{number}/delete"))
    assert "The group was deleted." in alice.text(page)
    assert (await alice.get(f"/staff/groups/{number}")).status_code == 404


async def test_an_error_stands_beside_its_field_and_nothing_is_lost(alice: Visitor) -> None:
    page = await alice.post("/staff/groups", {"name": "vip CIRCLE", "description": "kept <b>"})
    assert page.status_code == 422
    assert 'id="error-name">This name is taken.' in page.text
    assert "kept &lt;b&gt;" in page.text
    page = await alice.post("/staff/groups", {"name": "x", "owner_id": "1"})
    assert page.status_code == 422


async def test_two_who_edit_see_what_the_other_saved_and_choose(alice: Visitor) -> None:
    number = await group_id("VIP circle")
    path = f"/staff/groups/{number}"
    await alice.post(path, {"name": "First", "description": "same", "version": "1"})
    page = await alice.post(path, {"name": "Second", "description": "mine", "version": "1"})
    assert page.status_code == 409
    assert "Somebody saved this meanwhile" in alice.text(page)
    assert 'name="version" value="2"' in page.text
    sent = {
        "name": "Second",
        "description": "mine",
        "version": "2",
        "keep_name": "yours",
        "keep_description": "saved",
    }
    shown = alice.text(await alice.follow(await alice.post(path, sent)))
    assert "Second" in shown
    assert "same" in shown


async def test_a_client_is_put_in_by_its_code_and_taken_out(alice: Visitor) -> None:
    path = f"/staff/groups/{await group_id('Empty group')}"
    page = await alice.follow(await alice.post(f"{path}/members", {"code": "1002"}))
    assert "is in the group now" in alice.text(page)
    assert re.search(r'name="code" value="1002"', page.text)
    page = await alice.follow(await alice.post(f"{path}/members", {"code": " 1002 "}))
    assert "was in the group already" in alice.text(page)
    for wrong in ("", "x", "999999", "9" * 30, "-1", "１００２"):
        page = await alice.post(f"{path}/members", {"code": wrong})
        assert page.status_code == 422
        assert "There is no client with this code." in page.text
    page = await alice.follow(await alice.post(f"{path}/members/remove", {"code": "1002"}))
    assert "One client was taken out." in alice.text(page)
    page = await alice.follow(await alice.post(f"{path}/members/remove"))
    assert "Select one or several clients first." in alice.text(page)


async def test_a_group_that_staff_is_limited_to_says_why_it_stays(alice: Visitor) -> None:
    number = await group_id("VIP circle")
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute("INSERT INTO staff_groups (staff_id, group_id) SELECT id, $1 FROM staff LIMIT 1", number)
    assert "limited to this group" in (await alice.get(f"/staff/groups/{number}/delete")).text
    page = await alice.post(f"/staff/groups/{number}/delete")
    assert page.status_code == 409
    assert "limited to this group" in page.text


async def test_another_providers_group_is_as_unknown_as_any(visitor: Visitor) -> None:
    number = await group_id("VIP circle")
    bob = visitor.another("acme")
    await bob.sign_in(cast.email("bob"))
    theirs, none = await bob.get(f"/staff/groups/{number}"), await bob.get("/staff/groups/42")
    assert theirs.status_code == none.status_code == 404
    assert (await bob.post(f"/staff/groups/{number}/delete")).status_code == 404
    assert (await bob.get(f"/staff/groups/{'9' * 30}")).status_code == 404


async def test_standard_is_told_which_edition_has_groups(visitor: Visitor) -> None:
    zoe = visitor.another("petit")
    await zoe.sign_in(cast.email("zoe"))
    page = await zoe.get("/staff/groups")
    assert page.status_code == 403
    assert "Advanced" in zoe.text(page)
    assert "/staff/groups" not in (await zoe.get("/staff/clients")).text


async def test_a_cleared_client_is_refused_beside_the_field_and_on_its_own_page(alice: Visitor) -> None:
    number, by = await group_id("Empty group"), await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        await closing.close([1001], "Left", by=by)
        await personal_clearing.clear(1001, "1001", "Asked", by=by)
    page = await alice.post(f"/staff/groups/{number}/members", {"code": "1001"})
    assert page.status_code == 422
    assert 'id="error-code">The personal data of this client was cleared' in page.text
    page = await alice.post("/staff/clients/1001/groups", {"group": str(number)})
    assert page.status_code == 403
    async with db.as_tenant(by.tenant.id):
        assert await db.value("SELECT count(*) FROM group_members WHERE group_id = $1", number) == 0
