"""The pages of roles, without JavaScript."""

import re

import pytest

from core import db
from core.accounts import roles
from core.permissions import parts_of
from tests import cast
from tests.visitor import Visitor
from web.staff.roles import NOUNS

pytestmark = pytest.mark.anyio
HERE = "/staff/roles"


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def role_id(name: str) -> int:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return int(await db.value("SELECT id FROM roles WHERE name = $1", name))


async def test_the_built_in_roles_are_shown_and_cannot_be_changed(alice: Visitor) -> None:
    text = alice.text(await alice.get(HERE))
    assert "Owner" in text
    assert "Built in" in text
    page = await alice.get(f"{HERE}/support")
    assert "It cannot be changed." in alice.text(page)
    assert re.search(r'value="client:read" checked disabled', page.text)
    for path in (f"{HERE}/support", f"{HERE}/owner/delete"):
        assert (
            await alice.post(path, {"name": "x", "permissions": "client:read", "version": "0"})
        ).status_code == 404


async def test_a_role_is_made_edited_and_deleted(alice: Visitor) -> None:
    page = await alice.follow(await alice.post(HERE, {"name": "Reader", "permissions": "client:read"}))
    assert "The role was added." in alice.text(page)
    path = f"{HERE}/{await role_id('Reader')}"
    page = await alice.get(path)
    assert re.search(r'value="client:read" checked', page.text)
    sent = {"name": "Writer", "permissions": ["client:read", "client:update"], "version": "1"}
    assert "Writer" in (await alice.follow(await alice.post(path, sent))).text
    assert "Delete the role “Writer”?" in alice.text(await alice.get(f"{path}/delete"))
    page = await alice.follow(await alice.post(f"{path}/delete"))
    assert "Writer" not in page.text


async def test_errors_stand_in_the_form_and_nothing_is_lost(alice: Visitor) -> None:
    page = await alice.post(HERE, {"name": "Owner", "permissions": ["client:read", "activity:read"]})
    assert page.status_code == 422
    assert 'id="error-name"' in page.text
    assert page.text.count(" checked") == 2
    page = await alice.post(HERE, {"name": "Empty"})
    assert page.status_code == 422
    assert 'id="error-permissions"' in page.text
    page = await alice.post(HERE, {"name": "Boss", "permissions": "provider:open"})
    assert page.status_code == 422


async def test_two_who_edit_see_what_the_other_saved_and_choose(alice: Visitor) -> None:
    await alice.post(HERE, {"name": "Reader", "permissions": "client:read"})
    path = f"{HERE}/{await role_id('Reader')}"
    await alice.post(path, {"name": "Reader", "permissions": ["client:read", "activity:read"], "version": "1"})
    sent = {"name": "Reader", "permissions": ["client:read", "client:create"], "version": "1"}
    page = await alice.post(path, sent)
    assert page.status_code == 409
    assert "Register clients" in alice.text(page)
    await alice.post(path, sent | {"version": "2", "keep_permissions": "saved"})
    page = await alice.get(path)
    assert re.search(r'value="activity:read" checked', page.text)
    assert not re.search(r'value="client:create" checked', page.text)


async def test_a_change_counts_at_the_next_request(alice: Visitor) -> None:
    await alice.post(HERE, {"name": "Reader", "permissions": ["client:read", "attitude:manage"]})
    number = await role_id("Reader")
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute(
            """UPDATE staff SET role = '', role_id = $1
               FROM people p WHERE p.id = staff.person_id AND p.name = 'Sam'""",
            number,
        )
    sam = alice.another()
    await sam.sign_in(cast.email("sam"))
    assert (await sam.get("/staff/attitudes")).status_code == 200
    await alice.post(f"{HERE}/{number}", {"name": "Reader", "permissions": "client:read", "version": "1"})
    assert (await sam.get("/staff/attitudes")).status_code == 403
    assert (await sam.get("/staff/clients")).status_code == 200
    page = await alice.post(f"{HERE}/{number}/delete")
    assert page.status_code == 409
    assert "1 member of staff has this role." in page.text


async def test_a_right_that_the_edition_lacks_is_shown_and_cannot_be_ticked(visitor: Visitor) -> None:
    zoe = visitor.another("petit")
    await zoe.sign_in(cast.email("zoe"))
    page = await zoe.get(f"{HERE}/new")
    assert "Corporate" in page.text
    assert re.search(r'value="project:create" disabled', page.text)
    assert (await zoe.post(HERE, {"name": "x", "permissions": "project:create"})).status_code == 422


async def test_a_manager_sees_no_roles_page(visitor: Visitor) -> None:
    mia = await visitor.sign_in(cast.email("max"))
    assert (await mia.get(HERE)).status_code == 403
    assert (await mia.post(HERE, {"name": "x", "permissions": "client:read"})).status_code == 403


async def test_another_providers_role_is_as_unknown_as_any(alice: Visitor) -> None:
    await alice.post(HERE, {"name": "Reader", "permissions": "client:read"})
    number = await role_id("Reader")
    bob = alice.another("acme")
    await bob.sign_in(cast.email("bob"))
    for path in (
        f"{HERE}/{number}",
        f"{HERE}/42",
        f"{HERE}/{number}/delete",
        f"{HERE}/nonsense",
        f"{HERE}/{'9' * 30}",
    ):
        assert (await bob.get(path)).status_code == 404
    assert (await bob.post(f"{HERE}/{number}/delete")).status_code == 404


def test_every_right_stands_below_a_heading_that_is_a_word() -> None:
    assert {parts_of(key)[0] for key in roles.ASSIGNABLE} <= set(NOUNS)
