"""The pages of the staff, without JavaScript."""

import re

import pytest

from core import db
from core.accounts import groups, roles
from core.accounts.groups import NewGroup
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
HERE = "/staff/people"


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def staff_id(name: str, place: str = "nova") -> int:
    async with db.as_tenant((await cast.tenant(place)).id):
        return int(
            await db.value("SELECT s.id FROM staff s JOIN people p ON p.id = s.person_id WHERE p.name = $1", name)
        )


async def project_id(name: str) -> int:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return int(await db.value("SELECT id FROM projects WHERE name = $1", name))


async def test_the_list_names_everybody_with_role_and_limits(alice: Visitor) -> None:
    text = alice.text(await alice.get(HERE))
    for name in ("Alice", "Max", "Sam", "Carl", "Ada", "Lea"):
        assert name in text
    assert "One project" in text
    assert "Accountant" in text


async def test_somebody_is_invited_with_a_link_on_a_host_of_ours(alice: Visitor) -> None:
    pro = str(await project_id("Nova Pro"))
    sent = {
        "email": "new@x.example",
        "name": "Nina",
        "role": "support",
        "project_ids": pro,
        "asked": "project_ids",
    }
    page = await alice.follow(await alice.post(HERE, sent, headers={"X-Forwarded-Host": "evil.example"}))
    assert "An invitation is on its way to new@x.example." in alice.text(page)
    assert re.search(rf'name="project_ids" value="{pro}" checked', page.text)
    async with db.as_tenant((await cast.tenant("nova")).id):
        assert await db.value("SELECT count(*) FROM links WHERE purpose = 'invitation'") == 1
    page = await alice.follow(await alice.post(f"{HERE}/{await staff_id('Nina')}/invite-again"))
    assert "A new invitation is on its way." in alice.text(page)


async def test_every_error_of_an_invitation_stands_beside_its_field(alice: Visitor) -> None:
    sent = {"email": cast.email("max"), "name": "", "role": "emperor", "project_ids": "7"}
    page = await alice.post(HERE, sent)
    assert page.status_code == 422
    for field in sent:
        assert f'id="error-{field}"' in page.text
    assert (await alice.post(HERE, {"email": "a@b.example", "name": "N"})).status_code == 422


async def test_role_and_limits_are_changed_and_end_the_sessions(alice: Visitor) -> None:
    sam = alice.another()
    await sam.sign_in(cast.email("sam"))
    assert (await sam.get("/staff/clients")).status_code == 200
    path = f"{HERE}/{await staff_id('Sam')}"
    page = await alice.follow(await alice.post(path, {"role": "auditor", "version": "1"}))
    assert re.search(r'value="auditor" checked', page.text)
    assert (await sam.get("/staff/clients")).status_code == 303


async def test_unticking_the_last_box_lifts_a_limit_and_a_form_without_boxes_keeps_it(alice: Visitor) -> None:
    path = f"{HERE}/{await staff_id('Lea')}"
    page = await alice.follow(await alice.post(path, {"role": "auditor", "version": "1"}))
    assert page.text.count('name="project_ids" value=') == 2
    assert len(re.findall(r'name="project_ids" value="\d+" checked', page.text)) == 1
    page = await alice.follow(await alice.post(path, {"role": "auditor", "version": "2", "asked": "project_ids"}))
    assert not re.findall(r'name="project_ids" value="\d+" checked', page.text)


async def test_several_groups_are_several_limits(alice: Visitor) -> None:
    who = await cast.who("alice")
    async with db.as_tenant(who.tenant.id):
        ids = [row["id"] for row in await groups.every(by=who)]
        ids.append((await groups.create(NewGroup(name="Third"), by=who))["id"])
    sent = {"role": "support", "version": "1", "asked": ["project_ids", "group_ids"], "group_ids": ids[:2]}
    page = await alice.follow(await alice.post(f"{HERE}/{await staff_id('Sam')}", sent))
    assert len(re.findall(r'name="group_ids" value="\d+" checked', page.text)) == 2


async def test_two_who_change_somebody_see_what_the_other_saved(alice: Visitor) -> None:
    path = f"{HERE}/{await staff_id('Sam')}"
    await alice.post(path, {"role": "auditor", "version": "1"})
    page = await alice.post(path, {"role": "manager", "version": "1"})
    assert page.status_code == 409
    text = alice.text(page)
    assert "Somebody saved this meanwhile" in text
    assert "Yours Manager" in text
    assert "Saved meanwhile Auditor" in text


async def test_somebody_is_removed_after_a_question_and_taken_back(alice: Visitor) -> None:
    sam = alice.another()
    await sam.sign_in(cast.email("sam"))
    path = f"{HERE}/{await staff_id('Sam')}"
    assert "Remove Sam from the staff?" in alice.text(await alice.get(f"{path}/remove"))
    page = await alice.follow(await alice.post(f"{path}/remove"))
    assert "Sam is not on the staff any more." in alice.text(page)
    assert (await sam.get("/staff/clients")).status_code == 303
    assert (await sam.post("/sign-in", {"email": cast.email("sam"), "password": cast.PASSWORD})).status_code != 303
    assert f"{path}/restore" in (await alice.get(path)).text
    page = await alice.follow(await alice.post(f"{path}/restore"))
    assert "Back on the staff" in alice.text(page)
    await sam.sign_in(cast.email("sam"))


async def test_somebody_is_kept_out_and_let_in(alice: Visitor) -> None:
    sam = alice.another()
    await sam.sign_in(cast.email("sam"))
    path = f"{HERE}/{await staff_id('Sam')}"
    await alice.post(f"{path}/disable")
    assert (await sam.get("/staff/clients")).status_code == 303
    page = await alice.follow(await alice.post(f"{path}/enable"))
    assert "This person can sign in again." in alice.text(page)
    assert (await alice.post(f"{path}/reset-factor")).status_code == 409


async def test_ones_own_page_offers_no_change_and_none_is_possible(alice: Visitor) -> None:
    path = f"{HERE}/{await staff_id('Alice')}"
    page = await alice.get(path)
    assert "Nobody changes one&#39;s own role." in page.text
    assert f"{path}/remove" not in page.text
    assert (await alice.post(path, {"role": "manager", "version": "1"})).status_code == 403
    assert (await alice.post(f"{path}/remove")).status_code == 403


async def test_the_last_owner_says_why_she_stays(alice: Visitor) -> None:
    await alice.post("/staff/roles", {"name": "Deputy", "permissions": list(roles.ASSIGNABLE)})
    async with db.as_tenant((await cast.tenant("nova")).id):
        deputy = await db.value("SELECT id FROM roles WHERE name = 'Deputy'")
    await alice.follow(await alice.post(f"{HERE}/{await staff_id('Max')}", {"role": str(deputy), "version": "1"}))
    path = f"{HERE}/{await staff_id('Alice')}"
    mia = alice.another()
    await mia.sign_in(cast.email("max"))
    page = await mia.post(f"{path}/remove")
    assert page.status_code == 409
    assert "Alice is the last owner." in mia.text(page)
    assert (await mia.post(path, {"role": "auditor", "version": "1"})).status_code == 409


async def test_a_manager_looks_and_changes_nothing(visitor: Visitor) -> None:
    mia = await visitor.sign_in(cast.email("max"))
    path = f"{HERE}/{await staff_id('Sam')}"
    page = await mia.get(path)
    assert page.status_code == 200
    assert "staff-form" not in page.text
    for attempt in (path, f"{path}/remove", f"{path}/disable", HERE):
        assert (await mia.post(attempt, {"role": "owner", "version": "1"})).status_code == 403
    assert (await mia.get(f"{HERE}/new")).status_code == 403


async def test_another_providers_staff_is_as_unknown_as_any(visitor: Visitor) -> None:
    number = await staff_id("Sam")
    bob = visitor.another("acme")
    await bob.sign_in(cast.email("bob"))
    for path in (f"{HERE}/{number}", f"{HERE}/42", f"{HERE}/{number}/remove"):
        assert (await bob.get(path)).status_code == 404
    assert (await bob.post(f"{HERE}/{number}/remove")).status_code == 404
