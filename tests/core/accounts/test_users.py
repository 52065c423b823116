"""Users of all clients as staff keep them: the list, one person, his address, whether he gets in."""

from typing import Any

import pytest

from core import clock, db
from core.accounts import focus, search, signin, user_list, users
from core.accounts.user_list import UserFilter
from core.accounts.users import UserChanges
from core.actor import Actor
from core.errors import EditConflict, Forbidden, Invalid, NotFound, PermissionMissing
from tests import cast
from tests.core.accounts.house import entries
from tests.visitor import PASSWORD

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def names(by: Actor, **asked: Any) -> list[str]:
    async with db.as_tenant(by.tenant.id):
        return [row["name"] for row in (await user_list.page(UserFilter(**asked), by=by)).rows]


async def person(email: str) -> int:
    return int(await db.value("SELECT id FROM people WHERE email_folded = $1", email))


async def join(email: str, login: str, role: str) -> None:
    await db.execute(
        """INSERT INTO memberships (client_id, person_id, roles, created_at)
           SELECT c.id, p.id, ARRAY[$3], now() FROM clients c, people p
           WHERE c.login = $1 AND p.email_folded = $2""",
        login,
        email,
        role,
    )


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["Aoife O'Brien", "Élodie Lefèvre", "Jean Dupont", "Müller & Söhne GmbH", "田中 太郎"]),
        ({"search": "dup"}, ["Jean Dupont"]),
        ({"search": "elodie lef"}, ["Élodie Lefèvre"]),
        ({"search": "Jean@"}, []),
        ({"search": "DUPONT@cli"}, ["Jean Dupont"]),
        ({"search": "···"}, []),
        ({"search": "alice"}, []),
        ({"role": "billing"}, []),
        ({"role": "owner", "status": "active", "search": "mul"}, ["Müller & Söhne GmbH"]),
        ({"status": "closed"}, []),
        ({"client": 1001}, ["Jean Dupont"]),
        ({"client": 999}, []),
    ],
)
async def test_each_filter_lets_through_what_it_says(asked: dict[str, Any], found: list[str]) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await db.execute(
            "UPDATE people p SET name = c.name FROM memberships m JOIN clients c ON c.id = m.client_id"
            " WHERE m.person_id = p.id"
        )
    assert await names(alice, **asked) == found


@pytest.mark.parametrize("few", [0, 3000])
async def test_pages_show_every_line_once_in_both_directions(monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    """Along the people, and from those who fit."""
    monkeypatch.setattr(user_list, "FEW", few)
    alice, seen, after = await cast.who("alice"), [], ""
    async with db.as_tenant(alice.tenant.id):
        for login in ("mueller", "tanaka", "o-brien"):
            await join(cast.email("dupont"), login, "billing")
        for _page in range(9):
            page = await user_list.page(UserFilter(status="active"), by=alice, after=after, size=2)
            seen += [(row["name"], row["client_code"]) for row in page.rows]
            if page.next is None:
                break
            after = page.next
        assert len(seen) == len(set(seen)) == 8
        last = page.previous
        back = []
        while last:
            page = await user_list.page(UserFilter(status="active"), by=alice, before=last, size=2)
            back = [(row["name"], row["client_code"]) for row in page.rows] + back
            last = page.previous
    assert back == seen[:6]


@pytest.mark.parametrize("few", [0, 3000])
@pytest.mark.parametrize("search", ["jean", "je", "shared@"])
async def test_a_search_pages_through_all_who_fit_once(
    monkeypatch: pytest.MonkeyPatch, few: int, search: str
) -> None:
    """Along a word or the addresses when many have it, also for somebody who has the word twice."""
    monkeypatch.setattr(user_list, "FEW", few)
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await db.execute(
            """UPDATE people p SET name = 'Jean Jeannot ' || c.login, email = 'shared@' || c.login || '.example'
               FROM memberships m JOIN clients c ON c.id = m.client_id WHERE m.person_id = p.id"""
        )
        first = await user_list.page(UserFilter(search=search), by=alice, size=3)
        rest = await user_list.page(UserFilter(search=search), by=alice, after=first.next or "", size=3)
        back = await user_list.page(UserFilter(search=search), by=alice, before=rest.previous or "", size=3)
        found = [row["client_code"] for row in (*first.rows, *rest.rows)]
        assert sorted(found) == [1001, 1002, 1003, 1004, 1005]
        assert [row["client_code"] for row in back.rows] == found[:3]
        assert (first.previous, rest.next) == (None, None)


async def test_it_obeys_the_focus_and_the_limits_of_who_looks() -> None:
    alice, lea = await cast.who("alice"), await cast.who("lea")
    async with db.as_tenant(alice.tenant.id):
        on = await focus.find("client:1002", by=alice)
        found = (await user_list.page(UserFilter(), by=alice, within=on)).rows
        assert [row["client_code"] for row in found] == [1002]
        limited = (await user_list.page(UserFilter(), by=lea)).rows
        assert [row["client_code"] for row in limited] == [1002]
        hidden = await person(cast.email("dupont"))
        with pytest.raises(NotFound):
            await users.get(hidden, by=lea)
        for wrong in ("nonsense", str(user_list.Cursor("x y", 1))):
            with pytest.raises(Invalid):
                await user_list.page(UserFilter(), by=alice, after=wrong)


async def test_the_palette_finds_a_person_once_with_or_without_the_prefix() -> None:
    alice, ada = await cast.who("alice"), await cast.who("ada")
    async with db.as_tenant(alice.tenant.id):
        await join(cast.email("dupont"), "mueller", "billing")
        kind, text = search.asked("u:jea dup")
        found = await search.find(text, by=alice, kind=kind)
        assert [(hit.kind, hit.name) for hit in found] == [("user", "Jean Dupont")]
        assert {hit.kind for hit in await search.find("dupont@", by=ada)} >= {"client", "user"}


async def test_a_change_is_checked_told_and_moves_the_sign_in() -> None:
    alice, jean = await cast.who("alice"), await cast.who("dupont")
    async with db.as_tenant(alice.tenant.id):
        for wrong, field in (({"name": ""}, "name"), ({"email": "x"}, "email"), ({"locale": "xx"}, "locale")):
            with pytest.raises(Invalid) as refused:
                await users.update(jean.person_id, UserChanges(**wrong), version=1, by=alice)
            assert set(refused.value.errors) == {field}
        with pytest.raises(Invalid):
            changes = UserChanges(email=cast.email("elodie").upper())
            await users.update(jean.person_id, changes, version=1, by=alice)
        saved = await users.update(jean.person_id, UserChanges(name="Jean D."), version=1, by=alice)
        assert (saved["name"], saved["version"]) == ("Jean D.", 2)
        assert await db.value("SELECT count(*) FROM sessions WHERE person_id = $1", jean.person_id) == 1
        with pytest.raises(EditConflict):
            await users.update(jean.person_id, UserChanges(name="X"), version=1, by=alice)
        await users.update(jean.person_id, UserChanges(email="new@dupont.example"), version=2, by=alice)
        assert await db.value("SELECT count(*) FROM sessions WHERE person_id = $1", jean.person_id) == 0
        assert len(await entries("person:updated")) == 2


async def test_who_works_here_or_has_hidden_clients_is_not_changed() -> None:
    alice, lea, sam = await cast.who("alice"), await cast.who("lea"), await cast.who("sam")
    async with db.as_tenant(alice.tenant.id):
        await join(cast.email("max"), "mueller", "billing")
        with pytest.raises(Forbidden):
            await users.update(await person(cast.email("max")), UserChanges(name="X"), version=1, by=alice)
        shared = await person(cast.email("mueller"))
        await join(cast.email("mueller"), "dupont", "billing")
        with pytest.raises(PermissionMissing):
            await users.update(shared, UserChanges(name="X"), version=1, by=sam)
        assert users.why_not(await users.get(shared, by=lea))
        assert users.why_not(await users.get(shared, by=alice)) == ""


async def test_who_is_kept_out_gets_in_again_only_when_let_in() -> None:
    alice, jean = await cast.who("alice"), await cast.who("dupont")
    email = {"tenant": alice.tenant, "address": "203.0.113.9"}
    async with db.as_tenant(alice.tenant.id):
        hashed = await db.value("SELECT password_hash FROM people WHERE email_folded = 'alice@nova.example'")
        await db.execute("UPDATE people SET password_hash = $1", hashed)
        await users.keep_out(jean.person_id, by=alice)
        with pytest.raises(Invalid):
            await signin.sign_in(cast.email("dupont"), PASSWORD, **email)
    async with db.as_tenant(alice.tenant.id):
        await users.let_in(jean.person_id, by=alice)
        before = clock.now()
        await signin.sign_in(cast.email("dupont"), PASSWORD, **email)
        assert (await users.get(jean.person_id, by=alice))["signed_in_at"] >= before


async def test_on_standard_the_one_user_is_edited_by_who_may_edit_the_client() -> None:
    zoe = await cast.who("zoe")
    async with db.as_tenant(zoe.tenant.id):
        client_id = await db.value("SELECT id FROM clients WHERE login = 'durand'")
        owner = await users.owner_of(client_id, by=zoe)
        saved = await users.update(owner["id"], UserChanges(name="Marie D."), version=owner["version"], by=zoe)
        assert saved["name"] == "Marie D."
        await users.send_link(owner["id"], by=zoe)
        assert len(await entries("link:created")) >= 1
