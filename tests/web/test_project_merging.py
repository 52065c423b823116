"""The pages that close a project, open it again and merge it into another one."""

import pytest

from core import db
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def project(name: str) -> int:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return int(await db.value("SELECT id FROM projects WHERE name = $1", name))


async def test_a_project_is_closed_and_opened_again(alice: Visitor) -> None:
    here = f"/staff/projects/{await project('Nova Pro')}"
    assert "Close the project “Nova Pro”?" in alice.text(await alice.get(f"{here}/close"))
    page = await alice.follow(await alice.post(f"{here}/close"))
    assert "The project was closed." in alice.text(page) and "This project is closed" in alice.text(page)
    form = await alice.get("/staff/clients/new")
    assert ">Nova Pro</option>" not in form.text and ">Nova</option>" in form.text
    # Whoever is in the closed project can be edited, and stays there.
    assert ">Nova Pro</option>" in (await alice.get("/staff/clients/1002/edit")).text
    page = await alice.follow(await alice.post(f"{here}/reopen"))
    assert "The project is open again." in alice.text(page)
    assert ">Nova Pro</option>" in (await alice.get("/staff/clients/new")).text


async def test_the_default_project_stays(alice: Visitor) -> None:
    here = f"/staff/projects/{await project('Nova')}"
    refused = "Make another one the default first."
    assert refused in alice.text(await alice.get(f"{here}/close"))
    assert refused in alice.text(await alice.get(f"{here}/merge"))
    for act in ("close", "merge"):
        page = await alice.post(f"{here}/{act}", {"into": str(await project("Nova Pro"))})
        assert page.status_code == 409 and refused in alice.text(page)


async def test_a_project_is_merged_after_a_preview(alice: Visitor) -> None:
    gone, stays = await project("Nova Pro"), await project("Nova")
    here = f"/staff/projects/{gone}/merge"
    assert "The project that stays" in alice.text(await alice.get(here))
    preview = alice.text(await alice.get(f"{here}?into={stays}"))
    assert "Accounts of clients 1" in preview and "Limits of staff 1" in preview
    refused = await alice.post(here, {"into": "77"})
    assert refused.status_code == 422 and 'id="error-into"' in refused.text
    page = await alice.follow(await alice.post(here, {"into": str(stays)}))
    assert "The projects were merged." in alice.text(page)
    assert (await alice.get(f"/staff/projects/{gone}")).status_code == 404
    lea = await alice.another().sign_in(cast.email("lea"))
    assert "dupont" in (await lea.get("/staff/clients")).text


async def test_the_host_of_a_closed_project_says_so_and_lets_its_clients_sign_in(alice: Visitor) -> None:
    nova, pro = await cast.tenant("nova"), await project("Nova Pro")
    async with db.as_platform():
        await db.execute(
            "INSERT INTO hosts (name, provider_id, created_at) VALUES ('pro.localhost', $1, now())", nova.id
        )
    async with db.as_tenant(nova.id):
        await db.execute(
            """INSERT INTO project_hosts (project_id, name, token, state, created_at)
               VALUES ($1, 'pro.localhost', 't', 'proven', now())""",
            pro,
        )
    visitor = alice.another("pro")
    assert "takes no new clients" not in visitor.text(await visitor.get("/"))
    await alice.post(f"/staff/projects/{pro}/close")
    assert "Nova Pro takes no new clients" in visitor.text(await visitor.get("/"))
    assert "takes no new clients" not in visitor.text(await alice.another().get("/"))
    await visitor.sign_in(cast.email("mueller"))
    assert "takes no new clients" not in visitor.text(await visitor.get("/"))
