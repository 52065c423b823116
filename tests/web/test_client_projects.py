"""The projects of a client on its page, without JavaScript."""

import pytest

from core import db
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
PAGE = "/staff/clients/1001/projects"


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def pro() -> int:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return int(await db.value("SELECT id FROM projects WHERE name = 'Nova Pro'"))


async def account(project_id: int) -> int:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return int(
            await db.value(
                """SELECT a.id FROM client_projects a JOIN clients c ON c.id = a.client_id
                   WHERE c.code = 1001 AND a.project_id = $1""",
                project_id,
            )
        )


async def test_an_account_is_opened_given_a_limit_made_home_and_closed(alice: Visitor) -> None:
    sent = {"project_id": str(await pro()), "credit_limit": "250.50"}
    page = await alice.follow(await alice.post(PAGE, sent))
    assert "The account was opened." in alice.text(page)
    assert "€250.50" in page.text and "opened by Alice" in alice.text(page)
    here = f"/staff/accounts/{await account(await pro())}"
    page = await alice.follow(await alice.post(f"{here}/terms", {"credit_limit": ""}))
    assert "What the account may owe was saved." in alice.text(page) and 'value="250.50"' not in page.text
    assert "Make another one its home first." not in alice.text(await alice.get(f"{here}/close"))
    page = await alice.follow(await alice.post(f"{here}/home"))
    assert "The client belongs to this project now." in alice.text(page)
    refused = await alice.post(f"{here}/close")
    assert refused.status_code == 409 and "Make another one its home first." in alice.text(refused)


async def test_what_is_wrong_stands_beside_its_field(alice: Visitor) -> None:
    page = await alice.post(PAGE, {"project_id": "77", "credit_limit": ""})
    assert page.status_code == 422 and 'id="error-project_id"' in page.text
    page = await alice.post(PAGE, {"project_id": str(await pro()), "credit_limit": "much"})
    assert page.status_code == 422 and 'id="error-credit_limit"' in page.text
    await alice.post(PAGE, {"project_id": str(await pro()), "credit_limit": ""})
    page = await alice.post(f"/staff/accounts/{await account(await pro())}/terms", {"credit_limit": "1.234"})
    assert page.status_code == 422 and "EUR has 2 digits after the point." in alice.text(page)


async def test_whoever_is_limited_finds_the_client_by_its_second_account(alice: Visitor) -> None:
    await alice.post(PAGE, {"project_id": str(await pro()), "credit_limit": ""})
    lea = await alice.another().sign_in(cast.email("lea"))
    assert "dupont" in (await lea.get("/staff/clients")).text
    tab = await lea.get(PAGE)
    assert "Nova Pro" in tab.text and tab.text.count('id="account-') == 1
    form = await lea.get("/staff/clients/1001/edit")
    assert form.status_code == 200 and 'name="project_id"' not in form.text
    assert "The client was saved." in lea.text(
        await lea.follow(await lea.post("/staff/clients/1001", {"name": "Jean D.", "version": "1"}))
    )
