"""Users of clients on pages: the client's page, the list of all, the portal, and behind an invitation."""

import re
from typing import Any

import pytest

from core import db
from core.accounts import sessions
from tests import cast
from tests.visitor import PASSWORD, Visitor
from tests.web.test_portal import give_passwords, join

pytestmark = pytest.mark.anyio
NEW = {"password": "a long enough secret 77", "password_again": "a long enough secret 77"}


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


@pytest.fixture
async def jean(visitor: Visitor) -> Visitor:
    await give_passwords()
    return await visitor.sign_in(cast.email("dupont"))


async def link() -> str:
    """The link of the last invitation, as if read from the mail."""
    token, nova = sessions.new_token(), await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        await db.execute(
            "UPDATE invitations SET token_hash = $1 WHERE id = (SELECT max(id) FROM invitations)",
            sessions.digest(token),
        )
    return f"/invitation/{token}"


async def value(sql: str, *arguments: Any) -> Any:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return await db.value(sql, *arguments)


async def member_id(login: str, email: str) -> int:
    return int(
        await value(
            """SELECT m.person_id FROM memberships m JOIN clients c ON c.id = m.client_id
               JOIN people p ON p.id = m.person_id WHERE c.login = $1 AND p.email_folded = $2""",
            login,
            email,
        )
    )


async def test_staff_invite_change_hand_over_and_take_out_on_the_clients_page(alice: Visitor) -> None:
    await join("dupont", "elodie", ["read-only"])
    here, elodie = "/staff/clients/1001/users", await member_id("dupont", cast.email("elodie"))
    tab = alice.text(await alice.get(here))
    assert "Élodie Lefèvre" in tab and "Read only" in tab
    wrong = await alice.post(f"{here}/invite", {"email": "nonsense"})
    assert wrong.status_code == 422
    assert 'id="error-email"' in wrong.text and 'id="error-roles"' in wrong.text
    page = await alice.follow(await alice.post(f"{here}/invite", {"email": "new@x.example", "roles": "billing"}))
    assert "new@x.example" in alice.text(page)
    number = await value("SELECT id FROM invitations")
    await alice.follow(await alice.post(f"/staff/clients/1001/invitations/{number}/resend"))
    page = await alice.follow(await alice.post(f"/staff/clients/1001/invitations/{number}/withdraw"))
    assert "new@x.example" not in alice.text(page)
    form = await alice.get(f"{here}/{elodie}")
    assert re.search(r'value="read-only" checked', form.text)
    page = await alice.follow(
        await alice.post(f"{here}/{elodie}", {"roles": ["billing", "technical"], "version": "1"})
    )
    assert "The roles were saved." in alice.text(page)
    stale = await alice.post(f"{here}/{elodie}", {"roles": ["read-only"], "version": "1"})
    assert stale.status_code == 409 and "Somebody saved this meanwhile" in alice.text(stale)
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute("UPDATE people SET password_hash = 'x' WHERE password_hash IS NULL")
    assert "keeps the roles" in alice.text(await alice.get(f"{here}/{elodie}/transfer"))
    await alice.follow(await alice.post(f"{here}/{elodie}/transfer"))
    assert (await alice.post(f"{here}/{elodie}/remove")).status_code == 409
    jean = await member_id("dupont", cast.email("dupont"))
    page = await alice.follow(await alice.post(f"{here}/{jean}/remove"))
    assert "is not a user of this client any more" in alice.text(page)


async def test_a_user_or_invitation_of_another_client_is_not_found_under_this_one(alice: Visitor) -> None:
    other = await member_id("mueller", cast.email("mueller"))
    await alice.post("/staff/clients/1002/users/invite", {"email": "new@x.example", "roles": "billing"})
    number = await value("SELECT id FROM invitations")
    assert (await alice.get(f"/staff/clients/1001/users/{other}")).status_code == 404
    assert (await alice.post(f"/staff/clients/1001/users/{other}/remove")).status_code == 404
    assert (await alice.post(f"/staff/clients/1001/invitations/{number}/withdraw")).status_code == 404


async def test_the_list_filters_and_one_person_is_edited_and_kept_out(alice: Visitor) -> None:
    assert "Jean Dupont" in alice.text(await alice.get("/staff/users?search=dup&role=owner"))
    assert "No user fits this filter" in alice.text(await alice.get("/staff/users?search=nobody"))
    assert (await alice.get("/staff/users?role=boss")).status_code == 422
    jean = await member_id("dupont", cast.email("dupont"))
    here = f"/staff/users/{jean}"
    wrong = await alice.post(here, {"name": "", "email": "x", "locale": "fr", "version": "1"})
    assert wrong.status_code == 422 and 'id="error-email"' in wrong.text
    sent = {"name": "Jean D.", "email": "jd@client.example", "locale": "en", "version": "1"}
    assert "Jean D." in alice.text(await alice.follow(await alice.post(here, sent)))
    assert (await alice.post(here, sent | {"name": "Other"})).status_code == 409
    await alice.follow(await alice.post(f"{here}/link"))
    assert "Disabled" in alice.text(await alice.follow(await alice.post(f"{here}/disable")))
    assert "Let in again" not in alice.text(await alice.follow(await alice.post(f"{here}/enable")))


async def test_on_standard_the_user_is_edited_in_place_and_the_module_names_its_edition(visitor: Visitor) -> None:
    zoe = await visitor.another("petit").sign_in(cast.email("zoe"))
    page = await zoe.get("/staff/clients/1001/user")
    assert "Marie Durand" in zoe.text(page) and "/staff/clients/1001/users" not in page.text
    sent = {"name": "Marie D.", "email": cast.email("durand"), "locale": "fr", "version": "1"}
    assert "Marie D." in zoe.text(await zoe.follow(await zoe.post("/staff/clients/1001/user", sent)))
    for path in ("/staff/users", "/staff/clients/1001/users"):
        refused = await zoe.get(path)
        assert refused.status_code == 403 and "Advanced" in zoe.text(refused)


async def test_somebody_new_joins_by_the_link_and_it_works_once(jean: Visitor) -> None:
    await jean.follow(await jean.post("/users/invite", {"email": "new@x.example", "roles": ["technical"]}))
    path, guest = await link(), jean.another()
    assert "You are invited to Jean Dupont" in guest.text(await guest.get(path))
    wrong = await guest.post(path, {"name": "Nina", "password": "x", "password_again": "y"})
    assert wrong.status_code == 422 and 'value="Nina"' in wrong.text
    landed = await guest.post(path, NEW | {"name": "Nina New"})
    assert landed.headers["location"] == "/sign-in"
    await guest.sign_in("new@x.example", password=NEW["password"])
    assert "Jean Dupont" in guest.text(await guest.get("/"))
    assert (await guest.get(path)).status_code == 404
    assert (await guest.post(f"{path}/join")).status_code == 404
    assert (await guest.get("/users/invite")).status_code == 403
    assert "dupont@client.example" not in guest.text(await guest.get("/users"))


async def test_who_has_an_account_signs_in_and_joins_with_it(jean: Visitor) -> None:
    await jean.follow(await jean.post("/users/invite", {"email": cast.email("elodie"), "roles": ["billing"]}))
    path, guest = await link(), jean.another()
    page = await guest.get(path)
    assert f'href="/sign-in?next={path}"' in page.text and 'name="password"' not in page.text
    assert (await guest.post(path, NEW | {"name": "Thief"})).status_code == 200
    landed = await guest.post("/sign-in", {"email": cast.email("elodie"), "password": PASSWORD, "next": path})
    assert landed.headers["location"] == path
    page = await guest.follow(await guest.post(f"{path}/join"))
    assert "Jean Dupont at Nova" in guest.text(page)


async def test_who_is_taken_out_is_out_at_the_next_request(jean: Visitor) -> None:
    await join("dupont", "elodie", ["billing"])
    elodie = await jean.another().sign_in(cast.email("elodie"))
    number = await member_id("dupont", cast.email("elodie"))
    assert "signed out everywhere" in jean.text(await jean.get(f"/users/{number}/remove"))
    await jean.follow(await jean.post(f"/users/{number}/remove"))
    assert (await elodie.get("/profile")).headers["location"].startswith("/sign-in")
    assert "Jean Dupont took the user Élodie Lefèvre out" in jean.text(await jean.get("/log"))


async def test_a_role_is_made_and_given_in_the_portal(jean: Visitor) -> None:
    await join("dupont", "elodie", ["billing"])
    page = await jean.follow(await jean.post("/roles", {"name": "Desk", "rights": ["tickets:read"]}))
    assert "Desk" in jean.text(page)
    number = await value("SELECT id FROM client_roles")
    elodie = await member_id("dupont", cast.email("elodie"))
    await jean.follow(await jean.post(f"/users/{elodie}", {"roles": [str(number)], "version": "1"}))
    assert "has this role" in jean.text(await jean.get(f"/roles/{number}/delete"))
    assert (await jean.post(f"/roles/{number}/delete")).status_code == 409
    sent = {"name": "Front desk", "rights": ["tickets:read", "tickets:write"], "version": "1"}
    assert "Front desk" in jean.text(await jean.follow(await jean.post(f"/roles/{number}", sent)))
    assert (await jean.post("/roles", {"name": "", "rights": []})).status_code == 422


async def test_staff_inside_the_account_see_users_and_change_nothing(visitor: Visitor) -> None:
    await visitor.sign_in(cast.email("max"))
    await visitor.post("/staff/clients/1001/enter", {"reason": "Ticket 12"})
    page = await visitor.get("/users")
    assert page.status_code == 200 and "/users/invite" not in page.text and "/users/leave" not in page.text
    for path in ("/users/invite", "/roles"):
        assert (await visitor.get(path)).status_code == 403, path
    token = re.search(r'action="/inside/leave".*?name="_csrf" value="([^"]+)"', page.text, re.DOTALL)
    for path in ("/users/invite", "/users/leave"):
        answer = await visitor.client.post(
            path, data={"_csrf": token[1], "email": "x@y.example", "roles": "billing"}
        )
        assert answer.status_code == 403, path
