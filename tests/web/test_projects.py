"""The pages of projects, without JavaScript."""

import pytest

from core import db
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio

NEW = {"name": "Aurora", "site": "aurora.example", "currency": "CHF", "sender": "hello@aurora.example"}


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def project_id(name: str) -> int:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return int(await db.value("SELECT id FROM projects WHERE name = $1", name))


async def test_a_project_is_made_edited_and_deleted(alice: Visitor) -> None:
    page = await alice.follow(await alice.post("/staff/projects", NEW))
    assert "The project was added." in alice.text(page)
    assert "https://aurora.example" in page.text
    number = await project_id("Aurora")
    form = await alice.get(f"/staff/projects/{number}/edit")
    assert '<option value="CHF" selected>' in form.text
    sent = NEW | {"name": "Boreal", "version": "1"}
    assert "Boreal" in (await alice.follow(await alice.post(f"/staff/projects/{number}", sent))).text
    assert "No client belongs to it." in alice.text(await alice.get(f"/staff/projects/{number}/delete"))
    page = await alice.follow(await alice.post(f"/staff/projects/{number}/delete"))
    assert "Boreal" not in page.text


async def test_every_error_stands_beside_its_field(alice: Visitor) -> None:
    bad = {"name": "", "site": "javascript:alert(1)", "currency": "XYZ", "sender": "nobody"}
    page = await alice.post("/staff/projects", bad)
    assert page.status_code == 422
    for field in bad:
        assert f'id="error-{field}"' in page.text


async def test_two_who_edit_see_what_the_other_saved(alice: Visitor) -> None:
    path = f"/staff/projects/{await project_id('Nova Pro')}"
    new = NEW | {"site": "https://aurora.example"}
    await alice.post(path, new | {"version": "1"})
    page = await alice.post(path, new | {"name": "Other", "version": "1"})
    assert page.status_code == 409
    assert 'name="keep_name" value="saved"' in page.text
    assert 'name="keep_site"' not in page.text
    sent = new | {"name": "Other", "version": "2", "keep_name": "saved"}
    assert "Aurora" in (await alice.follow(await alice.post(path, sent))).text


async def test_a_project_with_clients_says_why_it_stays(alice: Visitor) -> None:
    path = f"/staff/projects/{await project_id('Nova Pro')}/delete"
    assert "1 client belongs to this project." in (await alice.get(path)).text
    page = await alice.post(path)
    assert page.status_code == 409
    assert "1 client belongs to this project." in page.text


async def test_another_project_becomes_the_default(alice: Visitor) -> None:
    number = await project_id("Nova Pro")
    page = await alice.follow(await alice.post(f"/staff/projects/{number}/default"))
    assert "This is the default project now." in alice.text(page)
    assert f"/staff/projects/{number}/default" not in page.text


async def test_who_is_limited_to_a_project_sees_no_other(visitor: Visitor) -> None:
    lea = await visitor.sign_in(cast.email("lea"))
    text = lea.text(await lea.get("/staff/projects"))
    assert "Nova Pro" in text
    assert "https" not in text
    assert text.count("EUR") == 1
    assert "New project" not in text


async def test_the_edition_below_is_told_which_one_has_projects(visitor: Visitor) -> None:
    bob = visitor.another("acme")
    await bob.sign_in(cast.email("bob"))
    for page in (
        await bob.get("/staff/projects"),
        await bob.post("/staff/projects", NEW),
        await bob.get("/staff/projects/1/edit"),
    ):
        assert page.status_code == 403
        assert "Corporate" in bob.text(page)
