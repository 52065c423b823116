"""The brand of a host on the pages of clients and visitors: name, colour, logo; and on no page of the staff's."""

import pytest

from core import db
from tests import cast
from tests.visitor import Visitor
from tests.web.test_portal import give_passwords

pytestmark = pytest.mark.anyio


async def brand_of_default(code: str, **columns: str) -> None:
    """Give the project that a provider's own host belongs to another look."""
    sets = ", ".join(f"{column} = ${number}" for number, column in enumerate(columns, start=1))
    async with db.as_tenant((await cast.tenant(code)).id):
        await db.execute(f"UPDATE projects SET {sets} WHERE is_default", *columns.values())


async def test_visitors_and_users_see_the_brand_and_staff_their_provider(visitor: Visitor) -> None:
    await give_passwords()
    await brand_of_default("nova", brand_name="Comet Cloud", accent="#a01020")
    for path in ("/", "/sign-in", "/password", "/nowhere"):
        page = await visitor.get(path)
        assert "Comet Cloud</title>" in page.text, path
        assert 'href="/brand/accent/a01020"' in page.text, path
    jean = await visitor.another().sign_in(cast.email("dupont"))
    for path in ("/", "/profile", "/payers", "/account", "/account/passkeys", "/nowhere"):
        page = await jean.get(path)
        assert '<span class="brand-name">Comet Cloud</span>' in page.text, path
        assert 'href="/brand/accent/a01020"' in page.text, path
    assert "Jean Dupont at Comet Cloud" in jean.text(await jean.get("/"))
    alice = await visitor.another().sign_in(cast.email("alice"))
    for path in ("/staff/clients", "/account"):
        page = await alice.get(path)
        assert '<span class="brand-name">Nova</span>' in page.text, path
        assert "/brand/accent" not in page.text, path


async def test_staff_inside_a_clients_account_see_the_brand_as_the_client_does(visitor: Visitor) -> None:
    await brand_of_default("nova", brand_name="Comet Cloud")
    max_ = await visitor.sign_in(cast.email("max"))
    await max_.post("/staff/clients/1001/enter", {"reason": "Ticket 1"})
    assert '<span class="brand-name">Comet Cloud</span>' in (await max_.get("/profile")).text
    assert '<span class="brand-name">Nova</span>' in (await max_.get("/staff/clients")).text


async def test_without_projects_a_provider_has_its_own_name_and_colour(visitor: Visitor) -> None:
    await brand_of_default("petit", brand_name="Hidden", accent="#a01020")
    page = await visitor.another("petit").get("/sign-in")
    assert "Petit</title>" in page.text
    assert "Hidden" not in page.text
    assert "/brand/accent" not in page.text
