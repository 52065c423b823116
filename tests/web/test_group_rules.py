"""The pages of rules of account groups, without JavaScript: built, looked at, saved, and explained to people."""

import re
from typing import Any

import httpx
import pytest

from core import db
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
FRENCH = {
    "blocks.0.conditions.0.on": "country",
    "blocks.0.conditions.0.operator": "is",
    "blocks.0.conditions.0.values": "FR",
}


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def group_id(name: str = "Empty group") -> int:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return int(await db.value("SELECT id FROM account_groups WHERE name = $1", name))


def sent_by(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of the form that saves."""
    form = page.text[page.text.index('/rule/save"') :]
    return {
        name: value.replace("&#34;", '"')
        for name, value in re.findall(r'<input type="hidden" name="(rule|version)" value="([^"]*)"', form)
    }


async def saved(alice: Visitor, number: int, fields: dict[str, Any] | None = None) -> httpx.Response:
    """A rule looked at and saved; gives the page of the group."""
    version = re.search(r'name="version" value="(\d+)"', (await alice.get(f"/staff/groups/{number}/rule")).text)
    assert version
    asked = {"act": "preview", "match": "all", "version": version[1]} | (FRENCH if fields is None else fields)
    looked_at = await alice.post(f"/staff/groups/{number}/rule", asked)
    assert looked_at.status_code == 200
    return await alice.follow(await alice.post(f"/staff/groups/{number}/rule/save", sent_by(looked_at)))


async def test_a_rule_is_built_button_by_button_looked_at_and_saved(alice: Visitor) -> None:
    path = f"/staff/groups/{await group_id()}/rule"
    page = await alice.get(path)
    assert "Choose…" in page.text
    page = await alice.post(path, {"act": "redraw", "match": "all", "blocks.0.conditions.0.on": "country"})
    assert "is one of" in page.text
    page = await alice.post(path, {"act": "add.0", **FRENCH})
    assert 'name="blocks.0.conditions.1.on"' in page.text
    assert "Chosen: France" in alice.text(page)
    first = re.search(r'type="checkbox" name="blocks.0.conditions.0.values" value="(..)"( checked)?', page.text)
    assert first and first.groups() == ("FR", " checked"), "what is chosen comes first"
    page = await alice.post(path, {"act": "block", **FRENCH})
    assert 'name="blocks.1.conditions.0.on"' in page.text
    page = await alice.post(path, {"act": "remove.0.0", **FRENCH})
    assert not re.search(r'value="FR" checked', page.text)
    page = await alice.post(path, {"act": "preview", **FRENCH})
    shown = alice.text(page)
    assert "Fits: 2. Joins: 2. Leaves: 0." in shown
    assert "Jean Dupont" in shown
    assert "Müller" not in shown
    page = await alice.follow(await alice.post(f"{path}/save", sent_by(page)))
    shown = alice.text(page)
    assert "Joined by the rule: 2. Left: 0." in shown
    assert "Country is France" in shown
    assert "by the rule" in shown


async def test_errors_stand_beside_their_fields_and_what_was_entered_stays(alice: Visitor) -> None:
    path = f"/staff/groups/{await group_id()}/rule"
    sent = {
        "act": "preview",
        "blocks.0.conditions.0.on": "users",
        "blocks.0.conditions.0.operator": "at_least",
        "blocks.0.conditions.0.values": "ma<ny",
    }
    page = await alice.post(path, sent)
    assert page.status_code == 422
    assert 'id="error-blocks.0.conditions.0.values">Please enter a number.' in page.text
    assert "ma&lt;ny" in page.text
    page = await alice.post(f"{path}/save", {"rule": "{not json", "version": "0"})
    assert page.status_code == 422
    page = await alice.post(f"{path}/save", {"rule": '{"blocks":[{"conditions":[{"on":"x","operator":"is"}]}]}'})
    assert page.status_code == 422
    assert "x (gone)" in alice.text(page)


@pytest.mark.parametrize(
    "act", ["", "add", "add.9", "add.x", "remove.0", "remove.9.9", "joining.x", "block.1", "\x00"]
)
async def test_strange_buttons_draw_the_same_form_again(alice: Visitor, act: str) -> None:
    page = await alice.post(f"/staff/groups/{await group_id()}/rule", {"act": act, **FRENCH, "blocks.77.x": "y"})
    assert page.status_code == 200
    assert re.search(r'value="FR" checked', page.text)


async def test_saving_nothing_lets_all_by_the_rule_go_and_says_so_before(alice: Visitor) -> None:
    number = await group_id()
    await saved(alice, number)
    page = await alice.post(f"/staff/groups/{number}/rule", {"act": "preview", "version": "1"})
    assert "Leaves: 2." in alice.text(page)
    assert "no rule any more" in page.text
    page = await alice.follow(await alice.post(f"/staff/groups/{number}/rule/save", sent_by(page)))
    assert "Left: 2." in alice.text(page)
    assert "Make a rule" in page.text


async def test_of_two_who_save_the_second_sees_the_rule_of_the_first(alice: Visitor) -> None:
    number = await group_id()
    await saved(alice, number)
    rule = '{"blocks":[{"conditions":[{"on":"kind","operator":"is","values":["company"]}]}]}'
    page = await alice.post(f"/staff/groups/{number}/rule/save", {"rule": rule, "version": "0"})
    assert page.status_code == 409
    shown = alice.text(page)
    assert "Somebody changed the rule meanwhile" in shown
    assert "It is now: Country is France." in shown
    assert 'name="version" value="1"' in page.text
    assert re.search(r'value="company" checked', page.text)


async def test_a_member_by_the_rule_cannot_be_taken_out_but_excepted(alice: Visitor) -> None:
    number = await group_id()
    await saved(alice, number)
    path = f"/staff/groups/{number}"
    page = await alice.follow(await alice.post(f"{path}/members/remove", {"code": "1001"}))
    assert "which would bring it back" in alice.text(page)
    assert 'name="code" value="1001"' in page.text
    page = await alice.follow(await alice.post(f"/staff/clients/1001/groups/{number}/remove"))
    assert "stays in the group by its rule" in alice.text(page)
    page = await alice.follow(await alice.post(f"{path}/exclusions", {"code": "1001"}))
    assert "The rule leaves one client out now." in alice.text(page)
    assert "One client is excepted" in alice.text(page)
    assert 'name="code" value="1001"' not in page.text
    page = await alice.follow(await alice.post(f"{path}/exclusions"))
    assert "Select one or several clients first." in alice.text(page)
    page = await alice.follow(await alice.post(f"{path}/exclusions/1001/lift"))
    assert "decides about Jean Dupont again" in alice.text(page)
    sent = {"code": "1001", "back": "/staff/clients/1001/groups"}
    answer = await alice.post(f"{path}/exclusions", sent)
    assert answer.headers["location"] == "/staff/clients/1001/groups"
    answer = await alice.post(f"{path}/exclusions", {"code": "1001", "back": "//evil.example"})
    assert answer.headers["location"] == path


async def test_the_clients_page_says_why_condition_by_condition(alice: Visitor) -> None:
    number = await group_id()
    either = FRENCH | {
        "blocks.0.match": "any",
        "blocks.0.conditions.1.on": "kind",
        "blocks.0.conditions.1.operator": "is",
        "blocks.0.conditions.1.values": "company",
    }
    await saved(alice, number, either)
    page = await alice.get("/staff/clients/1001/groups")
    assert f"/staff/clients/1001/groups/{number}/why" in page.text
    shown = " ".join(alice.text(await alice.get(f"/staff/clients/1001/groups/{number}/why")).split())
    assert "Country is France here: France, holds" in shown
    assert "Kind is Company here: Individual, does not hold" in shown
    assert (await alice.get("/staff/clients/1001/groups/42/why")).status_code == 404


async def test_a_broken_rule_is_marked_in_the_list_and_explained_on_its_page(alice: Visitor) -> None:
    number = await group_id()
    await saved(alice, number)
    assert "by rule" in alice.text(await alice.get("/staff/groups"))
    async with db.as_tenant((await cast.tenant("nova")).id):
        asked = {"blocks": [{"conditions": [{"on": "field.gone", "operator": "is", "values": ["1"]}]}]}
        await db.execute("UPDATE group_rules SET rule = $1", asked)
    assert "broken rule" in alice.text(await alice.get("/staff/groups"))
    page = alice.text(await alice.get(f"/staff/groups/{number}"))
    assert "asks for “field.gone”, which is not there any more" in page
    page = await alice.follow(await alice.post(f"/staff/groups/{number}/rule/run"))
    assert "not there any more" in alice.text(page)
    builder = await alice.get(f"/staff/groups/{number}/rule")
    assert "field.gone (gone)" in alice.text(builder)
    why = await alice.get(f"/staff/clients/1001/groups/{number}/why")
    assert why.status_code == 200
    assert "not there any more" in alice.text(why)


async def test_the_activity_tells_of_the_rule_the_run_and_each_client(alice: Visitor) -> None:
    await saved(alice, await group_id())
    whole = alice.text(await alice.get("/staff/activity"))
    assert "Alice changed the rule of the group Empty group" in whole.replace("Alice Martin", "Alice")
    assert "The rule of the group Empty group changed who is in it" in whole
    assert "The rule of the group Empty group took the client in" not in whole
    own = alice.text(await alice.get("/staff/clients/1001/timeline"))
    assert "The rule of the group Empty group took the client in" in own


async def test_who_is_limited_sees_that_there_is_a_rule_and_not_what_it_asks(alice: Visitor) -> None:
    number = await group_id()
    await saved(alice, number)
    lea = alice.another("nova")
    await lea.sign_in(cast.email("lea"))
    page = lea.text(await lea.get(f"/staff/groups/{number}"))
    assert "you see only a part of them" in page
    assert "Country is France" not in page
    assert (await lea.get(f"/staff/groups/{number}/rule")).status_code == 403


async def test_the_page_of_a_group_shows_what_it_does_and_nothing_that_is_not_there(alice: Visitor) -> None:
    number = await group_id("VIP circle")
    assert "What this group does" not in (await alice.get(f"/staff/groups/{number}")).text
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute(
            """INSERT INTO staff_groups (staff_id, group_id)
               SELECT s.id, $1 FROM staff s JOIN people p ON p.id = s.person_id WHERE p.email_folded = $2""",
            number,
            cast.email("sam"),
        )
    page = alice.text(await alice.get(f"/staff/groups/{number}"))
    assert "Staff limited to this group" in page
    assert "Discounts" not in page.partition("What this group does")[2]
